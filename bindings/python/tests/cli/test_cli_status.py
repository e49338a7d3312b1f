"""The command status: once, as JSON, and as a live view on a terminal."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from pathlib import Path
from typing import Callable

import pytest
from processes import COMMAND, PATIENCE, NodeProcess, environment, node
from rich.console import Console

from scuttle.cli._status_view import view


class Terminal:
    """A command on a terminal of its own."""

    def __init__(self, *words: str, **variables: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = subprocess.Popen(
            [*COMMAND, *words],
            env=environment(TERM="xterm-256color", **variables),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self.seen = ""

    def read_until(self, holds: Callable[[str], object]) -> None:
        """Reads until what was seen fits, or the command has ended."""
        end = time.monotonic() + PATIENCE
        while not holds(self.seen):
            assert time.monotonic() < end, self.seen
            if not select.select([self._master], [], [], 1.0)[0]:
                continue
            try:
                data = os.read(self._master, 65536)
            except OSError:  # the terminal has no other end any more
                data = b""
            assert data, self.seen
            self.seen += data.decode(errors="replace")

    def type(self, data: bytes) -> None:
        os.write(self._master, data)

    def wait(self) -> int:
        """Reads the rest, and returns the exit code."""
        try:
            while data := os.read(self._master, 65536):
                self.seen += data.decode(errors="replace")
        except OSError:
            pass
        return self.process.wait(PATIENCE)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)


def plain(text: str) -> str:
    """Returns the text without the sequences that control a terminal."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


def test_a_live_view_shows_rates_until_interrupted(node: NodeProcess, tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "bob", peers=[node.address]) as bob:
        bob.run("set", "k", "1", "--confirmed", "1")
        with Terminal("--socket", node.socket, "status", "--interval", "100ms") as terminal:
            terminal.read_until(lambda seen: plain(seen).count("ada, up") >= 4 and "B/s" in seen)
            terminal.type(b"\x03")  # ^C
            assert terminal.wait() == 0
        text = plain(terminal.seen)
        assert "bob" in text and "in step" in text and "lag" in text and "Traceback" not in text
        assert "\x1b[32m" in terminal.seen  # green
        assert terminal.seen.rstrip().endswith("\x1b[?25h")  # the cursor is back


def test_no_color(node: NodeProcess, tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "bob", peers=[node.address]) as bob:
        bob.run("set", "k", "1", "--confirmed", "1")
        with Terminal("--socket", node.socket, "status", "--once", NO_COLOR="1") as terminal:
            assert terminal.wait() == 0
        assert "in step" in terminal.seen and not re.search(r"\x1b\[[0-9;]*3[0-9]", terminal.seen)


def test_a_live_view_ends_with_its_node(tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "bob") as bob:
        with Terminal("--socket", bob.socket, "status", "--interval", "50ms") as terminal:
            terminal.read_until(lambda seen: "bob, up" in plain(seen))
            assert bob.end() == 0
            assert terminal.wait() == 3
        assert "there is no control socket" in plain(terminal.seen).replace("\r\n", " ")
        assert terminal.seen.count("\x1b[?25h") == 1


def test_a_pipe_gets_it_once_and_without_colours(node: NodeProcess) -> None:
    done = node.run("status")
    assert done.code == 0 and "\x1b" not in done.out
    assert [line.split()[0] for line in done.out.splitlines()[:3]] == ["node", "addresses", "keys"]
    assert "store" in done.out and "no peers" in done.out
    assert node.run("status", "--interval", "often").code == 2


def test_json_has_it_all(node: NodeProcess) -> None:
    document = node.json("status")
    assert document["name"] == "ada" and document["id"].startswith("ada~")
    assert document["addresses"] == [node.address] and document["pid"] == node.process.pid
    assert document["version"] == document["library_version"]
    assert document["store"]["kind"] == "file" and document["store"]["file_bytes"] > 0
    assert document["stats"]["links"] == 0 and document["peers"] == []
    assert node.run("status", "--json", "--once").documents[0]["name"] == "ada"


def test_a_watch_on_a_terminal_ends_with_code_0(node: NodeProcess) -> None:
    node.run("set", "tty", "1")
    with Terminal("--socket", node.socket, "watch", "tty", "--initial") as terminal:
        terminal.read_until(lambda seen: "tty\t1" in seen or re.search(r"tty +1", seen))
        terminal.type(b"\x03")
        assert terminal.wait() == 0


def test_a_long_load_shows_its_progress_on_a_terminal_alone(tmp_path: Path) -> None:
    """The bar appears behind half a second of work, which reading from a slow pipe is."""
    lines = tmp_path / "lines"
    lines.write_text("".join(f'{{"key":"k{number}","value":"{"x" * 200}"}}\n' for number in range(60_000)))
    with Terminal("load", str(tmp_path / "store"), "--name", "ada", "--input", str(lines)) as terminal:
        assert terminal.wait() == 0
    assert "Traceback" not in terminal.seen
    quiet = subprocess.run(
        [*COMMAND, "load", str(tmp_path / "other"), "--name", "ada", "--input", str(lines)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "", "")


def test_a_bar_shows_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    program = """
import time
from scuttle.cli import _progress
_progress._PATIENCE = 0.0
with _progress.ProgressBar("load", 256.0) as bar:
    for _ in range(256):
        bar.add(1.0)
    time.sleep(0.3)
"""
    with Terminal("--version") as terminal:
        terminal.wait()
    assert "\x1b" not in terminal.seen
    master, slave = pty.openpty()
    with subprocess.Popen(
        [COMMAND[0], "-c", program], env=environment(TERM="xterm"), stderr=slave, stdout=subprocess.DEVNULL
    ) as process:
        os.close(slave)
        seen = b""
        try:
            while data := os.read(master, 65536):
                seen += data
        except OSError:
            pass
        assert process.wait(PATIENCE) == 0
    os.close(master)
    assert b"load" in seen and b"100%" in seen


@pytest.mark.parametrize("name", ["[bold]markup[/bold]", "\x1b[31mred", "two\nlines", "é" * 100])
def test_what_a_peer_claims_cannot_write_on_the_terminal(
    node: NodeProcess, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    document = node.json("status")
    peer = {"name": name, "source": name, "address": name, "state": "in_step", "lag": 0, "bytes_in": 1, "bytes_out": 1}
    document["peers"] = [{**peer, "since": document["time"] - 90, "error": name, "is_outgoing": True}]
    document["members"] = {name: {}}
    document["name"] = name
    console = Console(width=400, no_color=True, markup=False, emoji=False, highlight=False)
    console.print(view(document, document))
    out = capsys.readouterr().out
    assert all(line.replace(" ", "").isprintable() for line in out.split("\n"))
    assert "1 min 30 s" in out
    if name.startswith("["):
        assert name in out


def test_an_interrupt_is_code_130(node: NodeProcess) -> None:
    words = [*COMMAND, "--socket", node.socket, "set", "interrupted", "1", "--confirmed", "9"]
    with subprocess.Popen(words, env=environment(), stderr=subprocess.PIPE) as process:
        while node.run("get", "interrupted").code:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr is not None and process.stderr.read() == b""
