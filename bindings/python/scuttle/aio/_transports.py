"""What a node needs of its transport: links, a listener, and a dialler."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Protocol

from .._replica import Replica
from ..errors import ArgumentError
from ._addresses import Address
from ._connections import Connections
from ._datagram_dialling import DatagramDialler
from ._datagrams import Datagrams
from ._dialling import Dialler
from ._endpoint import DEFAULT_MTU, MIN_MTU
from ._listening import Listener
from ._members import Members
from ._psk import PSK, handshake_key, read_psk
from ._security import Security
from ._tls import TLS
from ._turns import Turns


class Listening(Protocol):
    """What listens."""

    addresses: List[Address]

    def close(self) -> None:
        """Listens no more."""


class Transport(Protocol):
    """Makes the parts of a node that depend on the transport."""

    def connections(self, replica: Replica, turns: Turns) -> Any:
        """Returns the links."""

    async def listen(self, connections: Any, address: Optional[Address]) -> Optional[Listening]:
        """Listens; None: nowhere."""

    def dialler(self, connections: Any, members: Members, peers: List[Address], own: Optional[Address]) -> Dialler:
        """Returns the dialler."""


class StreamTransport:
    """TCP and Unix sockets, with TLS or without."""

    def __init__(self, security: Security, limits: Dict[str, Any]) -> None:
        self._security = security
        self._limits = limits

    def connections(self, replica: Replica, turns: Turns) -> Connections:
        """Returns the connections."""
        self._security.check_name(replica.name)
        return Connections(replica, self._security, turns, **self._limits)

    async def listen(self, connections: Connections, address: Optional[Address]) -> Optional[Listener]:
        """Accepts connections."""
        if address is None:
            return None
        listener = Listener(address, self._security)
        await listener.start(connections.incoming)
        return listener

    def dialler(
        self, connections: Connections, members: Members, peers: List[Address], own: Optional[Address]
    ) -> Dialler:
        """Returns the dialler."""
        return Dialler(connections, members, peers, own if own and own.is_unix else None)


class DatagramTransport:
    """UDP, sealed or plain."""

    def __init__(self, options: Dict[str, Any]) -> None:
        self._options = options

    def connections(self, replica: Replica, turns: Turns) -> Datagrams:
        """Returns the links."""
        return Datagrams(replica, turns, **self._options)

    async def listen(self, connections: Datagrams, address: Optional[Address]) -> Datagrams:
        """Binds the socket."""
        await connections.start(address)
        return connections

    def dialler(
        self, connections: Datagrams, members: Members, peers: List[Address], own: Optional[Address]
    ) -> Dialler:
        """Returns the dialler."""
        return DatagramDialler(connections, members, peers, None)


def make_transport(
    transport: str,
    *,
    tls: Optional[TLS],
    psk: Optional[PSK],
    insecure: bool,
    cluster: str,
    mtu: int,
    max_line: Optional[int],
    limits: Dict[str, Any],
) -> Transport:
    """Returns a transport.

    Args:
        limits: The limits on connections: see `Connections`.

    Raises:
        ArgumentError: The transport is none, an option belongs to the other one, or the key is too short.
        HostError: The package cryptography is missing.
    """
    if transport == "tcp":
        if psk is not None:
            raise ArgumentError("psk is for transport='udp'; streams have tls=TLS(…)")
        if tls is not None and not isinstance(tls, TLS):
            raise ArgumentError(f"tls is {type(tls).__name__}; it has to be a scuttle.aio.TLS")
        return StreamTransport(Security(insecure, tls, max_line), limits)
    if transport != "udp":
        raise ArgumentError(f"transport is {transport!r}; it has to be 'tcp' or 'udp'")
    if tls is not None:
        raise ArgumentError("tls is for transport='tcp'; datagrams have psk=…")
    if not isinstance(mtu, int) or not MIN_MTU <= mtu <= 65507:
        raise ArgumentError(f"mtu is {mtu!r}; it has to be from {MIN_MTU} to 65,507, and is {DEFAULT_MTU:,} by default")
    key = None if psk is None else read_psk(psk)
    if key is not None:
        handshake_key(key)  # needs the package cryptography
    options = {"psk": key, "cluster": cluster, "insecure": insecure, "mtu": mtu, "max_links": limits["max_connections"]}
    return DatagramTransport(options)
