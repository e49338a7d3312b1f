"""The peers of a node, as its user sees them."""

from __future__ import annotations

from typing import List, NamedTuple, Optional

from ._connection import Connection
from ._connections import Connections
from ._dialling import Dialler


class Peer(NamedTuple):
    """A connection, or an address that is dialled."""

    #: The name and the source that the peer claims; "" before its hello.
    name: str
    source: str
    #: The address that this node dials, or from which the peer has dialled.
    address: str
    #: "connecting": the connection is being made, or the peer has not said its hello; "connected"; "in_step": both hold the same, as of
    #: the last gossip; "waiting": it is dialled again after a pause.
    state: str
    #: Entries that the peer is not known to have.
    lag: int
    bytes_in: int
    bytes_out: int
    #: When the connection or the state began: seconds of `time.time()`.
    since: float
    #: Why there is no connection, or why the last one has ended; None: no reason is known.
    error: Optional[Exception]
    #: Whether this node dials.
    is_outgoing: bool


def list_peers(connections: Connections, dialler: Dialler) -> List[Peer]:
    """Returns the peers: connections, oldest first, and then the addresses without one."""
    found = [_connected(one) for one in sorted(connections, key=lambda one: one.since) if not one.is_closing]
    for target in dialler.targets:
        if target.connection is None and target.state != "connected":
            found.append(Peer("", "", str(target.address), target.state, 0, 0, 0, target.since, target.error, True))
    return found


def _connected(one: Connection) -> Peer:
    info = one.link.info() if one.link is not None else None
    if info is None or not one.source:
        return Peer("", "", one.address, "connecting", 0, 0, 0, one.since, one.error, one.is_outgoing)
    state = "in_step" if info.in_step else "connected"
    return Peer(
        one.name,
        one.source,
        one.address,
        state,
        info.lag,
        info.bytes_in,
        info.bytes_out,
        one.since,
        info.last_error,
        one.is_outgoing,
    )
