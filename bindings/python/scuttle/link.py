"""The conversation with one peer."""

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
from ._memory import WritableBuffer, to_read
from ._reading import read, read_into
from .errors import ClosedError, ScuttleError, UnsupportedError, error_of
from .texts import Buffer, unsigned

if TYPE_CHECKING:
    from .replica import Replica


class Dialect(IntEnum):
    """What the peer of a link speaks."""

    #: It has said nothing valid yet, or the link has ended.
    UNKNOWN = _abi.DIALECT_UNKNOWN
    CLASSIC = _abi.DIALECT_CLASSIC
    EXTENDED = _abi.DIALECT_EXTENDED


class LinkInfo(NamedTuple):
    """What is known of a link: see `Link.info`."""

    #: As the peer's hello says, so anybody can claim it: compare it with what the connection proves. None before the hello,
    #: and for classic peers.
    peer_name: Optional[str]
    #: The source that the peer writes under: its name and incarnation. None likewise.
    peer_source: Optional[str]
    dialect: Dialect
    #: Both version vectors were found equal, and have not been found different since.
    in_step: bool
    #: The peer gets new updates without asking.
    live: bool
    #: The link has ended: see `Link`.
    ended: bool
    #: The kind of the last error that a call on this link raised, without its particulars; None: none.
    last_error: Optional[ScuttleError]


class Link:
    """A replica's conversation with one peer over one ordered stream of bytes, such as a TCP connection, or over
    datagrams.

    Made by `Replica.link`. Whatever the peer sends goes to `write`; whatever `read` returns goes to the peer. When the
    connection breaks, close the link and make another for the next one.

    Any thread may use it. Close it when you are done: it is a context manager. A link that is dropped unclosed is
    closed by the next call on its replica. With the replica closed, a link is closed too. A link that is closed raises
    ClosedError.

    After ClusterError, ProtocolError, RejectedError, a RefusedError that says max_refused, and an IdentityError of the extended dialect, a link says the same
    of all that comes: read what it has to tell its peer, and close it.
    """

    _pointer: Optional[int] = None  # for __del__, where opening has failed

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
        """Takes bytes that the peer sent, cut anywhere: the rest of a line waits for the next call. On a datagram link
        the bytes are one datagram.

        Returns False where what the peer asked for is over the high-water mark: read before you write more.

        `bytes`, and a memoryview of some, are read where they are; of anything else that has bytes a copy is.

        Raises the error of the first bad line. It has changed nothing, and all other lines have been taken.
        """
        start, length, _kept = to_read(data)
        return self._handle.run(self._write, start, length)

    def _write(self, _: int, start: Any, length: int) -> bool:
        return self._handle.check(library.scuttle_link_write(self._open_pointer(), start, length)) != _abi.FULL

    def read(self, max_bytes: int = 65536) -> bytes:
        """What is to be sent to the peer next, a stream cut anywhere; b"" where there is nothing now.

        What has been read counts as sent. There may be more even where less than `max_bytes` came: read until b"".

        On a datagram link one read makes one datagram of at most `max_bytes`. Raises SpaceError where no message fits
        so few, and DatagramError where an update does not: it is left out, its key is in the message, and the peer is
        not taken to know it. Read on: the rest comes.
        """
        return self._handle.run(self._read, unsigned("max_bytes", max_bytes))

    def _read(self, _: int, max_bytes: int) -> bytes:
        return read(self._handle, scuttle_link_read, self._open_argument(), max_bytes)

    def readinto(self, buffer: WritableBuffer) -> int:
        """As `read(len(buffer))`, into a buffer of yours, such as a bytearray: fills its front and returns how many
        bytes of it; 0 where there is nothing now. Meanwhile the buffer cannot be resized (BufferError)."""
        return self._handle.run(self._read_into, buffer)

    def _read_into(self, _: int, buffer: WritableBuffer) -> int:
        return read_into(self._handle, scuttle_link_read, self._open_argument(), buffer)

    def read_all(self) -> bytes:
        """Everything that is to be sent to the peer now. UnsupportedError on a datagram link, where each read counts."""
        if self._is_datagram:
            raise UnsupportedError("a datagram link is read one datagram at a time")
        return b"".join(iter(self.read, b""))

    def gossip(self) -> bool:
        """Asks this peer for what is new: see `Replica.gossip`. False where it waits behind the high-water mark; nothing
        is dropped."""
        return self._handle.run(self._gossip)

    def _gossip(self, _: int) -> bool:
        return self._handle.check(library.scuttle_link_gossip(self._open_pointer())) != _abi.FULL

    def info(self) -> LinkInfo:
        """Who the peer is, and how far the conversation is. May be called in callbacks, `accept` among them."""
        return self._handle.run_reading(self._info)

    def _info(self, _: int) -> LinkInfo:
        info = _abi.LinkInfoStruct(ctypes.sizeof(_abi.LinkInfoStruct))
        self._handle.check(library.scuttle_link_info(self._open_pointer(), info))
        return LinkInfo(
            None if info.peer_name is None else info.peer_name.decode(),
            None if info.peer_source is None else info.peer_source.decode(),
            Dialect(info.dialect),
            bool(info.in_step),
            bool(info.live),
            bool(info.ended),
            error_of(info.last_error, describe(info.last_error)) if info.last_error < 0 else None,
        )

    @property
    def peer_name(self) -> Optional[str]:
        """The name that the peer claims: see `LinkInfo`."""
        return self.info().peer_name

    @property
    def replica(self) -> Optional[Replica]:
        """The replica that this is a link of; None once nobody holds it any more."""
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
        """The pointer as `_bare_calls` take it."""
        self._open_pointer()
        return self._argument

    def close(self) -> None:
        """Closes the link; what it still had to send is dropped. Again, or after the replica: nothing.

        May call `on_drain`. From a callback of its own replica: BusyError.
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
        return f"<scuttle.Link{' closed' if self.closed else ''}>"
