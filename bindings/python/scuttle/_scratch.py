"""Memory for the library's output: made once for a replica, and used by each call of the thread that holds the replica."""

from __future__ import annotations

from ctypes import byref, c_size_t, create_string_buffer
from typing import Any, Optional

from . import _abi
from ._bare_calls import SIZES, scuttle_get_copy
from ._library import library
from ._texts import text_at

_FIRST_CAPACITY = 4096
_FIRST_CAPACITY_ARGUMENT = c_size_t.from_param(_FIRST_CAPACITY)


class Scratch:
    """A buffer that grows, and the small structs beside it. Each method returns the library's code."""

    __slots__ = ("_buffer", "_capacity", "_length", "_entry", "_buffer_at", "_length_at", "_entry_at")

    def __init__(self) -> None:
        self._length = c_size_t()
        self._entry = _abi.EntryStruct()
        # In the form of `_bare_calls`.
        self._length_at = byref(self._length)
        self._entry_at = byref(self._entry)
        self._capacity = 0
        self._reserve(_FIRST_CAPACITY)

    def _reserve(self, capacity: int) -> None:
        if capacity > self._capacity:
            self._buffer = create_string_buffer(capacity)
            self._buffer_at = byref(self._buffer)
            self._capacity = capacity

    def get(self, replica: Any, pointer: Optional[int], key: bytes) -> int:
        """Copies the entry of a key into `value`, `source` and `version`, which are undefined if it holds no value.

        Args:
            replica: The pointer in the form of `_bare_calls`.
            pointer: The pointer itself.
            key: The key in UTF-8.
        """
        try:
            key_size = SIZES[len(key)]
        except IndexError:
            pass
        else:
            # With the first capacity only, so that a long value is copied without the GIL.
            code: int = scuttle_get_copy(
                replica, key, key_size, self._buffer_at, _FIRST_CAPACITY_ARGUMENT, self._length_at, self._entry_at
            )
            if code != _abi.E_SPACE:
                return code
            self._reserve(self._length.value)
        while True:
            code = library.scuttle_get_copy(
                pointer, key, len(key), self._buffer, self._capacity, self._length, self._entry
            )
            if code != _abi.E_SPACE:
                return code
            self._reserve(self._length.value)

    @property
    def value(self) -> str:
        """The JSON text that `get` found."""
        return str(self._buffer.value, "utf-8")  # up to the NUL behind it; JSON has none inside

    @property
    def source(self) -> str:
        """The source that `get` found."""
        return text_at(self._entry.source, self._entry.source_len)

    @property
    def version(self) -> int:
        """The version that `get` found."""
        return int(self._entry.version)
