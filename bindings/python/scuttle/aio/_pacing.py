"""How fast an endpoint sends: a bucket that fills by time, so that a burst loses nothing in the receiver's buffer."""

from __future__ import annotations


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

    def spend(self, count: int) -> None:
        """Counts sent bytes. A datagram may overdraw the bucket, once."""
        self._room -= count
