"""Visits: one call of a C function calls a Python function many times."""

from __future__ import annotations

from types import GeneratorType
from typing import Any, Callable, Dict, Generator, List, Optional, Tuple

from . import _abi
from ._entrances import is_waiting, lost_result, send_bytes, send_numbered, send_text

#: Called with one borrowed update; a true result stops the visit.
Take = Callable[[_abi.UpdateStruct], object]

_Visitor = Generator[int, Any, None]


class _Visit:
    """One visit, and the exception that has ended it."""

    __slots__ = ("visitor", "failure")

    def __init__(self, visitor: Callable[[Any, Callable[..., object], int], _Visitor], take: Any, end: int = 1) -> None:
        """Begins the visit.

        Args:
            visitor: A generator function: it is sent the arguments of each call, and yields the result.
            take: The host's function.
            end: The result of all calls after an exception.
        """
        self.failure: Optional[BaseException] = None
        #: The `context` of each call, to which the other arguments are sent.
        self.visitor = visitor(self, take, end)
        next(self.visitor)

    def finish(self, code: int) -> int:
        """Returns the code of the visit, or raises its exception."""
        failure, self.failure = self.failure, None
        if failure is not None:
            raise failure
        if not is_waiting(self.visitor):
            raise lost_result()
        return code


def _updates(visit: _Visit, take: Take, end: int) -> _Visitor:
    try:
        result = 0
        while True:
            update = yield result
            result = 1 if take(update.contents) else 0
    except GeneratorExit:
        return
    except BaseException as failure:
        visit.failure = failure
    while True:
        yield end


def _lines(visit: _Visit, take: Callable[..., Any], end: int) -> _Visitor:
    try:
        result = 0
        while True:
            result = take((yield result)) or 0
    except GeneratorExit:
        return
    except BaseException as failure:
        visit.failure = failure
    while True:
        yield end


def _pairs(visit: _Visit, take: Callable[..., object], end: int) -> _Visitor:
    try:
        while True:
            first, second = yield 0
            take(first, second)
    except GeneratorExit:
        return
    except BaseException as failure:
        visit.failure = failure
    while True:
        yield end


# Made once for the module, so that no visit has to make one.
_UPDATE_VISITOR = _abi.VisitFunction(GeneratorType.send)
_ENTRY_VISITOR = _abi.EntryFunction(send_numbered)
_LINE_VISITOR = _abi.LineFunction(send_bytes)
_SOURCE_VISITOR = _abi.ClockFunction(send_text)


def visit_updates(function: Callable[..., int], *arguments: Any, take: Take) -> int:
    """Calls scuttle_state, scuttle_news or scuttle_history with these arguments and a visitor; returns the code."""
    visit = _Visit(_updates, take)
    return visit.finish(function(*arguments, _UPDATE_VISITOR, visit.visitor))


def visit_entries(
    function: Callable[..., int], pointer: int, keys: List[bytes], take: Callable[[int, Optional[int]], object]
) -> int:
    """Calls scuttle_get_many with keys and a visitor, which gets the address of each entry, or None; returns the code."""
    structs = (_abi.KeyStruct * len(keys))(*(_abi.KeyStruct(key, len(key)) for key in keys))
    visit = _Visit(_pairs, take)
    return visit.finish(function(pointer, structs, len(keys), _ENTRY_VISITOR, visit.visitor))


def trim_updates(
    function: Callable[..., int], pointer: int, drop: Take, removed: Any
) -> Tuple[int, Optional[BaseException]]:
    """Calls scuttle_history_trim; returns the code, and the exception of `drop`, which is not called any more after it."""
    visit = _Visit(_updates, drop, end=0)
    code = function(pointer, _UPDATE_VISITOR, visit.visitor, removed)
    return code, visit.failure if is_waiting(visit.visitor) else visit.failure or lost_result()


def visit_lines(function: Callable[..., int], pointer: int, take: Callable[[bytes], Optional[int]]) -> int:
    """Passes each line to `take`, whose result is the visitor's, None for 0; returns the code."""
    visit = _Visit(_lines, take)
    return visit.finish(function(pointer, _LINE_VISITOR, visit.visitor))


def visit_clock(function: Callable[..., int], pointer: int, clock: Dict[str, int]) -> int:
    """Fills `clock`; returns the code."""
    visit = _Visit(_pairs, clock.__setitem__)
    return visit.finish(function(pointer, _SOURCE_VISITOR, visit.visitor))
