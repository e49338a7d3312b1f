"""The state of a node as a JSON document, for `status`."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any, Dict

from .. import __version__, library_version

if TYPE_CHECKING:
    from ..aio import Node

_STARTED = time.monotonic()


def status_of(node: Node) -> Dict[str, Any]:
    """Returns what a node is, its peers, members and figures."""
    return {
        "name": node.name,
        "id": node.id,
        "version": __version__,
        "library_version": library_version(),
        "pid": os.getpid(),
        "uptime": round(time.monotonic() - _STARTED, 3),
        "time": round(time.time(), 3),
        "addresses": [str(address) for address in node.addresses],
        "keys": len(node),
        "store": _fields(node.store_info),
        "stats": _fields(node.stats),
        "peers": [_fields(peer) for peer in node.peers],
        "members": {name: _fields(member) for name, member in node.members.items()},
    }


def _fields(record: Any) -> Any:
    """Returns a named tuple or a plain object as a dict whose values JSON can hold."""
    if record is None:
        return None
    named = record._asdict() if hasattr(record, "_asdict") else vars(record)
    return {name: _plain(value) for name, value in named.items()}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, int, float, bool)) else str(value)
