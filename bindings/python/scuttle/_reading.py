"""What scuttle_read and scuttle_link_read hand out, as new bytes or in a buffer of the caller's."""

from __future__ import annotations

from ctypes import c_size_t
from typing import Any, Callable

from ._handle import Handle
from ._memory import WritableBuffer, new_bytes, to_write

#: The most that one read hands out as new bytes, so that read(10**9) is no reason to ask for that much memory.
_MOST = 1 << 20


def read(handle: Handle, function: Callable[..., int], pointer: int, max_bytes: int) -> bytes:
    """At most `max_bytes` as bytes. Within `Handle.run` only."""
    capacity = min(max_bytes, _MOST)
    length = c_size_t()
    # The library writes into the bytes themselves: where they are filled, as in all reads but the last, there is no copy.
    filled: bytes = new_bytes(None, capacity)
    handle.check(function(pointer, filled, capacity, length))
    return filled if length.value == capacity else filled[: length.value]


def read_into(handle: Handle, function: Callable[..., int], pointer: int, buffer: WritableBuffer) -> int:
    """Fills the front of `buffer`, and returns how many bytes of it. Within `Handle.run` only."""
    length = c_size_t()
    memory: Any = None
    try:
        memory, capacity = to_write(buffer)
        handle.check(function(pointer, memory, capacity, length))
    finally:
        del memory  # a traceback would keep it, and with it the buffer from being resized
    return length.value
