"""A peer whose cable is cut without a word is noticed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Callable, Dict

import pytest
from wires import Wires, wired

#: Seconds in which a cut cable has to be noticed, and in which its return has to be.
NOTICED, BACK = 30.0, 30.0

MACHINES = ("one", "two")

#: A node that prints its peers that reply, and its members, whenever they change. All periods are shorter than those of a node in use.
CHILD = """
import asyncio, json, sys
from scuttle.aio import Node, _datagram_link, _dialling, _patience

_patience.SECONDS, _patience._PROBE_AFTER, _patience._PROBE_EACH = 4, 2, 1
_datagram_link.PROBE_AFTER, _datagram_link.SILENT_AFTER = 1.0, 4.0
_dialling.LONGEST_PAUSE = 1.0

async def main(name, listen, peer, transport, key):
    security = {"psk": key} if transport == "udp" else {"insecure": True}
    async with Node(name, listen=listen, peers=[peer], transport=transport, member_ttl=3, **security) as node:
        last = None
        while True:
            now = [sorted(one.name for one in node.peers if one.state in ("connected", "in_step")), sorted(node.members)]
            if now != last:
                last = now
                print(json.dumps(now), flush=True)
            await asyncio.sleep(0.05)

asyncio.run(main(*sys.argv[1:]))
"""


class Machine:
    """A machine with a node, and the latest line of the node."""

    def __init__(self, wires: Wires, number: int, transport: str, key: Path) -> None:
        self.name = f"{transport}{number}"
        self.last: Any = [[], []]
        here, there = (f"{wires.address(MACHINES[which])}:7946" for which in (number - 1, 2 - number))
        command = [*wires.at(MACHINES[number - 1]), sys.executable, "-c", CHILD, self.name, here, there, transport, str(key)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.last = json.loads(line)

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


def within(seconds: float, holds: Callable[[], bool], nodes: Dict[str, Machine]) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, {name: node.last for name, node in nodes.items()}
        time.sleep(0.02)


def test_a_peer_that_is_gone_without_a_word_is_noticed(tmp_path: Path) -> None:
    pytest.importorskip("cryptography")
    key = tmp_path / "psk"
    key.write_text(os.urandom(32).hex())  # of 32 bytes as they come the last may be white space
    key.chmod(0o600)
    with wired(*MACHINES) as wires, ExitStack() as stack:
        nodes: Dict[str, Machine] = {}
        for transport in ("tcp", "udp"):
            for number in (1, 2):
                made = stack.enter_context(Machine(wires, number, transport, key))
                nodes[made.name] = made
        others = {"tcp1": "tcp2", "tcp2": "tcp1", "udp1": "udp2", "udp2": "udp1"}

        def all_meet() -> bool:
            return all(node.last == [[others[name]], sorted([name, others[name]])] for name, node in nodes.items())

        def all_are_alone() -> bool:
            return all(node.last == [[], [name]] for name, node in nodes.items())

        within(BACK, all_meet, nodes)
        wires.lose_all(MACHINES[1])
        within(NOTICED, all_are_alone, nodes)
        wires.plug_in(MACHINES[1])
        within(BACK, all_meet, nodes)
