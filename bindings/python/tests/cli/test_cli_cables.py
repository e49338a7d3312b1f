"""Nodes on machines of their own, which are network namespaces, and cables that are cut: skipped if this process may make none."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import ExitStack
from pathlib import Path
from typing import Iterator, List

import pytest
from processes import NodeProcess, eventually

NAMES = ("ada", "bob", "cyn")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=20)


class Wires:
    """A switch, and a cable from it to each node."""

    def __init__(self) -> None:
        self.switch = f"scuttle-{os.getpid()}"
        self._made: List[str] = []

    def machine(self, name: str) -> str:
        """Returns the namespace of a node."""
        return f"{self.switch}-{name}"

    def address(self, name: str) -> str:
        return f"10.77.0.{NAMES.index(name) + 1}"

    def make(self) -> None:
        self._add(self.switch)
        ip("-n", self.switch, "link", "add", "switch", "type", "bridge")
        ip("-n", self.switch, "link", "set", "switch", "up")
        for name in NAMES:
            machine = self.machine(name)
            self._add(machine)
            ip("-n", self.switch, "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", machine)
            ip("-n", self.switch, "link", "set", name, "master", "switch", "up")
            ip("-n", machine, "address", "add", f"{self.address(name)}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                ip("-n", machine, "link", "set", device, "up")

    def _add(self, namespace: str) -> None:
        ip("netns", "add", namespace)
        self._made.append(namespace)

    def remove(self) -> None:
        for namespace in self._made:
            subprocess.run(["ip", "netns", "delete", namespace], capture_output=True, timeout=20)

    def lose_all(self, name: str) -> None:
        """The switch drops the packets of a node without a word: the connections stay, and nothing arrives."""
        ip("-n", self.switch, "link", "set", name, "nomaster")

    def unplug(self, name: str) -> None:
        """The node's machine sees that its cable is gone."""
        ip("-n", self.switch, "link", "set", name, "down")

    def plug_in(self, name: str) -> None:
        ip("-n", self.switch, "link", "set", name, "master", "switch", "up")


@pytest.fixture
def wires() -> Iterator[Wires]:
    made = Wires()
    try:
        if shutil.which("ip") is None:
            pytest.skip("ip of iproute2 is missing")
        try:
            made.make()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"no network namespaces: {error.stderr.decode(errors='replace').strip()}")
        yield made
    finally:
        made.remove()


def has(node: NodeProcess, key: str, value: str) -> bool:
    return node.run("get", key).out == value + "\n"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_both_sides_of_a_cut_cable_write(transport: str, wires: Wires, tmp_path: Path) -> None:
    if transport == "udp":
        pytest.importorskip("cryptography")
        (tmp_path / "psk").write_bytes(os.urandom(32))
    protection = ["--psk-file", "psk"] if transport == "udp" else ["--insecure"]
    with ExitStack() as stack:
        nodes = {}
        for name in NAMES:
            words = ["--listen", f"{wires.address(name)}:7946", "--transport", transport, *protection]
            peers = [] if name == "ada" else [f"{wires.address('ada')}:7946"]
            inside = ["ip", "netns", "exec", wires.machine(name)]
            nodes[name] = stack.enter_context(NodeProcess(tmp_path, name, *words, peers=peers, wrapper=inside))
        ada, bob, cyn = (nodes[name] for name in NAMES)
        ada.json("set", "round", "0")
        eventually(lambda: all(has(node, "round", "0") for node in nodes.values()))

        for number, cut in enumerate((wires.lose_all, wires.unplug)):
            cut("cyn")
            ada.json("set", f"ours/{number}", "1")
            ada.json("set", "both", f'"ours {number}"')
            cyn.json("set", f"theirs/{number}", "1")
            cyn.json("set", "both", f'"theirs {number}"')
            eventually(lambda: has(bob, f"ours/{number}", "1"))
            assert bob.run("get", f"theirs/{number}").code == cyn.run("get", f"ours/{number}").code == 1

            wires.plug_in("cyn")
            eventually(lambda: all(has(node, f"{side}/{number}", "1") for node in nodes.values() for side in ("ours", "theirs")))
            eventually(lambda: len({node.run("get", "both").out for node in nodes.values()}) == 1)
            assert ada.run("get", "both").out in (f'"ours {number}"\n', f'"theirs {number}"\n')
        for node in nodes.values():
            assert node.end() == 0, node.log.read_text()
