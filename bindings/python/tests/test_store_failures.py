"""A store that fails: the call is undone as a whole, and the error has the cause."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_store import Broken, MemoryStore, assert_stored, entries
from support import pump

import scuttle
from scuttle import Replica, Row, RowKind, Update
from scuttle.errors import StoreError


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


def test_rows_that_are_no_lines(store: MemoryStore) -> None:
    store.rows[RowKind.ENTRY, b"k"] = Row(RowKind.ENTRY, b"k", b"nonsense\n")
    with pytest.raises(scuttle.ScuttleError):
        Replica("a", state_store=store)
    store.rows[RowKind.ENTRY, b"k"] = Row(RowKind.ENTRY, b"k", None)  # type: ignore[arg-type]
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
    assert (RowKind.ENTRY, b"k") in store.rows


def test_the_cause_is_that_of_the_latest_call(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        for failure in (Broken("first"), Broken("second")):
            store.failure = failure
            store.failing["begin"] = 1
            with pytest.raises(StoreError) as caught:
                replica["k"] = 1
            assert caught.value.__cause__ is failure
        with pytest.raises(scuttle.errors.EmptyKeyError) as other:
            replica[""] = 1
        assert other.value.__cause__ is None


def test_update_stops_at_a_failure(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        store.failing["commit"] = 3
        with pytest.raises(StoreError):
            replica.update({f"k{i}": i for i in range(5)})
        assert replica == {"k0": 0, "k1": 1}
        assert_stored(replica, store)


class Steps:
    """The calls of a host, with a peer, over a store that fails now and then."""

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
def test_memory_and_store_agree_after_any_failure(steps: List[Tuple[str, str, str, int]]) -> None:
    world = Steps()
    for what, key, fail, number in steps:
        if what == "restart":
            fail = ""
        world.do(what, key, fail, number)
    world.finish()
