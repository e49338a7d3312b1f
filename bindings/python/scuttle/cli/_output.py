"""Standard output and error of commands: lines, JSON, colours."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from ._values import shown_json

if TYPE_CHECKING:
    from rich.console import Console


def write_line(line: str, *, flush: bool = False) -> None:
    """Writes a line to standard output."""
    sys.stdout.write(f"{line}\n")
    if flush:
        sys.stdout.flush()


def write_json(document: Any, *, flush: bool = False) -> None:
    """Writes a JSON document in one line to standard output."""
    write_line(shown_json(document), flush=flush)


def write_error(message: str) -> None:
    """Writes an error, in one line, to standard error."""
    one_line = " ".join(message.split())
    text = "".join(character if character.isprintable() else "?" for character in one_line)
    try:
        print(f"scuttle: {text}", file=sys.stderr)
    except OSError:
        pass  # nobody reads it


def console(*, is_error: bool = False) -> Console:
    """Returns a console of rich: without colours if its stream is no terminal or NO_COLOR is set."""
    from rich.console import Console

    stream = sys.stderr if is_error else sys.stdout
    is_plain = not stream.isatty() or bool(os.environ.get("NO_COLOR"))
    return Console(
        file=stream, no_color=is_plain, highlight=False, markup=False, emoji=False, soft_wrap=not stream.isatty()
    )


def prepare() -> None:
    """Makes the standard streams usable: one that is closed is empty, and one that cannot encode a character prints an escape."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(
                sys, name, open(os.devnull, mode)
            )  # the lowest free descriptor, so that no other file becomes this stream
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def abandon_output() -> None:
    """Lets nothing more be written to standard output, whose reader has gone: Python flushes it at its end."""
    sink = os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, sys.stdout.fileno())
    os.close(sink)
