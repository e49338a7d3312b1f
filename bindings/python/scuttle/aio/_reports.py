"""Log lines about peers, of which a hostile peer can cause only so many."""

from __future__ import annotations

import logging
import time
from typing import Callable


class Reports:
    """A logger that writes a burst of lines, then one every few seconds, and counts the rest.

    A peer decides how often a refusal happens, and a full disk is no better than a stolen key.
    """

    __slots__ = ("_logger", "_now", "_burst", "_interval", "_room", "_last", "_dropped")

    def __init__(
        self,
        logger: logging.Logger,
        *,
        burst: int = 20,
        interval: float = 5.0,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Makes it.

        Args:
            burst: Lines that may follow each other at once.
            interval: Seconds after which one more line may follow.
        """
        self._logger = logger
        self._now = now
        self._burst = float(burst)
        self._interval = interval
        self._room = float(burst)
        self._last = now()
        self._dropped = 0

    def warning(self, text: str, *arguments: object) -> None:
        """Logs a warning, or counts it."""
        now = self._now()
        self._room = min(self._burst, self._room + (now - self._last) / self._interval)
        self._last = now
        if self._room < 1:
            self._dropped += 1
            return
        self._room -= 1
        if self._dropped:
            self._logger.warning("%d more warnings about peers were left out", self._dropped)
            self._dropped = 0
        self._logger.warning(text, *arguments)
