"""Values and times as words of the command line."""

from __future__ import annotations

import json
import math
import re
from typing import Any, Dict, List, Tuple

from ._errors import CommandError, Exit

_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
#: The longest time of an option: calls of the system accept no more than some hundred years.
MAX_SECONDS = 10**9
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|)")


class NotJSON(ValueError):
    """A text is no JSON value; the message says why."""


def parse_value(text: str) -> Any:
    """Returns the value of a JSON text. Stricter than Python's own reader: no NaN, no infinite number, no name twice.

    Raises:
        NotJSON: The text is not one JSON value.
    """
    try:
        return json.loads(text, parse_constant=_no_constant, parse_float=_finite, object_pairs_hook=_object)
    except NotJSON:
        raise
    except RecursionError:
        raise NotJSON("it is nested too deeply") from None
    except ValueError as error:
        raise NotJSON(str(error)) from None


def _no_constant(text: str) -> Any:
    raise NotJSON(f"JSON has no {text}")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise NotJSON(f"no double can hold {text}")
    return number


def _object(pairs: List[Tuple[str, Any]]) -> Dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise NotJSON(f"an object has the name {twice!r} twice")
    return members


def value_of_word(word: str) -> Any:
    """Returns the value that a word of the command line means.

    Raises:
        CommandError: The word is not JSON. The message proposes what the user may have meant.
    """
    try:
        return parse_value(word)
    except NotJSON as error:
        # Only a word that begins as JSON is meant as JSON: for any other the proposal is all that helps.
        why = f" ({error})" if word[:1] in tuple('[{"-0123456789') or word in ("NaN", "Infinity") else ""
        quoted = json.dumps(word, ensure_ascii=False).replace("'", "'\\''")
        message = (
            f"the value {abridge(word)!r} is not JSON{why}; for a string use --string, or write '{abridge(quoted)}'"
        )
        raise CommandError(message, Exit.USAGE) from None


def to_json(value: Any) -> str:
    """Returns a value as one line of JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def duration(text: str) -> float:
    """Returns the seconds of a time such as `30`, `1.5s`, `200ms`, `5m`, `2h`, `7d`.

    Raises:
        ValueError: The text is no such time, or it is longer than 31 years.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text!r} is no time: write a number of seconds, or a number with ms, s, m, h or d, such as 30s"
        )
    seconds = float(match[1]) * _UNITS[match[2]]
    if seconds > MAX_SECONDS:
        raise ValueError(f"{abridge(text)!r} is longer than {MAX_SECONDS:,} seconds")
    return seconds


def abridge(text: str, most: int = 60) -> str:
    """Returns the text, or its beginning if it is long, for a message of one line."""
    return text if len(text) <= most else f"{text[:most]}…"


def is_plain(text: str) -> bool:
    """Returns whether a text can be printed in a line as it is: it has no control character, and is no JSON string itself."""
    return text.isprintable() and not text.startswith('"') and text == text.strip()


def shown(text: str) -> str:
    """Returns a text for a line of output: itself, or as a JSON string in ASCII if a terminal or a reader of lines might misread it.

    Keys and names come from peers, who may put control sequences into them.
    """
    return text if is_plain(text) else json.dumps(text)


def shown_json(value: Any) -> str:
    """Returns a value as one line of JSON that is safe to print: the control characters that JSON allows are escaped, too."""
    text = to_json(value)
    return text if text.isprintable() else json.dumps(value, separators=(",", ":"), allow_nan=False)
