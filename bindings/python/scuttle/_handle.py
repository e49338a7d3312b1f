"""The rules by which Python touches a replica of the library.

The library has a lock inside, but freeing is not a call like the others: no thread may be in a call, or come to make
one, when a replica or link is freed. And a callback, a signal handler or a finalizer may run at any place of Python
code. So each replica has one lock in Python too:

- Every call goes through `Handle.run`, or has it written out where there is one a key. Whoever is in there owns the
  replica, so closing can wait for it.
- The lock knows its thread: who comes in again, from a callback or a signal handler, gets BusyError, not a deadlock. Only
  reading goes on (`run_reading`, `get`), with memory of its own: the call that it came out of may be in the middle of
  using the replica's.
- Finalizers run in any thread at any time, so they take no lock. `Handle.__del__` needs none, since nobody is in a call
  on an object that nobody knows. A link that is dropped is only noted, and closed by the next call.
"""

from __future__ import annotations

import ctypes
from threading import RLock
from typing import TYPE_CHECKING, Any, Callable, Iterable, List, MutableMapping, Optional, Tuple, TypeVar

from . import _abi
from ._bare_calls import SIZES, scuttle_set
from ._library import describe, library
from ._scratch import Scratch
from .errors import BusyError, ClosedError, ScuttleError, error_of

if TYPE_CHECKING:
    from .link import Link
    from .stores import StoreCalls

_Result = TypeVar("_Result")

_LONGEST_MESSAGE = 1024


class Handle:
    """A replica of the library, held by one thread at a time."""

    __slots__ = (
        "_pointer",
        "argument",
        "_config",
        "_lock",
        "_is_held",
        "_dropped_links",
        "is_torn",
        "links",
        "scratch",
        "_store",
        "__weakref__",
    )

    def __init__(
        self,
        name: bytes,
        config: _abi.ConfigStruct,
        links: MutableMapping[int, Link],
        store: Optional[StoreCalls] = None,
    ) -> None:
        self._pointer: Optional[int] = None  # first, for __del__ where the rest fails
        self._lock = RLock()
        self._is_held = False
        self._dropped_links: List[int] = []
        self.scratch = Scratch()
        #: The open links by their address, for on_event. Used within `run` only.
        self.links = links
        self._store = store
        pointer = ctypes.c_void_p()
        code = library.scuttle_new(name, config, pointer)
        if code < 0:
            raise self._explained(error_of(code, describe(code)))
        self._pointer = pointer.value
        #: The pointer as `_bare_calls` take it. Good while `_pointer` is not None.
        self.argument = ctypes.c_void_p.from_param(self._pointer)
        #: Whether what it started from ended too soon.
        self.is_torn: bool = code == _abi.TORN
        # Keeps the callbacks alive; they keep their replica alive, but such a circle is one that the collector sees.
        self._config: Optional[_abi.ConfigStruct] = config

    def run(self, step: Callable[..., _Result], *arguments: Any) -> _Result:
        """Runs step(pointer, *arguments) while no other thread touches the replica."""
        with self._lock:
            if self._is_held:
                raise _busy()
            try:
                self._is_held = True
                # Looked at only now: until then a signal handler could have closed it.
                if self._pointer is None or self._dropped_links:
                    self._make_ready()
                return step(self._pointer, *arguments)
            finally:
                self._is_held = False

    def run_reading(self, step: Callable[..., _Result], *arguments: Any) -> _Result:
        """As `run`, for what only reads: that may come out of the middle of a call of the same thread, too."""
        with self._lock:
            if self._is_held:
                return self._run_nested(step, *arguments)
            try:
                self._is_held = True
                if self._pointer is None or self._dropped_links:
                    self._make_ready()
                return step(self._pointer, *arguments)
            finally:
                self._is_held = False

    def _run_nested(self, step: Callable[..., _Result], *arguments: Any) -> _Result:
        """Reads in the middle of a call. What that call has in `scratch` stays as it is. Dropped links wait: the library
        closes none from a callback."""
        if self._pointer is None:
            raise ClosedError("the replica is closed")
        outer = self.scratch
        try:
            self.scratch = Scratch()
            return step(self._pointer, *arguments)
        finally:
            self.scratch = outer

    def _make_ready(self) -> None:
        """What is to be done before a call, in the rare case that there is something. Within `run` only."""
        if self._pointer is None:
            raise ClosedError("the replica is closed")
        while self._dropped_links:
            library.scuttle_link_close(self._dropped_links.pop())

    def set(self, key: bytes, value: bytes) -> int:
        """Sets a key to a JSON text; returns the code. It is call(scuttle_set, ...), with `run` written out, since it
        is called once a key."""
        try:
            key_size, value_size = SIZES[len(key)], SIZES[len(value)]
        except IndexError:
            return self.call(library.scuttle_set, key, len(key), value, len(value))
        with self._lock:
            if self._is_held:
                raise _busy()
            try:
                self._is_held = True
                if self._pointer is None or self._dropped_links:
                    self._make_ready()
                code: int = scuttle_set(self.argument, key, key_size, value, value_size)
                return code if code >= 0 else self.check(code)
            finally:
                self._is_held = False

    def set_all(self, pairs: Iterable[Tuple[bytes, bytes]]) -> None:
        """Sets one key after the other, with no other thread's call between them; stops at the first that fails."""
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
        """The JSON text that a key holds, None where it holds nothing. It is run_reading(find, ...), written out."""
        with self._lock:
            if self._is_held:
                return self._run_nested(self._find, key)
            try:
                self._is_held = True
                if self._pointer is None or self._dropped_links:
                    self._make_ready()
                return self.find(key)
            finally:
                self._is_held = False

    def find(self, key: bytes) -> Optional[str]:
        """The same. Within `run` only."""
        code = self.scratch.get(self.argument, self._pointer, key)
        if code == _abi.OK:
            return self.scratch.value
        self.check(code)
        return None

    def _find(self, _: int, key: bytes) -> Optional[str]:
        return self.find(key)

    def call(self, function: Callable[..., int], *arguments: Any) -> int:
        """Calls a function of the library; returns its code where that is not an error."""
        return self.run(self._checked, function, *arguments)

    def _checked(self, pointer: int, function: Callable[..., int], *arguments: Any) -> int:
        return self.check(function(pointer, *arguments))

    def check(self, code: int) -> int:
        """Returns a code that is not an error. Within `run` only, where the message is still that of the code."""
        if code >= 0:
            return code
        raise self._error_of(code)

    def call_reading(self, function: Callable[..., int], *arguments: Any) -> int:
        """As `call`, for a function that only reads."""
        return self.run_reading(self._checked, function, *arguments)

    def _error_of(self, code: int) -> BaseException:
        message = ctypes.create_string_buffer(_LONGEST_MESSAGE)
        library.scuttle_errmsg_copy(self._pointer, message, _LONGEST_MESSAGE)  # where that fails it stays empty
        return self._explained(error_of(code, str(message.value, "utf-8") or describe(code)))

    def _explained(self, error: ScuttleError) -> BaseException:
        """The error, with what the store raised as its cause if that is what it is about."""
        return self._store.explain(error) if error.code == _abi.E_STORE and self._store is not None else error

    def drop_link(self, pointer: int) -> None:
        """Notes that a link is to be closed. Takes no lock: for finalizers."""
        self._dropped_links.append(pointer)

    @property
    def is_closed(self) -> bool:
        """Whether the replica has been closed."""
        return self._pointer is None

    def close(self) -> None:
        """Frees the replica and its links once no other thread is in a call. Again: nothing."""
        with self._lock:
            if self._is_held:
                raise BusyError("a replica cannot be closed in the middle of a call")
            try:
                self._is_held = True
                self._free()
            finally:
                self._is_held = False

    def _free(self, scuttle_free: Callable[[int], None] = library.scuttle_free) -> None:
        # A default argument, since at the interpreter's exit this module may have lost its globals already.
        pointer, self._pointer = self._pointer, None
        if pointer is not None:
            scuttle_free(pointer)
            self._config = None

    def __del__(self) -> None:
        self._free()


def _busy() -> BusyError:
    return BusyError("the replica is in the middle of a call, which this one came out of")
