"""Replicas that exchange bytes converge, however their bytes are cut and their writes interleave."""

from __future__ import annotations

from random import Random
from typing import Any, Callable, List

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import pump, sync

import scuttle
from scuttle import Replica, Resolver

KEYS = st.sampled_from(["a", "b", "c", "é", "__proto__"])
VALUES = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=3) | st.lists(st.integers(0, 3), max_size=2)
)


def operations(replicas: int) -> st.SearchStrategy[List[Any]]:
    number = st.integers(0, replicas - 1)
    return st.lists(
        st.tuples(st.just("set"), number, KEYS, VALUES)
        | st.tuples(st.just("delete"), number, KEYS)
        | st.tuples(st.just("purge"), number)
        | st.tuples(st.just("gossip"), number)
        | st.tuples(st.just("carry"), number, st.integers(1, 200)),
        max_size=40,
    )


class Ring:
    """Replicas with a link from each to the next, and bytes on their way."""

    def __init__(self, count: int, live: bool, **config: Any) -> None:
        self.replicas = [Replica(f"r{i}", **config) for i in range(count)]
        pairs = [(i, (i + 1) % count) for i in range(count if count > 2 else 1)]
        self.links = [(self.replicas[i].link(live=live), self.replicas[j].link(live=live)) for i, j in pairs]

    def do(self, kind: str, number: int, *arguments: Any) -> None:
        replica = self.replicas[number]
        if kind == "set":
            replica.set(*arguments)
        elif kind == "delete":
            replica.delete(*arguments)
        elif kind == "purge":
            replica.purge()
        elif kind == "gossip":
            replica.gossip()
        else:
            here, there = self.links[number % len(self.links)]
            there.write(here.read(*arguments))
            here.write(there.read(*arguments))

    def settle(self, chunk: Callable[[], int]) -> None:
        """Runs enough rounds for each update to reach each replica, and for all to purge the tombstones."""
        for _ in range(2 * len(self.replicas)):
            for replica in self.replicas:
                replica.gossip()
            for here, there in self.links:
                pump(here, there, chunk)

    def check(self) -> None:
        first = self.replicas[0]
        for replica in self.replicas[1:]:
            assert replica == first
            assert replica.fingerprint == first.fingerprint
            assert [(u.key, u.json, u.source, u.version) for u in replica.snapshot()] == [
                (u.key, u.json, u.source, u.version) for u in first.snapshot()
            ]

    def close(self) -> None:
        for replica in self.replicas:
            replica.close()


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("resolve", list(Resolver))
def test_replicas_converge(count: int, resolve: Resolver) -> None:
    @settings(max_examples=150)
    @given(operations(count), st.booleans(), st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**32))
    def run(steps: List[Any], live: bool, mtu: int, max_history: int, seed: int) -> None:
        random = Random(seed)
        ring = Ring(count, live, mtu=mtu, max_history=max_history, resolve=resolve)
        try:
            for step in steps:
                ring.do(*step)
            ring.settle(lambda: random.randrange(1, 100))
            ring.check()
        finally:
            ring.close()

    run()


@given(
    st.dictionaries(KEYS | st.text("xyz", min_size=1, max_size=3), VALUES, max_size=30),
    st.lists(st.integers(1, 60), min_size=1, max_size=20),
)
def test_any_cut_of_the_bytes_is_the_same(entries: Any, cuts: List[int]) -> None:
    def chunk() -> int:
        cuts.append(cuts.pop(0))
        return cuts[0]

    with Replica("a") as one, Replica("b") as other:
        one.update(entries)
        sync(one, other, chunk)
        assert other == entries
        assert other.fingerprint == one.fingerprint


def test_a_lost_connection_loses_nothing() -> None:
    with Replica("a") as one, Replica("b") as other:
        one.update({f"k{i}": i for i in range(100)})
        for lost_after in range(0, 4000, 317):
            here, there = one.link(), other.link()
            there.gossip()
            here.write(there.read())
            there.write(here.read(lost_after))
            here.close()
            there.close()
        sync(one, other)
        assert one == other


def test_deletes_travel() -> None:
    with Replica("a") as one, Replica("b") as other:
        one["k"] = 1
        sync(one, other)
        del other["k"]
        sync(one, other)
        assert "k" not in one
        assert one.fingerprint == other.fingerprint


def test_a_relay_forwards() -> None:
    with Replica("a", exact_id=True) as one, Replica("b", exact_id=True) as relay, Replica("c", exact_id=True) as other:
        one.update({f"k{i}": i for i in range(50)})
        sync(one, relay)
        sync(relay, other)
        assert other == one
        assert other.lookup("k1") == scuttle.Entry(1, "a", 2)
