"""The rules by which Python uses a replica of the library.

The library has a lock inside, but freeing is not a call like the others: no thread may be in a call, or begin
one, when a replica or link is freed. And a callback, a signal handler or a finalizer may run at any step of Python
code. So each replica has one lock in Python, too:

- Every call goes through `Handle.run`, or repeats its steps if it runs once for each key. The thread in there holds the
  replica, so closing can wait for it.
- The lock alone records its thread: a flag beside it could stay set if a signal handler raises. A second call of the same thread, from a
  callback or a signal handler, raises BusyError and does not deadlock. Only reading goes on (`run_reading`, `get`), with memory of its
  own, because the interrupted call may be using the replica's.
- An exception of a signal handler in the middle of a callback comes out of the outermost call: see `_entrances`.
- In the child of a fork no call waits: other threads of the parent may hold lock and replica there, and never release them. A hook
  removes both from all handles before anything else runs.
- Finalizers run in any thread at any time, so they acquire no lock. `Handle.__del__` needs none, because no thread is in a call
  on an object without references. A dropped link is only recorded, and the next call closes it.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, MutableMapping, Optional, Tuple, TypeVar
from weakref import WeakSet

from . import _abi
from ._accelerated import Gate
from ._bare_calls import SIZES, scuttle_set
from ._entrances import Outcomes
from ._library import describe, library
from ._scratch import Scratch
from ._codes import error_of
from .errors import BusyError, ClosedError, ForkedError, ScuttleError

if TYPE_CHECKING:
    from ._link import Link
    from ._stores import StoreCalls

_Result = TypeVar("_Result")

_LONGEST_MESSAGE = 1024


class Handle:
    """A replica of the library, held by one thread at a time."""

    __slots__ = (
        "_pointer",
        "argument",
        "_config",
        "_lock",
        "_is_mine",
        "_dropped_links",
        "is_torn",
        "links",
        "scratch",
        "_store",
        "_outcomes",
        "_is_inherited",
        "__weakref__",
    )

    def __init__(
        self,
        name: bytes,
        config: _abi.ConfigStruct,
        links: MutableMapping[int, Link],
        store: Optional[StoreCalls] = None,
        outcomes: Optional[Outcomes] = None,
    ) -> None:
        """Makes the replica.

        Args:
            name: The name in UTF-8.
            config: Its callbacks are kept until the replica is freed.
            links: The open links by their address.
            store: The calls of the `state_store`, if there is one.
            outcomes: Those of the callbacks and the store, if there are any.
        """
        self._pointer: Optional[int] = None  # first, for __del__ if the rest fails
        self._config: Optional[_abi.ConfigStruct] = None
        self._outcomes = outcomes
        self._is_inherited = False
        self._make_lock()
        self._dropped_links: List[int] = []
        self.scratch: Scratch = Scratch()
        #: The open links by their address, for on_event. Used within `run` only.
        self.links: MutableMapping[int, Link] = links
        self._store = store
        pointer = ctypes.c_void_p()
        try:
            code = library.scuttle_new(name, config, pointer)
        finally:
            self._pointer = pointer.value
        raised = outcomes.take() if outcomes is not None else None
        if raised is not None:
            raise raised
        if code < 0:
            raise self._explained(error_of(code, describe(code)))
        #: The pointer in the form of `_bare_calls`. Valid while `_pointer` is not None.
        self.argument: Any = ctypes.c_void_p.from_param(self._pointer)
        #: Whether its start was truncated.
        self.is_torn: bool = code == _abi.TORN
        # Keeps the callbacks alive. They keep their replica alive, in a cycle that the garbage collector sees.
        self._config = config
        _handles.add(self)
        self._lock.open(self._pointer, self._dropped_links, outcomes is not None, store is not None)

    @property
    def gate(self) -> Gate:
        """The lock, for the accelerator."""
        return self._lock

    def _make_lock(self) -> None:
        self._lock = Gate()
        #: Tells whether this thread has the lock.
        self._is_mine: Callable[[], bool] = self._lock._is_owned

    def run(self, step: Callable[..., _Result], *arguments: Any) -> _Result:
        """Runs step(pointer, *arguments) while no other thread uses the replica."""
        if self._is_mine():
            raise _busy()
        with self._lock:
            # Not before: until now a signal handler could have closed the replica.
            if self._pointer is None or self._dropped_links:
                self._make_ready()
            if self._outcomes is not None:
                return self._run_with_callbacks(step, *arguments)
            return step(self._pointer, *arguments)

    def run_reading(self, step: Callable[..., _Result], *arguments: Any) -> _Result:
        """Runs a step that only reads, also in the middle of a call of the same thread."""
        if self._is_mine():
            return self._run_nested(step, *arguments)
        with self._lock:
            if self._pointer is None or self._dropped_links:
                self._make_ready()
            if self._outcomes is not None:
                return self._run_with_callbacks(step, *arguments)
            return step(self._pointer, *arguments)

    def try_reading(self, step: Callable[..., _Result], *arguments: Any) -> Optional[_Result]:
        """Runs a step that only reads; returns None if another thread is in a call, or the step fails: for `repr`, which may come from a
        debugger or a log and neither waits nor raises."""
        if not self._lock.try_acquire():
            return None
        try:
            # Even if this thread was in no call, the lock is its own now.
            return self._run_nested(step, *arguments)
        except ScuttleError:
            return None
        finally:
            self._lock.release()

    def _run_with_callbacks(self, step: Callable[..., _Result], *arguments: Any) -> _Result:
        """Runs a step. An exception on the way to a callback replaces its result or exception."""
        outcomes: Any = self._outcomes
        outcomes.raised = None  # left by a call that another exception has ended
        try:
            result = step(self._pointer, *arguments)
        except BaseException:
            raised = outcomes.take()
            if raised is None:
                raise
            raise raised
        raised = outcomes.take()
        if raised is not None:
            raise raised
        return result

    def _run_nested(self, step: Callable[..., _Result], *arguments: Any) -> _Result:
        """Runs a step that only reads in the middle of a call, and keeps that call's `scratch`. Dropped links wait: the library
        closes none from a callback."""
        if self._pointer is None:
            raise self._gone()
        if self._outcomes is not None:
            self._outcomes.nest()
        outer = self.scratch
        try:
            self.scratch = Scratch()
            return step(self._pointer, *arguments)
        finally:
            self.scratch = outer

    def _make_ready(self) -> None:
        """Closes dropped links before a call, and raises if the replica is closed. Within `run` only."""
        if self._pointer is None:
            raise self._gone()
        while self._dropped_links:
            library.scuttle_link_close(self._dropped_links.pop())

    def _gone(self) -> ScuttleError:
        return ForkedError(describe(_abi.E_FORKED)) if self._is_inherited else ClosedError("the replica is closed")

    def set(self, key: bytes, value: bytes) -> int:
        """Sets a key to a JSON text; returns the code. It repeats the steps of call(scuttle_set, ...), because it
        runs once for each key."""
        try:
            key_size, value_size = SIZES[len(key)], SIZES[len(value)]
        except IndexError:
            return self.call(library.scuttle_set, key, len(key), value, len(value))
        if self._is_mine():
            raise _busy()
        with self._lock:
            if self._pointer is None or self._dropped_links:
                self._make_ready()
            if self._outcomes is not None:
                return self._run_with_callbacks(self._set, key, key_size, value, value_size)
            code: int = scuttle_set(self.argument, key, key_size, value, value_size)
            return code if code >= 0 else self.check(code)

    def _set(self, _: int, *arguments: Any) -> int:
        return self.check(scuttle_set(self.argument, *arguments))

    def set_all(self, pairs: Iterable[Tuple[bytes, bytes]]) -> None:
        """Sets one key after the other, without another thread's call between them; stops at the first that fails."""
        self.run(self._set_all, pairs)

    def _set_all(self, pointer: int, pairs: Iterable[Tuple[bytes, bytes]]) -> None:
        replica = self.argument
        for key, value in pairs:
            try:
                key_size, value_size = SIZES[len(key)], SIZES[len(value)]
            except IndexError:
                code: int = library.scuttle_set(pointer, key, len(key), value, len(value))
            else:
                code = scuttle_set(replica, key, key_size, value, value_size)
            if code < 0:
                raise self._error_of(code)

    def get(self, key: bytes) -> Optional[str]:
        """Returns the JSON text of a key, None if it holds no value. It repeats the steps of run_reading(find, ...)."""
        if self._is_mine():
            return self._run_nested(self._find, key)
        with self._lock:
            if self._pointer is None or self._dropped_links:
                self._make_ready()
            return self.find(key)

    def find(self, key: bytes) -> Optional[str]:
        """Returns the JSON text of a key, None if it holds no value. Within `run` only."""
        code = self.scratch.get(self.argument, self._pointer, key)
        if code == _abi.OK:
            return self.scratch.value
        self.check(code)
        return None

    def _find(self, _: int, key: bytes) -> Optional[str]:
        return self.find(key)

    def call(self, function: Callable[..., int], *arguments: Any) -> int:
        """Calls a function of the library; returns its code if that is no error."""
        return self.run(self._checked, function, *arguments)

    def _checked(self, pointer: int, function: Callable[..., int], *arguments: Any) -> int:
        return self.check(function(pointer, *arguments))

    def check(self, code: int) -> int:
        """Returns a code that is no error. Within `run` only, as long as the message is that of the code."""
        if code >= 0:
            return code
        raise self._error_of(code)

    def call_reading(self, function: Callable[..., int], *arguments: Any) -> int:
        """Calls a function of the library that only reads, as `call`."""
        return self.run_reading(self._checked, function, *arguments)

    def _error_of(self, code: int) -> BaseException:
        message = ctypes.create_string_buffer(_LONGEST_MESSAGE)
        library.scuttle_errmsg_copy(self._pointer, message, _LONGEST_MESSAGE)  # stays empty if that fails
        return self._explained(error_of(code, str(message.value, "utf-8") or describe(code)))

    def _explained(self, error: ScuttleError) -> BaseException:
        """Returns the error; a StoreError with the store's exception as its cause."""
        return self._store.explain(error) if error.code == _abi.E_STORE and self._store is not None else error

    def drop_link(self, pointer: int) -> None:
        """Records a link for the next call to close. Acquires no lock: for finalizers."""
        self._dropped_links.append(pointer)

    @property
    def is_closed(self) -> bool:
        """Whether the replica has been closed."""
        return self._pointer is None

    def is_mine(self) -> bool:
        """Whether this thread is in the middle of a call on the replica."""
        return self._is_mine()

    def close(self) -> None:
        """Frees the replica and its links once no other thread is in a call. A second call does nothing."""
        if self._is_mine():
            raise BusyError("a replica cannot be closed in the middle of a call")
        with self._lock:
            self._free()

    def leave_to_parent(self) -> None:
        """Drops the replica and the lock in the child of a fork: both are the parent's, and one of its threads may hold the lock."""
        self._is_inherited = self._is_inherited or self._pointer is not None
        self._pointer = None
        self._lock.shut()
        self._make_lock()

    def _free(self, scuttle_free: Callable[[int], None] = library.scuttle_free) -> None:
        # A default argument, because at the interpreter's exit this module may have lost its globals already.
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            self._lock.shut()
            scuttle_free(pointer)
            self._config = None
            if self._outcomes is not None:
                self._outcomes.release()

    def __del__(self) -> None:
        self._free()


#: All handles that are open, or were.
_handles: WeakSet[Handle] = WeakSet()


def _after_fork() -> None:
    for handle in list(_handles):
        handle.leave_to_parent()


os.register_at_fork(after_in_child=_after_fork)


def _busy() -> BusyError:
    return BusyError("the replica is in the middle of a call, which this one came out of")
