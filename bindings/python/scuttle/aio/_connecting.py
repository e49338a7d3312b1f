"""Makes one connection: resolves a name, and tries its addresses one after the other."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, List

from ..errors import InputError, PeerError
from ._addresses import Address
from ._connection import Connection
from ._connections import Connections
from ._patience import limit_patience
from ._resolving import Lookups

#: Seconds for each of the addresses of a name.
_DIAL_SECONDS = 5.0


async def connect(address: Address, connections: Connections, lookups: Lookups) -> Connection:
    """Returns a connection to the first address of a name at which one can be made.

    Raises:
        OSError: Nobody is there, or the name has no address.
        InputError: The address needs TLS.
    """
    security = connections.security
    if address.is_unix:
        found: List[Any] = [(socket.AF_UNIX, socket.SOCK_STREAM, 0, "", address.path)]
    else:
        found = await lookups.find(address.host, address.port, kind=socket.SOCK_STREAM)
    errors: List[Exception] = []
    for family, kind, protocol, _, where in found:
        try:
            security.check(where, "dial")
            return await asyncio.wait_for(_open(address, connections, (family, kind, protocol), where), _DIAL_SECONDS)
        except (OSError, InputError, PeerError, asyncio.TimeoutError) as error:
            errors.append(error)
    first = errors[0] if errors else OSError("the name has no address")
    if isinstance(first, asyncio.TimeoutError):
        raise TimeoutError(f"no connection within {_DIAL_SECONDS:g} seconds") from None
    raise first


async def _open(address: Address, connections: Connections, kind: Any, where: Any) -> Connection:
    loop = asyncio.get_running_loop()
    made = socket.socket(*kind)
    try:
        made.setblocking(False)
        limit_patience(made)
        await loop.sock_connect(made, where)
        if kind[0] != socket.AF_UNIX and made.getsockname() == made.getpeername():
            raise ConnectionRefusedError("the system has connected the socket to itself")  # TCP's simultaneous open
        security = connections.security
        opening = loop.create_task(
            loop.create_connection(
                lambda: connections.outgoing(str(address)),
                sock=made,
                ssl=security.client_context,
                server_hostname="" if security.tls is not None else None,
                ssl_handshake_timeout=security.handshake_timeout,
            )
        )
        try:
            _, connection = await asyncio.shield(opening)
        except asyncio.CancelledError:
            await _cancel_later(opening)
            raise
        return connection
    except OSError as error:
        made.close()
        raise connections.security.explained(error, in_handshake=True) or error
    except BaseException:
        made.close()
        raise


async def _cancel_later(opening: asyncio.Task[Any]) -> None:
    """Cancels a connection that is being made, a few turns of the loop later: asyncio does not close a TLS transport that has not begun."""
    for _ in range(4):
        await asyncio.sleep(0)
    opening.cancel()
    try:
        _, connection = await opening
    except (asyncio.CancelledError, OSError):
        return
    connection.abort()
