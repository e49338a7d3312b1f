"""Peers that do harm, by fault or by intention: each loses its connection, and nobody else notices."""

from __future__ import annotations

import asyncio
import functools
import json
from typing import Any, List

import pytest
from nodes import HandPeer, asynchronous, pair, until

import scuttle
from scuttle.aio import Node
from scuttle.aio._members import MAX_MEMBERS, PREFIX

pytestmark = pytest.mark.usefixtures("loops")


def warnings(caplog: Any) -> List[str]:
    """Returns the warnings so far."""
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


HELLO = {
    "protocol": [1, 1],
    "source": "x~aaaaaaaa",
    "incarnation": 1,
    "cluster": "",
    "lamport": 1,
    "epoch": 0,
    "revision": 0,
    "hash": "0" * 16,
    "nonce": 1,
    "reply": False,
}


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0" * 100 + b"\n",
        b"[" * 8000 + b"\n",
        b"x" * 100_000,
        b'{"digest":true,"hello":{"source":7}}\n',
        b'{"digest":true,"hello":{"source":"x~aaaaaaaa"}}\n',
        b'{"digest":true,"reject":7}\n',
        b"{}\n",
        json.dumps({"digest": True, "hello": {**HELLO, "lamport": "9"}}).encode() + b"\n",
        json.dumps({"digest": True, "hello": HELLO}).encode() + b"\nnonsense\n",
        json.dumps({"digest": True, "hello": HELLO}).encode() + b'\n{"key":1}\n',
        b"\xff\xfe\n",
        b"\n",
    ],
    ids=repr,
)
@asynchronous
async def test_garbage_ends_the_connection_and_is_logged_once(data: bytes, caplog: Any) -> None:
    async with pair() as (a, b):
        version = a.replica.version
        for _ in range(3):
            peer = await HandPeer().dial(a)
            peer.writer.write(data)
            assert await peer.is_closed()
            await peer.close()
        assert len(warnings(caplog)) == 1, warnings(caplog)
        assert a.replica.version <= version + 2 and "k" not in a  # a renewal may come between
        b["k"] = 1
        await until(lambda: a.get("k") == 1)


@asynchronous
async def test_a_name_forges_no_line_of_the_log(caplog: Any) -> None:
    caplog.set_level("INFO", "scuttle.aio")
    async with Node("a", listen="127.0.0.1:0") as a:
        peer = await HandPeer("x\nWARNING forged \x1b[31m \u2028").dial(a)
        await peer.greet()
        peer.writer.write(b"nonsense\n")
        assert await peer.is_closed()
        await peer.close()
        await until(lambda: warnings(caplog))
    lines = [record.getMessage() for record in caplog.records]
    assert any("connected to x\\nWARNING forged \\x1b[31m \\u2028 at" in line for line in lines), lines
    assert all(line.isprintable() for line in lines), lines


@asynchronous
async def test_warnings_are_limited_though_a_peer_changes_its_name(caplog: Any) -> None:
    async with Node("a", listen="127.0.0.1:0") as a:
        for place in (a, a._connections):
            place._reports._now = lambda: 0.0  # so that no line becomes due meanwhile
            place._reports._last = 0.0
        for number in range(25):
            peer = await HandPeer(f"x{number}").dial(a)
            await peer.greet()
            peer.writer.write(b"nonsense\n")
            assert await peer.is_closed()
            await peer.close()
        for _ in range(40):
            a._event(None, scuttle.Event.TWIN, None)
        found = warnings(caplog)
        assert sum("nonsense" in line for line in found) == 20
        assert sum("two processes" in line for line in found) == 20


@asynchronous
async def test_a_line_without_an_end_ends_the_connection(caplog: Any) -> None:
    async with Node(
        "a",
        listen="127.0.0.1:0",
        limits=scuttle.Limits(max_message_bytes=20_000, max_value_bytes=10_000, max_key_bytes=1000),
    ) as a:
        peer = await (await HandPeer().dial(a)).greet()
        try:
            for _ in range(100):
                peer.writer.write(b"x" * 10_000)
                await peer.writer.drain()
        except ConnectionError:
            pass
        assert await peer.is_closed()
        await peer.close()
        assert len(warnings(caplog)) == 1


@asynchronous
async def test_silence_ends_the_connection(caplog: Any) -> None:
    async with Node("a", listen="127.0.0.1:0", hello_timeout=0.1) as a:
        peers = [await HandPeer().dial(a) for _ in range(3)]
        peers[0].writer.write(b'{"dig')
        for peer in peers:
            assert await peer.is_closed()
            await peer.close()
        assert len(warnings(caplog)) == 1 and "no hello within 0.1 seconds" in warnings(caplog)[0]


@asynchronous
async def test_another_cluster_is_refused() -> None:
    async with Node("a", listen="127.0.0.1:0", cluster="one") as a:
        async with Node("b", peers=[a.addresses[0]], cluster="two") as b:
            a["k"] = 1
            await until(lambda: b.peers and b.peers[0].error is not None)
            assert "k" not in b and not [peer for peer in a.peers if peer.name]


@asynchronous
async def test_connections_are_limited() -> None:
    async with (
        Node("a", listen="127.0.0.1:0", max_connections=3) as a,
        Node("b", listen="127.0.0.1:0", max_connections_per_host=2) as b,
    ):
        for node, most in ((a, 3), (b, 2)):
            peers = [await HandPeer(f"p{number}").dial(node) for number in range(most + 3)]
            for peer in peers[most:]:
                assert await peer.is_closed()
            for peer in peers[:most]:
                await peer.greet()
            for peer in peers:
                await peer.close()
            await until(functools.partial(lambda node: not len(node._connections), node))
            last = await (await HandPeer("last").dial(node)).greet()
            await last.close()


@asynchronous
async def test_a_peer_that_does_not_read_costs_no_memory_and_stalls_nobody() -> None:
    async with pair() as (a, b):
        peer = await (await HandPeer().dial(a)).greet()
        for number in range(300):
            a.update({f"k{key}": f"{number} " + "." * 10_000 for key in range(20)})  # 60 MB in all, 200 kB of state
            await asyncio.sleep(0)
        await until(lambda: b.get("k19", "").startswith("299 "))
        (slow,) = [one for one in a._connections if one.name == "hand"]
        assert slow.transport is not None and slow.transport.get_write_buffer_size() < 300_000
        while peer.replica.get("k19", "")[:4] != "299 ":  # it receives what stands, and not all that was
            await peer.talk()
        assert peer.link.bytes_in < 30_000_000
        await peer.close()


@asynchronous
async def test_a_flooding_peer_leaves_others_their_turn() -> None:
    async with pair() as (a, b):
        peer = await (await HandPeer().dial(a)).greet()
        peer.replica.update({f"flood{number}": "." * 1000 for number in range(20_000)})
        peer.link.gossip()

        async def pump() -> None:
            while True:
                peer.writer.write(peer.link.read_all())
                received = await peer.reader.read(65536)
                assert received, "the node has closed the connection"
                peer.link.write(received)

        pumping = asyncio.ensure_future(pump())
        turns = 0
        while len(a) < 20_000:
            turns += 1
            b["turn"] = turns
            await asyncio.sleep(0)
        assert turns > 5  # of 20 MB a turn of asyncio reads 256 kB at most, one of libuv 2 MB
        await until(lambda: a.get("turn") == turns)
        pumping.cancel()
        await asyncio.wait([pumping])
        await peer.close()


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        [],
        "127.0.0.1:7",
        {},
        {"address": 7},
        {"address": ["127.0.0.1:7"]},
        {"address": "x" * 100_000},
        {"address": "unix:/run/x"},
        {"address": "127.0.0.1:99999"},
        {"address": "\U0001f600:1"},
        {"address": "a b:1"},
        {"address": ":1"},
        {"address": "127.0.0.1:1", "x": {}},
    ],
    ids=lambda value: repr(value)[:40],
)
@asynchronous
async def test_values_of_members_are_claims(value: Any) -> None:
    async with pair(gossip=0.05) as (a, b):
        peer = await HandPeer().dial(a)
        peer.replica[PREFIX + "evil"] = value
        peer.replica[PREFIX] = value
        await peer.greet()
        await until(lambda: PREFIX + "evil" in b.replica)
        await asyncio.sleep(0.2)
        assert {"a", "b"} <= set(a.members) == set(b.members) and "" not in a.members
        if value is not None and not isinstance(value, dict):
            assert "evil" not in a.members
        assert len(b.peers) <= 5
        a["k"] = 1
        await until(lambda: b.get("k") == 1)
        await peer.close()


@asynchronous
async def test_thousands_of_false_members_are_bounded() -> None:
    async with pair(gossip=0.05) as (a, b):
        peer = await HandPeer().dial(a)
        peer.replica.update(
            {
                f"{PREFIX}evil{number}": {"address": f"127.0.0.1:{1 + number % 60}"}
                for number in range(MAX_MEMBERS + 2000)
            }
        )
        await peer.greet()
        await until(lambda: len(b.members) == MAX_MEMBERS)
        for _ in range(20):
            await asyncio.sleep(0.02)
            assert len([one for one in b.peers if one.is_outgoing]) <= 4
        a["k"] = 1
        await until(lambda: b.get("k") == 1)
        await peer.close()


@asynchronous
async def test_a_policy_leaves_the_keys_of_nodes_to_the_node() -> None:
    async with pair(accept=scuttle.policies.own_prefix()) as (a, b):
        b["b/k"], b["c/k"] = 1, 1
        await until(lambda: "b/k" in a and len(a.members) == 2)
        peer = await HandPeer().dial(a)
        peer.replica[PREFIX + "b"] = {"address": "127.0.0.1:1"}
        peer.replica[PREFIX + "hand"] = {"address": "127.0.0.1:1"}
        peer.link.gossip()
        for _ in range(5):
            await peer.talk()
        assert "c/k" not in a and a.members["b"].source == b.id and "hand" in a.members
        await peer.close()
