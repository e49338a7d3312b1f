"""What protects the streams of a node: contexts of TLS, a gate in front of each link, and the addresses that need them."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Optional

from ..errors import ArgumentError
from ._addresses import is_loopback


class Gate:
    """Stands between a connection and its link."""

    def feed(self, data: bytes) -> bytes:
        """Returns the bytes that the link may read now; the others wait. Raises PeerError to end the connection."""
        return data


class Security:
    """The protection of a node without TLS: it speaks to loopback addresses and Unix sockets, and to all others if it is told to."""

    #: For connections that peers have dialled, and for those that the node dials; None: plain text.
    server_context: Optional[ssl.SSLContext] = None
    client_context: Optional[ssl.SSLContext] = None

    def __init__(self, insecure: bool = False) -> None:
        self._insecure = insecure

    def check(self, address: Any, purpose: str) -> None:
        """Raises ArgumentError unless the node may use a socket's address.

        Args:
            address: As of `getsockname` or `getaddrinfo`: a tuple with an IP address, or the path of a Unix socket.
            purpose: "listen at" or "dial".
        """
        if (
            self._insecure
            or self.client_context is not None
            or not isinstance(address, tuple)
            or is_loopback(str(address[0]))
        ):
            return
        raise ArgumentError(
            f"cannot {purpose} {address[0]} port {address[1]} without TLS: it is no loopback address; pass tls=…, or insecure=True"
        )

    def gate(self, transport: asyncio.BaseTransport) -> Optional[Gate]:
        """Returns the gate of a new connection; None: all bytes pass. Raises PeerError if the connection proves no name."""
        return None
