"""Python's bytes and buffers, which the library reads and writes without a copy."""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_char_p, c_int, c_ssize_t, c_void_p, py_object
from typing import Any, Tuple, Union

from ._texts import Buffer

#: A writable buffer.
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
    """Returns bytes of a length, a c_size_t as an argument. CPython allows to write them until they have another reference."""
    made: bytes = _make_bytes(None, length)
    return made


_NOWHERE = ctypes.byref(c_char())


def to_read(data: Buffer) -> Tuple[Any, int, Any]:
    """Returns the address as an argument, the length, and an object to keep until the library has read them.

    It copies neither `bytes` nor a view of `bytes`. It copies an object that may change: a callback, or another thread,
    could change it after the library has checked it and before the library uses it.
    """
    if isinstance(data, bytes):
        return data, len(data), data
    shown = memoryview(data)
    if type(shown.obj) is bytes and shown.c_contiguous:
        view = _View()
        _get_buffer(shown, view, _SIMPLE)
        start, length = view.buf, view.len
        _release_buffer(view)  # bytes keep their address as long as they have a reference
        return start, length, shown.obj
    copy = shown.tobytes()
    return copy, len(copy), copy


def to_write(buffer: WritableBuffer) -> Tuple[Any, int]:
    """Returns the memory of a buffer as an argument, and its length. The buffer cannot be resized as long as the argument exists.

    Raises TypeError if it is no writable buffer.
    """
    length = memoryview(buffer).nbytes
    if length == 0:
        return _NOWHERE, 0
    return ctypes.byref(c_char.from_buffer(buffer)), length
