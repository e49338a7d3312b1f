"""What protects the streams of a node: contexts of TLS, a gate in front of each link, and the addresses that need them."""

from __future__ import annotations

import asyncio
import ssl
from typing import Any, Optional, Protocol

from ..errors import PeerError
from ._exposure import check
from ._names import NameGate, NameMismatchError
from ._tls import TLS
from ._tls_errors import explain, looks_like_tls

#: Bytes of a line at most, of a replica with default limits: key and value may be escaped.
_MAX_LINE = 8 << 20


class Gate(Protocol):
    """Stands between a connection and its link."""

    def feed(self, data: bytes) -> bytes:
        """Returns the bytes that the link may read now; the others wait. Raises PeerError to end the connection."""


class PlainGate:
    """Looks at the first bytes of a connection without TLS, to name the commonest mistake."""

    def __init__(self) -> None:
        self._is_first = True

    def feed(self, data: bytes) -> bytes:
        """Returns the bytes. Raises PeerError if they are the first ones, and TLS."""
        if self._is_first and data:
            self._is_first = False
            if looks_like_tls(data):
                raise PeerError("the peer speaks TLS, and this node does not: give both tls=TLS(…), or neither")
        return data


class Security:
    """The protection of a node's streams.

    Without TLS it lets the node speak to loopback addresses and Unix sockets, and to all others if it is told to.
    """

    def __init__(self, insecure: bool = False, tls: Optional[TLS] = None, max_line: Optional[int] = None) -> None:
        """Makes it.

        Args:
            insecure: Allow streams without TLS to every address.
            tls: The certificates; None: no TLS.
            max_line: `Limits.max_message_bytes`.
        """
        self.insecure = insecure
        self.tls = tls
        self._max_line = max_line or _MAX_LINE

    @property
    def client_context(self) -> Optional[ssl.SSLContext]:
        """The context of connections that the node dials; None: plain text."""
        return None if self.tls is None else self.tls.context(server_side=False)

    @property
    def handshake_timeout(self) -> Optional[float]:
        """Seconds in which a handshake has to end; None without TLS."""
        return None if self.tls is None else self.tls.handshake_timeout

    def check(self, address: Any, purpose: str) -> None:
        """Raises InsecureError unless the node may use a socket's address.

        Args:
            address: As of `getsockname` or `getaddrinfo`: a tuple with an IP address, or the path of a Unix socket.
            purpose: "listen at" or "dial".
        """
        check(address, purpose, is_encrypted=self.tls is not None, insecure=self.insecure)

    def check_name(self, name: str) -> None:
        """Raises TLSError if this node's certificate does not prove its name."""
        if self.tls is not None:
            self.tls.check_name(name)

    def gate(self, transport: asyncio.BaseTransport) -> Gate:
        """Returns the gate of a new connection. Raises NameMismatchError if the connection proves no name."""
        if self.tls is None:
            return PlainGate()
        connection = transport.get_extra_info("ssl_object")
        proven = self.tls.proven_names(connection) if connection is not None else frozenset()
        if not proven:
            raise NameMismatchError(
                "the peer's certificate proves no name: it needs a DNS entry of subjectAltName, or one common name"
            )
        return NameGate(proven, self._max_line)

    @staticmethod
    def explained(error: Optional[Exception]) -> Optional[Exception]:
        """Returns an error of TLS with a message that helps; every other error as it is."""
        meaning = (
            explain(error)
            if error is not None and (isinstance(error, ssl.SSLError) or "handshake" in str(error))
            else None
        )
        if meaning is None:
            return error
        explained = PeerError(meaning)
        explained.__cause__ = error
        return explained
