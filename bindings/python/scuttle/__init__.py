"""A key-value map that peers keep in step with the scuttlebutt protocol.

    with scuttle.Replica("ada") as replica, replica.link() as link:
        replica["greeting"] = {"hello": "world"}
        link.write(bytes_from_the_peer)
        send_to_the_peer(link.read_all())

You feed a link the bytes that came from a peer, and send the bytes that it hands out. The package opens no socket,
starts no thread and reads no clock.

`scuttle.errors` has a class for each error, below the bases that are here; `scuttle.policies` has functions for `accept`;
`scuttle.testing` checks a resolver of yours. Every other module is internal.
"""

from typing import TYPE_CHECKING

from . import errors, policies
from ._accelerated import is_accelerated
from ._callbacks import Event
from ._changes import Changes, Cursor
from ._checks import Flaw, FlawKind, check_resolver
from ._config import Limits, Resolver
from ._file_store import FileStore, StoredReplica, StoreInfo
from ._history import History
from ._library import library_version
from ._link import Dialect, Link, LinkInfo
from ._replica import Replica
from ._saves import Piece
from ._stats import Stats
from ._stores import Row, RowKind, StateStore
from ._updates import Entry, Update
from .errors import HostError, InputError, LimitError, PeerError, ScuttleError, StateError

__version__ = "0.2.0"

__all__ = [
    "Changes",
    "Cursor",
    "Dialect",
    "Entry",
    "Event",
    "FileStore",
    "Flaw",
    "FlawKind",
    "History",
    "HostError",
    "InputError",
    "LimitError",
    "Limits",
    "Link",
    "LinkInfo",
    "PeerError",
    "Piece",
    "Replica",
    "Resolver",
    "Row",
    "RowKind",
    "ScuttleError",
    "StateError",
    "StateStore",
    "Stats",
    "StoreInfo",
    "StoredReplica",
    "Update",
    "__version__",
    "check_resolver",
    "errors",
    "is_accelerated",
    "library_version",
    "policies",
]

for _name in __all__:
    _public = globals()[_name]
    if getattr(_public, "__module__", "").startswith("scuttle._"):
        _public.__module__ = __name__  # the name for users, in tracebacks and pickles
del _name, _public

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Returns an error of `scuttle.errors`, or a resolver by its name in simple-scuttle, such as `lww_vs_clock`."""
        if name.endswith("Error") and hasattr(errors, name):
            return getattr(errors, name)
        if name.islower() and name.upper() in Resolver.__members__:
            return Resolver[name.upper()]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
