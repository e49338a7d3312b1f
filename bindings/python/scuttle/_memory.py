"""Python's bytes where they stand: what the library reads from and writes into without a copy."""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_char_p, c_int, c_ssize_t, c_void_p, py_object
from typing import Any, Tuple, Union

from .texts import Buffer

#: A buffer to be written into.
WritableBuffer = Union[bytearray, memoryview]


class _View(ctypes.Structure):
    """CPython's Py_buffer."""

    _fields_ = [
        ("buf", c_void_p),
        ("obj", c_void_p),
        ("len", c_ssize_t),
        ("itemsize", c_ssize_t),
        ("readonly", c_int),
        ("ndim", c_int),
        ("format", c_char_p),
        ("shape", c_void_p),
        ("strides", c_void_p),
        ("suboffsets", c_void_p),
        ("internal", c_void_p),
    ]


_get_buffer = ctypes.PYFUNCTYPE(c_int, py_object, ctypes.POINTER(_View), c_int)(
    ("PyObject_GetBuffer", ctypes.pythonapi)
)
_release_buffer = ctypes.PYFUNCTYPE(None, ctypes.POINTER(_View))(("PyBuffer_Release", ctypes.pythonapi))
_SIMPLE = 0  # PyBUF_SIMPLE

_make_bytes = ctypes.pythonapi["PyBytes_FromStringAndSize"]
_make_bytes.restype = py_object


def new_bytes(length: Any) -> bytes:
    """Bytes of a length, a c_size_t as an argument. CPython lets them be written into until anybody else knows them."""
    made: bytes = _make_bytes(None, length)
    return made


_NOWHERE = ctypes.byref(c_char())


def to_read(data: Buffer) -> Tuple[Any, int, Any]:
    """The address as an argument, the length, and what is to be kept until the library has read them.

    No copy of `bytes`, and of what shows a part of them. What may change is copied: a callback, or another thread,
    could change it while the library reads it, which would then believe what it has not checked.
    """
    if isinstance(data, bytes):
        return data, len(data), data
    shown = memoryview(data)
    if type(shown.obj) is bytes and shown.c_contiguous:
        view = _View()
        _get_buffer(shown, view, _SIMPLE)
        start, length = view.buf, view.len
        _release_buffer(view)  # bytes stay where they are for as long as somebody has them
        return start, length, shown.obj
    copy = shown.tobytes()
    return copy, len(copy), copy


def to_write(buffer: WritableBuffer) -> Tuple[Any, int]:
    """The memory of a buffer as an argument, and its length. While the argument lives, the buffer cannot be resized.

    TypeError where it is no buffer, or cannot be written into.
    """
    length = memoryview(buffer).nbytes
    if length == 0:
        return _NOWHERE, 0
    return ctypes.byref(c_char.from_buffer(buffer)), length
