"""What can go wrong: one class for each error code of the library. After an error, nothing has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Optional, Type

from . import _abi

if TYPE_CHECKING:
    from .updates import Update


class ScuttleError(Exception):
    """The base of them all, and what a code is that this version does not know.

    `message` is one line of English with the particulars; `code` the library's SCUTTLE_E_… number, None where the
    package itself refused.
    """

    code: Optional[int] = None
    #: Of an error that Event.REFUSED hands on: the update that the peer has not taken.
    update: Optional[Update] = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClosedError(ScuttleError, ValueError):
    """The replica or link is closed."""


class ArgumentError(ScuttleError, ValueError):
    """An argument that cannot be meant."""

    code = _abi.E_ARGUMENT


class OutOfMemoryError(ScuttleError, MemoryError):
    """The system gave no memory, lock or randomness."""

    code = _abi.E_MEMORY


class BusyError(ScuttleError, RuntimeError):
    """The replica was to be changed from one of its own callbacks or visitors, or from a signal handler or finalizer
    that came in the middle of a call. Reading is fine there."""

    code = _abi.E_BUSY


class UnsupportedError(ScuttleError, NotImplementedError):
    """This replica or link cannot do that, by the way that it was made."""

    code = _abi.E_UNSUPPORTED


class StructSizeError(ScuttleError):
    """The library and this package do not agree about a struct."""

    code = _abi.E_STRUCT_SIZE


class SpaceError(ScuttleError):
    """No message fits a datagram of so few bytes. Other buffers the package sizes itself."""

    code = _abi.E_SPACE


class IdError(ScuttleError, ValueError):
    """A source id is empty or too long."""

    code = _abi.E_ID


class EmptyKeyError(ScuttleError, ValueError):
    """A key is empty."""

    code = _abi.E_KEY


class NulError(ScuttleError, ValueError):
    """A key, an id, or a name in a JSON object contains the character U+0000."""

    code = _abi.E_NUL


class Utf8Error(ScuttleError, ValueError):
    """Text is not valid UTF-8; for a str: it has half of a surrogate pair."""

    code = _abi.E_UTF8


class JSONError(ScuttleError, ValueError):
    """Not JSON, which has no NaN and no Infinity."""

    code = _abi.E_JSON


class DuplicateError(ScuttleError, ValueError):
    """A JSON object has two members of one name, such as from {1: "a", "1": "b"}."""

    code = _abi.E_DUPLICATE


class NumberError(ScuttleError, ValueError):
    """A number that no double can hold, such as 1e400."""

    code = _abi.E_NUMBER


class DepthError(ScuttleError, ValueError):
    """A value is nested deeper than `max_depth`."""

    code = _abi.E_DEPTH


class MessageError(ScuttleError, ValueError):
    """JSON, but not a message: a field is missing or of the wrong type."""

    code = _abi.E_MESSAGE


class VersionError(ScuttleError, ValueError):
    """A version that is not an integer from 1 to 2^53-1."""

    code = _abi.E_VERSION


class VersionJumpError(ScuttleError, ValueError):
    """A version that is further ahead of this replica than `max_version_jump`."""

    code = _abi.E_VERSION_JUMP


class IdentityError(ScuttleError):
    """A peer shows this replica's own id with a version that was never issued here: two replicas share an id, or this
    one has lost its state."""

    code = _abi.E_IDENTITY


class ReadOnlyError(ScuttleError):
    """An update came in on a link that is read-only."""

    code = _abi.E_READ_ONLY


class MessageTooLongError(ScuttleError, ValueError):
    """A line is longer than `max_message_bytes`."""

    code = _abi.E_MESSAGE_SIZE


class KeyTooLongError(ScuttleError, ValueError):
    """A key is longer than `max_key_bytes`."""

    code = _abi.E_KEY_SIZE


class ValueTooLongError(ScuttleError, ValueError):
    """A value is longer than `max_value_bytes`."""

    code = _abi.E_VALUE_SIZE


class TooManySourcesError(ScuttleError):
    """There would be more sources than `max_sources`."""

    code = _abi.E_SOURCES


class TooManyLinksError(ScuttleError):
    """There would be more links than `max_links`."""

    code = _abi.E_LINKS


class ExhaustedError(ScuttleError, OverflowError):
    """Version numbers have reached 2^53-1: no local write is possible any more."""

    code = _abi.E_EXHAUSTED


class ClusterError(ScuttleError):
    """The peer belongs to another cluster. Its link is of no use any more."""

    code = _abi.E_CLUSTER


class ProtocolError(ScuttleError):
    """The peer speaks no protocol version that this replica does. Its link is of no use any more."""

    code = _abi.E_PROTOCOL


class RejectedError(ScuttleError):
    """The peer has rejected this replica, for the reason in the message. Its link is of no use any more."""

    code = _abi.E_REJECTED


class DatagramError(ScuttleError):
    """An update fits no datagram of this size: it has been left out, and its key is in the message. Read on: the rest
    comes."""

    code = _abi.E_DATAGRAM


class CorruptError(ScuttleError):
    """A peer has another content for a source and version that is known here."""

    code = _abi.E_CORRUPT


class ResolverError(ScuttleError, ValueError):
    """The outcome of a resolver depends on order, repetition or grouping. `check_resolver` returns a Flaw instead."""

    code = _abi.E_RESOLVER


class RefusedError(ScuttleError):
    """`accept` has refused an update of a peer, or more updates are refused than `max_refused`."""

    code = _abi.E_REFUSED


class UnaskedError(ScuttleError):
    """A delta, reset, cover or commit answers no open request of this link. It has changed nothing."""

    code = _abi.E_UNASKED


class TooManyKeysError(ScuttleError):
    """More keys would hold a value than `max_keys`. A key that does can still be overwritten and deleted."""

    code = _abi.E_KEYS


class TooManyBytesError(ScuttleError):
    """A write, a source or a line would need more memory than `max_bytes` allows. Keys can still be deleted."""

    code = _abi.E_BYTES


class TimeToLiveError(ScuttleError):
    """A time to live, or its age, in an update is not an integer from 0 to 2^53-1."""

    code = _abi.E_TTL


class StoreError(ScuttleError):
    """The `state_store` has failed: the call is undone, here and in the store. `__cause__` is what the store raised."""

    code = _abi.E_STORE


class ForkedError(ScuttleError, RuntimeError):
    """The replica was made before a fork, in the parent of this process. It stays the parent's: after a fork, make a replica
    of the child's own."""

    code = _abi.E_FORKED


_BY_CODE: Dict[int, Type[ScuttleError]] = {
    kind.code: kind for kind in ScuttleError.__subclasses__() if kind.code is not None
}


def error_of(code: int, message: str) -> ScuttleError:
    """The error for a code of the library."""
    kind = _BY_CODE.get(code)
    if kind is not None:
        return kind(message)
    error = ScuttleError(message)
    error.code = code
    return error
