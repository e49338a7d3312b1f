"""Errors: one class for each error code of the library. An error has changed nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Dict, Optional, Type

from . import _abi

if TYPE_CHECKING:
    from .updates import Update


class ScuttleError(Exception):
    """The base class of all errors, and the class of a code that this version does not know.

    `message` is one line of English with the particulars; `code` is the library's SCUTTLE_E_… number, None for an error of the
    package itself.
    """

    code: Optional[int] = None
    #: The update that a peer has refused, if the error is that of Event.REFUSED; otherwise None.
    update: Optional[Update] = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClosedError(ScuttleError, ValueError):
    """The replica or link is closed."""


class ArgumentError(ScuttleError, ValueError):
    """An argument is out of range."""

    code = _abi.E_ARGUMENT


class OutOfMemoryError(ScuttleError, MemoryError):
    """The system gave no memory, lock or randomness."""

    code = _abi.E_MEMORY


class BusyError(ScuttleError, RuntimeError):
    """A callback or visitor of the replica has tried to change it, or a signal handler or finalizer in the middle of a call has.
    Reading is fine there."""

    code = _abi.E_BUSY


class UnsupportedError(ScuttleError, NotImplementedError):
    """This replica or link was made in a way that excludes the call."""

    code = _abi.E_UNSUPPORTED


class StructSizeError(ScuttleError):
    """The library and this package do not agree about a struct."""

    code = _abi.E_STRUCT_SIZE


class SpaceError(ScuttleError):
    """No message fits a datagram of so few bytes. The package sizes other buffers itself."""

    code = _abi.E_SPACE


class IdError(ScuttleError, ValueError):
    """A name or a source is empty or too long, or a name ends as an incarnation does."""

    code = _abi.E_ID


class EmptyKeyError(ScuttleError, ValueError):
    """A key is empty."""

    code = _abi.E_KEY


class NulError(ScuttleError, ValueError):
    """A key, a source, or a name in a JSON object contains the character U+0000."""

    code = _abi.E_NUL


class Utf8Error(ScuttleError, ValueError):
    """Text is not valid UTF-8; for a str: it has half of a surrogate pair."""

    code = _abi.E_UTF8


class JSONError(ScuttleError, ValueError):
    """A text or value is not JSON, which has no NaN and no Infinity."""

    code = _abi.E_JSON


class DuplicateError(ScuttleError, ValueError):
    """A JSON object has two members of one name, such as from {1: "a", "1": "b"}."""

    code = _abi.E_DUPLICATE


class NumberError(ScuttleError, ValueError):
    """No double can hold a number, such as 1e400."""

    code = _abi.E_NUMBER


class DepthError(ScuttleError, ValueError):
    """A value is nested deeper than `max_depth`."""

    code = _abi.E_DEPTH


class MessageError(ScuttleError, ValueError):
    """JSON is not a message: a field is missing or of the wrong type."""

    code = _abi.E_MESSAGE


class VersionError(ScuttleError, ValueError):
    """A version is not an integer from 1 to 2^53-1."""

    code = _abi.E_VERSION


class VersionJumpError(ScuttleError, ValueError):
    """A version is further ahead of this replica than `max_version_jump`."""

    code = _abi.E_VERSION_JUMP


class IdentityError(ScuttleError):
    """A peer has this replica's own source, or a version of it that was never issued here: two replicas share a source, or this
    one has lost its state."""

    code = _abi.E_IDENTITY


class ReadOnlyError(ScuttleError):
    """An update, delta, cover or commit arrived on a read-only link."""

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
    """The replica would know more sources than `max_sources`."""

    code = _abi.E_SOURCES


class TooManyLinksError(ScuttleError):
    """The replica would have more links than `max_links`."""

    code = _abi.E_LINKS


class ExhaustedError(ScuttleError, OverflowError):
    """Versions have reached 2^53-1: no local write is possible any more."""

    code = _abi.E_EXHAUSTED


class ClusterError(ScuttleError):
    """The peer belongs to another cluster. Ends the link."""

    code = _abi.E_CLUSTER


class ProtocolError(ScuttleError):
    """The peer speaks no protocol version that this replica speaks, or the classic dialect on a link that excludes it. Ends the link."""

    code = _abi.E_PROTOCOL


class RejectedError(ScuttleError):
    """The peer has rejected this replica, for the reason in the message. Ends the link."""

    code = _abi.E_REJECTED


class DatagramError(ScuttleError):
    """An update fits no datagram of this size, and the link has skipped it; the message has its key. Read on for the rest."""

    code = _abi.E_DATAGRAM


class CorruptError(ScuttleError):
    """Equivocation: a peer has another content under a timestamp that is known here."""

    code = _abi.E_CORRUPT


class ResolverError(ScuttleError, ValueError):
    """A resolver is not commutative, not idempotent or not associative. `check_resolver` returns a Flaw instead."""

    code = _abi.E_RESOLVER


class RefusedError(ScuttleError):
    """`accept` has refused an update of a peer, or a peer has sent more refused updates than `max_refused`, which ends the link."""

    code = _abi.E_REFUSED


class UnaskedError(ScuttleError):
    """A delta, update, cover or commit belongs to no open request of this link. It has changed nothing."""

    code = _abi.E_UNASKED


class TooManyKeysError(ScuttleError):
    """More keys than `max_keys` would hold a value. Overwrites and deletes still pass."""

    code = _abi.E_KEYS


class TooManyBytesError(ScuttleError):
    """A write, a source or a line would need more memory than `max_bytes` allows. Keys can still be deleted."""

    code = _abi.E_BYTES


class TimeToLiveError(ScuttleError):
    """A time to live, or its age, in an update is not an integer from 0 to 2^53-1."""

    code = _abi.E_TTL


class StoreError(ScuttleError):
    """The `state_store` has failed: the call is undone, here and in the store. `__cause__` is the store's exception."""

    code = _abi.E_STORE


class ForkedError(ScuttleError, RuntimeError):
    """The replica was made before a fork, in the parent of this process. After a fork, make a replica of the child's own."""

    code = _abi.E_FORKED


_BY_CODE: Dict[int, Type[ScuttleError]] = {
    kind.code: kind for kind in ScuttleError.__subclasses__() if kind.code is not None
}


def error_of(code: int, message: str) -> ScuttleError:
    """Returns the error for a code of the library."""
    kind = _BY_CODE.get(code)
    if kind is not None:
        return kind(message)
    error = ScuttleError(message)
    error.code = code
    return error
