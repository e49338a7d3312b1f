"""The host's callbacks, and how the library calls them.

A callback runs during a call, in the thread that made it, while the replica is held. It may use its arguments, read
its own replica, and use other replicas as long as they do not call back in a circle; changing its own replica, or using
one of its links, raises BusyError. `on_compaction` may trim and keep the history, too.

An exception never crosses the library. It goes to `on_error`, if there is one, and else to sys.unraisablehook; the
resolver decides no then, and the sort that either update may come first.

An exception of a signal handler is none of the callback's: it comes out of the call, once that is complete. Until then
`resolve`, `sort` and `accept` are called again, and the others are not.
"""

from __future__ import annotations

import ctypes
from enum import IntEnum
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any, Callable, Generator, List, Mapping, NamedTuple, Optional, Tuple

from . import _abi
from ._entrances import Entrance, Outcomes, is_from_outside
from ._library import describe, library
from ._codes import error_of
from .errors import ScuttleError
from ._updates import Update, copy_update

if TYPE_CHECKING:
    from ._link import Link


class Event(IntEnum):
    """An event of a link."""

    #: The replica has accepted the peer's hello.
    HELLO = _abi.EVENT_HELLO
    #: Both version vectors are equal; once, until they differ again.
    IN_STEP = _abi.EVENT_IN_STEP
    #: The link has ended; the error is the reason.
    ENDED = _abi.EVENT_ENDED
    #: The version vectors are equal, and the contents are not; with an error: after an equivocation the peer's content stands.
    DIVERGED = _abi.EVENT_DIVERGED
    #: The peer has refused an update of this replica, and does not receive it again; once for each update and peer. The error
    #: is the peer's reason, and `error.update` the update.
    REFUSED = _abi.EVENT_REFUSED
    #: Twins: two processes run under one name, and both incarnations are live.
    TWIN = _abi.EVENT_TWIN


#: (update, current): returns whether the update replaces the key's entry, which is None for a new key.
Resolve = Callable[[Update, Optional[Update]], object]
#: (a, b): returns a number below 0 if a comes before b, above 0 if after.
Sort = Callable[[Update, Update], int]
OnUpdate = Callable[[Update], object]
OnCompaction = Callable[[List[Update]], object]
OnDrain = Callable[[], object]
#: (link, update): returns whether the replica applies a peer's update; the link is None if it is that of `Replica.write`.
Accept = Callable[[Optional["Link"], Update], object]
#: (link, event, error): the link is None if it is that of `Replica.write`; the error is None if the event has none.
OnEvent = Callable[[Optional["Link"], Event, Optional[ScuttleError]], object]
#: (name of the callback, its exception)
OnError = Callable[[str, BaseException], object]


class Compaction:
    """Tells whether one replica's `on_compaction` runs now, in the thread that looks."""

    __slots__ = ("_thread",)

    def __init__(self) -> None:
        self._thread: Optional[int] = None

    def __enter__(self) -> None:
        self._thread = get_ident()

    def __exit__(self, *_: object) -> None:
        self._thread = None

    @property
    def is_running(self) -> bool:
        """Whether `on_compaction` runs in this thread."""
        return self._thread == get_ident()


class Callbacks(NamedTuple):
    """One replica's callbacks."""

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

    def install(self, config: _abi.ConfigStruct, outcomes: Outcomes) -> None:
        """Sets the fields of the callbacks that exist; the others stay NULL, which costs the library nothing."""
        for name, function in self._asdict().items():
            if name not in ("links", "compaction") and function is not None and not callable(function):
                raise TypeError(f"{name} is not callable: {function!r}")
        config.context = self  # not NULL: one of the arguments in each call
        for name, kind in _KINDS.items():
            if getattr(self, name) is not None:
                setattr(config, name, Entrance(kind.c_type, _Callback(name, self).call, outcomes).function)

    def compact(self, updates: List[Update]) -> None:
        """Calls `on_compaction`, which may change the history."""
        if self.on_compaction is not None:
            with self.compaction:
                self.on_compaction(updates)

    def report(self, name: str, error: BaseException) -> None:
        """Passes a callback's exception to `on_error` or sys.unraisablehook."""
        if self.on_error is not None:
            try:
                self.on_error(name, error)
                return
            except BaseException as worse:
                if is_from_outside(worse):
                    raise
                error = worse
        report_unraisable(error)


class _Kind(NamedTuple):
    """The properties of a callback, beside the host's function."""

    c_type: Any
    #: Copies the arguments that the library lends; returns None if the function is not to be called.
    copy: Callable[..., Optional[Tuple[Any, ...]]]
    #: Converts the result for the library; None: there is none. The result follows from the arguments, so the function may be called
    #: again.
    convert: Optional[Callable[[Any], int]] = None


class _Callback:
    """One callback, with the library's arguments and result."""

    __slots__ = ("_name", "_copy", "_convert", "_callbacks", "_function", "_called_with")

    def __init__(self, name: str, callbacks: Callbacks) -> None:
        self._name = name
        self._copy = _KINDS[name].copy
        self._convert = _KINDS[name].convert
        self._callbacks = callbacks
        self._function = callbacks.compact if name == "on_compaction" else getattr(callbacks, name)
        #: The arguments of the last call, if the function is to be called once only.
        self._called_with: Optional[Tuple[Any, ...]] = None

    def call(self, given: Tuple[Any, ...]) -> int:
        """Calls the function, and returns the library's result. An exception of a signal handler comes out of here."""
        if self._called_with is given:
            return 0
        arguments = self._copy(self._callbacks, *given)
        if arguments is None:
            return 0
        convert = self._convert
        if convert is None:
            self._called_with = given
        try:
            outcome = self._function(*arguments)
            return 0 if convert is None else convert(outcome)
        except BaseException as error:
            if is_from_outside(error):
                raise
            self._callbacks.report(self._name, error)
            return 0


class _scuttle_callback(partial):  # type: ignore[type-arg]
    """Its name is what sys.unraisablehook shows."""


def _ended() -> Generator[None, None, None]:
    return
    yield


# Passes an error to sys.unraisablehook: ctypes reports there an exception that leaves a C callback, and Python has no other way to
# call the default hook. A generator that has ended raises the exception that is thrown into it, and no step of Python is in between.
_over = _ended()
next(_over, None)
report_unraisable = ctypes.CFUNCTYPE(None, ctypes.py_object)(_scuttle_callback(_over.throw))


def _two(_: Callbacks, __: Any, update: Any, current: Any) -> Tuple[Update, Optional[Update]]:
    return copy_update(update.contents), copy_update(current.contents) if current else None


def _pair(_: Callbacks, __: Any, a: Any, b: Any) -> Tuple[Update, Update]:
    return copy_update(a.contents), copy_update(b.contents)


def _one(_: Callbacks, __: Any, update: Any) -> Tuple[Update]:
    return (copy_update(update.contents),)


def _many(_: Callbacks, __: Any, updates: Any, count: int) -> Tuple[List[Update]]:
    return ([copy_update(updates[i].contents) for i in range(count)],)


def _none(_: Callbacks, __: Any) -> Tuple[()]:
    return ()


def _from_link(callbacks: Callbacks, _: Any, link: Any, update: Any) -> Tuple[Optional["Link"], Update]:
    return callbacks.links.get(link), copy_update(update.contents)


_EVENTS = {int(event): event for event in Event}


def _event(
    callbacks: Callbacks, _: Any, link: Any, number: int, code: int
) -> Optional[Tuple[Optional["Link"], Event, Optional[ScuttleError]]]:
    event = _EVENTS.get(number)
    if event is None:  # a later library has more
        return None
    error = error_of(code, describe(code)) if code < 0 else None
    if error is not None and event is Event.REFUSED:
        update = ctypes.POINTER(_abi.UpdateStruct)()
        if library.scuttle_event_update(link, ctypes.byref(update)) == _abi.OK:
            refused = copy_update(update.contents)
            error = error_of(code, f"{describe(code)}; key {refused.key!r}")
            error.update = refused
    return callbacks.links.get(link), event, error


def _sign(order: int) -> int:
    return (order > 0) - (order < 0)  # C's int is short


_KINDS = {
    "resolve": _Kind(_abi.ResolveFunction, _two, bool),
    "sort": _Kind(_abi.SortFunction, _pair, _sign),
    "accept": _Kind(_abi.AcceptFunction, _from_link, bool),
    "on_update": _Kind(_abi.UpdateFunction, _one),
    "on_compaction": _Kind(_abi.CompactionFunction, _many),
    "on_drain": _Kind(_abi.DrainFunction, _none),
    "on_event": _Kind(_abi.EventFunction, _event),
}
