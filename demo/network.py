"""The replicas of the demo: processes that the demo starts, commands, listens to, and ends."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import show

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = {
    "C": [str(ROOT / "build/demo/peer")],
    "Python": [sys.executable, str(ROOT / "demo/peer.py")],
    "Node": ["node", str(ROOT / "demo/peer.js")],
    "Gossip": ["node", str(ROOT / "demo/peer.js"), "--classic"],
}
PATIENCE = 15  # seconds for any one thing to happen


def why_no_node() -> str:
    """Returns why no replica can be in Node; empty if one can."""
    return subprocess.run([ROOT / "demo/has-node"], stdout=subprocess.PIPE, encoding="utf-8").stdout.strip()


class Trouble(Exception):
    """An error that ends the demo with a message and a status that is not 0."""


class Peer:
    """A replica in a process of its own: commands go to its standard input, replies come from its standard output."""

    def __init__(self, name: str, kind: str) -> None:
        self.name, self.kind = name, kind
        environment = dict(os.environ)
        environment["PYTHONPATH"] = str(ROOT / "bindings/python")
        environment["PYTHONUTF8"] = "1"
        environment["SCUTTLE_LIBRARY"] = str(ROOT / "build/lib/libscuttle.so")
        self.process = subprocess.Popen(
            [*PROGRAMS[kind], name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        assert self.process.stdin and self.process.stdout
        self.input, self.output = self.process.stdin, self.process.stdout
        self.port = 0
        self.answers: list[str] = []
        self.unread = b""

    def event(self, what: str) -> None:
        show.event(self.name, self.kind, self.process.pid, what)

    def command(self, *lines: str) -> None:
        try:
            self.input.write("".join(f"{line}\n" for line in lines).encode())
            self.input.flush()
        except BrokenPipeError:
            raise Trouble(f"{self.name} is gone (pid {self.process.pid})") from None

    def hear(self) -> None:
        """Reads new lines of the process's output."""
        data = os.read(self.output.fileno(), 65536)
        if not data:
            raise Trouble(f"{self.name} has ended by itself, status {self.process.wait(PATIENCE)}")
        *lines, self.unread = (self.unread + data).split(b"\n")
        for line in map(bytes.decode, lines):
            word, _, rest = line.partition(" ")
            if word == "error":
                raise Trouble(f"{self.name}: {rest}")
            if word == "closed":
                self.event(f"a connection is over: {rest}")
            else:
                self.answers.append(line)

    def end(self) -> None:
        try:
            self.input.close()  # the end of its input is its sign to go
        except OSError:
            pass  # it has gone before
        try:
            self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Status:
    """A replica's reply to `status`."""

    def __init__(self, answer: str) -> None:
        _, keys, self.fingerprint, *clock = answer.split()
        self.keys = int(keys)
        entries = (word.rpartition(":") for word in clock)
        self.clock = [f"{show.name_of(source)} {version}" for source, _, version in entries]

    def __str__(self) -> str:
        return f"{self.keys} keys, fingerprint {self.fingerprint}"


def names(peers: list[Peer]) -> str:
    return show.listed([peer.name for peer in peers])


class Network:
    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.selector = selectors.DefaultSelector()

    def start(self, kinds: dict[str, str]) -> list[Peer]:
        """Starts replicas: name → kind."""
        started = [Peer(name, kind) for name, kind in kinds.items()]
        self.peers += started
        for peer in started:
            self.selector.register(peer.output, selectors.EVENT_READ, peer)
        self.listen(PATIENCE, lambda: all(peer.answers for peer in started))
        for peer in started:
            if not peer.answers:
                raise Trouble(f"{peer.name} has not started after {PATIENCE} seconds")
            peer.port = int(peer.answers.pop(0).partition(" ")[2])
            peer.event(f"listens on 127.0.0.1:{peer.port}")
        return started

    def end(self) -> None:
        for peer in self.peers:
            peer.end()

    def connect(self, peer: Peer, others: list[Peer]) -> None:
        peer.command(*(f"connect {other.port}" for other in others))
        peer.event(f"connects to {names(others)}")

    def connect_classic(self, peer: Peer, other: Peer) -> None:
        """For a replica in Python."""
        peer.command(f"classic {other.port}")
        peer.event(f"connects to {other.name} by a classic link")

    def listen(self, seconds: float, enough: Callable[[], bool] = lambda: False) -> None:
        """Reads the peers' output, for so many seconds or until it is enough."""
        limit = time.monotonic() + seconds
        while not enough() and (left := limit - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                key.data.hear()

    def ask(self, peers: list[Peer], command: str) -> list[str]:
        """Returns the peers' replies to a command, each a line."""
        for peer in peers:
            peer.answers.clear()
            peer.command(command)
        self.listen(PATIENCE, lambda: all(peer.answers for peer in peers))
        if silent := [peer for peer in peers if not peer.answers]:
            raise Trouble(f"no answer to “{command}” from {names(silent)} after {PATIENCE} seconds")
        return [peer.answers.pop(0) for peer in peers]

    def status(self, peers: list[Peer]) -> list[Status]:
        return [Status(answer) for answer in self.ask(peers, "status")]

    def agreement(self, peers: list[Peer], keys: int) -> list[Status]:
        """Waits until these peers hold the same, and so many keys; returns the status of each."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            seen = self.status(peers)
            if all((status.keys, status.fingerprint) == (keys, seen[0].fingerprint) for status in seen):
                show.said(f"{names(peers)} agree: {seen[0]}")
                return seen
            self.listen(0.05)
        for peer, status in zip(peers, seen):
            peer.event(str(status))
        raise Trouble(f"{names(peers)} do not agree on {keys} keys after {PATIENCE} seconds")
