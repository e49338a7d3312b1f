"""A key-value map that peers keep in step with the scuttlebutt protocol.

    with scuttle.Replica("ada") as replica, replica.link() as link:
        replica["greeting"] = {"hello": "world"}
        link.write(bytes_from_the_peer)
        send_to_the_peer(link.read_all())

You feed a link the bytes that came from a peer, and send the bytes that it hands out. The package opens no socket,
starts no thread and reads no clock.
"""

from ._library import library_version
from ._stats import Stats
from .callbacks import Event
from .checks import Flaw, FlawKind, check_resolver
from .config import Limits, Resolver
from .errors import (
    ArgumentError,
    BusyError,
    ClosedError,
    ClusterError,
    CorruptError,
    DatagramError,
    DepthError,
    DuplicateError,
    EmptyKeyError,
    ExhaustedError,
    ForkedError,
    IdentityError,
    IdError,
    JSONError,
    KeyTooLongError,
    MessageError,
    MessageTooLongError,
    NulError,
    NumberError,
    OutOfMemoryError,
    ProtocolError,
    ReadOnlyError,
    RefusedError,
    RejectedError,
    ResolverError,
    ScuttleError,
    SpaceError,
    StoreError,
    StructSizeError,
    TooManyBytesError,
    TooManyKeysError,
    TooManyLinksError,
    TooManySourcesError,
    TimeToLiveError,
    UnaskedError,
    UnsupportedError,
    Utf8Error,
    ValueTooLongError,
    VersionError,
    VersionJumpError,
)
from . import policies
from .history import History
from .link import Dialect, Link, LinkInfo
from .replica import Replica
from .stores import Row, RowKind, StateStore
from .updates import Entry, Update

__version__ = "0.2.0"

lww_vs_clock = Resolver.lww_vs_clock
lww_vs_current_vers = Resolver.lww_vs_current_vers
strictly_order_values = Resolver.strictly_order_values

__all__ = [
    "ArgumentError",
    "BusyError",
    "ClosedError",
    "ClusterError",
    "CorruptError",
    "DatagramError",
    "DepthError",
    "Dialect",
    "DuplicateError",
    "EmptyKeyError",
    "Entry",
    "Event",
    "ExhaustedError",
    "Flaw",
    "FlawKind",
    "ForkedError",
    "History",
    "IdError",
    "IdentityError",
    "JSONError",
    "KeyTooLongError",
    "Limits",
    "Link",
    "LinkInfo",
    "MessageError",
    "MessageTooLongError",
    "NulError",
    "NumberError",
    "OutOfMemoryError",
    "ProtocolError",
    "ReadOnlyError",
    "RefusedError",
    "RejectedError",
    "Replica",
    "Resolver",
    "ResolverError",
    "Row",
    "RowKind",
    "ScuttleError",
    "SpaceError",
    "StateStore",
    "Stats",
    "StoreError",
    "StructSizeError",
    "TooManyBytesError",
    "TooManyKeysError",
    "TooManyLinksError",
    "TooManySourcesError",
    "TimeToLiveError",
    "UnaskedError",
    "UnsupportedError",
    "Update",
    "Utf8Error",
    "ValueTooLongError",
    "VersionError",
    "VersionJumpError",
    "__version__",
    "check_resolver",
    "library_version",
    "lww_vs_clock",
    "lww_vs_current_vers",
    "policies",
    "strictly_order_values",
]
