"""Machines and cables for tests: network namespaces at a switch. A test that uses them is skipped if this process may make none."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import Iterator, List, Sequence

import pytest


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


class Wires:
    """A switch, and a cable from it to each machine."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._switch = f"scuttle-{os.getpid()}"
        self._made: List[str] = []

    def address(self, name: str) -> str:
        """Returns the IP address of a machine."""
        return f"10.77.0.{self._names.index(name) + 1}"

    def at(self, name: str) -> List[str]:
        """Returns the words that run a command on a machine."""
        return ["ip", "netns", "exec", self._machine(name)]

    def lose_all(self, name: str) -> None:
        """The switch drops the packets of a machine without a word: the connections stay, and nothing arrives."""
        ip("-n", self._switch, "link", "set", name, "nomaster")

    def unplug(self, name: str) -> None:
        """The machine sees that its cable is gone."""
        ip("-n", self._switch, "link", "set", name, "down")

    def plug_in(self, name: str) -> None:
        """Ends `lose_all` and `unplug`."""
        ip("-n", self._switch, "link", "set", name, "master", "switch", "up")

    def make(self) -> None:
        self._add(self._switch)
        ip("-n", self._switch, "link", "add", "switch", "type", "bridge")
        ip("-n", self._switch, "link", "set", "switch", "up")
        for name in self._names:
            machine = self._machine(name)
            self._add(machine)
            ip("-n", self._switch, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", machine)
            self.plug_in(name)
            ip("-n", machine, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", machine, "link", "set", device, "up")

    def remove(self) -> None:
        for namespace in self._made:
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, timeout=20)

    def _machine(self, name: str) -> str:
        return f"{self._switch}-{name}"

    def _add(self, namespace: str) -> None:
        ip("netns", "add", namespace)
        self._made.append(namespace)


@contextmanager
def wired(*names: str) -> Iterator[Wires]:
    """Makes machines of these names; they are gone afterwards."""
    if shutil.which("ip") is None:
        pytest.skip("ip of iproute2 is missing")
    made = Wires(names)
    try:
        try:
            made.make()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces: {error.stderr.decode(errors='replace').strip()}")
        yield made
    finally:
        made.remove()
