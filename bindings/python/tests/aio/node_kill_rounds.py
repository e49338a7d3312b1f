"""Rounds of kill -9: nodes with stores are killed while all write, and nothing that was confirmed as durable is lost.

    node_kill_rounds.py [--rounds 500] [--first 0] [--nodes 3]

In a round, processes with a node each write keys of their own with `durable=True`, and confirm each write behind it; one of them, or all, are
killed at a random moment, and start again from their stores. At the end of a chain of rounds all stores are opened by nodes that meet, and each
key has to hold the confirmed value or a later one, at each node. A failure names the seed of its chain.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Dict, List

from scuttle.aio import Node

#: Rounds with one set of stores.
CHAIN = 5


class Fault(Exception):
    """A confirmed write is lost."""


async def child(name: str, store: str, folder: Path, names: List[str], first: int) -> None:
    """Writes numbers under the node's own keys, and confirms each on the standard output, until the process is killed."""
    peers = [f"unix:{folder}/{other}.socket" for other in names if other != name]
    async with Node(name, listen=f"unix:{folder}/{name}.socket", peers=peers, store=store, gossip=0.05) as node:
        number = max([first, *(value for _, value in node.items(f"{name}/"))])

        async def write(lane: int) -> None:
            nonlocal number
            while True:
                number += 1
                key, value = f"{name}/{lane}", number
                await node.set(key, value, durable=True)
                os.write(1, f"{key} {value}\n".encode())

        await asyncio.gather(*(write(lane) for lane in range(8)))


class Chain:
    """Stores, and the processes that are killed."""

    def __init__(self, seed: int, count: int, folder: Path) -> None:
        self._random = random.Random(seed)
        self._folder = folder
        self._names = [f"n{number}" for number in range(count)]
        self._stores = {
            name: self._random.choice([f"{folder}/{name}.folder", f"sqlite:///{folder}/{name}.db"])
            for name in self._names
        }
        self.claims: Dict[str, int] = {}
        self.writes = 0

    def round(self) -> None:
        """Lets the processes write for a while, and kills them."""
        running = [self._start(name) for name in self._names]
        heads = [b""] * len(running)
        try:
            if self._random.random() < 0.8:  # otherwise they are killed while they start
                heads = [process.stdout.readline() for process in running if process.stdout]
            time.sleep(self._random.random() * 0.5)
            if self._random.random() < 0.5:  # one first, while the others go on
                running[0].kill()
                time.sleep(self._random.random() * 0.2)
        finally:
            for process in running:
                process.kill()
            for process, head in zip(running, heads):
                output, errors = process.communicate()
                self._add(head + output, errors)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        arguments = [name, self._stores[name], str(self._folder), ",".join(self._names), str(self.writes)]
        return subprocess.Popen(
            [sys.executable, __file__, "--child", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )

    def _add(self, output: bytes, errors: bytes) -> None:
        if b"Error" in errors:
            raise Fault(errors.decode(errors="replace"))
        for line in output.decode().split("\n")[:-1]:
            key, value = line.split()
            self.claims[key] = max(int(value), self.claims.get(key, 0))
            self.writes += 1

    async def check(self) -> None:
        """Opens the stores, each by itself and then together."""
        nodes = [Node(name, listen="127.0.0.1:0", store=self._stores[name]) for name in self._names]
        for node in nodes:
            await node.start()
        try:
            for node in nodes:
                self._check(node, f"{node.name}/")
            async with Node("reader", peers=[node.addresses[0] for node in nodes]) as reader:
                end = time.monotonic() + 30
                while any(reader.get(key, 0) < value for key, value in self.claims.items()) and time.monotonic() < end:
                    await asyncio.sleep(0.01)
                self._check(reader, "")
        finally:
            for node in nodes:
                await node.close()

    def _check(self, node: Node, prefix: str) -> None:
        for key, value in self.claims.items():
            if key.startswith(prefix) and node.get(key, 0) < value:
                raise Fault(f"{node.name}: {key} holds {node.get(key)}; {value} was confirmed")


def run(rounds: int, first: int, count: int, folder: Path) -> int:
    """Runs rounds, in chains with the seeds `first`, `first` + 1 and so on; returns the number of confirmed writes."""
    writes = 0
    for seed in range(first, first + (rounds + CHAIN - 1) // CHAIN):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            chain = Chain(seed, count, Path(place))
            try:
                for _ in range(min(CHAIN, rounds - (seed - first) * CHAIN)):
                    chain.round()
                asyncio.run(chain.check())
            except Fault as fault:
                raise Fault(f"seed {seed}: {fault}") from fault
            writes += chain.writes
    return writes


def main() -> None:
    """Runs the rounds of the command line."""
    if sys.argv[1:2] == ["--child"]:
        name, store, folder, names, first = sys.argv[2:]
        asyncio.run(child(name, store, Path(folder), names.split(","), int(first)))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--first", type=int, default=0, help="seed of the first chain")
    parser.add_argument("--nodes", type=int, default=3)
    given = parser.parse_args()
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        writes = run(given.rounds, given.first, given.nodes, Path(folder))
    print(
        f"{given.rounds} rounds from seed {given.first}, {writes} writes confirmed, {time.monotonic() - begin:.0f} s: nothing lost"
    )


if __name__ == "__main__":
    main()
