"""Python's objects to and from what the library takes: UTF-8, JSON, bytes, numbers."""

from __future__ import annotations

import json
from ctypes import string_at
from typing import Any, Callable, Optional, Tuple, Union

from ._json_encoder import encode_json
from .errors import ArgumentError, Utf8Error

#: A str as JSON: what json.dumps does with one, without all that it does before.
_quote = json.encoder.encode_basestring
_utf8 = str.encode
# `decode` looks for white space around it, which the library has taken away.
_decode: Callable[[str, int], Tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


Buffer = Union[bytes, bytearray, memoryview]


def encode_text(text: str, what: str = "a key") -> bytes:
    """The text in UTF-8. Utf8Error where it has half of a surrogate pair, TypeError where it is no str."""
    try:
        return _utf8(text)
    except TypeError:
        raise TypeError(f"{what} is a str, not {type(text).__name__}") from None
    except UnicodeEncodeError as error:
        raise Utf8Error(str(error)) from None


def encode_value(value: Any) -> bytes:
    """A value as JSON. TypeError where JSON has no such thing."""
    text = _quote(value) if isinstance(value, str) else encode_json(value)
    try:
        return _utf8(text)
    except UnicodeEncodeError as error:
        raise Utf8Error(str(error)) from None


def decode_value(text: str) -> Any:
    """The value that a JSON text of the library stands for: a new object each time."""
    return _decode(text, 0)[0]


def text_at(address: Optional[int], length: int) -> str:
    """A copy of a text of the library."""
    return str(string_at(address, length), "utf-8")  # type: ignore[arg-type]


def to_bytes(data: Buffer) -> bytes:
    """Bytes that stay as they are. A copy costs little beside reading them, and leaves the host's buffer free."""
    return data if isinstance(data, bytes) else bytes(memoryview(data))


def unsigned(what: str, number: int, bits: int = 64) -> int:
    """The number, where it fits; ctypes would cut it down in silence."""
    if not isinstance(number, int):
        raise TypeError(f"{what} is an int, not {type(number).__name__}")
    if not 0 <= number < 1 << bits:
        raise ArgumentError(f"{what} is {number}, which is not in 0 ... 2^{bits}-1")
    return number


def milliseconds(what: str, seconds: float) -> int:
    """A time in seconds, to the millisecond."""
    if not isinstance(seconds, (int, float)):
        raise TypeError(f"{what} is a number of seconds, not {type(seconds).__name__}")
    if not 0 <= seconds < (1 << 64) / 1000:
        raise ArgumentError(f"{what} is {seconds} seconds, which is not in 0 ... 2^64/1000")
    return round(seconds * 1000)
