"""Who dials whom: names with several addresses, back-off, connections to oneself, and twice to one peer."""

from __future__ import annotations

import asyncio
import os
import random
import socket
from typing import Any, List

import pytest
from nodes import PATIENCE, asynchronous, pair, until

from scuttle.aio import Address, Member, Node
from scuttle.aio import _dialling as dialling
from scuttle.aio._resolving import Lookups

pytestmark = pytest.mark.usefixtures("loops")


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short pauses."""
    monkeypatch.setattr(dialling, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(dialling, "LONGEST_PAUSE", 0.2)


@asynchronous
async def test_all_addresses_of_a_name_are_tried_and_it_is_resolved_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Node("a", listen="127.0.0.1:0") as a:
        port = a.addresses[0].port
        found: List[str] = ["127.0.0.2"]
        calls = 0

        async def find(*_: Any, **wanted: Any) -> List[Any]:
            nonlocal calls
            calls += 1
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

        monkeypatch.setattr(Lookups, "find", find)
        async with Node("b", peers=[("nodes.example", port)]) as b:
            await until(lambda: calls > 2)
            found[:] = ["127.0.0.2", "127.0.0.3", "127.0.0.1"]
            await b.in_step(PATIENCE)


@asynchronous
async def test_a_peer_that_returns_is_dialled_again() -> None:
    async with Node("a", listen="127.0.0.1:0") as a:
        address = a.addresses[0]
        b = Node("b", peers=[address])
        await b.start()
        await b.in_step(PATIENCE)
    await until(lambda: b.peers[0].state in ("waiting", "connecting") and b.peers[0].error is not None)
    async with Node("a", listen=address) as a:
        a["k"] = 1
        await until(lambda: b.get("k") == 1)
        await b.close()


@asynchronous
async def test_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: List[float] = []
    sleep = asyncio.sleep

    async def note(seconds: float) -> None:
        pauses.append(seconds)
        await sleep(0)

    monkeypatch.setattr(random, "random", lambda: 0.0)
    async with Node("b", peers=["127.0.0.1:1"], gossip=100) as b:
        monkeypatch.setattr(asyncio, "sleep", note)
        while len([pause for pause in pauses if pause == 0.2]) < 2:
            await sleep(0.001)
        monkeypatch.undo()
        assert b.peers[0].state in ("waiting", "connecting") and isinstance(b.peers[0].error, ConnectionRefusedError)
    growing = [pause for pause in pauses if pause in (0.02, 0.04, 0.08, 0.16, 0.2)]
    assert growing[:5] == [0.02, 0.04, 0.08, 0.16, 0.2], pauses


@asynchronous
async def test_a_node_that_dials_itself_notices() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with Node("a", listen=("127.0.0.1", port), peers=[("127.0.0.1", port)], gossip=0.05) as a:
        await until(lambda: any("itself" in str(peer.error) for peer in a.peers))
        await until(lambda: not a._connections.up())
        a["k"] = 1
        assert len([peer for peer in a.peers if peer.name]) == 0


@asynchronous
async def test_the_system_ends_connections_to_machines_that_are_gone() -> None:
    async with pair() as nodes:
        for node in nodes:
            (connection,) = node._connections.up()
            descriptor = os.dup(connection.transport.get_extra_info("socket").fileno())
            with socket.socket(fileno=descriptor) as sock:
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15


@asynchronous
async def test_two_that_dial_each_other_keep_one_connection() -> None:
    async with pair() as (a, b):
        for one, other in ((a, b), (b, a)):
            target = dialling.Target(other.addresses[0], False)
            one._dialler._targets[f"again {one.name}"] = target
            one._dialler._begin(target)
        opened = a.stats.links_opened
        await until(lambda: a.stats.links_opened > opened and len(a._connections) == len(b._connections) == 1)
        await asyncio.sleep(0.3)  # no more of them come and go
        assert a.stats.links_opened <= opened + 4
        assert len(a._connections) == len(b._connections) == 1
        a["k"] = 1
        await until(lambda: b.get("k") == 1)


@asynchronous
async def test_whoever_joins_through_one_learns_the_others() -> None:
    async with Node("hub", listen="127.0.0.1:0", gossip=0.05) as hub:
        nodes = [Node(f"n{number}", listen="127.0.0.1:0", peers=[hub.addresses[0]], gossip=0.05) for number in range(6)]
        for node in nodes:
            await node.start()
        await until(lambda: all(len(node.members) == 7 for node in [hub, *nodes]))
        await until(lambda: all(len(node._connections.up()) >= 3 for node in nodes))
        await hub.close()
        nodes[0]["k"] = 1
        await until(lambda: all(node.get("k") == 1 for node in nodes))
        await until(lambda: all(len(node.members) == 6 for node in nodes))
        for node in nodes:
            assert len([peer for peer in node.peers if peer.is_outgoing]) <= dialling.LEARNT + 1
            await node.close()


@asynchronous
async def test_advertise_overrides_and_a_wildcard_learns_its_address() -> None:
    async with Node("a", listen="0.0.0.0:0", insecure=True) as a, Node("c", advertise="nodes.example:7") as c:
        assert c.members["c"].address == "nodes.example:7" and a.members["a"].address is None
        port = a.addresses[0].port
        async with Node("b", peers=[("127.0.0.1", port)]) as b:
            await until(lambda: "a" in b.members and b.members["a"].address == f"127.0.0.1:{port}")
            assert b.members["b"].address is None


@asynchronous
async def test_members_that_are_gone_end(caplog: Any) -> None:
    async with pair(member_ttl=0.4, gossip=0.05) as (a, b):
        await until(lambda: set(a.members) == {"a", "b"})
        await asyncio.sleep(1)
        assert set(a.members) == {"a", "b"}  # renewed
        assert b._rounds is not None
        b._rounds.cancel()  # it does not tick any more
        await until(lambda: set(a.members) == {"a"})


@asynchronous
async def test_an_address_that_was_given_up_leaves_no_task_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with Node("a", listen="127.0.0.1:0") as a:
            dialler = a._dialler
            dialler._dial_learnt(Member("far", None, "far~00000000"), Address("127.0.0.1", silent.getsockname()[1]))
            (target,) = dialler.targets
            await until(lambda: target.connection is not None)
            dialler._drop(target)
            await dialler.close()
            assert target.task is not None and target.task.done()
