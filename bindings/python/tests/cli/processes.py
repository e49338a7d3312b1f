"""The command line as processes, for its tests."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence

import pytest
from support import LIBRARY, PACKAGE

from scuttle.cli import main

#: Seconds after which a test gives up. No test measures time.
PATIENCE = 60.0

COMMAND = [sys.executable, "-m", "scuttle"]


def environment(**more: str) -> Dict[str, str]:
    """Returns the environment of a command: that of the tests, without what the user has set."""
    kept = {name: value for name, value in os.environ.items() if name not in ("SCUTTLE_SOCKET", "NO_COLOR", "COLUMNS")}
    return {**kept, "SCUTTLE_LIBRARY": LIBRARY, "PYTHONPATH": str(PACKAGE.parent), "PYTHONWARNINGS": "error", **more}


class Done:
    """A command that has ended."""

    def __init__(self, code: int, out: str, error: str) -> None:
        self.code = code
        self.out = out
        self.error = error

    @property
    def documents(self) -> List[Any]:
        """The JSON documents in the lines of the output."""
        return [json.loads(line) for line in self.out.splitlines()]

    def __repr__(self) -> str:
        return f"<code {self.code}, out {self.out!r}, error {self.error!r}>"


def scuttle(*words: str, input: str = "", folder: Optional[Path] = None, **variables: str) -> Done:
    """Runs a command to its end, as a process."""
    done = subprocess.run(
        [*COMMAND, *words],
        input=input,
        capture_output=True,
        cwd=folder,
        env=environment(**variables),
        encoding="utf-8",
        timeout=PATIENCE,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def inside(*words: str, input: str = "") -> Done:
    """Runs a command to its end in this process, which is much quicker."""
    streams = [io.TextIOWrapper(io.BytesIO(data), encoding="utf-8") for data in (input.encode(), b"", b"")]
    before = sys.stdin, sys.stdout, sys.stderr
    sys.stdin, sys.stdout, sys.stderr = streams
    try:
        code = main(words)
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
    texts = []
    for stream in streams[1:]:
        stream.flush()
        texts.append(str(stream.buffer.getvalue(), "utf-8"))
    return Done(code, *texts)


class NodeProcess:
    """A running `scuttle node`, with its control socket."""

    def __init__(
        self, folder: Path, name: str, *words: str, peers: Sequence[str] = (), wrapper: Sequence[str] = ()
    ) -> None:
        self.folder = folder
        self.name = name
        self.socket = str(folder / f"{name}.socket")
        self.log = folder / f"{name}.log"
        options = ["--name", name, "--listen", "127.0.0.1:0", "--socket", self.socket, "--gossip", "50ms", "--json"]
        for peer in peers:
            options += ["--peer", peer]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*wrapper, *COMMAND, "node", *options, *words],
                cwd=folder,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                encoding="utf-8",
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.log.read_text()
        #: The line that says that the node is ready.
        self.ready: Dict[str, Any] = json.loads(line)

    @property
    def address(self) -> str:
        """The address at which it listens."""
        return str(self.ready["addresses"][0])

    def run(self, *words: str, input: str = "") -> Done:
        """Runs a command for this node, in this process."""
        return inside("--socket", self.socket, *words, input=input)

    def json(self, *words: str) -> Any:
        """Runs a command that prints one JSON document, which it returns."""
        done = self.run("--json", *words)
        assert done.code == 0, done
        return done.documents[0]

    def end(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal, and returns the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            assert self.process.stdout is not None
            self.process.stdout.close()

    def __enter__(self) -> NodeProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """A node with a store, for all tests of a module that imports this: each uses keys of its own."""
    folder: Path = tmp_path_factory.mktemp("node")
    with NodeProcess(folder, "ada", "--store", "store") as running:
        yield running
        assert running.end() == 0, running.log.read_text()
    assert running.log.read_text() == ""


def eventually(holds: Callable[[], bool]) -> None:
    """Looks again and again until a condition holds."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "the condition has not come to hold"
        time.sleep(0.05)
