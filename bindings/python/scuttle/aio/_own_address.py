"""The address under which others dial a node that listens at all addresses of its machine."""

from __future__ import annotations

from typing import Any, Optional

from ._addresses import Address, is_loopback, is_wildcard


def own_address(listening: Address, known: Optional[str], here: Any) -> Optional[str]:
    """Returns the address under which others dial this node. One that listens at all addresses of the machine learns its own from its
    connections.

    Args:
        listening: The address at which the node listens.
        known: The address that the node has advertised before; None: none.
        here: Its end of a new connection, as a socket tells it; None: unknown.
    """
    if listening.is_unix or not is_wildcard(listening.host):
        return str(listening)
    if not isinstance(here, tuple) or (known is not None and is_loopback(str(here[0]))):
        return known
    return str(Address(str(here[0]), listening.port))
