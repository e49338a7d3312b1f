"""Conversions between Python's objects and the library's: UTF-8, JSON, bytes, numbers."""

from __future__ import annotations

import json
from ctypes import string_at
from typing import Any, Callable, Optional, Tuple, Union

from ._abi import TTL_RENEW
from ._json_encoder import encode_json
from .errors import ArgumentError, Utf8Error

#: Converts a str to JSON, as json.dumps without its preparations.
_quote = json.encoder.encode_basestring
_utf8 = str.encode
# `decode` looks for white space around the text, which the library has removed.
decode_text: Callable[[str, int], Tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]


Buffer = Union[bytes, bytearray, memoryview]


def encode_text(text: str, what: str = "a key") -> bytes:
    """Returns the text in UTF-8. Raises Utf8Error if it has half of a surrogate pair, TypeError if it is no str."""
    try:
        return _utf8(text)
    except TypeError:
        raise TypeError(f"{what} is a str, not {type(text).__name__}") from None
    except UnicodeEncodeError as error:
        raise Utf8Error(str(error)) from None


def encode_value(value: Any) -> bytes:
    """Returns a value as JSON. Raises TypeError if JSON has no such value."""
    text = _quote(value) if isinstance(value, str) else encode_json(value)
    try:
        return _utf8(text)
    except UnicodeEncodeError as error:
        raise Utf8Error(str(error)) from None


def decode_value(text: str) -> Any:
    """Returns the value of a JSON text of the library: a new object each time."""
    return decode_text(text, 0)[0]


def text_at(address: Optional[int], length: int) -> str:
    """Copies a text of the library."""
    return str(string_at(address, length), "utf-8")  # type: ignore[arg-type]


def to_bytes(data: Buffer) -> bytes:
    """Returns bytes that do not change. A copy costs little beside their reading, and leaves the host's buffer free."""
    return data if isinstance(data, bytes) else bytes(memoryview(data))


def unsigned(what: str, number: int, bits: int = 64) -> int:
    """Returns the number. Raises ArgumentError if it does not fit, because ctypes would truncate it in silence."""
    if not isinstance(number, int):
        raise TypeError(f"{what} is an int, not {type(number).__name__}")
    if not 0 <= number < 1 << bits:
        raise ArgumentError(f"{what} is {number}, which is not in 0 ... 2^{bits}-1")
    return number


def positive(what: str, number: int, bits: int = 64) -> int:
    """Returns the number. Raises ArgumentError if it does not fit, or is 0, which means the default to the library."""
    if isinstance(number, int) and number == 0:
        raise ArgumentError(f"{what} is 0, which is not in 1 ... 2^{bits}-1; None means the default")
    return unsigned(what, number, bits)


def milliseconds(what: str, seconds: float) -> int:
    """Returns the milliseconds of a time in seconds."""
    if not isinstance(seconds, (int, float)):
        raise TypeError(f"{what} is a number of seconds, not {type(seconds).__name__}")
    if not 0 <= seconds < (1 << 64) / 1000:
        raise ArgumentError(f"{what} is {seconds} seconds, which is not in 0 ... 2^64/1000")
    return round(seconds * 1000)


def time_to_live(seconds: float, renew: bool) -> int:
    """Returns the `ttl_ms` of the library."""
    return min(milliseconds("ttl", seconds), TTL_RENEW - 1) | (TTL_RENEW if renew else 0)
