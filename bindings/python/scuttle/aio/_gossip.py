"""The regular work of a node: ticks for times to live, gossips, members."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Callable

from .._replica import Replica
from ._connections import Connections
from ._turns import Turns

#: The most seconds between two ticks, so that times to live end about when they should.
_TICK_SECONDS = 0.5
#: Connections on which one round gossips.
FANOUT = 3


class Time:
    """The system's time at the start, and from there on by a clock of which nobody turns the hands."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Returns seconds."""
        return time.monotonic() + self._offset


class Rounds:
    """A task that ticks, and gossips at an interval with a random part."""

    def __init__(
        self, replica: Replica, connections: Connections, turns: Turns, interval: float, on_tick: Callable[[], None]
    ) -> None:
        self._replica = replica
        self._connections = connections
        self._turns = turns
        self._interval = interval
        self._on_tick = on_tick
        self._time = Time()

    def tick(self) -> None:
        """Tells the replica the time."""
        self._replica.tick(self._time.now())
        self._turns.mark()

    async def run(self) -> None:
        """Ticks and gossips until it is cancelled."""
        due = time.monotonic() + self._pause()
        while True:
            await asyncio.sleep(max(0.0, min(due - time.monotonic(), _TICK_SECONDS)))
            self.tick()
            self._on_tick()
            if time.monotonic() >= due:
                self._connections.gossip(FANOUT)
                due = time.monotonic() + self._pause()

    def _pause(self) -> float:
        return self._interval * random.uniform(0.75, 1.25)
