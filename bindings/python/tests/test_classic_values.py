"""Values that JavaScript writes, or writes in another spelling."""

from __future__ import annotations

import json
from typing import List

import pytest
from classic_ledger import canonical
from classic_network import SEEDS, Network, closing, expect_equal, join
from simple_scuttle import UNDEFINED, parse, stringify
from support import line

from scuttle import Replica

pytestmark = pytest.mark.usefixtures("one_process")

JAVASCRIPT = [
    1e21, -1.5e21, 1.5e-7, 5e-324, 1.7976931348623157e308, 1e20, 12345678901234567890, 2.0**63, -(2.0**63), 2.0**64, 2.0**53,
    "\u2028\x7f\x01", "🐙", {"1": 2, "2": 1, "b": {"10": [], "a": None}}, None,
]  # fmt: skip


@pytest.mark.parametrize("value", JAVASCRIPT, ids=stringify)
def test_a_value_that_javascript_writes(value: object) -> None:
    network = Network(1, ["N1-L1", "L1-L2", "L2-N2", "N2-L3"])
    with closing(network):
        network.peers["N1"].set("k", value)
        network.peers["N1"].set("after", 1)
        expect_equal(network)
        network.check()
        for node in network.nodes.values():
            assert canonical(node.replica["k"]) == canonical(parse(stringify(value)))
            assert node.replica["after"] == 1


def test_numbers_are_keys_as_strings_and_undefined_is_null() -> None:
    network = Network(1, ["N1-L1", "L1-L2", "L2-N2", "N2-L3"])
    with closing(network):
        network.peers["N1"].set(5, "five")
        network.peers["N1"].set(1.5, "more")
        network.peers["N1"].set("nothing", UNDEFINED)
        expect_equal(network)
        network.check()
        assert dict(network.nodes["L3"].replica) == {"5": "five", "1.5": "more", "nothing": None}


@pytest.mark.parametrize("key, value", [("", 1), ("k", "\ud800"), ("\ud800", 1), ("a\0b", 1), (UNDEFINED, 1)], ids=repr)
def test_an_update_that_is_refused_holds_no_other_up(key: object, value: object) -> None:
    """The replica may apply or refuse the update; the next one is applied, the link goes on, and replicas are equal."""
    network = Network(1, ["N1-L1", "N1-L2", "L1-L3"])
    with closing(network):
        peer = network.peers["N1"]
        peer.set("before", 0)
        peer.set(key, value)
        for number in range(3):
            peer.set(f"after{number}", number)
            network.round()
        expect_equal(network)
        for node in network.nodes.values():
            assert {"before", "after0", "after1", "after2"} <= node.held.keys()


SPELLINGS = [
    "1.50", "20.0", "1e2", "-0", "-0.0", "0.10e1", "1e-07", "100000000000000000000.0", "1.0e22", r'"\/"', r'"\u00e9"', r'"\u0041"',
    '{"2":1,"1":2}', '{"b":1.0,"7":[20.0,{"2":0.0,"1":"\\/"}]}', "[1e0,10e-1]",
]  # fmt: skip


def best(texts: List[str]) -> str:
    return min(texts, key=lambda text: (len(text.encode()), text.encode()))


def feed(network: Network, name: str, data: bytes) -> None:
    """A new classic peer sends lines to a replica."""
    node = network.nodes[name]
    with node.replica.link(classic=True) as link:
        node.ledger.read(link, data, True)
        link.write(data)


@pytest.mark.parametrize("edges", ["L1-N1 N1-L2", "L1-N1 N1-L2 L1-L2", "N1-L1 N1-L2 N1-L3", "L1-L3 L1-N1 N1-L2 L2-L4"])
@pytest.mark.parametrize("text", SPELLINGS)
def test_respelled_values_are_one_write(text: str, edges: str) -> None:
    """All replicas hold one spelling, and no link has an error. After a reconnect each replica has received both."""
    network = Network(1, edges.split())
    with closing(network):
        feed(network, "L1", line("k", text, "X", 1))
        for _ in range(3):
            network.round()
        for edge in network.edges:
            network.close(edge)
        network.open()
        for _ in range(3):
            network.round()
        network.check()
        due = best([text, stringify(parse(text))])
        assert {name: node.texts["k"] for name, node in network.nodes.items()} == dict.fromkeys(network.nodes, due)


@pytest.mark.parametrize("text", ["1E5", "1e16", "[2e9,0.5]"])
def test_behind_a_relay_a_value_has_the_spelling_of_the_relay(text: str) -> None:
    """JavaScript spells the value longer, so the shorter text passes no relay: each side keeps a spelling of one value."""
    network = Network(1, ["L1-N1", "N1-L2"])
    with closing(network):
        feed(network, "L1", line("k", text, "X", 1))
        for _ in range(3):
            network.round()
        for edge in network.edges:
            network.close(edge)
        network.open()
        for _ in range(3):
            network.round()
        network.check()
        longer = stringify(parse(text))
        assert {name: node.texts["k"] for name, node in network.nodes.items()} == {"L1": text, "L2": longer}
        assert parse(text) == parse(longer)


@pytest.mark.parametrize("value", [20.0, -0.0, 1e-7, {"2": 1.0, "1": 2}])
def test_a_replica_adopts_the_better_spelling_of_its_own_write(value: object) -> None:
    network = Network(1, ["L1-N1", "N1-L2", "L1-L3"])
    with closing(network):
        network.nodes["L1"].set("k", value)
        for _ in range(2):
            for _ in range(2):
                network.round()
            network.close_all("L1")
            network.open()
        network.check()
        due = best([json.dumps(value, separators=(",", ":")), stringify(value)])
        assert {name: node.texts["k"] for name, node in network.nodes.items()} == dict.fromkeys(network.nodes, due)


def test_a_republished_write_adopts_the_better_spelling() -> None:
    """L1 republishes the write, because it lags behind L2, which has purged a tombstone."""
    with Replica("L1", seed=1) as first, Replica("L2", seed=2) as second:
        first["k"] = 20.0
        for _ in range(3):
            second["gone"] = 1
            del second["gone"]
        second.purge()
        join(first, second)
        assert first.snapshot()[0].is_republished
        with first.link(classic=True) as link:
            link.write(line("k", "20", first.id, 1))
        assert first.snapshot()[0].json == "20"
        join(first, second)
        assert second.snapshot()[0].json == "20"


@pytest.mark.parametrize("number", [2**53 + 1, 2**62 + 1, 2**63 - 1, -(2**63)])
def test_digits_that_are_lost_on_the_way(number: int) -> None:
    """The relay sends another integer of the same double: no link ends, no event comes, and all apply the next updates."""
    network = Network(1, ["L1-N1", "N1-L2", "L1-L3"])
    with closing(network):
        network.nodes["L1"].set("k", number)
        for _ in range(3):
            network.round()
            network.close_all("L1")
            network.open()
        network.nodes["L1"].set("after", 1)
        for _ in range(2):
            network.round()
        for node in network.nodes.values():
            assert float(node.texts["k"]) == float(number)
            assert node.texts["after"] == "1"


@pytest.mark.parametrize("seed", SEEDS)
def test_respelled_values_in_a_network(seed: int) -> None:
    """Writes at random, with values that JavaScript spells otherwise than Python."""
    values = [20.0, -0.0, 1e-7, {"2": 1.0, "1": 2}, [1.0, {"9": 1, "8": 2}], 1e22]
    network = Network(seed, ["N1-L1", "N1-L2", "N1-L3", "L3-L4"])
    with closing(network):
        network.live(6, lambda rng: rng.choice(values))
        expect_equal(network, seed)
        network.check()
        for edge in network.edges:
            network.close(edge)
        network.open()
        for _ in range(3):
            network.round()
        network.check()
        first, *rest = (node.texts for node in network.nodes.values())
        assert rest == [first] * len(rest)
