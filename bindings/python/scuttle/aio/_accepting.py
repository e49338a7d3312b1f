"""Accepts connections on one socket: refuses addresses, bounds the handshakes in progress, and says why one has failed."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
from collections import Counter
from typing import Any, Callable, Dict, Optional

from ._addresses import ip_of
from ._exposure import advice, is_allowed, shown
from ._patience import limit_patience
from ._reports import Reports
from ._tls import TLS
from ._tls_errors import explain

#: Turns of the loop after which a handshake may be cancelled: asyncio does not close a TLS transport that has not begun.
_TURNS = 4
#: Seconds until the next try, if the system has no descriptors left.
_RETRY_SECONDS = 0.5

_logger = logging.getLogger("scuttle.aio")


class Acceptor:
    """Accepts connections until it is closed, on the thread of its loop.

    `loop.create_server` neither tells why a TLS handshake has failed, nor bounds the handshakes in progress, nor lets a connection be
    refused by its address beforehand.
    """

    def __init__(
        self,
        sock: socket.socket,
        make_protocol: Callable[[], asyncio.BaseProtocol],
        *,
        tls: Optional[TLS] = None,
        insecure: bool = False,
        max_handshakes: int = 128,
        reports: Optional[Reports] = None,
    ) -> None:
        """Begins to accept.

        Args:
            sock: A listening socket, non-blocking. The acceptor owns it.
            make_protocol: Called for each connection, after its handshake.
            max_handshakes: Handshakes in progress. One more ends the oldest one of the host that has the most, so a peer that begins many
                and ends none is the one that loses.
        """
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        self._make_protocol = make_protocol
        self._tls = tls
        self._insecure = insecure
        self._max_handshakes = max_handshakes
        self._reports = reports or Reports(_logger)
        self._handshakes: Dict[asyncio.Task[None], str] = {}  # with their hosts, the oldest first
        self._retry: Optional[asyncio.TimerHandle] = None
        self._is_closed = False
        # Not sock_accept: if that is cancelled while a connection arrives, the connection is lost and never closed.
        self._loop.add_reader(sock.fileno(), self._accept)

    @property
    def address(self) -> Any:
        """The address that the socket is bound to."""
        return self._sock.getsockname()

    @property
    def handshakes(self) -> int:
        """The handshakes in progress."""
        return len(self._handshakes)

    def close(self) -> None:
        """Accepts no more. Connections stay open. A second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._retry is None:
            self._loop.remove_reader(self._sock.fileno())
        else:
            self._retry.cancel()
        self._sock.close()

    async def wait_closed(self) -> None:
        """Ends the handshakes in progress, after `close`."""
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        tasks = list(self._handshakes)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _accept(self) -> None:
        """Accepts one connection a turn, so that a burst stalls nobody, and that a handshake which is ended is not new."""
        try:
            sock, address = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionError):
            return  # it has ended meanwhile
        except OSError as error:  # no descriptors or memory are left
            self._reports.warning("cannot accept connections: %s", error)
            self._loop.remove_reader(self._sock.fileno())
            self._retry = self._loop.call_later(_RETRY_SECONDS, self._go_on)
            return
        try:
            self._begin(sock, address)
        except OSError:
            sock.close()

    def _go_on(self) -> None:
        self._retry = None
        self._loop.add_reader(self._sock.fileno(), self._accept)

    def _begin(self, sock: socket.socket, address: Any) -> None:
        sock.setblocking(False)
        limit_patience(sock)
        if not is_allowed(address, is_encrypted=self._tls is not None, insecure=self._insecure):
            sock.close()
            self._reports.warning(
                "a connection from %s was refused, because this node has no TLS: %s", shown(address), advice(False)
            )
            return
        if len(self._handshakes) >= self._max_handshakes:
            self._end_one()
        task = self._loop.create_task(self._connect(sock, address))
        self._handshakes[task] = _host_of(address)
        task.add_done_callback(lambda task: self._ended(task, sock))

    def _end_one(self) -> None:
        """Ends the oldest handshake of the host that has the most, but none that has not begun."""
        ((greedy, count),) = Counter(self._handshakes.values()).most_common(1)
        is_old = count > _TURNS  # one begins in each turn
        oldest = next(task for task, host in self._handshakes.items() if host == greedy or not is_old)
        del self._handshakes[oldest]
        oldest.cancel()

    def _ended(self, task: asyncio.Task[None], sock: socket.socket) -> None:
        self._handshakes.pop(task, None)
        if task.cancelled():  # perhaps before its first step
            sock.close()

    async def _connect(self, sock: socket.socket, address: Any) -> None:
        try:
            if self._tls is None:
                await self._loop.connect_accepted_socket(self._make_protocol, sock)
            else:
                await self._loop.connect_accepted_socket(
                    self._make_protocol,
                    sock,
                    ssl=self._tls.context(server_side=True),
                    ssl_handshake_timeout=self._tls.handshake_timeout,
                )
        except (OSError, ValueError, asyncio.TimeoutError) as error:
            sock.close()
            self._reports.warning("a connection from %s was refused: %s", shown(address), explain(error) or error)


def _host_of(address: Any) -> str:
    """Returns what one host has: its IPv4 address, or the network of its IPv6 address, because it has all addresses in there."""
    if not isinstance(address, tuple):
        return ""
    host = ip_of(str(address[0]))
    return str(ipaddress.ip_network((host, 64), strict=False)) if host is not None and host.version == 6 else str(host)
