"""Memory that the library writes into: made once for a replica, used by every call, by whoever holds the replica."""

from __future__ import annotations

from ctypes import c_size_t, create_string_buffer, string_at
from typing import Callable

from . import _abi
from ._library import library
from .texts import text_at

_FIRST_CAPACITY = 4096
#: The most that one read hands out, so that read(10**9) is no reason to ask for that much memory.
_MOST_READ = 1 << 20


class Scratch:
    """A buffer that grows, and the small structs beside it. Each method returns the library's code."""

    __slots__ = ("_buffer", "_capacity", "_length", "_entry")

    def __init__(self) -> None:
        self._length = c_size_t()
        self._entry = _abi.EntryStruct()
        self._capacity = 0
        self._reserve(_FIRST_CAPACITY)

    def _reserve(self, capacity: int) -> None:
        if capacity > self._capacity:
            self._buffer = create_string_buffer(capacity)
            self._capacity = capacity

    def get(self, pointer: int, key: bytes) -> int:
        """Gets what a key holds into `value`, `source` and `version`."""
        while True:
            code: int = library.scuttle_get_copy(
                pointer, key, len(key), self._buffer, self._capacity, self._length, self._entry
            )
            if code != _abi.E_SPACE:
                return code
            self._reserve(self._length.value)

    @property
    def value(self) -> str:
        """The JSON text that `get` found."""
        return text_at(self._entry.value, self._entry.value_len)

    @property
    def source(self) -> str:
        """The source that `get` found."""
        return text_at(self._entry.source, self._entry.source_len)

    @property
    def version(self) -> int:
        """The version that `get` found."""
        return int(self._entry.version)

    def read(self, function: Callable[..., int], pointer: int, most: int) -> int:
        """Reads at most `most` bytes into `output`, with scuttle_read or scuttle_link_read."""
        most = min(most, _MOST_READ)
        self._reserve(most)
        return function(pointer, self._buffer, most, self._length)

    @property
    def output(self) -> bytes:
        """What `read` read."""
        return string_at(self._buffer, self._length.value)
