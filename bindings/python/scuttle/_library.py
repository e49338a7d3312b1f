"""Finds and loads libscuttle.so."""

from __future__ import annotations

import ctypes
import os
from typing import Iterator, List

from . import _abi

_SONAME = "libscuttle.so.0"


def _refuse_subinterpreters() -> None:
    """Raises ImportError in a sub-interpreter: ctypes calls back in the main interpreter, which would wait for its own lock."""
    here, main = ctypes.pythonapi["PyInterpreterState_Get"], ctypes.pythonapi["PyInterpreterState_Main"]
    here.restype = main.restype = ctypes.c_void_p
    if here() != main():
        raise ImportError(
            "scuttle works in the main interpreter only, because ctypes does not call back in another one; for mod_wsgi set "
            "WSGIApplicationGroup %{GLOBAL}",
            name="scuttle",
        )


def _places() -> Iterator[str]:
    """Yields the possible paths of the library, the likeliest first."""
    chosen = os.environ.get("SCUTTLE_LIBRARY")
    if chosen:
        # No other path then: to fall back on another library would hide the mistake.
        yield chosen
        return
    package = os.path.dirname(os.path.realpath(__file__))
    yield os.path.join(package, "libscuttle.so")
    yield _SONAME
    import ctypes.util  # which imports much, and is seldom needed

    found = ctypes.util.find_library("scuttle")  # slow: it runs ldconfig
    if found:
        yield found
    checkout = os.path.dirname(os.path.dirname(os.path.dirname(package)))
    if os.path.exists(os.path.join(checkout, "include", "scuttle.h")):
        yield os.path.join(checkout, "build", "lib", "libscuttle.so")


def _load() -> ctypes.CDLL:
    _refuse_subinterpreters()
    tried: List[str] = []
    for place in _places():
        try:
            # CDLL releases the GIL during a call, so a thread that waits for a replica's lock never holds it.
            library = ctypes.CDLL(place)
            _abi.declare(library)
        except (OSError, AttributeError) as error:
            tried.append(f"  {place}: {error}")
        else:
            return library
    raise ImportError(
        "libscuttle.so was not found; set SCUTTLE_LIBRARY to its path. Tried:\n" + "\n".join(tried), name="scuttle"
    )


library = _load()


def library_version() -> str:
    """Returns the version of the loaded library, such as "0.2.0". Any thread."""
    return str(library.scuttle_library_version(), "ascii")


def describe(code: int) -> str:
    """Returns a short English sentence for a code."""
    return str(library.scuttle_strerror(code), "utf-8")
