"""Entrances: the library calls Python through them, so that no exception is lost on the way, and none becomes a result.

If an exception leaves a Python function that ctypes has called, ctypes prints it and returns 0 to the library. A signal handler that
raises can run at the first step of any function, which comes before its first `try`. So ctypes calls no Python function here, but
functions of the interpreter in C, which run no handler, and these resume a generator that waits inside its `try`:

- A visitor sends each call to a generator of its visit: see `visits`.
- A callback puts the arguments into a queue, and then resumes its generator: see `Entrance`. Whatever is raised on the way to
  the host's function, the arguments are still in the queue, so the function is called nevertheless. The exception comes out of the
  call of the library, once that is complete.

An exception that leaves a generator nevertheless has ended it for good, which shows when the call is over.
"""

from __future__ import annotations

import ctypes
import dis
from collections import deque
from ctypes import c_char_p, c_ssize_t, c_uint64, c_void_p, py_object
from functools import partial
from operator import attrgetter
from types import GeneratorType, SimpleNamespace, TracebackType
from typing import Any, Callable, Deque, Generator, List, Optional, Tuple

from .errors import ScuttleError

Serving = Generator[object, None, None]

_MOST_TRIES = 1000


def _is_waiting(generator: Any) -> bool:
    return generator.gi_frame is not None and not generator.gi_running


#: Tells whether a generator has begun, is not running, and has not ended.
is_waiting: Callable[[Any], bool] = (
    attrgetter("gi_suspended") if hasattr(GeneratorType, "gi_suspended") else _is_waiting  # Python 3.11
)


def lost_result() -> ScuttleError:
    """Returns the error of a call if one of its callbacks has ended without a result."""
    return ScuttleError("an exception has ended a callback before it could return a result; it was reported to sys.unraisablehook")


def calling_with(argument_types: List[Any]) -> Any:
    """Returns PyObject_CallFunction, which calls a function with a format and its arguments. Arguments beyond the format are ignored."""
    try:
        function = ctypes.pythonapi["_PyObject_CallFunction_SizeT"]  # its name in C, for which a `#` is a size_t
    except AttributeError:
        function = ctypes.pythonapi["PyObject_CallFunction"]
    function.restype = py_object
    function.argtypes = [py_object, c_char_p, *argument_types]
    return function


class Outcomes:
    """The exceptions on the way to the callbacks of one replica, in the call that runs now."""

    __slots__ = ("entrances", "raised")

    def __init__(self) -> None:
        self.entrances: List[Entrance] = []
        #: The first exception.
        self.raised: Optional[BaseException] = None

    def take(self) -> Optional[BaseException]:
        """Returns the exception that the completed call has to raise, if any, and removes it."""
        raised, self.raised = self.raised, None
        for entrance in self.entrances:
            if not is_waiting(entrance.serving):
                entrance.begin()
                raised = raised or lost_result()
        return raised

    def nest(self) -> None:
        """Prepares for a call in the middle of a callback: an entrance whose generator is running gets another one."""
        for entrance in self.entrances:
            if not is_waiting(entrance.serving):
                entrance.begin()

    def release(self) -> None:
        """Drops the references to the host's functions."""
        for entrance in self.entrances:
            entrance.release()
        self.entrances.clear()


class Entrance:
    """A C function for one callback of one replica. The thread that holds the replica calls it."""

    __slots__ = ("function", "serving", "_call", "_arguments", "_idle", "_outcomes", "_resume")

    def __init__(self, kind: Any, call: Callable[[Tuple[Any, ...]], int], outcomes: Outcomes) -> None:
        """Makes the C function.

        Args:
            kind: The type of the C function.
            call: Called with the arguments of the library, and again if it raises; the exception is kept.
            outcomes: Keeps the exceptions.
        """
        self._call = call
        self._outcomes = outcomes
        self._arguments: Deque[Any] = deque()
        #: Generators that have ended, or that wait for the end of a nested call, are kept: their frames may still be in use.
        self._idle: List[Serving] = []
        self._resume = py_object()
        self.begin()
        # ctypes calls `from_param` to convert an argument. This one puts it into the queue.
        queue = SimpleNamespace(from_param=self._arguments.append)
        resume = calling_with([queue] * len(kind._argtypes_))
        #: The function for the library.
        self.function = kind(partial(resume, self._resume, None))
        outcomes.entrances.append(self)

    def begin(self) -> None:
        """Makes a generator that waits for the next call, unless one is waiting."""
        self._arguments.clear()
        for serving in self._idle:
            if is_waiting(serving):
                break
        else:
            serving = self._serve()
            next(serving)
            self._idle.append(serving)
        self.serving = serving
        self._resume.value = serving.__next__

    def release(self) -> None:
        """Drops the reference to the host's function. The library calls it no more."""
        self._resume = py_object()
        self._idle.clear()
        self._call = _nothing
        self.function = None
        del self.serving

    def _serve(self) -> Serving:
        arguments = self._arguments
        given: Optional[Tuple[Any, ...]] = None  # the arguments of an open call
        result: object = 0
        tries = 0
        # Two, because a second exception may come while the first one is kept.
        while True:
            try:
                while True:
                    try:
                        while True:
                            if arguments:
                                given = tuple(arguments)
                                arguments.clear()
                            if given is not None:
                                result = self._call(given)
                                given = None
                            tries = 0
                            yield result
                    except GeneratorExit:
                        return
                    except BaseException as error:
                        if self._outcomes.raised is None:
                            self._outcomes.raised = error
                        tries += 1
                        if tries == _MOST_TRIES:
                            given, result = None, 0
            except BaseException as error:
                if self._outcomes.raised is None:
                    self._outcomes.raised = error


def _nothing(_: Tuple[Any, ...]) -> int:
    return 0


_RAISING = {dis.opmap[name] for name in ("RAISE_VARARGS", "RERAISE") if name in dis.opmap}


def is_from_outside(error: BaseException) -> bool:
    """Returns whether a signal handler has raised an exception, and not the function that it came out of."""
    trace: Optional[TracebackType] = error.__traceback__
    last = trace
    while trace is not None:
        if _is_handler(trace.tb_frame):
            return True
        last, trace = trace, trace.tb_next
    if type(error) is not KeyboardInterrupt or last is None:
        return False
    # The default handler of this signal is no Python function: then no statement has raised the exception.
    return last.tb_frame.f_code.co_code[last.tb_lasti] not in _RAISING


def _is_handler(frame: Any) -> bool:
    """Returns whether a frame is that of a signal handler: one that was called with a signal and its caller's frame."""
    interrupted = frame.f_back
    if interrupted is None:
        return False
    return any(
        value is interrupted or (type(value) is tuple and any(item is interrupted for item in value))
        for value in frame.f_locals.values()
    )


#: Sends the bytes at an address to the generator that is its first argument.
send_bytes = partial(calling_with([py_object, c_void_p, c_ssize_t]), GeneratorType.send, b"Oy#")
#: Sends a number and an object.
send_numbered = partial(calling_with([py_object, c_ssize_t, py_object]), GeneratorType.send, b"O(nO)")
#: Sends the text at an address, with a number.
send_text = partial(calling_with([py_object, c_void_p, c_ssize_t, c_uint64]), GeneratorType.send, b"O(s#K)")
