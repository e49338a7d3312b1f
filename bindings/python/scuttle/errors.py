"""Errors: a class for each error code of the library, below a few bases. An error has changed nothing.

    ScuttleError
      InputError   a name, key, value, text, message or argument is not a valid one
      LimitError   a valid one is over a limit
      PeerError    a peer breaks the protocol, belongs elsewhere, or sends what this replica refuses
      StateError   the replica or link does not allow the call, or not at this time
      HostError    memory, a database or the installation fails

`except scuttle.LimitError` catches a whole group, `except scuttle.errors.TooManyKeysError` one code. An error is a ValueError or
the like besides if it is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from . import _abi

if TYPE_CHECKING:
    from ._updates import Update


class ScuttleError(Exception):
    """The base class of all errors, and the class of a code that this version does not know.

    Attributes:
        message: One line of English with the particulars.
        code: The library's SCUTTLE_E_… number; None for an error of the package itself.
        update: The update that a peer has refused, if the error is that of Event.REFUSED; otherwise None.
    """

    code: Optional[int] = None
    update: Optional[Update] = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InputError(ScuttleError, ValueError):
    """A name, key, value, text, message or argument is not a valid one, of the host's or of a peer's."""


class LimitError(ScuttleError):
    """A limit of the replica, of a link or of a datagram is exceeded."""


class PeerError(ScuttleError):
    """A peer breaks the protocol, belongs elsewhere, or sends what this replica refuses; or it has rejected this replica."""


class StateError(ScuttleError):
    """The replica or link does not allow the call: it is closed, in the middle of a call, or made in another way."""


class HostError(ScuttleError):
    """The system gives no memory, the database of a `state_store` fails, or library and package do not fit."""


class ArgumentError(InputError):
    """An argument is out of range."""

    code: Optional[int] = _abi.E_ARGUMENT


class IdError(InputError):
    """A name or a source is empty or too long, or a name ends as an incarnation does."""

    code: Optional[int] = _abi.E_ID


class EmptyKeyError(InputError):
    """A key is empty."""

    code: Optional[int] = _abi.E_KEY


class NulError(InputError):
    """A key, a source, or a name in a JSON object contains the character U+0000."""

    code: Optional[int] = _abi.E_NUL


class Utf8Error(InputError):
    """Text is not valid UTF-8; for a str: it has half of a surrogate pair."""

    code: Optional[int] = _abi.E_UTF8


class JSONError(InputError):
    """A text or value is not JSON, which has no NaN and no Infinity."""

    code: Optional[int] = _abi.E_JSON


class DuplicateError(InputError):
    """A JSON object has two members of one name, such as from {1: "a", "1": "b"}."""

    code: Optional[int] = _abi.E_DUPLICATE


class NumberError(InputError):
    """No double can hold a number, such as 1e400."""

    code: Optional[int] = _abi.E_NUMBER


class MessageError(InputError):
    """JSON is not a message: a field is missing or of the wrong type."""

    code: Optional[int] = _abi.E_MESSAGE


class VersionError(InputError):
    """A version is not an integer from 1 to 2^53-1."""

    code: Optional[int] = _abi.E_VERSION


class ResolverError(InputError):
    """A resolver is not commutative, not idempotent or not associative. `check_resolver` returns a Flaw instead."""

    code: Optional[int] = _abi.E_RESOLVER


class TimeToLiveError(InputError):
    """A time to live, or its age, in an update is not an integer from 0 to 2^53-1."""

    code: Optional[int] = _abi.E_TTL


class SpaceError(LimitError):
    """No message fits a datagram of so few bytes. The package sizes other buffers itself."""

    code: Optional[int] = _abi.E_SPACE


class DepthError(LimitError, ValueError):
    """A value is nested deeper than `max_depth`."""

    code: Optional[int] = _abi.E_DEPTH


class VersionJumpError(LimitError, ValueError):
    """A version is further ahead of this replica than `max_version_jump`."""

    code: Optional[int] = _abi.E_VERSION_JUMP


class MessageTooLongError(LimitError, ValueError):
    """A line is longer than `max_message_bytes`."""

    code: Optional[int] = _abi.E_MESSAGE_SIZE


class KeyTooLongError(LimitError, ValueError):
    """A key is longer than `max_key_bytes`."""

    code: Optional[int] = _abi.E_KEY_SIZE


class ValueTooLongError(LimitError, ValueError):
    """A value is longer than `max_value_bytes`."""

    code: Optional[int] = _abi.E_VALUE_SIZE


class TooManySourcesError(LimitError):
    """The replica would know more sources than `max_sources`."""

    code: Optional[int] = _abi.E_SOURCES


class TooManyLinksError(LimitError):
    """The replica would have more links than `max_links`."""

    code: Optional[int] = _abi.E_LINKS


class ExhaustedError(LimitError, OverflowError):
    """Versions have reached 2^53-1: no local write is possible any more."""

    code: Optional[int] = _abi.E_EXHAUSTED


class DatagramError(LimitError):
    """An update fits no datagram of this size, and the link has skipped it; the message has its key. Read on for the rest."""

    code: Optional[int] = _abi.E_DATAGRAM


class TooManyKeysError(LimitError):
    """More keys than `max_keys` would hold a value. Overwrites and deletes still pass."""

    code: Optional[int] = _abi.E_KEYS


class TooManyBytesError(LimitError):
    """A write, a source or a line would need more memory than `max_bytes` allows. Keys can still be deleted."""

    code: Optional[int] = _abi.E_BYTES


class IdentityError(PeerError):
    """A peer has this replica's own source, or a version of it that was never issued here: two replicas share a source, or this
    one has lost its state."""

    code: Optional[int] = _abi.E_IDENTITY


class ReadOnlyError(PeerError):
    """An update, delta, cover or commit arrived on a read-only link."""

    code: Optional[int] = _abi.E_READ_ONLY


class ClusterError(PeerError):
    """The peer belongs to another cluster. Ends the link."""

    code: Optional[int] = _abi.E_CLUSTER


class ProtocolError(PeerError):
    """The peer speaks no protocol version that this replica speaks, or the classic dialect on a link that excludes it. Ends the link."""

    code: Optional[int] = _abi.E_PROTOCOL


class RejectedError(PeerError):
    """The peer has rejected this replica, for the reason in the message. Ends the link."""

    code: Optional[int] = _abi.E_REJECTED


class CorruptError(PeerError):
    """Equivocation: a peer has another content under a timestamp that is known here."""

    code: Optional[int] = _abi.E_CORRUPT


class RefusedError(PeerError):
    """`accept` has refused an update of a peer, or a peer has sent more refused updates than `max_refused`, which ends the link."""

    code: Optional[int] = _abi.E_REFUSED


class UnaskedError(PeerError):
    """A delta, update, cover or commit belongs to no open request of this link. It has changed nothing."""

    code: Optional[int] = _abi.E_UNASKED


class ClosedError(StateError, ValueError):
    """The replica or link is closed."""


class BusyError(StateError, RuntimeError):
    """A callback or visitor of the replica has tried to change it, or a signal handler or finalizer in the middle of a call has.
    Reading is fine there."""

    code: Optional[int] = _abi.E_BUSY


class UnsupportedError(StateError, NotImplementedError):
    """This replica or link was made in a way that excludes the call."""

    code: Optional[int] = _abi.E_UNSUPPORTED


class ForkedError(StateError, RuntimeError):
    """The replica was made before a fork, in the parent of this process. After a fork, make a replica of the child's own."""

    code: Optional[int] = _abi.E_FORKED


class OutOfMemoryError(HostError, MemoryError):
    """The system gave no memory, lock or randomness."""

    code: Optional[int] = _abi.E_MEMORY


class StructSizeError(HostError):
    """The library and this package do not agree about a struct."""

    code: Optional[int] = _abi.E_STRUCT_SIZE


class StoreError(HostError):
    """The `state_store` has failed: the call is undone, here and in the store. `__cause__` is the store's exception."""

    code: Optional[int] = _abi.E_STORE


class FileStoreError(HostError):
    """A file of a `FileStore` cannot be used: it is not one, or is that of another replica, or was replaced underneath. An error of the
    system is an OSError."""


class StoreLockedError(FileStoreError):
    """Another process, or another replica in this one, has the file open."""


class DamagedFileError(FileStoreError):
    """Bytes of the file that were on the disk have changed since. `FileStore(path, mend=True)` opens what is in front of them."""
