"""The library's visitors: one call of a C function, many calls of a Python one."""

from __future__ import annotations

from ctypes import string_at
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _abi

#: Takes one borrowed update; a true result stops the visit.
Take = Callable[[_abi.UpdateStruct], object]


class _Visit:
    """What the library hands back as the `context` of each call."""

    __slots__ = ("take", "failure")

    def __init__(self, take: Callable[..., object]) -> None:
        self.take = take
        self.failure: Optional[BaseException] = None

    def finish(self, code: int) -> int:
        """The code of the visit, or what the visitor raised, which stopped it."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        return code


def _visit_update(visit: _Visit, update: Any) -> int:
    try:
        return 1 if visit.take(update.contents) else 0
    except BaseException as failure:
        visit.failure = failure
        return 1


def _drop_update(visit: _Visit, update: Any) -> int:
    if visit.failure is not None:
        return 0  # it has raised before: nothing more is dropped
    try:
        return 1 if visit.take(update.contents) else 0
    except BaseException as failure:
        visit.failure = failure
        return 0


def _visit_line(visit: _Visit, line: int, length: int) -> int:
    try:
        visit.take(string_at(line, length))
        return 0
    except BaseException as failure:
        visit.failure = failure
        return 1


def _visit_source(visit: _Visit, source: int, length: int, version: int) -> int:
    try:
        visit.take(str(string_at(source, length), "utf-8"), version)
        return 0
    except BaseException as failure:
        visit.failure = failure
        return 1


# They live as long as the module, so no visit has to make one.
_UPDATE_VISITOR = _abi.VisitFunction(_visit_update)
_DROPPER = _abi.VisitFunction(_drop_update)
_LINE_VISITOR = _abi.LineFunction(_visit_line)
_SOURCE_VISITOR = _abi.ClockFunction(_visit_source)


def visit_updates(function: Callable[..., int], *arguments: Any, take: Take) -> int:
    """Calls scuttle_state, scuttle_news or scuttle_history with these arguments and a visitor; returns the code."""
    visit = _Visit(take)
    return visit.finish(function(*arguments, _UPDATE_VISITOR, visit))


def trim_updates(
    function: Callable[..., int], pointer: int, drop: Take, removed: Any
) -> Tuple[int, Optional[BaseException]]:
    """Calls scuttle_history_trim; returns the code, and what `drop` raised, after which it is asked no more."""
    visit = _Visit(drop)
    code = function(pointer, _DROPPER, visit, removed)
    return code, visit.failure


def visit_lines(function: Callable[..., int], pointer: int, lines: List[bytes]) -> int:
    """Appends each line to `lines`; returns the code."""
    visit = _Visit(lines.append)
    return visit.finish(function(pointer, _LINE_VISITOR, visit))


def visit_clock(function: Callable[..., int], pointer: int, clock: Dict[str, int]) -> int:
    """Fills `clock`; returns the code."""
    visit = _Visit(clock.__setitem__)
    return visit.finish(function(pointer, _SOURCE_VISITOR, visit))
