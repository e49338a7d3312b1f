"""The model of simple-scuttle, compared with recorded sessions of real ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from simple_scuttle import SimplePeer, parse, stringify

FOLDER = Path(__file__).resolve().parents[3] / "Tests" / "Conformance" / "Vectors" / "recorded"

Line = Dict[str, Any]


class Stage:
    """The nodes of a recorded session, and their messages on the way."""

    def __init__(self, meta: Line) -> None:
        history = None if meta["max_history"] == "unbounded" else meta["max_history"]
        self.peers = {id: SimplePeer(id, meta["mtu"], history) for edge in meta["edges"] for id in edge}
        self.pipes = {(a, b): self.peers[a].pipe() for edge in meta["edges"] for a, b in (edge, edge[::-1])}
        self.waiting: Dict[Tuple[str, str], List[Line]] = {edge: [] for edge in self.pipes}

    def arrive(self, line: Line) -> None:
        """Expects a recorded message from the model; the digests of one gossip may come in another order."""
        sender, receiver = edge = line["from"], line["to"]
        pipe, waiting, message = self.pipes[edge], self.waiting[edge], line["msg"]
        waiting += map(json.loads, iter(pipe.read_line, b""))
        digests = next((place for place, other in enumerate(waiting) if "id" not in other), len(waiting))
        place = waiting[: max(digests, 1)].index(message)
        assert list(waiting[place].items()) == list(message.items())
        del waiting[place]
        self.peers[receiver].write(message)

    def left(self) -> List[Line]:
        said = [line for pipe in self.pipes.values() for line in iter(pipe.read_line, b"")]
        return [json.loads(line) for line in said] + sum(self.waiting.values(), [])


@pytest.mark.parametrize("name", ["t1-mesh-lossless", "t2-chain-default-config"])
def test_replays_a_recorded_session(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = FOLDER / f"{name}.ndjson"
    if not path.exists():
        pytest.skip("the recordings are there in a source checkout only")
    monkeypatch.setattr(SimplePeer, "sofar", [])
    first, *lines, last = map(json.loads, path.read_text("utf-8").splitlines())
    stage = Stage(first["meta"])
    for line in lines:
        if "set" in line:
            peer = stage.peers[line["node"]]
            peer.set(line["set"]["key"], line["set"]["value"])
            assert peer.clock[peer.id] == line["version"]
        elif "gossip" in line:
            stage.peers[line["node"]].gossip()
        else:
            stage.arrive(line)
    assert stage.left() == []
    for id, final in last["final"].items():
        peer = stage.peers[id]
        assert {key: state._asdict() for key, state in peer.state.items()} == final["state"]
        assert list(peer.clock.items()) == list(final["clock"].items())
        assert [update.message for update in peer.history] == final["history"]


@pytest.mark.parametrize(
    "given, written",
    [
        ("1.50", "1.5"), ("20.0", "20"), ("1e2", "100"), ("-0", "0"), ("-0.0", "0"), ("0.1e1", "1"), ("100", "100"),
        ("-12.75", "-12.75"), ("0.000001", "0.000001"), ("0.0000001", "1e-7"), ("1.25e-7", "1.25e-7"), ("5e-324", "5e-324"),
        ("9007199254740993", "9007199254740992"), ("12345678901234567890", "12345678901234567000"),
        ("1e20", "100000000000000000000"), ("1e21", "1e+21"), ("-1.5e21", "-1.5e+21"), ("1e400", "null"),
        ("123456789012345678901234", "1.2345678901234569e+23"), ("1.7976931348623157e308", "1.7976931348623157e+308"),
        (r'"\/"', '"/"'), (r'"\u00e9\ud83d\udc19"', '"é🐙"'), (r'"\u001F\u007f\b\u0009"', '"\\u001f\x7f\\b\\t"'),
        (r'"\ud800"', r'"\ud800"'), ('{"2":1,"1":2}', '{"1":2,"2":1}'), ('{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'),
        ('{"b":1,"10":2,"01":3,"9":4,"-1":5}', '{"9":4,"10":2,"b":1,"01":3,"-1":5}'),
        ('{"4294967295":1,"4294967294":2}', '{"4294967294":2,"4294967295":1}'), (" [ 1 , true , null , { } ] ", "[1,true,null,{}]"),
    ],
)  # fmt: skip
def test_spells_as_javascript(given: str, written: str) -> None:
    assert stringify(parse(given)) == written


def delta_of(peer: SimplePeer) -> List[str]:
    """Returns the keys in the delta for an empty peer."""
    pipe = peer.pipe()
    pipe.write(b'{"digest":true,"done":true}\n')
    peer.unpipe(pipe)
    return [json.loads(line).get("key") for line in iter(pipe.read_line, b"")]


def test_the_history_drops_updates() -> None:
    peer = SimplePeer("N")
    for number in range(12):
        peer.set(f"k{number}", number)
    assert delta_of(peer) == [f"k{number}" for number in range(2, 12)]


def test_a_relay_keeps_four_members() -> None:
    peer = SimplePeer("N", max_history=None)
    pipe = peer.pipe()
    pipe.write(b'{"key":"k","value":null,"source_id":"A","version":3,"deleted":true,"written":["C",1],"ttl":9}\n')
    pipe.write(b'{"key":"j","source_id":"A","version":4}\n{"digest":true,"done":true}\n')
    assert pipe.read_line() == b'{"key":"k","value":null,"source_id":"A","version":3}\n'
    assert pipe.read_line() == b'{"key":"j","source_id":"A","version":4}\n'


def test_deltas_go_to_all_and_older_versions_overwrite() -> None:
    peer = SimplePeer("N")
    one, other = peer.pipe(), peer.pipe()
    one.write(b'{"key":"k","value":1,"source_id":"A","version":3}\n{"key":"k","value":2,"source_id":"A","version":2}\n')
    assert peer.get("k") == (2, 2)
    other.write(b'{"digest":true,"id":"A","version":2}\n')
    assert one.read() == other.read() == b'{"key":"k","value":1,"source_id":"A","version":3}\n'


def test_peers_share_their_bookkeeping() -> None:
    one, other = SimplePeer("N"), SimplePeer("M")
    one.set("k", 1)
    pipe = one.pipe()
    other.pipe().write(b'{"digest":true,"id":"N","version":1}\n')
    pipe.write(b'{"digest":true,"done":true}\n')
    assert pipe.read() == b""
    pipe.write(b'{"digest":true,"done":true}\n')
    assert pipe.read() == b'{"key":"k","value":1,"source_id":"N","version":1}\n'


def test_a_slow_reader_loses_messages_beyond_mtu() -> None:
    peer = SimplePeer("N", mtu=4, max_history=None, slow=True)
    pipe = peer.pipe()
    for number in range(6):
        peer.set(f"k{number}", number)
    pipe.write(b'{"digest":true,"done":true}\n{"key":"late","value":1,"source_id":"A","version":1}\n')
    assert peer.waiting == 4 and "late" not in peer.state  # and k4 and k5 are gone
    assert peer.drain(1) == 1 and "late" in peer.state
    assert peer.drain() == 3 and pipe.read().count(b"\n") == 4
    for source in "BCDE":
        pipe.write(b'{"key":"k","value":1,"source_id":"%b","version":1}\n' % source.encode())
    peer.gossip()
    assert peer.drain() == 4 and b"done" not in pipe.read()


@pytest.mark.parametrize("key", ["__proto__", "toString", "constructor"])
def test_a_key_of_the_prototype_wedges_the_stream(key: str) -> None:
    peer = SimplePeer("N")
    pipe = peer.pipe()
    pipe.write(b'{"key":"%b","value":1,"source_id":"A","version":1}\n' % key.encode())
    pipe.write(b'{"key":"k","value":1,"source_id":"A","version":2}\n')
    assert peer.is_wedged and peer.state == {}
