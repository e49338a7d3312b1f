"""A link over datagrams: what an endpoint knows of one address."""

from __future__ import annotations

import time
from typing import Any, Optional, Tuple

from .._link import Link
from .._replica import Replica
from ..errors import DatagramError, LimitError, ScuttleError
from ..policies import name_of
from ._exposure import shown

Address = Tuple[Any, ...]

#: Seconds without a datagram of the peer's, after one was sent, until the link gossips by itself, and until the peer counts as silent.
PROBE_AFTER, SILENT_AFTER = 5.0, 15.0
#: Updates over the size of a datagram that one turn skips.
_MAX_SKIPPED = 64


class DatagramLink:
    """The link to one address, and its figures. It opens its link when it first has to, and a new one if the peer ended it."""

    __slots__ = (
        "place", "address", "is_outgoing", "since", "error", "bytes_in", "bytes_out", "last_in", "silent_since", "probed", "is_lost", "was_up", "_replica", "_link"
    )  # fmt: skip

    def __init__(self, replica: Replica, place: Address, *, is_outgoing: bool, now: float) -> None:
        self._replica = replica
        self._link: Optional[Link] = None
        #: The socket's address, and the same as text.
        self.place = place
        self.address = shown(place)
        #: Whether this node was told to speak to the address: such a link is never dropped as idle.
        self.is_outgoing = is_outgoing
        self.since = time.time()
        #: The last error of this link; None: none.
        self.error: Optional[Exception] = None
        #: Bytes of datagrams that have crossed the link, sealed or not.
        self.bytes_in = 0
        self.bytes_out = 0
        #: Time of the last authentic datagram; None: none yet.
        self.last_in: Optional[float] = None
        #: Time of the first datagram that was sent after that one; None: none was.
        self.silent_since: Optional[float] = None
        self.probed = now
        #: The peer has sent nothing for long, though datagrams were sent to it.
        self.is_lost = False
        #: The node knows that the peer has said its hello.
        self.was_up = False

    @property
    def link(self) -> Optional[Link]:
        """The link, if it is open."""
        return self._link

    @property
    def source(self) -> str:
        """The source that the peer claims; "" before its hello."""
        return (self._link.peer_source or "") if self._link is not None else ""

    @property
    def name(self) -> str:
        """The name in `source`."""
        return name_of(self.source)

    @property
    def is_up(self) -> bool:
        """Whether the peer has said its hello, and is not lost."""
        return not self.is_lost and bool(self.source)

    @property
    def is_closing(self) -> bool:
        """False: a link has no end of its own."""
        return False

    @property
    def transport(self) -> None:
        """None: all links share a socket."""
        return None

    def open(self) -> Link:
        """Returns the link, opened if there is none.

        Raises:
            TooManyLinksError: The replica has as many as it may.
        """
        if self._link is None:
            self._link = self._replica.link(datagram=True, live=True)
            self._link.gossip()
        return self._link

    def write(self, data: bytes) -> bool:
        """Gives one datagram of the peer's to the link.

        Returns:
            Whether the link has accepted it. If not, `error` says why.
        """
        try:
            self.open().write(data)
        except ScuttleError as error:
            self.error = error
            return False
        return True

    def read(self, capacity: int) -> bytes:
        """Returns the next datagram to send; b"" if there is none. It skips updates that fit no datagram."""
        if self._link is None:
            return b""
        for _ in range(_MAX_SKIPPED):
            try:
                data = self._link.read(capacity)
                if not data and self._link.ended:
                    self.close()  # the peer has received the reason
                return data
            except DatagramError as error:
                self.error = error
            except LimitError as error:  # no message fits so small a datagram
                self.error = error
                return b""
        return b""

    def note_in(self, count: int, now: float) -> None:
        """Counts an authentic datagram of the peer's."""
        self.bytes_in += count
        self.last_in = now
        self.silent_since = None
        self.is_lost = False

    def note_out(self, count: int, now: float) -> None:
        """Counts a datagram that was sent."""
        self.bytes_out += count
        if self.silent_since is None:
            self.silent_since = now

    def is_silent(self, now: float) -> bool:
        """Returns whether the peer has sent nothing for long, though datagrams were sent to it."""
        return self.silent_since is not None and now - self.silent_since > SILENT_AFTER

    def wants_probe(self, now: float) -> bool:
        """Returns whether the link should gossip by itself, to find out whether the peer is there. At most once in PROBE_AFTER."""
        if self.silent_since is None or now - self.silent_since < PROBE_AFTER or now - self.probed < PROBE_AFTER:
            return False
        self.probed = now
        return True

    def gossip(self) -> None:
        """Starts a gossip."""
        try:
            self.open().gossip()
        except ScuttleError as error:
            self.error = error

    def close(self) -> None:
        """Closes the link. The next use opens another one."""
        link, self._link = self._link, None
        if link is not None:
            link.close()
