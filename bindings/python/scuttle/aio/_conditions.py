"""Calls that wait for a condition on counters of the replica, its links or the store."""

from __future__ import annotations

import asyncio
from typing import Callable, Dict, Optional

from ..errors import ClosedError


#: Seconds after which peers are requested again to say what they have: the first time, and at most.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 1.0


class Conditions:
    """The waiting calls. They look again after bytes from peers; a call that is cancelled leaves nothing behind."""

    def __init__(self, hurry: Callable[[], None]) -> None:
        """Makes it.

        Args:
            hurry: Has peers say soon what they have. Called with each call that waits, and now and then while one does.
        """
        self._hurry = hurry
        self._waiting: Dict[asyncio.Future[None], Callable[[], bool]] = {}
        self._timer: Optional[asyncio.TimerHandle] = None
        self._pause = _FIRST_PAUSE
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, condition: Callable[[], bool]) -> None:
        """Returns once a condition holds.

        Raises:
            ClosedError: The node was closed before.
        """
        if self._is_closed:
            raise ClosedError("the node was closed")
        if condition():
            return
        self._hurry()
        self._pause = _FIRST_PAUSE
        self._arm()
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = condition
        try:
            await future
        finally:
            self._waiting.pop(future, None)
            if not self._waiting:
                self._disarm()

    def _arm(self) -> None:
        self._disarm()
        self._timer = asyncio.get_running_loop().call_later(self._pause, self._repeat)

    def _disarm(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()

    def _repeat(self) -> None:
        self._hurry()
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        self._arm()

    def look(self) -> bool:
        """Checks all conditions: a step of `Turns`. Cost: that of each waiting call's condition."""
        for future, condition in list(self._waiting.items()):
            if not future.done() and condition():
                future.set_result(None)
        return False

    def close(self) -> None:
        """Ends all waiting calls."""
        self._is_closed = True
        self._disarm()
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(ClosedError("the node was closed"))
