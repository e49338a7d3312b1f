"""A node from its settings, from its start to a signal."""

from __future__ import annotations

import asyncio
import logging
import signal
from typing import TYPE_CHECKING, Any, Dict, Optional

from .. import errors
from .._config import Limits
from ..aio import Node
from ._control import ControlServer
from ._errors import CommandError, Exit
from ._operations import operations_of
from ._output import abandon_output, write_json, write_line
from ._settings import Settings
from ._socket_file import SocketFile
from ._values import shown

if TYPE_CHECKING:
    from ..aio import TLS

log = logging.getLogger("scuttle.node")


def run_node(settings: Settings, as_json: bool) -> None:
    """Runs a node until SIGTERM or SIGINT.

    Raises:
        CommandError: The node cannot start, or cannot save everything at its end.
    """
    level = (settings.log_level or "warning").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(_run(settings, as_json))


async def _run(settings: Settings, as_json: bool) -> None:
    loop = asyncio.get_running_loop()
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    try:
        tls = _tls(settings)
        loop.add_signal_handler(signal.SIGHUP, _reopen, tls)
        file = SocketFile(settings.socket) if settings.socket else None  # first: a second node on it touches no store
        try:
            node = Node(settings.name or "", **arguments(settings, tls))
            async with node:
                await _serve(node, file, ending, as_json)
        finally:
            if file is not None:
                file.close()
    except ImportError as error:  # of an extra; the node says which
        raise CommandError(str(error), Exit.USAGE) from None
    except (errors.ScuttleError, OSError, ValueError) as error:
        raise _not_running(error) from error


async def _serve(node: Node, file: Optional[SocketFile], ending: asyncio.Event, as_json: bool) -> None:
    server = ControlServer(file, operations_of(node)) if file is not None else None
    if server is not None:
        await server.start()
    try:
        _say_ready(node, file, as_json)
        await ending.wait()
    finally:
        if server is not None:
            await server.close()


def _say_ready(node: Node, file: Optional[SocketFile], as_json: bool) -> None:
    addresses = [str(address) for address in node.addresses]
    path = file.path if file is not None else None
    metrics = [str(address) for address in getattr(node, "metrics_addresses", ())]
    try:
        if as_json:
            document = {"ready": True, "name": node.name, "id": node.id, "addresses": addresses, "socket": path}
            write_json({**document, "metrics": metrics}, flush=True)
        else:
            places = f" at {', '.join(addresses)}" if addresses else ""
            control = f", control socket {path}" if path else ""
            page = f", metrics at {', '.join(metrics)}" if metrics else ""
            write_line(f"{shown(node.name)} is ready{places}{control}{page}", flush=True)
    except OSError:
        abandon_output()  # nobody reads it: the node runs all the same


def _tls(settings: Settings) -> Optional[TLS]:
    if settings.tls_ca is None or settings.tls_cert is None or settings.tls_key is None:
        return None
    from ..aio import TLS

    return TLS(ca=settings.tls_ca, cert=settings.tls_cert, key=settings.tls_key)


def arguments(settings: Settings, tls: Optional[TLS]) -> Dict[str, Any]:
    """Returns the arguments of `Node` but its name. What is not set is left to its defaults."""
    given: Dict[str, Any] = {
        "listen": settings.listen,
        "peers": list(settings.peers),
        "advertise": settings.advertise,
        "transport": settings.transport,
        "store": settings.store,
        "cluster": settings.cluster,
        "tls": tls,
        "psk": settings.psk_file,
        "insecure": settings.insecure,
        "gossip": settings.gossip,
        "metrics": settings.metrics,
        "limits": Limits(**settings.limits) if settings.limits else None,
    }
    return {name: value for name, value in given.items() if value is not None}


def _reopen(tls: Optional[TLS]) -> None:
    """Reads certificates that have changed, so that a mistake in them is in the log now, and not when the next peer connects."""
    if tls is not None:
        tls.refresh()


def _not_running(error: Exception) -> CommandError:
    if isinstance(error, (errors.StoreLockedError, errors.LimitError)):
        return CommandError(str(error), Exit.REFUSED)
    if isinstance(error, errors.HostError):
        return CommandError(str(error), Exit.DATA)
    if isinstance(error, (errors.InputError, ValueError)):
        return CommandError(str(error), Exit.USAGE)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return CommandError(f"{place}{error.strerror or error}", Exit.DATA)
    return CommandError(str(error), Exit.REFUSED)
