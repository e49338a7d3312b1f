"""A replica whose state is in a store of the host's."""

from __future__ import annotations

import gc
import json
import sqlite3
import threading
import weakref
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, List, Set, Tuple

import pytest
from examples.sqlite_store import SQLiteStore
from hypothesis import given
from hypothesis import strategies as st
from memory_store import Broken, MemoryStore
from support import line, pump, sync

import scuttle
from scuttle import BusyError, Replica, Row, RowKind, StoreError, Update

ENTRY, SOURCE, REPLICA = RowKind.ENTRY, RowKind.SOURCE, RowKind.REPLICA


def entries(replica: Replica) -> Set[Tuple[object, ...]]:
    """What stands for each key, deletes too, whoever shows it."""
    messages = [json.loads(text) for text in replica.export().splitlines()]
    return {
        (m["key"], json.dumps(m["value"]), *m.get("written", (m["source_id"], m["version"])), m.get("deleted", False))
        for m in messages
        if "key" in m
    }


def assert_stored(replica: Replica, store: MemoryStore) -> None:
    """The store has what the replica has: another one that starts from it is the same. But what a replica has promised
    under its own source may be ahead of what it has stored: nobody else knows that source yet, or a call was undone."""
    with Replica(replica.name, state_store=store.copy(), keep_tombstones=True) as again:
        assert entries(again) == entries(replica)
        assert again.fingerprint == replica.fingerprint
        vector, stored = replica.clock, again.clock
        assert stored.pop(replica.id, 0) <= vector.pop(replica.id, 0)
        assert {source: stored.get(source) for source in vector} == vector
        assert again.version >= max(vector.values(), default=0)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def test_what_is_written_is_there_at_the_next_start(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        replica.update({"k": {"x": 1}, "é": [2.50], "gone": 3})
        del replica["gone"]
        first = replica.id
    with Replica("a", state_store=store) as again:
        assert again == {"k": {"x": 1}, "é": [2.5]}
        assert again.lookup("k") == scuttle.Entry({"x": 1}, first, 1)
        assert again.clock[first] == 4
        assert again.id != first
        again["k"] = 2
        assert again.lookup("k") == scuttle.Entry(2, again.id, 5)
        assert again.torn is False
    with Replica("a", state_store=store) as third:
        assert third == {"k": 2, "é": [2.5]}


def test_a_write_is_one_transaction(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        replica["warm"] = 1
        calls: List[Callable[[], object]] = [
            lambda: replica.set("k", 1),
            lambda: replica.delete("k"),
            lambda: replica.set_ttl("l", 1, 5),
        ]
        for call in calls:
            store.calls.clear()
            call()
            assert (store.calls[0], store.calls[-1]) == ("begin", "commit")
            assert store.calls.count("begin") == store.calls.count("commit") == 1
            assert "put" in store.calls


def test_reading_is_no_transaction(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        replica["k"] = 1
        store.calls.clear()
        assert (replica["k"], len(replica), list(replica), "l" in replica) == (1, 1, ["k"], False)
        replica.export(), replica.clock, replica.version, replica.fingerprint, replica.news(replica.id, 0)
        list(replica.history), replica.snapshot(), replica.lookup("k")
        assert store.calls == []


def test_rows(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        replica["k"] = {"x": 1}
        row = store.rows[ENTRY, b"k"]
        assert row.update == Update("k", '{"x":1}', replica.id, 1, local=True)
        assert type(row.kind) is RowKind
        assert json.loads(row.line)["value"] == {"x": 1}
        assert (SOURCE, replica.id.encode()) in store.rows
        del replica["k"]
        row = store.rows[ENTRY, b"k"]
        assert row.update == Update("k", "null", replica.id, 2, deleted=True, local=True)
    assert {kind for kind, _ in store.rows} <= {ENTRY, SOURCE, REPLICA}


def test_the_order_of_rows_is_no_matter(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica, Replica("b") as other:
        replica.update({f"k{i}": i for i in range(20)})
        del replica["k3"]
        other.update({f"l{i}": i for i in range(20)})
        sync(replica, other)
        expected, vector = entries(replica), replica.clock
    for order in (reversed, lambda rows: sorted(rows, key=lambda row: row.line)):
        turned = store.copy()
        turned.rows = {(row.kind, row.id): row for row in order(list(store.rows.values()))}
        with Replica("a", state_store=turned) as again:
            assert entries(again) == expected
            assert {source: again.clock.get(source) for source in vector} == vector


def test_a_batch_of_a_peer_is_one_transaction(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica, Replica("b") as other:
        other.update({f"k{i}": i for i in range(8)})
        with replica.link() as here, other.link() as there:
            here.gossip()
            while data := here.read_all():
                there.write(data)
                store.calls.clear()
                here.write(there.read_all())
                assert store.calls.count("begin") == store.calls.count("commit") <= 1
        assert replica == other
        assert_stored(replica, store)


def test_a_tombstone_that_is_forgotten_leaves_the_store(store: MemoryStore) -> None:
    with Replica("a", state_store=store, keep_tombstones=True) as replica:
        replica["k"] = 1
        del replica["k"]
        assert (ENTRY, b"k") in store.rows
        assert replica.purge() == 1
        assert (ENTRY, b"k") not in store.rows
        assert "remove" in store.calls


def test_times_to_live_are_stored(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        replica.tick(100.0)
        replica.set_ttl("k", 1, 10)
        replica.tick(104.0)
    with Replica("a", state_store=store) as again:
        again.tick(109.9)
        assert "k" in again
        again.tick(110.1)
        assert "k" not in again
    with Replica("a", state_store=store) as third:
        assert "k" not in third


def test_a_replica_with_a_store_converges(store: MemoryStore) -> None:
    with Replica("b") as other:
        other["theirs"] = 1
        for start in range(5):
            with Replica("a", state_store=store) as replica:
                replica[f"k{start}"] = start
                replica["all"] = start
                if start != 2:
                    sync(replica, other)
                    assert replica == other
                assert_stored(replica, store)
        assert other == {"theirs": 1, "all": 4, **{f"k{i}": i for i in range(5)}}


def test_store_and_state_are_not_taken_together(store: MemoryStore) -> None:
    with pytest.raises(scuttle.ArgumentError):
        Replica("a", state_store=store, state=line("k", "1", "b", 1))


def test_a_store_has_six_methods() -> None:
    class Half:
        def load(self) -> Iterable[bytes]:
            return []

    with pytest.raises(TypeError, match="state_store has no method begin"):
        Replica("a", state_store=Half())  # type: ignore[arg-type]


def test_a_store_needs_no_base_class() -> None:
    class Plain:
        def __init__(self) -> None:
            self.rows: Dict[Tuple[int, bytes], bytes] = {}

        def load(self) -> Iterable[bytearray]:
            return [bytearray(line) for line in self.rows.values()]

        def begin(self) -> None: ...

        def put(self, row: Row) -> None:
            self.rows[row.kind, row.id] = row.line

        def remove(self, row: Row) -> None:
            self.rows.pop((row.kind, row.id), None)

        def commit(self) -> None: ...

        def rollback(self) -> None: ...

    store = Plain()
    with Replica("a", state_store=store) as replica:
        replica["k"] = "é"
    with Replica("a", state_store=store) as again:
        assert again == {"k": "é"}


# --- failures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["begin", "put", "commit"])
@pytest.mark.parametrize(
    "write", [lambda r: r.set("k", 2), lambda r: r.delete("k"), lambda r: r.set_ttl("k", 2, 5)], ids=["set", "del", "ttl"]
)
def test_a_local_write_that_fails_changes_nothing(
    store: MemoryStore, name: str, write: Callable[[Replica], object]
) -> None:
    seen: List[Update] = []
    with Replica("a", state_store=store, on_update=seen.append) as replica:
        replica["k"] = 1
        rows, before = dict(store.rows), (entries(replica), replica.clock, replica.version, list(replica.history))
        seen.clear()
        store.failing[name] = 1
        with pytest.raises(StoreError) as caught:
            write(replica)
        assert caught.value.__cause__ is store.failure
        assert store.calls[-1] == "rollback"
        assert (entries(replica), replica.clock, replica.version, list(replica.history)) == before
        assert store.rows == rows
        if name != "commit":
            assert seen == []
        write(replica)
        assert replica.version == 2
        assert_stored(replica, store)


def test_a_start_that_fails(store: MemoryStore) -> None:
    store.failing["load"] = 1
    with pytest.raises(StoreError) as caught:
        Replica("a", state_store=store)
    assert caught.value.__cause__ is store.failure
    with Replica("a", state_store=store) as replica:
        replica["k"] = 1


def test_lines_that_are_none(store: MemoryStore) -> None:
    store.rows[ENTRY, b"k"] = Row(ENTRY, b"k", b"nonsense\n")
    with pytest.raises(scuttle.ScuttleError):
        Replica("a", state_store=store)
    store.rows[ENTRY, b"k"] = Row(ENTRY, b"k", None)  # type: ignore[arg-type]
    with pytest.raises(StoreError) as caught:
        Replica("a", state_store=store)
    assert isinstance(caught.value.__cause__, TypeError)


@pytest.mark.parametrize("name", ["begin", "put", "commit"])
def test_a_batch_that_fails_is_undone_as_a_whole(store: MemoryStore, name: str) -> None:
    with Replica("a", state_store=store) as replica, Replica("b") as other:
        replica["mine"] = 1
        other.update({f"k{i}": i for i in range(8)})
        before = entries(replica)
        with replica.link() as here, other.link() as there:
            here.gossip()
            store.failing[name] = 2 if name == "put" else 1
            with pytest.raises(StoreError) as caught:
                pump(here, there)
            assert caught.value.__cause__ is store.failure
            assert entries(replica) == before
            assert_stored(replica, store)
            for _ in range(3):
                here.gossip()
                there.gossip()
                pump(here, there)
            assert replica == other
            assert_stored(replica, store)


def test_a_store_that_cannot_load_either(store: MemoryStore) -> None:
    reported: List[Tuple[str, BaseException]] = []
    with Replica("a", state_store=store, on_error=lambda *e: reported.append(e), keep_tombstones=True) as replica:
        replica["k"] = 1
        del replica["k"]
        store.failing.update(commit=1, load=1)
        with pytest.raises(StoreError):
            replica.purge()
        store.failing["load"] = 1
        with pytest.raises(StoreError):
            replica["k"]
        store.failing["load"] = 1
        with pytest.raises(StoreError):
            replica.set("k", 2)
        assert "k" not in replica
        replica["k"] = 3
        assert_stored(replica, store)
    assert all(error is store.failure for _, error in reported)


def test_an_exception_of_rollback_is_reported(store: MemoryStore) -> None:
    reported: List[Tuple[str, BaseException]] = []
    with Replica("a", state_store=store, on_error=lambda *e: reported.append(e)) as replica:
        store.failing.update(put=1, rollback=1)
        with pytest.raises(StoreError) as caught:
            replica["k"] = 1
        assert caught.value.__cause__ is store.failure
        assert reported == [("rollback", store.failure)]
        replica["k"] = 1


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_comes_out_itself(store: MemoryStore, kind: Any) -> None:
    store.failure = kind()
    with Replica("a", state_store=store) as replica:
        store.failing["put"] = 1
        with pytest.raises(kind):
            replica["k"] = 1
        assert "k" not in replica
        replica["k"] = 1
    assert (ENTRY, b"k") in store.rows


def test_the_cause_is_that_of_the_latest_call(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        for failure in (Broken("first"), Broken("second")):
            store.failure = failure
            store.failing["begin"] = 1
            with pytest.raises(StoreError) as caught:
                replica["k"] = 1
            assert caught.value.__cause__ is failure
        with pytest.raises(scuttle.EmptyKeyError) as other:
            replica[""] = 1
        assert other.value.__cause__ is None


def test_update_stops_at_a_failure(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        store.failing["commit"] = 3
        with pytest.raises(StoreError):
            replica.update({f"k{i}": i for i in range(5)})
        assert replica == {"k0": 0, "k1": 1}
        assert_stored(replica, store)


# --- the store and the replica ---------------------------------------------------------------------------------------


def test_a_store_may_read_the_replica_and_not_change_it(store: MemoryStore) -> None:
    seen: List[Any] = []

    def put(row: Row) -> None:
        if row.kind == ENTRY:
            seen.append((replica.get("k"), len(replica), replica.version))
            with pytest.raises(BusyError):
                replica["l"] = 1
            with pytest.raises(BusyError):
                replica.close()
        MemoryStore.put(store, row)

    store.put = put  # type: ignore[method-assign]
    with Replica("a", state_store=store) as replica:
        replica["k"] = 1
        replica["k"] = 2
        assert replica == {"k": 2}
    assert seen == [(None, 0, 0), (1, 1, 1)]  # before anything changes


def test_a_store_lives_as_long_as_its_replica() -> None:
    store = MemoryStore()
    alive = weakref.ref(store)
    replica = Replica("a", state_store=store)
    del store
    gc.collect()
    for i in range(100):
        replica[f"k{i}"] = i
    assert alive() is not None
    replica.close()
    del replica
    gc.collect()
    assert alive() is None


def test_threads(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        threads = [
            threading.Thread(target=lambda t=t: [replica.set(f"{t}/{i}", i) for i in range(50)]) for t in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(replica) == 200
        assert_stored(replica, store)


class Steps:
    """What a host does, with a peer, over a store that fails now and then."""

    KEYS = ["a", "b", "é", "k" * 600]

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.peer = Replica("b")
        self.replica = self._start()
        self.here, self.there = self.replica.link(), self.peer.link(live=True)
        self.now = 1.0

    def _start(self) -> Replica:
        return Replica("a", state_store=self.store, on_error=lambda *_: None)

    def do(self, what: str, key: str, fail: str, number: int) -> None:
        if fail:
            self.store.failing = {fail: number}
        try:
            with suppress(StoreError):
                self._do(what, key)
        finally:
            self.store.failing = {}
        assert_stored(self.replica, self.store)

    def _do(self, what: str, key: str) -> None:
        if what == "set":
            self.replica[key] = self.now
        elif what == "delete":
            self.replica.delete(key)
        elif what == "ttl":
            self.replica.set_ttl(key, "short", 0.5)
        elif what == "tick":
            self.now += 1
            self.replica.tick(self.now)
            self.peer.tick(self.now)
        elif what == "purge":
            self.replica.purge()
        elif what == "forget":
            self.replica.forget("gone")
        elif what == "theirs":
            self.peer[key] = self.now
        elif what == "their delete":
            self.peer.delete(key)
        elif what == "gossip":
            self._talk()
        elif what == "restart":
            self.replica.close()
            self.there.close()
            self.replica = self._start()
            self.here, self.there = self.replica.link(), self.peer.link(live=True)

    def _talk(self) -> None:
        self.here.gossip()
        self.there.gossip()
        pump(self.here, self.there)

    def finish(self) -> None:
        for _ in range(3):
            self._talk()
        assert self.replica == self.peer
        assert_stored(self.replica, self.store)
        self.replica.close()
        self.peer.close()


WHAT = ["set", "delete", "ttl", "tick", "purge", "forget", "theirs", "their delete", "gossip", "gossip", "gossip"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*WHAT, "restart"]),
            st.sampled_from(Steps.KEYS),
            st.sampled_from(["", "", "begin", "put", "remove", "commit"]),
            st.integers(1, 4),
        ),
        max_size=25,
    )
)
def test_memory_and_store_agree_whatever_fails(steps: List[Tuple[str, str, str, int]]) -> None:
    world = Steps()
    for what, key, fail, number in steps:
        if what == "restart":
            fail = ""
        world.do(what, key, fail, number)
    world.finish()


# --- the examples ----------------------------------------------------------------------------------------------------

EXAMPLES = ["sqlite", "lmdb"]


@pytest.fixture(params=EXAMPLES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    """Opens the same store of an example each time."""
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


def test_an_example_undoes_what_fails(opened: Callable[[], Any], monkeypatch: pytest.MonkeyPatch) -> None:
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
