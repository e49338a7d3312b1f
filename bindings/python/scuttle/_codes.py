"""The error of each code of the library."""

from __future__ import annotations

from typing import Dict, Iterator, Type

from .errors import ScuttleError


def _below(kind: Type[ScuttleError]) -> Iterator[Type[ScuttleError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


_BY_CODE: Dict[int, Type[ScuttleError]] = {kind.code: kind for kind in _below(ScuttleError) if kind.code is not None}


def error_of(code: int, message: str) -> ScuttleError:
    """Returns the error for a code of the library."""
    kind = _BY_CODE.get(code)
    if kind is not None:
        return kind(message)
    error = ScuttleError(message)
    error.code = code
    return error
