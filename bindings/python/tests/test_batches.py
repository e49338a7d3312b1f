"""Batches, sets with a condition, and renewed times to live."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Iterator, List, Tuple

import pytest
from support import sync

import scuttle
from scuttle import Entry, Limits, Replica, Row, Update

DELETE = Replica.DELETE


def test_all_in_order() -> None:
    seen: List[Tuple[str, Any, int]] = []
    with Replica("local", on_update=lambda update: seen.append((update.key, update.value, update.version))) as replica:
        assert replica.set_many([("a", 1), ("b", [None]), ("a", 2), ("b", DELETE)]) is True
        assert seen == [("a", 1, 1), ("b", [None], 2), ("a", 2, 3), ("b", None, 4)]
        assert replica == {"a": 2}
        replica.set_many({"c": {"x": 1}, "d": None})
        assert replica == {"a": 2, "c": {"x": 1}, "d": None}
        replica.set_many({})
        replica.set_many(iter([]))
        assert replica.version == 6


@pytest.mark.parametrize(
    "bad, error",
    [
        (("", 1), scuttle.errors.EmptyKeyError),
        (("k", "x" * 300), scuttle.errors.ValueTooLongError),
        (("k", {1, 2}), TypeError),
        ((7, 1), TypeError),
        (("three", 3), scuttle.errors.TooManyKeysError),
    ],
)
def test_all_or_none(bad: Tuple[Any, Any], error: Any) -> None:
    with Replica("local", limits=Limits(max_value_bytes=200, max_keys=2)) as replica:
        replica["there"] = 0
        with pytest.raises(error):
            replica.set_many([("there", 1), ("two", 2), bad])
        assert replica == {"there": 0}
        assert replica.version == 1


def test_times_to_live(replica: Replica) -> None:
    replica.tick(0)
    replica.set_many({"short": 1, "gone": DELETE}, ttl=5)
    replica.set_many({"renewed": 2}, ttl=5, renew=True)
    replica.set_many({"now": 3}, ttl=0)
    replica.tick(2.5)
    assert replica == {"short": 1, "renewed": 2}
    assert replica.lookup("renewed").version == 5
    replica.tick(5)
    assert replica == {"renewed": 2}
    with pytest.raises(TypeError):
        replica.set_many({"k": 1}, renew=True)
    with pytest.raises(scuttle.errors.ArgumentError):
        replica.set_many({"k": 1}, ttl=0, renew=True)


def test_a_renewed_key_ends_with_its_replica() -> None:
    ada, bob = Replica("ada"), Replica("bob")
    ada.set_ttl("members/ada", {"port": 7000}, 10, renew=True)
    for now in range(0, 100, 5):
        ada.tick(now)
        bob.tick(now)
        sync(ada, bob)
        assert bob["members/ada"] == {"port": 7000}
    ada.close()
    bob.tick(95 + 9.9)
    assert "members/ada" in bob
    bob.tick(95 + 20)
    assert bob == {}


def test_a_later_write_ends_a_renewal(replica: Replica) -> None:
    replica.tick(0)
    replica.set_ttl("k", 1, 10, renew=True)
    replica["k"] = 2
    replica.tick(100)
    assert replica == {"k": 2}
    assert replica.version == 2
    with pytest.raises(scuttle.errors.ArgumentError):
        replica.set_ttl("k", 1, 0, renew=True)
    replica.set_ttl("k", 3, 1e15, renew=True)  # no end
    replica.tick(1e12)
    assert replica == {"k": 3}


def test_only_the_expected_entry(replica: Replica) -> None:
    absent = replica.lookup("k")
    assert replica.set_if("k", 1, None) is True
    assert replica.set_if("k", 2, None) is False
    assert replica.set_if("k", 2, absent) is False
    entry = replica.lookup("k")
    assert replica.set_if("k", 2, entry) is True
    assert replica.set_if("k", 3, entry) is False
    entry = replica.lookup("k")
    assert replica.set_if("k", 3, Entry(None, "somebody else", entry.version)) is False
    assert replica.set_if("k", DELETE, entry) is True
    assert replica == {}
    assert replica.set_if("k", 4, absent) is True
    with pytest.raises(scuttle.errors.EmptyKeyError):
        replica.set_if("", 1, None)
    with pytest.raises(TypeError):
        replica.set_if("k", {1}, replica.lookup("k"))
    assert replica == {"k": 4}


def test_a_counter_of_threads(replica: Replica) -> None:
    import threading

    replica["n"] = 0

    def count() -> None:
        for _ in range(200):
            while True:
                entry = replica.lookup("n")
                if replica.set_if("n", entry.value + 1, entry):
                    break

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert replica["n"] == 800


def test_two_replicas_may_both_succeed() -> None:
    seen: List[Update] = []
    with Replica("ada", on_update=seen.append) as ada, Replica("bob") as bob:
        assert ada.set_if("owner", "ada", None)
        assert bob.set_if("owner", "bob", None)
        sync(ada, bob)
        assert ada["owner"] == bob["owner"] == "bob"
        assert [update.value for update in seen] == ["ada", "bob"]


class Table:
    """A state store in SQLite that counts its transactions, and fails if it is told to."""

    def __init__(self, path: Path) -> None:
        self.database = sqlite3.connect(str(path), isolation_level=None)
        self.database.execute("CREATE TABLE IF NOT EXISTS rows (kind INTEGER, id BLOB, line BLOB, PRIMARY KEY (kind, id))")
        self.commits = 0
        self.fails = False

    def load(self) -> Iterator[bytes]:
        for (line,) in self.database.execute("SELECT line FROM rows"):
            yield line

    def begin(self) -> None:
        self.database.execute("BEGIN")

    def put(self, row: Row) -> None:
        if self.fails:
            raise OSError("the disk is full")
        self.database.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", (int(row.kind), row.id, row.line))

    def remove(self, row: Row) -> None:
        self.database.execute("DELETE FROM rows WHERE kind = ? AND id = ?", (int(row.kind), row.id))

    def commit(self) -> None:
        self.commits += 1
        self.database.execute("COMMIT")

    def rollback(self) -> None:
        if self.database.in_transaction:
            self.database.execute("ROLLBACK")


def test_a_batch_is_one_transaction(tmp_path: Path) -> None:
    seen: List[str] = []
    table = Table(tmp_path / "rows.db")
    replica = Replica("ada", state_store=table, on_update=lambda update: seen.append(update.key))
    replica.set_many({"kept": 1})
    before = table.commits
    replica.set_many([(f"k{number % 70}", number) for number in range(100)])
    assert table.commits == before + 1
    seen.clear()
    table.fails = True
    with pytest.raises(scuttle.errors.StoreError):
        replica.set_many({"a": 1, "b": 2, "kept": DELETE})
    assert seen == []
    with pytest.raises(scuttle.errors.StoreError):
        replica.set_if("kept", 2, replica.lookup("kept"))
    assert replica["kept"] == 1 and "a" not in replica and len(replica) == 71
    table.fails = False
    state = dict(replica)
    replica.close()
    with Replica("ada", state_store=Table(tmp_path / "rows.db")) as again:
        assert again == state
        assert again["k0"] == 70
