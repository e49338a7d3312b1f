"""A connection: a live link of the replica over a stream, with flow control."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Callable, Optional

from .._link import Link
from ..errors import (
    HostError,
    IdentityError,
    InputError,
    MessageTooLongError,
    PeerError,
    ReadOnlyError,
    RejectedError,
    ScuttleError,
)
from ..policies import name_of
from ._greeting import Greeting, claimed_source
from ._names import NameMismatchError
from ._owner import Owner
from ._security import Gate

#: Bytes that the transport holds at most before it pauses the connection, but for one read of the link.
_HIGH, _LOW = 65536, 16384
_CHUNK = 65536
#: Reads of the link in one turn of the event loop, so that a fast peer that lacks much leaves the others their turn.
_CHUNKS = 4
#: Seconds that the last bytes get to leave, once a connection is closed.
_FLUSH_SECONDS = 0.5

#: Errors of a peer's line that end the connection. Others reject the line: an update over a limit, one that `accept` refuses.
_FATAL = (InputError, MessageTooLongError, IdentityError, ReadOnlyError, HostError, NameMismatchError)


class Connection(asyncio.Protocol):
    """A connection to one peer. It closes its link when it ends.

    It reads from the link only while the transport accepts bytes: a slow peer has no queue, and receives later what the link derives then.
    It always reads from the socket, because two peers that stopped reading until they had sent would wait for each other.
    """

    #: Whether the peer is silent though it should not be; a stream ends then.
    is_lost = False

    def __init__(self, owner: Owner, *, is_outgoing: bool, address: str = "") -> None:
        """Makes a connection that has not begun.

        Args:
            owner: The node.
            is_outgoing: Whether this node has dialled it.
            address: The address that was dialled; for an incoming connection the transport tells the peer's.
        """
        self._owner = owner
        self.is_outgoing = is_outgoing
        self.address = address
        #: The IP address of the peer; "" for a Unix socket.
        self.host = ""
        #: The IP address and the port of the peer.
        self.peer: Any = None
        #: The source that the peer writes under, and its name; "" before its hello.
        self.source = ""
        self.name = ""
        self.since = time.time()
        #: Why the connection has ended, or is to end; None: the peer has closed it, or has not.
        self.error: Optional[Exception] = None
        self.is_closing = False
        #: Whether the transport is gone.
        self.is_over = False
        #: Called once with this connection, when it is over.
        self.on_end: Optional[Callable[[Connection], None]] = None
        self._transport: Optional[asyncio.Transport] = None
        self._link: Optional[Link] = None
        self._gate: Optional[Gate] = None
        self._greeting: Optional[Greeting] = Greeting()
        self._timer: Optional[asyncio.TimerHandle] = None
        self._is_paused = False

    @property
    def link(self) -> Optional[Link]:
        """The link, while the connection is open."""
        return self._link

    @property
    def transport(self) -> Optional[asyncio.Transport]:
        """The transport, once the connection has begun."""
        return self._transport

    @property
    def is_up(self) -> bool:
        """Whether the peer has said its hello, and the connection is open."""
        return bool(self.source) and not self.is_closing

    # --- calls of the transport ---

    def connection_made(self, transport: Any) -> None:
        """Opens the link, unless the node admits no more connections."""
        self._transport = transport
        peer = transport.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.host = str(peer[0])
            self.peer = peer[:2]
            self.address = self.address or (f"[{peer[0]}]:{peer[1]}" if ":" in self.host else f"{peer[0]}:{peer[1]}")
        else:
            self.address = self.address or "unix:"
        reason = self._owner.admits(self)
        if reason is not None:
            self.abort(ConnectionAbortedError(reason))
            return
        transport.set_write_buffer_limits(high=_HIGH, low=_LOW)
        try:
            self._gate = self._owner.security.gate(transport)
            self._link = self._owner.replica.link(live=True)
        except ScuttleError as error:
            self._fail(error)
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(self._owner.hello_seconds, self._expire)
        if self.is_outgoing:
            self._link.gossip()
            self.send()

    def data_received(self, data: bytes) -> None:
        """Gives bytes to the link."""
        if self.is_closing or self._link is None:
            return
        try:
            if self._gate is not None:
                data = self._gate.feed(data)
            if self._greeting is not None:
                data = self._greet(data)
            if data and self._link is not None:
                self._link.write(data)
        except (ScuttleError, ValueError) as error:
            link = self._link
            if (
                self._greeting is not None
                or link is None
                or link.ended
                or isinstance(error, _FATAL)
                or not isinstance(error, ScuttleError)
            ):
                self._fail(error)
                return
            self._owner.rejected(self, error)
        if not self.is_closing:
            self._owner.received(self)

    def eof_received(self) -> None:
        """Ends the connection: the peer sends nothing any more."""
        self.close()

    def pause_writing(self) -> None:
        """Stops reading from the link."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Goes on reading from the link."""
        self._is_paused = False
        if not self.is_closing:
            self._owner.writable(self)

    def connection_lost(self, error: Optional[Exception]) -> None:
        """Closes the link."""
        if not self.is_closing:  # what TLS finds in bytes that were under way when this node closed is no fault of the peer's
            self.error = self._owner.security.explained(error)
        self._drop_link()
        self._stop_timer()
        self.is_closing = self.is_over = True
        if self._transport is not None:
            self._transport.close()  # with TLS, Python 3.9 counts it as open otherwise
        self._owner.ended(self)
        on_end, self.on_end = self.on_end, None
        if on_end is not None:
            on_end(self)

    # --- calls of the node ---

    def send(self) -> bool:
        """Sends what the link has, as far as the transport accepts it, and at most a few chunks.

        Returns:
            Whether the link may have more, and the transport accepts it.
        """
        link, transport = self._link, self._transport
        if link is None or transport is None or self.is_closing:
            return False
        for _ in range(_CHUNKS):
            if self._is_paused:
                return False
            data = link.read(_CHUNK)
            if not data:
                return False
            transport.write(data)
        return not self._is_paused

    def gossip(self) -> None:
        """Starts a gossip, unless the transport is paused: a peer that does not read needs no more requests."""
        if self._link is not None and not self._is_paused and not self.is_closing:
            self._link.gossip()

    def close(self, error: Optional[Exception] = None) -> None:
        """Ends the connection, once what the transport holds has left, or half a second later. A second call does nothing.

        Args:
            error: The reason, for `error`.
        """
        if self.is_closing or self._transport is None:
            return
        self.is_closing = True
        self.error = error
        self._drop_link()
        self._stop_timer()
        self._transport.close()
        self._timer = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self._transport.abort)

    def abort(self, error: Optional[Exception] = None) -> None:
        """Ends the connection at once. What the transport holds is lost."""
        if not self.is_closing:
            self.error = error
        self.is_closing = True
        self._drop_link()
        self._stop_timer()
        if self._transport is not None:
            self._transport.abort()

    # --- steps ---

    def _greet(self, data: bytes) -> bytes:
        """Reads the peer's hello. Returns the bytes for the link behind it."""
        assert self._greeting is not None and self._link is not None
        held = self._greeting.feed(data)
        if held is None:
            return b""
        line, rest = held[: held.index(b"\n") + 1], held[held.index(b"\n") + 1 :]
        claimed = claimed_source(line)
        if claimed == self._owner.replica.id:
            self._owner.reached_itself(self)
            raise IdentityError("the connection leads to this node itself")
        self._link.write(line)
        if claimed is None or self._link.peer_source != claimed:
            raise PeerError("the peer has sent no hello")
        self._greeting = None
        self.source, self.name = claimed, name_of(claimed)
        self._stop_timer()
        self._owner.greeted(self)
        return rest

    def _expire(self) -> None:
        self._timer = None
        self._fail(TimeoutError(f"the peer has sent no hello within {self._owner.hello_seconds:g} seconds"))

    def _fail(self, error: Exception) -> None:
        """Ends the connection, with the link's last output, which may tell the peer why."""
        link, transport = self._link, self._transport
        if link is not None and transport is not None and not self._is_paused and not isinstance(error, TimeoutError):
            transport.write(link.read(_CHUNK))
        self.close(error)

    def _drop_link(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            link.close()

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()


def is_quiet(error: Optional[Exception]) -> bool:
    """Returns whether a connection has ended without a fault of the peer's: by its end, or by that of the network."""
    return error is None or isinstance(error, (OSError, RejectedError)) and not isinstance(error, TimeoutError)
