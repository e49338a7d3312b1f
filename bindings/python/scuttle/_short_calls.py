"""The functions that are called once a key, in the form that costs least. For short texts, and within `Handle` only.

They have no argtypes: with them ctypes makes an object for each argument of each call, which takes half a microsecond for
a set. Without them it passes `bytes` as their address, and what `from_param` made as it is. So that is made once: here for
the lengths, in `Handle` for the replica.

They keep the GIL. Letting go of it is cheap, but where another thread is busy, a thread that has let go for a microsecond
waits five milliseconds to have it back. Nobody waits for a lock of the library with the GIL in hand, since each replica's
lock in Python lets one thread in at a time. Long texts take the functions of `library`, which let go.
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


def _bare(name: str) -> Any:
    function = _keeping_the_gil[name]  # an object of its own at each call, so nobody else sees what is set here
    function.restype = c_int
    return function


scuttle_set = _bare("scuttle_set")
scuttle_get_copy = _bare("scuttle_get_copy")
