"""Nodes on machines of their own, and cables that are cut."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path

import pytest
from processes import NodeProcess, eventually
from wires import wired

NAMES = ("ada", "bob", "cyn")


def has(node: NodeProcess, key: str, value: str) -> bool:
    return node.run("get", key).out == value + "\n"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_both_sides_of_a_cut_cable_write(transport: str, tmp_path: Path) -> None:
    if transport == "udp":
        pytest.importorskip("cryptography")
        (tmp_path / "psk").write_text(os.urandom(32).hex())  # of 32 bytes as they come the last may be white space
    protection = ["--psk-file", "psk"] if transport == "udp" else ["--insecure"]
    with wired(*NAMES) as wires, ExitStack() as stack:
        nodes = {}
        for name in NAMES:
            words = ["--listen", f"{wires.address(name)}:7946", "--transport", transport, *protection]
            peers = [] if name == "ada" else [f"{wires.address('ada')}:7946"]
            nodes[name] = stack.enter_context(NodeProcess(tmp_path, name, *words, peers=peers, wrapper=wires.at(name)))
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
