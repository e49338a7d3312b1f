"""Steps that are due once in a turn of the event loop, however many changes the turn has."""

from __future__ import annotations

import asyncio
from typing import Callable, List, Optional


class Turns:
    """Calls its steps at the end of each turn of the event loop that has marked it."""

    def __init__(self) -> None:
        self._steps: List[Callable[[], bool]] = []
        self._handle: Optional[asyncio.Handle] = None
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begins to call the steps."""
        self._loop = loop

    def add(self, step: Callable[[], bool]) -> None:
        """Adds a step, which returns whether it wants to be called again in the next turn."""
        self._steps.append(step)

    def mark(self) -> None:
        """Has the steps called in the next turn."""
        if self._handle is None and self._loop is not None:
            self._handle = self._loop.call_soon(self._run)

    def _run(self) -> None:
        self._handle = None
        is_again = False
        for step in self._steps:
            is_again |= step()
        if is_again:
            self.mark()

    def stop(self) -> None:
        """Calls no step any more."""
        self._loop = None
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
