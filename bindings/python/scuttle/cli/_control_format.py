"""The lines of the control socket. docs/reference/control-socket.md specifies them.

A request is a JSON object in a line: `do` names it, and the other members are its fields. The reply is any number of lines with an
`item`, and one with `ok` or `error`.
"""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

from ._values import NotJSON, parse_value, to_json

#: Bytes of a request's line: the largest value of the default limits, and some.
REQUEST_BYTES = 4 << 20
#: Bytes of a reply's line that a client accepts.
REPLY_BYTES = 256 << 20

#: Begins the keys that belong to nodes: as in `scuttle.aio`, which a client does not load.
OWN_PREFIX = "~scuttle/"

_KINDS = {str: "a string", bool: "true or false", dict: "an object", list: "an array"}


def lines_of(export: bytes) -> List[str]:
    """Returns the lines of an export. JSON may have characters inside at which Python's `splitlines` ends a line, too."""
    return str(export, "utf-8").rstrip("\n").split("\n")


class RequestError(Exception):
    """A request has failed: the kind is one of `_errors.EXITS`."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


def encode_line(document: Any) -> bytes:
    """Returns a document as a line."""
    try:
        return to_json(document).encode() + b"\n"
    except UnicodeEncodeError:  # half of a surrogate pair: JSON can escape it, and the node says what is wrong
        return json.dumps(document, separators=(",", ":")).encode() + b"\n"


class Fields:
    """The fields of a request, each checked when it is read."""

    def __init__(self, line: bytes) -> None:
        """Parses a line.

        Raises:
            RequestError: The line is no request.
        """
        try:
            request = parse_value(str(line, "utf-8"))
        except (NotJSON, UnicodeDecodeError) as error:
            raise RequestError("input", f"a request is a line of JSON: {error}") from None
        if not isinstance(request, dict) or not isinstance(request.get("do"), str):
            raise RequestError("input", 'a request is a JSON object with a string in "do"')
        self.do: str = request.pop("do")
        self._rest: Dict[str, Any] = request

    def text(self, name: str, default: Optional[str] = None) -> str:
        """Returns a string. Without a default it is required."""
        return self._read(name, str, default)  # type: ignore[no-any-return]

    def flag(self, name: str) -> bool:
        """Returns a boolean; false if it is left out."""
        return self._read(name, bool, False)  # type: ignore[no-any-return]

    def array(self, name: str) -> Any:
        """Returns an array, which is required."""
        return self._read(name, list, None)

    def value(self, name: str) -> Any:
        """Returns any value, which is required."""
        if name not in self._rest:
            raise RequestError("input", f'the request {self.do!r} lacks the field "{name}"')
        return self._rest.pop(name)

    def seconds(self, name: str) -> Optional[float]:
        """Returns a time of 0 or more; None if it is left out."""
        number = self._rest.pop(name, None)
        is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
        if number is not None and not (is_number and 0 <= number < 1e12):
            raise RequestError("input", f'the field "{name}" is a number of seconds')
        return None if number is None else float(number)

    def count(self, name: str, default: Optional[int] = None) -> Optional[int]:
        """Returns an integer of 0 or more."""
        number = self._rest.pop(name, None)
        if number is None:
            return default
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 1 << 53:
            raise RequestError("input", f'the field "{name}" is an integer from 0 to 2^53-1')
        return number

    def end(self) -> None:
        """Raises RequestError if a field is left that nothing has read: a field of a later version, or a mistake."""
        if self._rest:
            raise RequestError("input", f'the request {self.do!r} has no field "{min(self._rest)}"')

    def _read(self, name: str, kind: type, default: Any) -> Any:
        value = self._rest.pop(name, default)
        if value is None:
            raise RequestError("input", f'the request {self.do!r} lacks the field "{name}"')
        if not isinstance(value, kind):
            raise RequestError("input", f'the field "{name}" is {_KINDS[kind]}')
        return value
