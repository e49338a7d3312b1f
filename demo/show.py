"""The output of the demo: lines in order of time, each with its process."""

from __future__ import annotations

import os
import sys
import time

BEGIN = time.monotonic()
COLOURED = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
COLOURS = {"ada": "36", "bob": "33", "cyn": "35", "dan": "34", "eve": "32"}
BOLD = "1"


def paint(colour: str, text: str) -> str:
    return f"\033[{colour}m{text}\033[0m" if COLOURED else text


def out(line: str = "") -> None:
    print(line, flush=True)


def headline(text: str) -> None:
    out()
    out(paint(BOLD, text))


def event(name: str, kind: str, pid: int, what: str) -> None:
    who = paint(COLOURS.get(name, BOLD), f"{name:<4}")
    out(f"{time.monotonic() - BEGIN:6.2f}  {who}  {kind:<6}  {pid:>7}  {what}")


def said(what: str) -> None:
    """An event of the process that runs the demo."""
    event("demo", "Python", os.getpid(), what)


def listed(words: list[str]) -> str:
    """Returns words as a sentence lists them: "ada, bob and cyn"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def name_of(source: str) -> str:
    """Returns the name in a source, which ends in "~" and the 8 characters of an incarnation; an exact source is a name."""
    return source.rpartition("~")[0] or source


def table(columns: list[str], rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(columns, *rows)]
    for row in [columns, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths)]
        cells[0] = paint(COLOURS.get(row[0], BOLD), cells[0])
        out("  " + "  ".join(cells).rstrip())
