"""The history: reads, writes, trims and keeps."""

from __future__ import annotations

import sys
from typing import Any, Callable, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import feed, line, pump, refused, sync

import scuttle
from scuttle import Replica, Update


def versions(replica: Replica) -> List[int]:
    return [update.version for update in replica.history]


def test_it_has_the_written_updates(replica: Replica) -> None:
    assert list(replica.history) == [] and len(replica.history) == 0
    replica["k"] = {"x": 1}
    feed(replica, line("l", "[1.50]", "b", 5))
    del replica["k"]
    assert list(replica.history) == [
        Update("k", '{"x":1}', "a", 1, local=True),
        Update("l", "[1.50]", "b", 5),
        Update("k", "null", "a", 6, deleted=True, local=True),
    ]
    assert len(replica.history) == 3
    assert Update("l", "[1.50]", "b", 5) in replica.history
    assert replica.history.news("a", 1) == replica.news("a", 1) == list(replica.history)[2:]


def test_it_drops_the_oldest(replica: Replica) -> None:
    replica.update({f"k{i}": i for i in range(25)})
    assert versions(replica) == list(range(16, 26))
    with Replica("a", max_history=sys.maxsize) as other:
        other.update({f"k{i}": i for i in range(100)})
        assert len(other.history) == 100


def test_an_iterator_goes_over_a_snapshot(replica: Replica) -> None:
    replica.update({"k": 1, "l": 2})
    for update in replica.history:
        replica[update.key] = 3
    assert versions(replica) == [1, 2, 3, 4]


def test_in_the_order_of_sort() -> None:
    def backwards(a: Update, b: Update) -> int:
        return b.version - a.version

    with Replica("a", sort=backwards) as replica:
        replica.update({"x": 1, "y": 2, "z": 3})
        assert [update.key for update in replica.history] == ["z", "y", "x"]
        assert len(replica.history) == 3


def test_without_a_sort_by_version_and_source(replica: Replica) -> None:
    for source, version in (("c", 7), ("b", 7), ("d", 2), ("b", 9)):
        feed(replica, line(source, "1", source, version))
    assert [(update.version, update.source) for update in replica.history] == [(2, "d"), (7, "b"), (7, "c"), (9, "b")]


def test_a_start_has_none(replica: Replica) -> None:
    replica["k"] = 1
    with Replica("a", state=replica.export()) as again:
        assert list(again.history) == []


# --- write -----------------------------------------------------------------------------------------------------------


def test_a_written_update_is_in_the_history_only() -> None:
    seen: List[Update] = []
    with Replica("a", exact_id=True, on_update=seen.append) as replica:
        replica["k"] = 1
        seen.clear()
        before = replica.snapshot(), replica.clock, replica.version, replica.fingerprint
        written = [Update("k", '{"x":[1.50]}', "b", 7), Update("l", "null", "c", 2, deleted=True)]
        for update in written:
            assert replica.history.write(update) is None  # type: ignore[func-returns-value]
        assert (replica.snapshot(), replica.clock, replica.version, replica.fingerprint) == before
        assert seen == []
        assert list(replica.history) == [Update("k", "1", "a", 1, local=True), written[1], written[0]]
        assert replica.news("b", 0) == written[:1]


@pytest.mark.parametrize(
    ("update", "error"),
    [
        (Update("", "1", "b", 1), scuttle.errors.EmptyKeyError),
        (Update("\0", "1", "b", 1), scuttle.errors.NulError),
        (Update("k" * 70_000, "1", "b", 1), scuttle.errors.KeyTooLongError),
        (Update("k", "", "b", 1), scuttle.errors.JSONError),
        (Update("k", "nonsense", "b", 1), scuttle.errors.JSONError),
        (Update("k", '{"a":1,"a":2}', "b", 1), scuttle.errors.DuplicateError),
        (Update("k", "1", "", 1), scuttle.errors.IdError),
        (Update("k", "1", "b" * 256, 1), scuttle.errors.IdError),
        (Update("k", "1", "b", 0), scuttle.errors.VersionError),
        (Update("k", "1", "b", 2**53), scuttle.errors.VersionError),
        (Update("k", "1", "b", -1), scuttle.errors.ArgumentError),
        (Update("\ud800", "1", "b", 1), scuttle.errors.Utf8Error),
    ],
)
def test_updates_that_cannot_be_written(replica: Replica, update: Update, error: type) -> None:
    replica["k"] = 1
    history = list(replica.history)
    with refused(replica, error):
        replica.history.write(update)
    assert list(replica.history) == history


@pytest.mark.parametrize("wrong", [None, "k", {"key": "k"}, ("k", "1", "b", 1)])
def test_only_updates_are_written(replica: Replica, wrong: Any) -> None:
    with pytest.raises(TypeError, match="takes an Update"):
        replica.history.write(wrong)


def test_writing_may_call_on_compaction() -> None:
    forgotten: List[Update] = []
    with Replica("a", exact_id=True, max_history=2, on_compaction=forgotten.extend) as replica:
        replica.update({"k": 1, "l": 2})
        replica.history.write(Update("m", "3", "b", 9))
        assert [update.key for update in forgotten] == ["k"]
        assert versions(replica) == [2, 9]


def digest(source: str, version: int) -> bytes:
    return b'{"digest":true,"source_id":"%b","version":%d}\n' % (source.encode(), version)


@pytest.mark.parametrize("flags", [{"classic": True}, {"any": True}])
def test_a_classic_peer_gets_superseded_updates_if_the_link_says_so(replica: Replica, flags: Any) -> None:
    """The peer names the sources that it knows; with the history it gets each update, without it the live entries."""
    for value in range(3):
        replica["k"] = value
    replica.history.write(Update("old", '"written"', "c", 4))
    question = b'{"digest":true,"source_id":"a","version":0}\n{"digest":true,"source_id":"c","version":0}\n'
    question = question + b'{"digest":true,"done":true}\n'
    with replica.link(history=True, **flags) as link:
        link.write(question)
        lines = link.read_all().splitlines(keepends=True)
        assert [l for l in lines if b'"source_id":"a"' in l and b'"key"' in l] == [
            line("k", str(value), "a", value + 1) for value in range(3)
        ]
        assert line("old", '"written"', "c", 4) in lines
    with replica.link(**flags) as link:
        link.write(question)
        lines = link.read_all().splitlines(keepends=True)
        assert [l for l in lines if b'"key"' in l] == [line("k", "2", "a", 3)]


def test_an_extended_peer_gets_no_written_update(replica: Replica) -> None:
    replica.history.write(Update("old", '"written"', "c", 4))
    replica["k"] = 1
    with Replica("b") as other:
        sync(replica, other)
        assert other == {"k": 1}
        assert "c" not in other.clock


def test_a_link_with_history_is_a_classic_one(replica: Replica) -> None:
    with pytest.raises(scuttle.errors.ArgumentError):
        replica.link(history=True)


# --- links that speak one dialect or any ------------------------------------------------------------------------------


def test_a_default_link_ends_with_a_classic_peer(replica: Replica) -> None:
    for said in (line("k", "1", "b", 1), b'{"digest":true,"done":true}\n', digest("b", 1)):
        with replica.link() as link:
            with refused(replica, scuttle.errors.ProtocolError):
                link.write(said)
            with refused(replica, scuttle.errors.ProtocolError):
                link.write(line("l", "1", "b", 1))


@pytest.mark.parametrize(
    ("flags", "others"),
    [
        ({}, {}),
        ({}, {"any": True}),
        ({"any": True}, {"any": True}),
        ({"any": True}, {"classic": True}),
        ({"classic": True}, {"classic": True}),
        ({"any": True, "history": True}, {"classic": True, "history": True}),
    ],
)
def test_links_that_meet(replica: Replica, flags: Any, others: Any) -> None:
    with Replica("b") as other, replica.link(**flags) as here, other.link(**others) as there:
        replica["k"], other["l"] = 1, 2
        for _ in range(3):
            here.gossip()
            there.gossip()
            pump(here, there)
        assert replica == other == {"k": 1, "l": 2}


def test_links_that_do_not_meet(replica: Replica) -> None:
    with Replica("b") as other, replica.link() as here, other.link(classic=True) as there:
        replica["k"], other["l"] = 1, 2
        there.gossip()
        with pytest.raises(scuttle.errors.ProtocolError):
            pump(here, there)
        assert replica == {"k": 1} and other == {"l": 2}


# --- trim ------------------------------------------------------------------------------------------------------------


def test_trimming_removes_the_chosen_updates(replica: Replica) -> None:
    replica.update({f"k{i}": i for i in range(9)})
    asked: List[Update] = []
    before = list(replica.history)
    facts = replica.snapshot(), replica.clock, replica.version, replica.fingerprint

    def odd(update: Update) -> bool:
        asked.append(update)
        return bool(update.value % 2)

    assert replica.history.trim(odd) == 4
    assert sorted(asked) == sorted(before)
    assert versions(replica) == [1, 3, 5, 7, 9]
    assert (replica.snapshot(), replica.clock, replica.version, replica.fingerprint) == facts
    assert replica.history.trim(lambda update: None) == 0
    assert replica.history.trim(lambda update: "yes") == 5
    assert len(replica.history) == 0
    assert replica.history.trim(lambda update: True) == 0


def test_peers_get_entries_in_place_of_trimmed_updates(replica: Replica) -> None:
    with Replica("b") as other, replica.link() as here, other.link() as there:
        replica.update({"k": 1, "l": 1})
        there.gossip()
        pump(here, there)
        for value in (2, 3):
            replica.update({"k": value, "l": value})
        replica.history.trim(lambda update: update.key == "k")
        there.gossip()
        pump(here, there)
        assert other == replica == {"k": 3, "l": 3}
        assert other.clock["a"] == replica.clock["a"]
        assert other.fingerprint == replica.fingerprint


def test_an_exception_ends_the_trimming(replica: Replica) -> None:
    replica.update({f"k{i}": i for i in range(6)})
    asked: List[int] = []

    def drop(update: Update) -> bool:
        asked.append(update.version)
        if len(asked) == 3:
            raise KeyError(update.key)
        return True

    with pytest.raises(KeyError):
        replica.history.trim(drop)
    assert len(asked) == 3
    assert len(replica.history) == 4
    assert not set(asked[:2]) & set(versions(replica))
    with pytest.raises(KeyboardInterrupt):
        replica.history.trim(lambda update: (_ for _ in ()).throw(KeyboardInterrupt))
    assert len(replica.history) == 4


def test_after_closing(replica: Replica) -> None:
    history = replica.history
    assert repr(history) == f"<scuttle.History updates={len(history)}>"
    replica.close()
    uses: List[Callable[[], object]] = [
        lambda: list(history),
        lambda: len(history),
        lambda: history.write(Update("k", "1", "b", 1)),
        lambda: history.trim(lambda update: True),
        lambda: history.keep(100),
        lambda: history.news("a", 0),
    ]
    for use in uses:
        with pytest.raises(scuttle.errors.ClosedError):
            use()
    assert repr(history) == "<scuttle.History closed>"


class Model:
    """A model of the history, beside a replica whose on_compaction trims and keeps as the test says."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.limit = capacity
        self.updates: List[Update] = []
        self.trims: Optional[int] = None
        self.keeps: Optional[int] = None
        self.errors: List[Any] = []
        self.replica = Replica(
            "a",
            exact_id=True,
            max_history=capacity,
            on_compaction=self.on_compaction,
            on_error=lambda *error: self.errors.append(error),
        )

    def on_compaction(self, updates: List[Update]) -> None:
        assert list(self.replica.history) == sorted(self.updates, key=lambda u: (u.version, u.source))
        assert updates == self.updates[: len(updates)]
        if self.trims is not None:
            residue = self.trims
            self.replica.history.trim(lambda update: update.version % 3 == residue)
            self.updates = [update for update in self.updates if update.version % 3 != residue]
        if self.keeps is not None and self.keeps > len(self.updates):
            self.replica.history.keep(self.keeps)
            self.limit = self.keeps
        else:
            self.limit = self.capacity

    def write(self, key: str, value: int) -> None:
        self.replica[key] = value
        self.updates.append(Update(key, str(value), "a", self.replica.version, local=True))
        self._shorten()

    def record(self, key: str, version: int) -> None:
        update = Update(key, "0", "b", version)
        self.replica.history.write(update)
        self.updates.append(update)
        self._shorten()

    def _shorten(self) -> None:
        if len(self.updates) > self.limit:
            self.updates = self.updates[-self.capacity :]

    def trim(self, residue: int) -> None:
        count = self.replica.history.trim(lambda update: update.version % 3 == residue)
        kept = [update for update in self.updates if update.version % 3 != residue]
        assert count == len(self.updates) - len(kept)
        self.updates = kept


@given(
    st.integers(1, 6),
    st.lists(
        st.one_of(
            st.tuples(st.just("write"), st.integers(0, 3)),
            st.tuples(st.just("record"), st.integers(0, 3)),
            st.tuples(st.just("trim"), st.integers(0, 2)),
            st.tuples(st.just("trims"), st.one_of(st.none(), st.integers(0, 2))),
            st.tuples(st.just("keeps"), st.one_of(st.none(), st.integers(0, 12))),
        ),
        max_size=40,
    ),
)
def test_any_history(capacity: int, steps: List[Tuple[str, Any]]) -> None:
    model = Model(capacity)
    recorded = 0
    with model.replica as replica:
        for what, argument in steps:
            if what == "write":
                model.write(f"k{argument}", argument)
            elif what == "record":
                recorded += 1
                model.record(f"k{argument}", recorded)
            elif what == "trim":
                model.trim(argument)
            else:
                setattr(model, what, argument)
            assert not model.errors
            assert list(replica.history) == sorted(model.updates, key=lambda u: (u.version, u.source))
            assert len(replica.history) == len(model.updates)
