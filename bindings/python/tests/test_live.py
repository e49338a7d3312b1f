"""Live links send new updates without a request."""

from __future__ import annotations

from typing import Iterator, List, Tuple

import pytest
from support import pump

from scuttle import Link, Replica, Update

Pair = Tuple[Replica, Replica, Link, Link]


@pytest.fixture
def pair(replica: Replica) -> Iterator[Pair]:
    """Two replicas that have exchanged hellos over live links."""
    with Replica("b", seed=2) as other, replica.link(live=True) as here, other.link(live=True) as there:
        here.gossip()
        pump(here, there)
        yield replica, other, here, there


def test_updates_go_out_without_a_request(pair: Pair) -> None:
    one, other, here, there = pair
    one["k"] = 1
    pump(here, there)
    other["l"] = 2
    pump(here, there)
    assert one == other == {"k": 1, "l": 2}
    assert one.clock == other.clock


def test_without_updates_there_is_no_output(pair: Pair) -> None:
    one, other, here, there = pair
    one["k"] = 1
    pump(here, there)
    assert here.read_all() == there.read_all() == b""  # updates of a peer do not go back to it


def test_both_write_at_once(pair: Pair) -> None:
    one, other, here, there = pair
    for i in range(100):
        one[f"k{i % 7}"], other[f"k{i % 5}"] = i, -i
        if i % 3 == 0:
            pump(here, there, lambda: 50)
    pump(here, there)
    assert one == other
    assert len(one) == 7


def test_deletes_are_seen_as_deletes(pair: Pair) -> None:
    one, other, here, there = pair
    seen: List[Update] = []
    with Replica("c", on_update=seen.append) as third, other.link(live=True) as relay, third.link() as end:
        one["k"] = 1
        pump(here, there)
        end.gossip()
        pump(relay, end)
        del one["k"]
        one["l"] = [2]
        pump(here, there)
        pump(relay, end)
        assert third == other == one == {"l": [2]}
    assert [(update.key, update.deleted, update.reset) for update in seen] == [
        ("k", False, False),
        ("k", True, False),
        ("l", False, False),
    ]


def test_a_reader_that_is_behind_gets_the_state() -> None:
    with Replica("a", max_history=3) as one, Replica("b") as other:
        with one.link(live=True) as here, other.link() as there:
            here.gossip()
            pump(here, there)
            one.update({f"k{i}": i for i in range(100)})
            pump(here, there)
            assert other == one


def test_a_live_link_fills_up() -> None:
    drained: List[bool] = []
    with Replica("a", mtu=3, on_drain=lambda: drained.append(True)) as one, Replica("b") as other:
        with one.link(live=True) as here, other.link() as there:
            here.gossip()
            pump(here, there)
            drained.clear()
            assert [one.set(f"k{i}", i) for i in range(5)] == [True, True, False, False, False]
            assert drained == []
            pump(here, there)
            assert drained == [True]
            assert one.set("more", 1) is True
            pump(here, there)
            assert other == one


def test_a_link_that_is_not_live_waits_for_a_request(replica: Replica) -> None:
    with Replica("b") as other, replica.link() as here, other.link() as there:
        here.gossip()
        pump(here, there)
        replica["k"] = 1
        assert here.read_all() == b""


def test_before_the_first_gossip_nothing_goes_out(replica: Replica) -> None:
    replica["k"] = 1
    with replica.link(live=True) as link:
        assert link.read_all() == b""


def test_a_live_link_in_the_classic_dialect_waits_for_a_request(replica: Replica) -> None:
    with Replica("b") as other, replica.link(live=True, any=True) as here, other.link(classic=True) as there:
        there.gossip()
        pump(here, there)
        replica["k"] = 1
        there.gossip()
        pump(here, there)
        assert other == {"k": 1}
