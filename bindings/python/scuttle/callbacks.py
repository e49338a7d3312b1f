"""The host's callables, and how the library reaches them.

A callback runs during a call, in the thread that made it, while the replica is held. It may use what it is given, read
its own replica, and use other replicas as long as they do not call back in a circle; changing its own replica, or using
one of its links, raises BusyError. `on_compaction` may trim and keep the history, too.

An exception never crosses the library. It goes to `on_error`, if there is one, and else to sys.unraisablehook; the
resolver's answer is then no, and the sort's that the order does not matter.
"""

from __future__ import annotations

import ctypes
from enum import IntEnum
from threading import get_ident
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, NamedTuple, Optional

from . import _abi
from ._library import describe, library
from .errors import ScuttleError, error_of
from .updates import Update, copy_update

if TYPE_CHECKING:
    from .link import Link


class Event(IntEnum):
    """What happens on a link."""

    #: The hello of the peer was accepted.
    HELLO = _abi.EVENT_HELLO
    #: Both version vectors were found equal; once, until they differ again.
    IN_STEP = _abi.EVENT_IN_STEP
    #: The link has ended; the error says why.
    ENDED = _abi.EVENT_ENDED
    #: The version vectors are equal, and the contents are not.
    DIVERGED = _abi.EVENT_DIVERGED
    #: The peer has not taken an update of this replica, and does not get it again; once for each update and peer. The error
    #: is the peer's reason, and `error.update` the update.
    REFUSED = _abi.EVENT_REFUSED
    #: Two live incarnations of one name were heard: two processes run under it.
    TWIN = _abi.EVENT_TWIN


#: (update, current): whether the update replaces the key's entry; None stands for no entry.
Resolve = Callable[[Update, Optional[Update]], object]
#: (a, b): below 0 where a comes before b, above 0 where after.
Sort = Callable[[Update, Update], int]
OnUpdate = Callable[[Update], object]
OnCompaction = Callable[[List[Update]], object]
OnDrain = Callable[[], object]
#: (link, update): whether an update of a peer may be taken; the link is None if it is that of `Replica.write`.
Accept = Callable[[Optional["Link"], Update], object]
#: (link, event, error): the link is None if it is that of `Replica.write`; the error is None if the event speaks of none.
OnEvent = Callable[[Optional["Link"], Event, Optional[ScuttleError]], object]
#: (name of the callback, what it raised)
OnError = Callable[[str, BaseException], object]


class Compaction:
    """Whether one replica's `on_compaction` runs now. To be looked at in the thread that would be in it."""

    __slots__ = ("_thread",)

    def __init__(self) -> None:
        self._thread: Optional[int] = None

    def __enter__(self) -> None:
        self._thread = get_ident()

    def __exit__(self, *_: object) -> None:
        self._thread = None

    @property
    def is_running(self) -> bool:
        """Whether this thread is in it."""
        return self._thread == get_ident()


class Callbacks(NamedTuple):
    """One replica's callables. The library hands this object back as the `context` of each call."""

    resolve: Optional[Resolve] = None
    sort: Optional[Sort] = None
    on_update: Optional[OnUpdate] = None
    on_compaction: Optional[OnCompaction] = None
    on_drain: Optional[OnDrain] = None
    on_event: Optional[OnEvent] = None
    accept: Optional[Accept] = None
    on_error: Optional[OnError] = None
    #: The open links by their address in the library.
    links: Mapping[int, "Link"] = {}
    compaction: Compaction = Compaction()

    def install(self, config: _abi.ConfigStruct) -> None:
        """Sets the fields of what is there; the others stay NULL, which costs the library nothing."""
        for name, function in self._asdict().items():
            if name not in ("links", "compaction") and function is not None and not callable(function):
                raise TypeError(f"{name} is not callable: {function!r}")
        config.context = self
        for name, thunk in _THUNKS.items():
            if getattr(self, name) is not None:
                setattr(config, name, thunk)

    def report(self, name: str, error: BaseException) -> None:
        """Hands on what a callback raised."""
        if self.on_error is not None:
            try:
                self.on_error(name, error)
                return
            except BaseException as worse:
                error = worse
        _report_unraisable(error)


def _scuttle_callback(error: BaseException) -> None:
    raise error


# Gives an error to sys.unraisablehook: ctypes takes there what leaves a C callback, and Python has no other way to call
# the default hook.
_report_unraisable = ctypes.CFUNCTYPE(None, ctypes.py_object)(_scuttle_callback)


def _thunk(kind: Any) -> Callable[[Callable[..., Any]], Any]:
    """Makes a function a C function that catches everything, and lives as long as the module."""

    def decorate(function: Callable[..., Any]) -> Any:
        name = function.__name__.lstrip("_")

        def guarded(callbacks: Callbacks, *arguments: Any) -> Any:
            try:
                return function(callbacks, *arguments)
            except BaseException as error:
                callbacks.report(name, error)
                return 0

        return kind(guarded)

    return decorate


@_thunk(_abi.ResolveFunction)
def _resolve(callbacks: Any, update: Any, current: Any) -> bool:
    known = copy_update(current.contents) if current else None
    return bool(callbacks.resolve(copy_update(update.contents), known))


@_thunk(_abi.SortFunction)
def _sort(callbacks: Any, a: Any, b: Any) -> int:
    order: int = callbacks.sort(copy_update(a.contents), copy_update(b.contents))
    return (order > 0) - (order < 0)  # C's int is short


@_thunk(_abi.UpdateFunction)
def _on_update(callbacks: Any, update: Any) -> None:
    callbacks.on_update(copy_update(update.contents))


@_thunk(_abi.CompactionFunction)
def _on_compaction(callbacks: Any, updates: Any, count: int) -> None:
    with callbacks.compaction:
        callbacks.on_compaction([copy_update(updates[i].contents) for i in range(count)])


@_thunk(_abi.DrainFunction)
def _on_drain(callbacks: Any) -> None:
    callbacks.on_drain()


_EVENTS = {int(event): event for event in Event}


@_thunk(_abi.EventFunction)
def _on_event(callbacks: Any, link: Any, number: int, code: int) -> None:
    event = _EVENTS.get(number)
    if event is not None:  # a later library has more
        error = error_of(code, describe(code)) if code < 0 else None
        if error is not None and event is Event.REFUSED:
            update = ctypes.POINTER(_abi.UpdateStruct)()
            if library.scuttle_event_update(link, ctypes.byref(update)) == _abi.OK:
                refused = copy_update(update.contents)
                error = error_of(code, f"{describe(code)}; key {refused.key!r}")
                error.update = refused
        callbacks.on_event(callbacks.links.get(link), event, error)


@_thunk(_abi.AcceptFunction)
def _accept(callbacks: Any, link: Any, update: Any) -> bool:
    return bool(callbacks.accept(callbacks.links.get(link), copy_update(update.contents)))


_THUNKS = {
    "resolve": _resolve,
    "sort": _sort,
    "on_update": _on_update,
    "on_compaction": _on_compaction,
    "on_drain": _on_drain,
    "on_event": _on_event,
    "accept": _accept,
}
