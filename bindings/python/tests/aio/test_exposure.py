"""Which addresses need protection, who is let in, and how much a peer can make a node write or send."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from typing import Any, List

import pytest

from scuttle.aio import InsecureError
from scuttle.aio._accepting import Acceptor
from scuttle.aio._exposure import check, is_allowed, is_local, shown
from scuttle.aio._pacing import Bucket
from scuttle.aio._reports import Reports

LOCAL: List[Any] = [
    ("127.0.0.1", 7000),
    ("127.255.255.254", 0),
    ("::1", 7000, 0, 0),
    ("::1%lo", 7000, 0, 0),
    ("::ffff:127.0.0.1", 7000, 0, 0),
    ("::ffff:7f00:1", 7000, 0, 0),
    "/run/scuttle",
    "\0abstract",
    b"\0abstract",
    "",
]
REMOTE: List[Any] = [
    ("0.0.0.0", 7000),
    ("::", 7000, 0, 0),
    ("::ffff:0.0.0.0", 7000, 0, 0),
    ("10.0.0.1", 7000),
    ("169.254.0.1", 7000),
    ("128.0.0.1", 7000),
    ("::ffff:10.0.0.1", 7000, 0, 0),
    ("::127.0.0.1", 7000, 0, 0),
    ("fe80::1%eth0", 7000, 0, 2),
    ("localhost", 7000),
    ("127.0.0.1.example", 7000),
    ("127.1", 7000),
    ("", 7000),
    (),
    None,
]


@pytest.mark.parametrize("address", LOCAL)
def test_an_address_of_this_machine(address: Any) -> None:
    assert is_local(address)
    assert is_allowed(address, is_encrypted=False, insecure=False)
    check(address, "listen on", is_encrypted=False, insecure=False)


@pytest.mark.parametrize("address", REMOTE)
def test_another_address(address: Any) -> None:
    assert not is_local(address)
    assert is_allowed(address, is_encrypted=True, insecure=False)
    assert is_allowed(address, is_encrypted=False, insecure=True)


@pytest.mark.parametrize("is_datagram, advice", [(False, "set tls "), (True, "set psk ")])
def test_the_message_says_what_to_do(is_datagram: bool, advice: str) -> None:
    with pytest.raises(InsecureError) as caught:
        check(("2001:db8::1", 7000, 0, 0), "dial", is_encrypted=False, insecure=False, is_datagram=is_datagram)
    for text in ("cannot dial [2001:db8::1]:7000", advice, "set insecure", "127.0.0.1"):
        assert text in str(caught.value)


def test_addresses_as_text() -> None:
    given = [("10.0.0.1", 7), ("::1", 7, 0, 0), "/run/s", b"/run/s"]
    assert [shown(address) for address in given] == ["10.0.0.1:7", "[::1]:7", "unix:/run/s", "unix:/run/s"]


@pytest.mark.parametrize("insecure", [False, True])
def test_a_connection_of_another_machine(insecure: bool, caplog: pytest.LogCaptureFixture) -> None:
    """The socket is one of this machine, and its address is said to be another one."""

    async def main() -> None:
        connected: List[asyncio.BaseTransport] = []

        class Peer(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                connected.append(transport)

        class Pretending(socket.socket):
            def accept(self) -> Any:
                made, _ = super().accept()
                return made, ("192.0.2.1", 5)

        listening = Pretending(fileno=socket.create_server(("127.0.0.1", 0)).detach())
        listening.setblocking(False)
        acceptor = Acceptor(listening, Peer, insecure=insecure)
        reader, writer = await asyncio.open_connection(*acceptor.address)
        if insecure:
            while not connected:
                await asyncio.sleep(0.01)
            connected[0].close()
        assert await reader.read() == b""
        assert len(connected) == insecure
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        acceptor.close()
        await acceptor.wait_closed()
        assert listening.fileno() == -1

    asyncio.run(asyncio.wait_for(main(), 30))
    assert insecure or "a connection from 192.0.2.1:5 was refused, because this node has no TLS" in caplog.text


def test_a_listener_survives_a_lack_of_descriptors(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        failures: List[OSError] = [OSError(24, "Too many open files"), ConnectionAbortedError()]

        class Failing(socket.socket):
            def accept(self) -> Any:
                if failures:
                    raise failures.pop(0)
                return super().accept()

        listening = Failing(fileno=socket.create_server(("127.0.0.1", 0)).detach())
        listening.setblocking(False)
        met = asyncio.Event()

        class Peer(asyncio.Protocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                met.set()
                transport.close()

        acceptor = Acceptor(listening, Peer)
        _, writer = await asyncio.open_connection(*acceptor.address)
        await met.wait()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        acceptor.close()
        await acceptor.wait_closed()

    asyncio.run(asyncio.wait_for(main(), 30))
    assert "Too many open files" in caplog.text


def test_log_lines_are_bounded(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    reports = Reports(logging.getLogger("scuttle.aio"), burst=5, interval=10, now=lambda: now[0])
    for number in range(1000):
        reports.warning("fault %d", number)
    assert len(caplog.records) == 5
    now[0] = 10.0
    reports.warning("another fault")
    assert [record.getMessage() for record in caplog.records[5:]] == [
        "995 more warnings about peers were left out",
        "another fault",
    ]
    now[0] = 1e6
    for number in range(1000):
        reports.warning("fault %d", number)
    assert len(caplog.records) == 7 + 5


def test_a_bucket_lets_through_its_rate() -> None:
    bucket, sent, now = Bucket(1000.0, 5000.0, 0.0), 0, 0.0
    while now < 100:
        pause = bucket.pause(now)
        if pause:
            now += pause
        else:
            bucket.spend(1200)
            sent += 1200
    assert 100_000 <= sent <= 100_000 + 5000 + 1200
    assert bucket.pause(now + 1e6) == 0
