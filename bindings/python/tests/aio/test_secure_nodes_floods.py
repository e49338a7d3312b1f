"""Many hostile connections and datagrams: honest nodes stay in step beside them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import Any, Dict, Iterator, List

import pytest
from authority import Authority
from secure import PSK, authority, node, run, tls_of, until

from scuttle import Replica
from scuttle.aio._accepting import _host_of


@contextlib.contextmanager
def sockets(address: Any, count: int) -> Iterator[List[socket.socket]]:
    """Connections that nobody speaks on."""
    made: List[socket.socket] = []
    try:
        for _ in range(count):
            sock = socket.socket()
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                sock.connect((address.host, address.port))
            made.append(sock)
        yield made
    finally:
        for sock in made:
            sock.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("kind", ["silent", "slow", "garbage", "plain hello", "half"])
def test_honest_nodes_stay_in_step_beside_hostile_connections(authority: Authority, kind: str) -> None:
    """1,500 connections that end no handshake, in waves: they neither fill the node nor stall its peers."""

    async def main() -> None:
        ada_tls = tls_of(authority, authority.issue("ada"), handshake_timeout=1.0)
        bob_tls = tls_of(authority, authority.issue("bob"))
        hello = Replica("eve").link()
        async with node("ada", tls=ada_tls) as ada, node("bob", tls=bob_tls, peers=[ada.addresses[0]]) as bob:
            await until(lambda: len([peer for peer in ada.peers if peer.name]) == 1 and len(ada.replica.clock) == 2)
            (acceptor,) = ada._listener._acceptors  # type: ignore[union-attr]
            before = sorted(ada.replica.clock)
            for wave in range(5):
                with sockets(ada.addresses[0], 300) as made:
                    for step in range(10):
                        for number, sock in enumerate(made):
                            with contextlib.suppress(OSError):
                                if kind == "slow":
                                    sock.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03"[step : step + 1])
                                elif kind == "garbage" and step == 1:
                                    sock.send(os.urandom(1000))
                                elif kind == "plain hello" and step == 1:
                                    hello.gossip()
                                    sock.send(hello.read_all() or b'{"digest":true}\n')
                                elif kind == "half" and step == 1 and number % 2:
                                    sock.shutdown(socket.SHUT_WR)
                        ada[f"ada/{wave}/{step}"] = bob[f"bob/{wave}/{step}"] = step
                        await asyncio.sleep(0)
                        assert acceptor.handshakes <= 128
                    await until(lambda: ada.replica == bob.replica and len(ada) == 20 * (wave + 1))
            await until(lambda: acceptor.handshakes == 0)
            assert sorted(ada.replica.clock) == before
            assert len([peer for peer in ada.peers if peer.name]) == 1

    count = descriptors()
    run(main())
    assert descriptors() <= count + 2


def test_a_flood_of_one_host_ends_no_handshake_of_another(authority: Authority) -> None:
    async def main() -> None:
        ada_tls = tls_of(authority, authority.issue("ada"), handshake_timeout=60.0)
        async with node("ada", tls=ada_tls) as ada:
            (acceptor,) = ada._listener._acceptors  # type: ignore[union-attr]
            # A peer far away, in the middle of its handshake.
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", ada.addresses[0].port, local_addr=("127.0.0.2", 0)
            )
            await until(lambda: acceptor.handshakes == 1)
            with sockets(ada.addresses[0], 400):
                await until(lambda: acceptor.handshakes == 128)
                await asyncio.sleep(0.2)
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(reader.read(), 0.2)
            writer.close()

    run(main())


@pytest.mark.parametrize(
    "address, host",
    [
        ("", ""),
        (("192.0.2.1", 1), "192.0.2.1"),
        (("::ffff:192.0.2.1", 1, 0, 0), "192.0.2.1"),
        (("2001:db8:1:2:3::4", 1, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%lo", 1, 0, 1), "fe80::/64"),
    ],
)
def test_what_counts_as_one_host(address: Any, host: str) -> None:
    assert _host_of(address) == host


def test_a_new_peer_gets_in_during_a_flood(authority: Authority) -> None:
    async def main() -> None:
        ada_tls = tls_of(authority, authority.issue("ada"), handshake_timeout=30.0)
        async with node("ada", tls=ada_tls) as ada:
            with sockets(ada.addresses[0], 400):
                await asyncio.sleep(0.1)
                async with node("bob", tls=tls_of(authority, authority.issue("bob")), peers=[ada.addresses[0]]) as bob:
                    bob["k"] = 1
                    await until(lambda: ada.get("k") == 1)

    run(main())


def test_nodes_over_udp_stay_in_step_beside_a_flood() -> None:
    """See test_endpoint.py for the kinds of datagrams; here they are many, and the nodes are whole."""

    async def main() -> None:
        options: Dict[str, Any] = {"transport": "udp", "psk": PSK}
        async with node("ada", **options) as ada, node("bob", peers=[ada.addresses[0]], **options) as bob:
            await until(lambda: len([peer for peer in ada.peers if peer.name]) == 1 and len(ada.replica.clock) == 2)
            place = (ada.addresses[0].host, ada.addresses[0].port)
            before = sorted(ada.replica.clock)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                for number in range(200):
                    for _ in range(50):
                        with contextlib.suppress(BlockingIOError):
                            sock.sendto(os.urandom(number % 100 + 1), place)
                    ada[f"ada/{number}"] = bob[f"bob/{number}"] = number
                    await asyncio.sleep(0)
                await until(lambda: ada.replica == bob.replica and len(ada) == 400)
            assert sorted(ada.replica.clock) == before and len(ada._connections) == 1

    run(main())
