"""The output of scuttle_read and scuttle_link_read, as new bytes or in a buffer of the caller's.

The arguments are one of these functions of `_bare_calls`, and its first argument. Within `Handle.run` only.
"""

from __future__ import annotations

from ctypes import byref, c_size_t
from typing import Any

from ._handle import Handle
from ._memory import WritableBuffer, new_bytes, to_write

#: The most bytes that one read returns, so that read(10**9) does not allocate that much memory.
_MOST = 1 << 20


def read(handle: Handle, function: Any, argument: Any, max_bytes: int) -> bytes:
    """Returns at most `max_bytes` as bytes."""
    capacity = c_size_t.from_param(min(max_bytes, _MOST))
    length = c_size_t()
    # The library writes into the bytes themselves. Full ones, as in all reads but the last, need no copy.
    filled = new_bytes(capacity)
    handle.check(function(argument, filled, capacity, byref(length)))
    count = length.value
    return filled if count == len(filled) else filled[:count]


def read_into(handle: Handle, function: Any, argument: Any, buffer: WritableBuffer) -> int:
    """Fills the front of `buffer`, and returns the number of bytes."""
    length = c_size_t()
    memory: Any = None
    try:
        memory, capacity = to_write(buffer)
        handle.check(function(argument, memory, c_size_t.from_param(capacity), byref(length)))
    finally:
        del memory  # a traceback would keep it, and with it the buffer from being resized
    return length.value
