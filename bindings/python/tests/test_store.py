"""State stores: a replica in a store of the host's."""

from __future__ import annotations

import gc
import json
import threading
import weakref
from typing import Any, Callable, Dict, Iterable, List, Tuple

import pytest
from memory_store import MemoryStore, assert_stored, entries
from support import line, sync

import scuttle
from scuttle import Replica, Row, RowKind, Update
from scuttle.errors import BusyError

ENTRY, SOURCE, REPLICA = RowKind.ENTRY, RowKind.SOURCE, RowKind.REPLICA


def test_the_next_start_has_the_written_entries(store: MemoryStore) -> None:
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


def test_a_purged_tombstone_leaves_the_store(store: MemoryStore) -> None:
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


def test_store_and_state_exclude_each_other(store: MemoryStore) -> None:
    with pytest.raises(scuttle.errors.ArgumentError):
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


def test_a_store_is_kept_with_its_replica() -> None:
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
