"""Values as JSON text: a faster json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)."""

from __future__ import annotations

import json
from typing import Any, Callable, Iterable, Optional

from .errors import DepthError, JSONError, NumberError

_thorough = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _make_quick() -> Optional[Callable[[Any, int], Iterable[str]]]:
    """Returns the encoder in C. `_thorough` makes one at each call, which takes longer than the encoding of a small value.

    An encoder that is made once may not record its open containers (None): threads would share the record, and a failed call
    would leave its part. So a circle is RecursionError.
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
    """Returns a value as JSON text. Raises TypeError if JSON has no such value."""
    try:
        if _quick is not None:
            try:
                return "".join(_quick(value, 0))
            except RecursionError:
                pass  # a circle, which the other encoder names, or too deep for both
        return _thorough.encode(value)
    except RecursionError:
        raise DepthError("a value is nested too deeply to be encoded") from None
    except ValueError as error:
        # Python refuses to write out integers of thousands of digits; the others are NaN, Infinity and circles.
        kind = NumberError if "integer string conversion" in str(error) else JSONError
        raise kind(str(error)) from None
