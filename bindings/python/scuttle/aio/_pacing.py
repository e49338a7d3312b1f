"""How fast an endpoint sends: bounded in each turn of the event loop, and by a bucket that fills by time."""

from __future__ import annotations

import asyncio
import socket
from typing import Callable, Dict, Iterable, Optional, Tuple

from ._datagram_link import DatagramLink
from ._senders import Address

#: Links that send in one turn of the event loop, and the datagrams of each. So a link that has much leaves the others their turn.
_LINKS, _BURST = 8, 8


class Bucket:
    """Bytes that may be sent now."""

    __slots__ = ("_rate", "_size", "_room", "_last")

    def __init__(self, rate: float, size: float, now: float) -> None:
        """Makes a full bucket.

        Args:
            rate: Bytes a second.
            size: Bytes that may be sent at once after a pause.
        """
        self._rate = rate
        self._size = self._room = size
        self._last = now

    def pause(self, now: float) -> float:
        """Returns the seconds until a datagram may be sent; 0: now."""
        self._room = min(self._size, self._room + max(0.0, now - self._last) * self._rate)
        self._last = now
        return 0.0 if self._room > 0 else -self._room / self._rate + 0.0005

    @property
    def is_empty(self) -> bool:
        """Whether no further datagram may be sent now."""
        return self._room <= 0

    def spend(self, count: int) -> None:
        """Counts sent bytes. A datagram may overdraw the bucket, once."""
        self._room -= count


class PacedSender:
    """Sends the datagrams of links, the links in turn. It holds one datagram at most: what a link has, the link derives when its turn comes."""

    def __init__(
        self,
        sock: socket.socket,
        rate: float,
        mtu: int,
        next_datagram: Callable[[DatagramLink], Optional[bytes]],
        has_failed: Callable[[Address, int, OSError], None],
    ) -> None:
        """Makes it, on the running loop.

        Args:
            rate: Bytes a second at most.
            mtu: Bytes of a datagram at most.
            next_datagram: Returns the next datagram of a link; None if there is none now.
            has_failed: Called with the address and size of a datagram that was lost here, and the error.
        """
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._bucket = Bucket(rate, max(_LINKS * _BURST * mtu, rate / 100), self._loop.time())
        self._next_datagram = next_datagram
        self._has_failed = has_failed
        self._pending: Dict[DatagramLink, None] = {}  # in the order of their turns
        self._unsent: Optional[Tuple[bytes, Address]] = None
        self._handle: Optional[asyncio.Handle] = None
        self._waits_for_room = False
        self._is_closed = False

    def mark(self, links: Iterable[DatagramLink]) -> None:
        """Has the links send from the next turn of the loop on. O(links)."""
        for link in links:
            self._pending.setdefault(link)
        self._schedule()

    def send_now(self, datagram: bytes, address: Address) -> None:
        """Sends a datagram of a handshake. Without room in the socket it is lost, and its peer sends again."""
        if not self._waits_for_room and not self._is_closed:
            self._send(datagram, address)

    def close(self) -> None:
        """Sends nothing any more."""
        self._is_closed = True
        self._pending.clear()
        if self._handle is not None:
            self._handle.cancel()
        if self._waits_for_room:
            self._loop.remove_writer(self._sock.fileno())

    def _schedule(self, pause: float = 0.0) -> None:
        if self._handle is None and not self._waits_for_room and not self._is_closed:
            self._handle = self._loop.call_later(pause, self._turn) if pause else self._loop.call_soon(self._turn)

    def _turn(self) -> None:
        self._handle = None
        if self._unsent is not None:
            unsent, self._unsent = self._unsent, None
            if not self._send(*unsent):
                self._unsent = unsent
                return
        pause = self._bucket.pause(self._loop.time())
        for _ in range(0 if pause else _LINKS):
            if not self._pending:
                return
            link = next(iter(self._pending))
            del self._pending[link]
            if self._send_burst(link):
                self._pending[link] = None
            if self._waits_for_room:
                return
            if self._bucket.is_empty:  # the next turn computes the pause
                break
        if self._pending:
            self._schedule(pause)

    def _send_burst(self, link: DatagramLink) -> bool:
        """Sends a few datagrams of a link. Returns whether it may have more."""
        for _ in range(_BURST):
            datagram = self._next_datagram(link)
            if datagram is None:
                return False
            self._bucket.spend(len(datagram))
            if not self._send(datagram, link.place):
                self._unsent = (datagram, link.place)
                break
            if self._bucket.is_empty:
                break
        return True

    def _send(self, datagram: bytes, address: Address) -> bool:
        """Sends one datagram. False: the socket has no room, and the sender goes on once it has. Every other error is a loss."""
        try:
            self._sock.sendto(datagram, address)
        except (BlockingIOError, InterruptedError):
            if not self._waits_for_room:
                self._waits_for_room = True
                self._loop.add_writer(self._sock.fileno(), self._has_room)
            return False
        except OSError as error:
            self._has_failed(address, len(datagram), error)
        return True

    def _has_room(self) -> None:
        self._waits_for_room = False
        self._loop.remove_writer(self._sock.fileno())
        self._schedule()
