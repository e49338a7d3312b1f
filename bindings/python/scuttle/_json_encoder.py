"""Values as JSON text: json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False), sooner."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable, Optional

from .errors import DepthError, JSONError, NumberError

_thorough = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _make_quick() -> Optional[Callable[[Any, int], Iterable[str]]]:
    """The encoder in C that `_thorough` makes anew at each call, which takes longer than it needs for a small value.

    Made once, it may not note which containers it is in (None): notes would be shared between threads, and those of a
    call that failed would be left. So what it meets in a circle is RecursionError.
    """
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return None
    encoder: Callable[[Any, int], Iterable[str]] = make(
        None, _thorough.default, json.encoder.encode_basestring, None, ":", ",", False, False, False
    )
    return encoder


_quick = _make_quick()


def encode_json(value: Any) -> str:
    """A value as JSON text. TypeError where JSON has no such thing."""
    try:
        if _quick is not None:
            try:
                return "".join(_quick(value, 0))
            except RecursionError:
                pass  # a circle, which the other one knows by its name, or too deep for both
        return _thorough.encode(value)
    except RecursionError:
        raise DepthError("a value is nested too deeply to be encoded") from None
    except ValueError as error:
        # Python refuses to write out integers of thousands of digits; the others are NaN, Infinity and circles.
        kind = NumberError if "integer string conversion" in str(error) else JSONError
        raise kind(str(error)) from None
