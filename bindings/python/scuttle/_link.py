"""Links: the conversation with one peer."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from enum import IntEnum
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Optional, Type
from weakref import ref

from . import _abi
from ._bare_calls import scuttle_link_read
from ._handle import Handle
from ._library import describe, library
from ._link_properties import LinkProperties
from ._memory import WritableBuffer, to_read
from ._reading import read, read_into
from ._codes import error_of
from .errors import ClosedError, ScuttleError, UnsupportedError
from ._texts import Buffer, unsigned

if TYPE_CHECKING:
    from ._replica import Replica


class Dialect(IntEnum):
    """The dialect of a link's peer."""

    #: The peer has sent no valid message yet, or the link has ended.
    UNKNOWN = _abi.DIALECT_UNKNOWN
    CLASSIC = _abi.DIALECT_CLASSIC
    EXTENDED = _abi.DIALECT_EXTENDED


class LinkInfo(NamedTuple):
    """The state of a link and its peer: see `Link.info`."""

    #: The name in the peer's hello, a claim that anybody can make: compare it with the name that the connection proves. None before
    #: the hello, and for classic peers.
    peer_name: Optional[str]
    #: The source that the peer writes under: its name and incarnation. None likewise.
    peer_source: Optional[str]
    dialect: Dialect
    #: Both version vectors were equal when last compared.
    in_step: bool
    #: The link sends new updates at once.
    live: bool
    #: The link has ended: see `Link`.
    ended: bool
    #: The last error of a call on this link, without its particulars; once the link has ended, its reason; None: none.
    last_error: Optional[ScuttleError]
    #: Entries, deleted keys included, that the peer is not known to have. Only its own statements count, and the next gossip brings one.
    #: Superseded updates do not count, except that above 1,024 some may. Before the hello and for classic peers: all entries.
    lag: int = 0
    #: The version up to which the peer is known to have the writes of this replica, of this incarnation; 0: none. A write that the peer
    #: has refused ends it, as long as the refusal stands.
    confirmed_version: int = 0
    #: Bytes and whole lines that have crossed the link: in by `write`, out by the reading functions.
    bytes_in: int = 0
    bytes_out: int = 0
    messages_in: int = 0
    messages_out: int = 0


class Link(LinkProperties):
    """A replica's conversation with one peer, over one ordered stream of bytes, such as a TCP connection, or over datagrams.

    `Replica.link` makes it. Pass the bytes of the peer to `write`, and send the bytes of `read` to the peer. When the
    connection breaks, close the link and open another for the next one.

    Any thread may use it. It is a context manager, which closes it at the end. A link without references is closed by the next call on
    its replica; a replica closes its links. A closed link raises ClosedError.

    ClusterError, ProtocolError, RejectedError, a RefusedError that names max_refused, and an IdentityError of the extended dialect end a
    link: it raises the same for all later bytes. Send its last output, which tells the peer why, and close it.
    """

    _pointer: Optional[int] = None  # for __del__, if opening has failed

    def __init__(self, handle: Handle, replica: Replica, flags: int) -> None:
        self._handle = handle
        self._replica = ref(replica)
        self._is_datagram = flags & _abi.LINK_DATAGRAM != 0
        handle.run(self._open, flags)

    def _open(self, replica: int, flags: int) -> None:
        config = _abi.LinkConfigStruct(ctypes.sizeof(_abi.LinkConfigStruct), flags)
        pointer = ctypes.c_void_p()
        self._handle.check(library.scuttle_link_open(replica, config, pointer))
        self._pointer = pointer.value
        if self._pointer is not None:
            self._handle.links[self._pointer] = self
        self._argument = ctypes.c_void_p.from_param(self._pointer)

    def write(self, data: Buffer) -> bool:
        """Reads bytes that the peer has sent, cut anywhere: the rest of a line waits for the next call. On a datagram link
        the bytes are one datagram.

        Args:
            data: `bytes`, or a memoryview of `bytes`, which are read without a copy; or any other bytes-like object, which is copied.

        Returns:
            False if the peer's requests have filled the link: read before you write more.

        Raises:
            ScuttleError: The error of the first malformed line. It has changed nothing, and all other lines are applied.
        """
        start, length, _kept = to_read(data)
        return self._handle.run(self._write, start, length)

    def _write(self, _: int, start: Any, length: int) -> bool:
        return self._handle.check(library.scuttle_link_write(self._open_pointer(), start, length)) != _abi.FULL

    def read(self, max_bytes: int = 65536) -> bytes:
        """Returns the next bytes to send to the peer, cut anywhere; b"" if there are none now.

        Bytes that were read count as sent. A result below `max_bytes` does not mean the end: read until b"". On a datagram link one read
        makes one datagram of at most `max_bytes`.

        Args:
            max_bytes: The most bytes to return.

        Raises:
            SpaceError: No message fits so small a datagram.
            DatagramError: An update fits no datagram of this size. The link skips it, and does not count it as known to the peer; the
                message has its key. Read on for the rest.
        """
        return self._handle.run(self._read, unsigned("max_bytes", max_bytes))

    def _read(self, _: int, max_bytes: int) -> bytes:
        return read(self._handle, scuttle_link_read, self._open_argument(), max_bytes)

    def readinto(self, buffer: WritableBuffer) -> int:
        """Fills the front of a buffer of yours with the next bytes to send, as `read(len(buffer))`.

        Args:
            buffer: A bytearray or another writable buffer. It cannot be resized during the call (BufferError).

        Returns:
            The number of bytes; 0 if there are none now.
        """
        return self._handle.run(self._read_into, buffer)

    def _read_into(self, _: int, buffer: WritableBuffer) -> int:
        return read_into(self._handle, scuttle_link_read, self._open_argument(), buffer)

    def read_all(self) -> bytes:
        """Returns all pending output.

        Raises:
            UnsupportedError: On a datagram link, because each read makes a datagram.
        """
        if self._is_datagram:
            raise UnsupportedError("a datagram link is read one datagram at a time")
        return b"".join(iter(self.read, b""))

    def gossip(self) -> bool:
        """Starts a gossip on this link: see `Replica.gossip`.

        Returns:
            False if it waits behind the updates of a full link. Nothing is dropped.
        """
        return self._handle.run(self._gossip)

    def _gossip(self, _: int) -> bool:
        return self._handle.check(library.scuttle_link_gossip(self._open_pointer())) != _abi.FULL

    def info(self) -> LinkInfo:
        """Returns the state of the link and its peer. Callbacks may call it, `accept` included."""
        return self._handle.run_reading(self._info)

    def _facts(self) -> LinkInfo:
        return self._handle.run_reading(self._info, _abi.LinkInfoStruct.lag_updates.offset)

    def _info(self, _: int, size: int = ctypes.sizeof(_abi.LinkInfoStruct)) -> LinkInfo:
        info = _abi.LinkInfoStruct(size)
        self._handle.check(library.scuttle_link_info(self._open_pointer(), info))
        return LinkInfo(
            None if info.peer_name is None else info.peer_name.decode(),
            None if info.peer_source is None else info.peer_source.decode(),
            Dialect(info.dialect),
            bool(info.in_step),
            bool(info.live),
            bool(info.ended),
            error_of(info.last_error, describe(info.last_error)) if info.last_error < 0 else None,
            info.lag_updates,
            info.confirmed_version,
            info.bytes_in,
            info.bytes_out,
            info.messages_in,
            info.messages_out,
        )

    @property
    def replica(self) -> Optional[Replica]:
        """The replica of this link; None if nobody refers to it any more."""
        return self._replica()

    @property
    def closed(self) -> bool:
        """Whether this link, or its replica, has been closed."""
        return self._pointer is None or self._handle.is_closed

    def _open_pointer(self) -> int:
        if self._pointer is None:
            raise ClosedError("the link is closed")
        return self._pointer

    def _open_argument(self) -> Any:
        """Returns the pointer in the form of `_bare_calls`."""
        self._open_pointer()
        return self._argument

    def close(self) -> None:
        """Closes the link and drops its pending output. A second call, or one after the replica's, does nothing.

        May call `on_drain`.

        Raises:
            BusyError: The call came from a callback of the link's own replica.
        """
        if not self.closed:
            with suppress(ClosedError):  # another thread may have closed the replica meanwhile
                self._handle.run(self._close)

    def _close(self, _: int) -> None:
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            library.scuttle_link_close(pointer)
            self._handle.links.pop(pointer, None)

    def __del__(self) -> None:
        if self._pointer is not None:
            self._handle.drop_link(self._pointer)

    def __enter__(self) -> Link:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        info = None if self.closed else self._handle.try_reading(self._info)
        if info is None:
            return f"<scuttle.Link{' closed' if self.closed else ''}>"
        peer = info.peer_source or info.peer_name
        words = [
            f" to {peer!r}" if peer else "",
            f" {info.dialect.name.lower()}" if info.dialect is not Dialect.UNKNOWN else "",
            " in step" if info.in_step else "",
            " live" if info.live else "",
            " ended" if info.ended else "",
        ]
        return f"<scuttle.Link{''.join(words)}>"
