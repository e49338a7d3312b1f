"""The regular work of a node: ticks for times to live, gossips, members."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from typing import Callable, Optional

from .._replica import Replica
from ._connections import Connections
from ._turns import Turns

logger = logging.getLogger("scuttle.aio")

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
        self._fault: Optional[str] = None

    def tick(self) -> None:
        """Tells the replica the time."""
        self._replica.tick(self._time.now())
        self._turns.mark()

    async def run(self) -> None:
        """Ticks and gossips until it is cancelled."""
        due = time.monotonic() + self._pause()
        while True:
            await asyncio.sleep(max(0.0, min(due - time.monotonic(), _TICK_SECONDS)))
            self._tick_safely()
            if time.monotonic() >= due:
                self._connections.gossip(FANOUT)
                due = time.monotonic() + self._pause()

    def _tick_safely(self) -> None:
        """Ticks. An error ends neither gossips nor times to live; one after the other of the same text is logged once."""
        try:
            self.tick()
            self._on_tick()
        except Exception as error:
            if str(error) != self._fault:
                logger.exception("%s: a tick has failed, and the node goes on", self._replica.name)
            self._fault = str(error)
        else:
            self._fault = None

    def _pause(self) -> float:
        return self._interval * random.uniform(0.75, 1.25)
