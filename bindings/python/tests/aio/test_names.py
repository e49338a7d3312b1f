"""The gate between a connection with a proven name and its link."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scuttle import Replica, ScuttleError
from scuttle.aio import NameMismatchError
from scuttle.aio._names import NameGate

LIMIT = 1 << 20


def hello_of(name: str) -> bytes:
    with Replica(name) as replica, replica.link() as link:
        link.gossip()
        return link.read_all()


def test_it_passes_whole_lines() -> None:
    gate = NameGate({"ada"}, LIMIT)
    hello = hello_of("ada")
    assert gate.feed(hello[:10]) == b""
    assert gate.claimed == ""
    assert gate.feed(hello[10:] + b'{"key"') == hello
    assert gate.claimed == "ada"
    assert gate.feed(b":1}\n\n") == b'{"key":1}\n\n'


def test_a_name_that_is_not_proven_ends_it() -> None:
    for proven in (set(), {"bob"}, {"ad"}, {"ada~"}, {"Ada"}):
        with pytest.raises(NameMismatchError, match="claims the name 'ada'"):
            NameGate(proven, LIMIT).feed(hello_of("ada"))


def test_a_later_hello_is_compared_too() -> None:
    gate = NameGate({"ada"}, LIMIT)
    gate.feed(hello_of("ada"))
    gate.feed(hello_of("ada"))  # another incarnation
    with pytest.raises(NameMismatchError):
        gate.feed(b'{"key":"a","value":1,"source_id":"ada","version":1}\n' + hello_of("bob"))


def members(hello: bytes) -> Dict[str, Any]:
    found: Dict[str, Any] = json.loads(hello)
    return found


DISGUISES = {
    "escaped": lambda m: json.dumps(m).replace('"hello"', '"\\u0068ello"'),
    "escaped behind": lambda m: json.dumps(m).replace('"hello"', '"hell\\u006F"'),
    "escaped everywhere": lambda m: json.dumps(m).replace('"hello"', '"\\u0068\\u0065\\u006c\\u006C\\u006f"'),
    "spaces": lambda m: "\t " + json.dumps(m, indent=None, separators=(" , ", " : ")) + " \r",
    "last": lambda m: json.dumps({"key": "k", "value": 1, **m}),
    "first": lambda m: json.dumps({"hello": m["hello"], "digest": True}),
    "truthy digest": lambda m: json.dumps({**m, "digest": 1}),
    "beside an echo": lambda m: json.dumps({"echo": 1, **m}),
    "beside a vector": lambda m: json.dumps({"digest": True, "vector": {}, "hello": m["hello"]}),
    "without digest": lambda m: json.dumps({"hello": m["hello"]}),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_hello_in_another_spelling(disguise: str) -> None:
    line = DISGUISES[disguise](members(hello_of("eve"))).encode() + b"\n"
    with pytest.raises(NameMismatchError):
        NameGate({"ada"}, LIMIT).feed(line)
    gate = NameGate({"eve"}, LIMIT)
    assert gate.feed(line) == line


@pytest.mark.parametrize(
    "line",
    [
        b'{"hello":1}',
        b'{"digest":true,"hello":{}}',
        b'{"digest":true,"hello":{"source":7}}',
        b'{"digest":true,"hello":{"source":"ada~aaaaaaaa"},"hello":{"source":"eve~aaaaaaaa"}}',
        b'{"digest":true,"hello":{"source":"ada~aaaaaaaa","source":"eve~aaaaaaaa"}}',
        b'{"digest":true,"hello":{"source":"ada~aaaaaaaa"}',
        b'"hello"x',
        b'\xff{"hello":{"source":"ada"}}',
        b'{"hello":' + b"[" * 100000 + b"]" * 100000 + b"}",
        '{"hello":{"source":"ada"}}'.encode("utf-16"),
    ],
)
def test_a_hello_that_cannot_be_read_ends_it(line: bytes) -> None:
    if b'"hello"' in line:
        with pytest.raises(NameMismatchError):
            NameGate({"ada"}, LIMIT).feed(line + b"\n")
    else:  # the library reads no such text either
        with Replica("r") as replica, replica.link() as link, pytest.raises(ScuttleError):
            link.write(NameGate({"ada"}, LIMIT).feed(line + b"\n"))


def test_updates_with_the_word_pass() -> None:
    gate = NameGate({"ada"}, LIMIT)
    lines = b'{"key":"hello","value":"hello","source_id":"b","version":1}\n{"key":"k","value":{"hello":{"source":"eve"}},"version":2}\n'
    assert gate.feed(lines) == lines
    assert gate.claimed == ""


def test_a_line_without_end() -> None:
    gate = NameGate({"ada"}, 1000)
    gate.feed(b"x" * 999)
    with pytest.raises(NameMismatchError, match="max_message_bytes"):
        gate.feed(b"xx")


@given(
    st.lists(st.sampled_from([b'{"key":"k","value":1}\n', b"\n", b'{"a":"hello"}\n', b"[]\n", b"x" * 50 + b"\n"])),
    st.integers(),
)
def test_bytes_pass_unchanged_however_they_are_cut(lines: List[bytes], seed: int) -> None:
    random, whole = Random(seed), b"".join(lines)
    gate, passed, place = NameGate({"ada"}, LIMIT), b"", 0
    while place < len(whole):
        end = place + random.randint(1, 40)
        passed += gate.feed(whole[place:end])
        place = end
    assert passed == whole


def test_nothing_of_a_refused_hello_is_learnt() -> None:
    with Replica("ada") as replica, replica.link() as link, Replica("eve") as other, other.link() as theirs:
        other["k"] = 1
        theirs.gossip()
        before = (dict(replica), replica.clock, replica.stats.sources)
        with pytest.raises(NameMismatchError):
            link.write(NameGate({"bob"}, LIMIT).feed(theirs.read_all()))
        assert (dict(replica), replica.clock, replica.stats.sources) == before
        assert link.peer_name is None
