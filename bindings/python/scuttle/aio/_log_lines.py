"""Log lines that stay one line, whatever a peer has put into its name, its address or its reason."""

from __future__ import annotations

import logging


class OneLine(logging.Filter):
    """Escapes what is not printable in the arguments of a record: a line break would forge a line, and other characters control a terminal."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Returns True."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_printable, record.args))
        return True


def _printable(argument: object) -> object:
    if isinstance(argument, (int, float)):
        return argument
    text = str(argument)
    if text.isprintable():
        return argument
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)
