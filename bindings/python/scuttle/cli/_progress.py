"""A progress bar on standard error, for work that lasts: on a terminal only."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Optional, Type

from ._output import console

if TYPE_CHECKING:
    from rich.progress import Progress

#: Seconds of work before the bar appears.
_PATIENCE = 0.5
_STEP = 64


class ProgressBar:
    """Counts steps, and shows them once the work has lasted a while."""

    def __init__(self, what: str, total: Optional[float]) -> None:
        """Shows nothing yet.

        Args:
            what: The work, in a word.
            total: The steps of all; None: unknown.
        """
        self._what = what
        self._total = total
        self._done = 0.0
        self._calls = 0
        self._begin = time.monotonic()
        self._bar: Optional[Progress] = None
        # A dump to a terminal is its own progress.
        self._is_shown = sys.stderr.isatty() and not (sys.stdout.isatty() and what == "dump")

    def add(self, steps: float) -> None:
        """Counts steps."""
        self._done += steps
        self._calls += 1
        if self._is_shown and self._calls % _STEP == 0:
            self._show()

    def _show(self) -> None:
        if self._bar is None:
            if time.monotonic() - self._begin < _PATIENCE:
                return
            from rich.progress import Progress

            self._bar = Progress(console=console(is_error=True), transient=True)
            self._task = self._bar.add_task(self._what, total=self._total)
            self._bar.start()
        self._bar.update(self._task, completed=self._done)

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
