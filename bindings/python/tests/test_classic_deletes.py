"""Deletes and expiries behind a classic relay."""

from __future__ import annotations

from typing import Iterator, List

import pytest
from classic_network import Network, closing, join

pytestmark = pytest.mark.usefixtures("one_process")


def everywhere(network: Network, rounds: int = 3) -> List[object]:
    for _ in range(rounds):
        network.round()
    network.check()
    return [dict(node.replica) for node in network.nodes.values()]


@pytest.fixture
def chain() -> Iterator[Network]:
    """L1–N1–L2=L3"""
    network = Network(1, ["L1-N1", "N1-L2", "L2-L3"])
    network.nodes["L1"].set("k", 1)
    assert everywhere(network) == [{"k": 1}] * 3
    yield network
    network.shut()


@pytest.mark.parametrize("writer", ["L1", "L2", "L3"])
def test_a_delete_through_a_relay(chain: Network, writer: str) -> None:
    chain.nodes[writer].delete("k")
    assert everywhere(chain) == [{}] * 3
    chain.nodes["L2"].set("k", 2)
    assert everywhere(chain) == [{"k": 2}] * 3


@pytest.mark.parametrize("restarted", ["L1", "L2", "L3"])
def test_a_delete_through_a_relay_and_a_restart(chain: Network, restarted: str) -> None:
    chain.nodes["L1"].delete("k")
    chain.restart(restarted)
    assert everywhere(chain) == [{}] * 3
    chain.restart(restarted)
    assert everywhere(chain) == [{}] * 3


def test_a_delete_that_comes_back_is_the_same_one(chain: Network) -> None:
    """L2 first receives the delete from the relay, without `deleted`; then over an extended link, with it; and sends it back."""
    chain.nodes["L1"].delete("k")
    assert everywhere(chain) == [{}] * 3
    join(chain.nodes["L1"].replica, chain.nodes["L3"].replica)
    chain.close_all("N1")
    chain.open()
    assert everywhere(chain) == [{}] * 3
    assert len({node.replica.fingerprint for node in chain.nodes.values()}) == 1


def test_a_delete_reaches_a_late_joiner_of_a_hub() -> None:
    network = Network(1, ["N1-L1", "N1-L2", "N1-L3"], absent=["L3"])
    with closing(network):
        network.nodes["L1"].set("k", 1)
        network.nodes["L1"].set("j", 1)
        network.round()
        network.nodes["L2"].delete("k")
        network.round()
        network.join("L3")
        assert everywhere(network) == [{"j": 1}] * 3


def test_an_expiry_through_a_relay(chain: Network) -> None:
    """The relay drops `written`, `expired` and `deleted`, and dropped `ttl` before."""
    first = chain.nodes["L1"].replica
    first.tick(100)
    first.set_ttl("lease", 1, 30)
    for _ in range(2):
        chain.round()
    assert [node.replica.get("lease") for node in chain.nodes.values()] == [1, 1, 1]
    first.tick(131)
    assert "lease" not in first
    for _ in range(3):
        chain.round()
    assert [dict(node.replica) for node in chain.nodes.values()] == [{"k": 1}] * 3
    assert chain.errors == []


def test_an_expiry_by_both_ways() -> None:
    """L2 receives the write with its time to live and without, and the expiry as an expiry and as a null."""
    network = Network(1, ["L1-N1", "N1-L2", "L1-L2"])
    with closing(network):
        first = network.nodes["L1"].replica
        first.tick(100)
        first.set_ttl("lease", 1, 30)
        for _ in range(2):
            network.round()
        assert [node.replica.get("lease") for node in network.nodes.values()] == [1, 1]
        first.tick(131)
        for _ in range(3):
            network.round()
        assert [dict(node.replica) for node in network.nodes.values()] == [{}, {}]
        assert network.errors == []


def test_the_null_of_a_simple_scuttle_is_a_value(chain: Network) -> None:
    chain.peers["N1"].set("k", None)
    assert everywhere(chain) == [{"k": None}] * 3


def test_the_null_of_a_replica_is_the_same_on_both_sides(chain: Network) -> None:
    """A relay makes a delete and a null the same, and all replicas hold the same of the two."""
    chain.nodes["L1"].set("k", None)
    for _ in range(3):
        chain.round()
    chain.close_all("L1")
    chain.open()
    for _ in range(3):
        chain.round()
    first, *rest = (dict(node.replica) for node in chain.nodes.values())
    assert rest == [first] * 2
    assert chain.errors == []
