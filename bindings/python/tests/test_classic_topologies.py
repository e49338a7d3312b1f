"""Networks of replicas and real simple-scuttles, as `simple_scuttle.SimplePeer` models them.

Each replica holds the greatest write of each key among all that it has received or written. Replicas that are connected through
replicas, and through SimplePeers that forget nothing, become equal, and hold the greatest of all writes.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from typing import Iterator, List, Optional, Tuple

import classic_table
import pytest
from classic_network import TOPOLOGIES, Edge, Network, canonical
from simple_scuttle import UNDEFINED, SimplePeer, parse, stringify
from support import ASK, line, pump

import scuttle
from scuttle import Limits, Link, Replica

SEEDS = range(20)


def expect_equal(network: Network, seed: object = "") -> None:
    assert network.settle(), f"seed {seed}: not equal:\n{network.differences()}"


@contextmanager
def closing(network: Network) -> Iterator[Network]:
    yield network
    network.shut()


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimplePeer, "sofar", [])


# ------------------------------------------------------------------------------------------------ random networks --


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("history", [10, None], ids=["default", "unlimited"])
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_topology(name: str, history: Optional[int], seed: int) -> None:
    """In every other network each SimplePeer has a process of its own."""
    with closing(TOPOLOGIES[name].run(seed, history, apart=seed % 2 == 1)) as network:
        expect_equal(network, seed)
        network.check()
        network.round()
        assert network.is_equal(), f"seed {seed}: no longer equal:\n{network.differences()}"
        network.check()
        if history is None:
            network.check_all()
        for _ in range(3):
            network.calm_round()
        sent = network.updates
        network.calm_round()
        assert network.updates == sent, f"seed {seed}: replicas that are equal go on sending"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["chain L-N-L", "hub", "ring", "replicas with nodes"])
def test_slow_readers(name: str, seed: int) -> None:
    """What does not fit is dropped, so replicas may lack updates; but what they have received stands."""
    with closing(TOPOLOGIES[name].run(seed, None, slow=True)) as network:
        for _ in range(4):
            network.round()
            network.check()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["chain L-N-L", "hub", "mesh", "late joiners", "reconnects"])
def test_the_dialect_of_the_peer(name: str, seed: int) -> None:
    """All links are opened with `any`: those to SimplePeers become classic."""
    with closing(TOPOLOGIES[name].run(seed, None, any_dialect=True)) as network:
        expect_equal(network, seed)
        network.check()


# ------------------------------------------------------------------------------- updates of a source in any order --

OLD, NEW = line("a", "1", "N", 3), line("b", "2", "N", 5)
BOTH = {"a": 1, "b": 2}


def join(one: Replica, other: Replica) -> None:
    with one.link() as here, other.link() as there:
        here.gossip()
        pump(here, there)


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
    """The next classic peer asks for what is above its clock, and has to get both."""
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


def test_the_first_gossip_of_a_link_asks_for_everything() -> None:
    with Replica("L1") as first:
        with first.link(classic=True) as link:
            link.write(NEW)
        with first.link(classic=True) as link:
            link.gossip()
            assert link.read_all() == ASK
            link.gossip()
            assert b'"N"' in link.read_all()


def test_an_older_write_of_the_same_key_stays_beaten() -> None:
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
    """The hub repeats to all what one of them asks for, and the late joiner gossips last."""
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


def test_a_hub_that_answers_a_peer_that_knows_more() -> None:
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


# ------------------------------------------------------------------------------------------------ refused updates --


LARGE = line("large", json.dumps("x" * 100), "N", 3)
ALL = {"b": 2, "large": "x" * 100}


def choosy(kind: str) -> Replica:
    """A replica that does not take the key "large"."""
    if kind == "limit":
        return Replica("L1", limits=Limits(max_value_bytes=20))
    return Replica("L1", accept=lambda _link, update: update.key != "large")


def tell(link: Link, *lines: bytes) -> None:
    for data in lines:
        with suppress(scuttle.ValueTooLongError, scuttle.RefusedError):
            link.write(data)


@pytest.mark.parametrize("lines", [[LARGE, NEW], [NEW, LARGE]])
@pytest.mark.parametrize("kind", ["limit", "accept"])
def test_the_rest_stands_where_an_update_is_refused(kind: str, lines: List[bytes]) -> None:
    with choosy(kind) as first, Replica("L2") as second, first.link(classic=True) as link:
        link.gossip()
        tell(link, *lines, line("c", "3", "N", 6))
        join(second, first)
        assert dict(first) == dict(second) == {"b": 2, "c": 3}


@pytest.mark.parametrize("lines", [[LARGE, NEW], [NEW, LARGE]])
@pytest.mark.parametrize("kind", ["limit", "accept"])
def test_what_one_replica_refuses_another_takes(kind: str, lines: List[bytes]) -> None:
    """It is behind an extended link, and gets the update later from the classic peer itself."""
    with choosy(kind) as first, Replica("L2") as second, first.link(classic=True) as link:
        tell(link, *lines)
        join(second, first)
        with second.link(classic=True) as other:
            other.write(LARGE + NEW)
        assert (dict(first), dict(second)) == ({"b": 2}, ALL)


@pytest.mark.parametrize("lines", [[LARGE, NEW], [NEW, LARGE]])
@pytest.mark.parametrize("kind", ["limit", "accept"])
def test_what_one_replica_refuses_another_asks_for(kind: str, lines: List[bytes]) -> None:
    """On a link on which it has asked for everything before."""
    peer = SimplePeer("N", max_history=None)
    with choosy(kind) as first, Replica("L2") as second:
        with first.link(classic=True) as link, second.link(classic=True) as other:
            pipe = peer.pipe()
            other.gossip()
            pipe.write(other.read_all())
            for data in (LARGE, NEW):
                peer.write(json.loads(data))
            tell(link, *lines)
            join(second, first)
            other.gossip()
            pipe.write(other.read_all())
            other.write(pipe.read())
        assert dict(second) == ALL


def test_what_was_refused_is_accepted_again() -> None:
    refused = {"large"}
    peer = SimplePeer("N", max_history=None)
    for key in ("a", "large", "b"):
        peer.set(key, key)
    with Replica("L1", accept=lambda _link, update: update.key not in refused) as first:
        with first.link(classic=True) as link:
            pipe = peer.pipe()

            def exchange() -> None:
                link.gossip()
                pipe.write(link.read_all())
                with suppress(scuttle.RefusedError):
                    link.write(pipe.read())

            exchange()
            assert dict(first) == {"a": "a", "b": "b"}
            refused.clear()
            first.accept_again()
            exchange()
            assert dict(first) == {"a": "a", "large": "large", "b": "b"}


# --------------------------------------------------------------------------------------------- values of JavaScript --

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
def test_what_cannot_be_taken_holds_nothing_up(key: object, value: object) -> None:
    """Whether it is taken or refused: what comes after it is taken, the link goes on, and replicas are equal."""
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


# --------------------------------------------------------------------------------------------------- respelled values --

SPELLINGS = [
    "1.50", "20.0", "1e2", "-0", "-0.0", "0.10e1", "1e-07", "100000000000000000000.0", "1.0e22", r'"\/"', r'"\u00e9"', r'"\u0041"',
    '{"2":1,"1":2}', '{"b":1.0,"7":[20.0,{"2":0.0,"1":"\\/"}]}', "[1e0,10e-1]",
]  # fmt: skip


def best(texts: List[str]) -> str:
    return min(texts, key=lambda text: (len(text.encode()), text.encode()))


def feed(network: Network, name: str, data: bytes) -> None:
    """A classic peer of its own says something to a replica."""
    node = network.nodes[name]
    with node.replica.link(classic=True) as link:
        node.ledger.take(link, data, True)
        link.write(data)


@pytest.mark.parametrize("edges", ["L1-N1 N1-L2", "L1-N1 N1-L2 L1-L2", "N1-L1 N1-L2 N1-L3", "L1-L3 L1-N1 N1-L2 L2-L4"])
@pytest.mark.parametrize("text", SPELLINGS)
def test_respelled_values_are_one_write(text: str, edges: str) -> None:
    """All come to one spelling, and no link has an error. After a reconnect each replica has been told both."""
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
def test_where_only_a_relay_leads_to_there_is_its_spelling_only(text: str) -> None:
    """JavaScript spells it longer, so the shorter text gets through no relay: each side keeps a spelling of one value."""
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
def test_a_replica_takes_the_better_spelling_of_its_own_write(value: object) -> None:
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


def test_a_republished_write_takes_the_better_spelling() -> None:
    """L1 republishes it, because it lags behind L2, which has purged a tombstone."""
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
    """The relay makes another integer of it, of the same double: no link ends, nothing is told, and all take what follows."""
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
    """Random writes, and the values of Python that JavaScript spells otherwise."""
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


# ------------------------------------------------------------------------------------------------------------ digests --


@pytest.mark.parametrize("done", ["true", "1", '"yes"', "[]", "{}", "0.5"])
def test_done_is_what_javascript_takes_for_true(done: str) -> None:
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


# ------------------------------------------------------------------------------------------------------------ deletes --


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
    """First L2 has it from the relay, without `deleted`; then by an extended link, with it; and back."""
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
    """L2 has the write with its time to live and without, and the expiry as one and as a null."""
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
    """A relay makes a delete and a null the same; whatever it comes to, it comes to it everywhere."""
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


# -------------------------------------------------------------------------------------------------------------- table --


def test_the_table_has_a_row_for_each_topology_and_history() -> None:
    lines: List[str] = []
    classic_table.main(1, lines.append)
    assert len(lines) == 2 + 2 * len(TOPOLOGIES)
    assert len({text.count("|") for text in lines}) == 1
