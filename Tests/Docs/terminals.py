"""Plays a session of a page: what somebody types into several terminals, and what they print.

    ada$ ./node ada 7001        the terminal `ada` runs a program, which goes on until the page ends
    ada listens on 7001         what the terminal of the line before prints
    ada> get lamp               a line for the program in `ada`
    ada> ^D                     the end of its input, after which it ends

A replica hears of a write a moment later. So a line that asks, and gets another answer than the page has, is typed again for a while:
it begins with one of ASKING.
"""

from __future__ import annotations

import queue
import re
import subprocess
import threading
import time
from pathlib import Path
from typing import Iterator

PATIENCE = 15.0  # seconds for one answer
PAUSE = 0.05  # seconds before a question comes again
ASKING = ("get ", "print(")
PROMPT = re.compile(r"^(?P<name>\w+)(?P<kind>[$>]) (?P<text>.*)$")


class Unexpected(Exception):
    """What a terminal printed in place of what the page says."""


class Terminal:
    def __init__(self, command: str, folder: Path, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            bufsize=1,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))

    def type(self, text: str) -> None:
        assert self.process.stdin
        if text == "^D":
            self.process.stdin.close()
            self.process.wait(PATIENCE)
            return
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def printed(self, count: int, seconds: float) -> list[str]:
        """The next lines, as many as come in that time."""
        lines: list[str] = []
        end = time.monotonic() + seconds
        while len(lines) < count:
            try:
                lines.append(self.lines.get(timeout=max(0.0, end - time.monotonic())))
            except queue.Empty:
                break
        return lines

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


class Session:
    """The terminals of a page."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder, self.environment = folder, environment
        self.terminals: dict[str, Terminal] = {}

    def play(self, text: str) -> None:
        for name, kind, line, expected in turns(text):
            if kind == "$":
                if name in self.terminals:
                    self.terminals[name].end()
                self.terminals[name] = Terminal(line, self.folder, self.environment)
                answer(self.terminals[name], None, expected)
            elif name not in self.terminals:
                raise Unexpected(f"nothing runs in the terminal {name}")
            else:
                answer(self.terminals[name], line, expected)

    def close(self) -> None:
        for terminal in self.terminals.values():
            terminal.end()


def turns(text: str) -> Iterator[tuple[str, str, str, list[str]]]:
    lines = [line for line in text.splitlines() if line.strip()]
    starts = [number for number, line in enumerate(lines) if PROMPT.match(line)]
    if not starts or starts[0] != 0:
        raise Unexpected("a session begins with a prompt: NAME$ COMMAND or NAME> LINE")
    for start, end in zip(starts, [*starts[1:], len(lines)]):
        prompt = PROMPT.match(lines[start])
        assert prompt
        yield prompt["name"], prompt["kind"], prompt["text"], lines[start + 1 : end]


def answer(terminal: Terminal, line: str | None, expected: list[str]) -> None:
    end = time.monotonic() + PATIENCE
    while True:
        if line is not None:
            terminal.type(line)
        printed = terminal.printed(len(expected), PATIENCE)
        if printed == expected:
            return
        if line is None or not line.startswith(ASKING) or time.monotonic() > end:
            raise Unexpected(f"after {line or 'its start'} it printed:\n" + "\n".join(printed) + "\nand not:\n" + "\n".join(expected))
        time.sleep(PAUSE)
