"""The library's most frequent functions, in the form that costs least. Within `Handle` only.

They have no argtypes: with argtypes ctypes makes an object for each argument of each call, which takes half a microsecond
for a set. Without them it passes `bytes` as their address, and the results of `from_param` and `byref` unchanged. So these
are made once: here for the lengths of short texts, in `Handle` and `Link` for themselves.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int, c_size_t
from typing import Any

from ._library import library

_LONGEST = 1024

#: The lengths of short texts as arguments; IndexError says that a text is a long one.
SIZES = tuple(c_size_t.from_param(length) for length in range(_LONGEST + 1))

_keeping_the_gil = ctypes.PyDLL(library._name, handle=library._handle)


def _bare(loaded: ctypes.CDLL, name: str) -> Any:
    function = loaded[name]  # an object of its own at each call, so nobody else sees what is set here
    function.restype = c_int
    return function


# For short texts, these keep the GIL. To release it is cheap, but if other threads are busy, a thread that has released it for a
# microsecond waits long to have it back. No thread waits for a lock of the library while it holds the GIL, because each
# replica's lock in Python admits one thread at a time. Long texts go through the functions of `library`, which release it.
scuttle_set = _bare(_keeping_the_gil, "scuttle_set")
scuttle_get_copy = _bare(_keeping_the_gil, "scuttle_get_copy")

scuttle_read = _bare(library, "scuttle_read")
scuttle_link_read = _bare(library, "scuttle_link_read")
