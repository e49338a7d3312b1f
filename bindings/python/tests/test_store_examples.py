"""The stores of bindings/python/examples."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path
from typing import Any, Callable

import pytest
from examples.sqlite_store import SQLiteStore
from memory_store import Broken, entries
from support import sync

from scuttle import Replica
from scuttle.errors import StoreError

EXAMPLES = ["sqlite", "lmdb"]


@pytest.fixture(params=EXAMPLES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    """Returns a function that opens the same store of an example each time."""
    if request.param == "sqlite":
        return lambda: SQLiteStore(tmp_path / "a.db", "OFF")
    pytest.importorskip("lmdb")
    from examples.lmdb_store import LMDBStore

    return lambda: LMDBStore(tmp_path / "a.lmdb", sync=False)


def test_an_example_keeps_a_replica(opened: Callable[[], Any]) -> None:
    long = "k" * 5000  # longer than the keys of LMDB
    with Replica("b") as other:
        with opened() as store, Replica("a", state_store=store) as replica:
            replica.update({"k": [1], "é": {"x": "ü"}, long + "1": 1, long + "2": 2, "gone": 0})
            del replica["gone"]
            other["theirs"] = 7
            sync(replica, other)
            expected, vector = entries(replica), replica.clock
        with opened() as store, Replica("a", state_store=store) as again:
            assert entries(again) == expected
            assert {source: again.clock.get(source) for source in vector} == vector
            again[long + "1"] = 3
            again.purge()
            sync(again, other)
            assert again == other
        with opened() as store, Replica("a", state_store=store) as third:
            assert third == other == {"k": [1], "é": {"x": "ü"}, long + "1": 3, long + "2": 2, "theirs": 7}


def test_an_example_undoes_a_failed_transaction(opened: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Broken

    with opened() as store, Replica("a", state_store=store) as replica:
        replica["k"] = 1
        for name in ("put", "commit"):
            with monkeypatch.context() as patch:
                patch.setattr(type(store), name, fail)
                with pytest.raises(StoreError):
                    replica["k"] = 2
            assert replica["k"] == 1
        replica["l"] = 1
    with opened() as store, Replica("a", state_store=store) as again:
        assert again == {"k": 1, "l": 1}


def test_an_example_serves_several_threads(opened: Callable[[], Any]) -> None:
    with opened() as store, Replica("a", state_store=store) as replica:
        thread = threading.Thread(target=lambda: replica.update({f"k{i}": i for i in range(20)}))
        thread.start()
        thread.join(60)
        replica["l"] = 1
        assert len(replica) == 21


def test_columns_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with SQLiteStore(path, "OFF") as store, Replica("a", state_store=store) as replica:
        replica.update({"lamp/1": {"on": True}, "lamp/2": {"on": False}, "gone": 1})
        del replica["gone"]
        reader = sqlite3.connect(path)
        assert reader.execute("SELECT key, value FROM scuttle WHERE kind = 1 ORDER BY key").fetchall() == [
            ("gone", None),
            ("lamp/1", '{"on":true}'),
            ("lamp/2", '{"on":false}'),
        ]
        reader.close()


def test_sqlite_that_is_locked(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with SQLiteStore(path, "OFF") as store, Replica("a", state_store=store) as replica:
        store._database.execute("PRAGMA busy_timeout = 0")
        replica["k"] = 1
        writer = sqlite3.connect(path, isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError) as caught:
            replica["k"] = 2
        assert isinstance(caught.value.__cause__, sqlite3.OperationalError)
        assert replica["k"] == 1
        writer.execute("ROLLBACK")
        writer.close()
        replica["k"] = 2


def test_lmdb_that_is_full(tmp_path: Path) -> None:
    lmdb = pytest.importorskip("lmdb")
    from examples.lmdb_store import LMDBStore

    with LMDBStore(tmp_path / "a.lmdb", map_size=64 << 10, sync=False) as store:
        with Replica("a", state_store=store) as replica:
            replica["k"] = 1
            with pytest.raises(StoreError) as caught:
                replica["k"] = "x" * 100_000
            assert isinstance(caught.value.__cause__, lmdb.MapFullError)
            assert replica["k"] == 1
            replica["k"] = 2


def test_synchronous_is_one_that_sqlite_knows(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="synchronous"):
        SQLiteStore(tmp_path / "a.db", "SOMETIMES")
