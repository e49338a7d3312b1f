"""Classic links bring the updates of a source in any order, and digests of any kind."""

from __future__ import annotations

from typing import Tuple

import pytest
from classic_connections import Edge
from classic_network import SEEDS, Network, closing, expect_equal, join
from support import REQUEST_ALL, line, pump

from scuttle import Link, Replica

pytestmark = pytest.mark.usefixtures("one_process")

OLD, NEW = line("a", "1", "N", 3), line("b", "2", "N", 5)
BOTH = {"a": 1, "b": 2}


def test_falling_versions_both_stand() -> None:
    with Replica("L1") as first, first.link(classic=True) as link:
        link.write(NEW)
        link.write(OLD)
        assert dict(first) == BOTH


@pytest.mark.parametrize("times", [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("keeps_open", [False, True])
def test_falling_versions_behind_an_extended_link(times: Tuple[int, ...], keeps_open: bool) -> None:
    """The other replicas gossip before, between and after the two updates; the last of them starts from an export, too."""
    with Replica("L1") as first, Replica("L2") as second, Replica("L3") as third, first.link(classic=True) as link:
        with first.link() as here, second.link() as there:
            for time, data in enumerate([b"", NEW, OLD]):
                link.write(data)
                if time in times:
                    if keeps_open:
                        there.gossip()
                        pump(here, there)
                    else:
                        join(second, first)
                    join(third, second)
            there.gossip()
            pump(here, there)
            join(third, second)
        assert dict(first) == dict(second) == dict(third) == BOTH
        with Replica("L3", state=third.export()) as again:
            assert dict(again) == BOTH


def test_falling_versions_on_a_live_link() -> None:
    with Replica("L1") as first, Replica("L2") as second, first.link(classic=True) as link:
        with first.link(live=True) as here, second.link(live=True) as there:
            here.gossip()
            pump(here, there)
            for data in (NEW, OLD):
                link.write(data)
                pump(here, there)
        assert dict(second) == BOTH


def test_falling_versions_go_on_through_a_classic_link() -> None:
    """The next classic peer requests the updates above its version, and has to get both."""
    with Replica("L1") as first, Replica("L2") as second:
        with first.link(classic=True) as link, first.link(classic=True) as here, second.link(classic=True) as there:
            for data in (NEW, OLD):
                link.write(data)
                there.gossip()
                pump(here, there)
        with first.link(classic=True) as here, second.link(classic=True) as there:
            there.gossip()
            pump(here, there)
        assert dict(second) == BOTH


def test_the_first_gossip_of_a_link_requests_all_entries() -> None:
    with Replica("L1") as first:
        with first.link(classic=True) as link:
            link.write(NEW)
        with first.link(classic=True) as link:
            link.gossip()
            assert link.read_all() == REQUEST_ALL
            link.gossip()
            assert b'"N"' in link.read_all()


def test_an_older_write_of_the_same_key_stays_superseded() -> None:
    with Replica("L1") as first, first.link(classic=True) as link:
        link.write(line("a", '"new"', "N", 5) + line("a", '"old"', "N", 3) + line("a", '"new"', "N", 5))
        assert dict(first) == {"a": "new"}


def test_an_older_write_does_not_undo_a_delete() -> None:
    with Replica("L1") as first, first.link(classic=True) as link:
        link.write(line("a", "1", "N", 3))
        first.delete("a")
        link.write(line("a", "2", "N", 2) + line("a", "1", "N", 3))
        assert dict(first) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_late_joiner_of_a_hub_loses_nothing(seed: int) -> None:
    """The hub sends all peers the updates that one of them requests, and the late joiner gossips last."""
    network = Network(seed, ["N1-L1", "N1-N2", "N1-L2"], absent=["L2"])
    with closing(network):
        for number in range(8):
            network.peers["N2"].set(f"k{number}", number)
        network.gossip("N1")
        network.pump()
        network.gossip("L1")
        network.pump()
        for number in range(8, 12):
            network.peers["N2"].set(f"k{number}", number)
        network.gossip("N1")
        network.join("L2")
        network.gossip("L1")
        network.pump()
        expect_equal(network, seed)
        assert len(network.nodes["L2"].replica) == 12


def ask_over(edge: Edge) -> None:
    """The replica at the second end gossips on this link only."""
    assert edge.ends and isinstance(edge.ends[1], Link)
    edge.ends[1].gossip()


def test_a_hub_that_serves_a_peer_with_more_updates() -> None:
    """L2 is behind a hub. L1 has N:1 from N itself, so the hub sends all its peers N:2 and what follows: L2 has to get N:1, too."""
    network = Network(1, ["H-L1", "H-L2", "N-L1", "N-H"], apart=True)
    with closing(network):
        to_first, _, node, hub = network.edges
        network.calm_round()
        network.close(hub)
        network.peers["N"].set("a", 1)
        ask_over(node)
        assert network.carry(node, 1) and network.carry(node, 0)
        network.peers["N"].set("b", 2)
        network.open()
        network.gossip("H")
        assert network.carry(hub, 1) and network.carry(hub, 0)
        assert network.peers["H"].state.keys() == {"a", "b"} and dict(network.nodes["L1"].replica) == {"a": 1}
        ask_over(to_first)
        assert network.carry(to_first, 1)
        for _ in range(12):
            network.calm_round()
        network.check()
        assert dict(network.nodes["L2"].replica) == dict(network.nodes["L1"].replica) == {"a": 1, "b": 2}


@pytest.mark.parametrize("done", ["true", "1", '"yes"', "[]", "{}", "0.5"])
def test_done_is_any_value_that_is_true_in_javascript(done: str) -> None:
    with Replica("L1", exact_id=True) as first, first.link(classic=True) as link:
        first["k"] = 1
        link.write(b'{"digest":true,"done":%b}\n' % done.encode())
        assert link.read_all() == line("k", "1", "L1", 1)


@pytest.mark.parametrize("version", ["0", "-10", "null", "-0.5"])
def test_a_digest_without_a_version_is_one_of_0(version: str) -> None:
    with Replica("L1", exact_id=True) as first, first.link(classic=True) as link:
        first["k"] = 1
        link.write(b'{"digest":true,"id":"L1","version":%b}\n' % version.encode())
        assert link.read_all() == line("k", "1", "L1", 1)
