"""How late an event loop is."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from typing import List, NamedTuple, Optional

#: Upper limits of the buckets, in seconds; the last bucket has none.
BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
_INTERVAL = 0.5


class Lateness(NamedTuple):
    """What was measured so far."""

    #: Measurements in each bucket, and in the last one those above all bounds.
    counts: List[int]
    #: Their sum, in seconds.
    total: float


class LoopLag:
    """Measures twice a second by how much the event loop calls a timer too late: because a callback runs long, or the machine is busy."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to measure. On the thread of the loop."""
        self._loop = loop
        self._counts = [0] * (len(BOUNDS) + 1)
        self._total = 0.0
        self._due = loop.time()
        self._timer: Optional[asyncio.TimerHandle] = None
        self._wait()

    def _wait(self) -> None:
        self._due = self._loop.time() + _INTERVAL
        self._timer = self._loop.call_at(self._due, self._measure)

    def _measure(self) -> None:
        late = max(0.0, self._loop.time() - self._due)
        self._counts[bisect_left(BOUNDS, late)] += 1
        self._total += late
        self._wait()

    def read(self) -> Lateness:
        """Returns what was measured so far."""
        return Lateness(list(self._counts), self._total)

    def stop(self) -> None:
        """Ends the measurements. A second call does nothing."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
