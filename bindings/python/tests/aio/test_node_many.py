"""Many nodes: 100 in one process, 20 processes, and processes that are killed."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import List

import node_kill_rounds
import pytest
from nodes import asynchronous, until

from scuttle.aio import Node

CHILD = """
import asyncio, sys
from scuttle.aio import Node

async def main(name, seed):
    async with Node(name, listen="127.0.0.1:0", peers=[seed], gossip=0.2) as node:
        node[f"from/{name}"] = 1
        while len(node.keys("from/")) < 20 or "end" not in node:
            await asyncio.sleep(0.02)
        await node.set(f"done/{name}", len(node.keys("from/")), confirmed=1, timeout=60)
        await asyncio.sleep(0.5)

asyncio.run(main(*sys.argv[1:]))
"""


@asynchronous
async def test_a_hundred_nodes_in_one_process_hold_the_same() -> None:
    seed = random.randrange(1 << 30)
    print(f"seed {seed}")
    pick = random.Random(seed)
    async with Node("n0", listen="127.0.0.1:0", gossip=2) as hub:
        nodes: List[Node] = [hub]
        for number in range(1, 100):
            node = Node(f"n{number}", listen="127.0.0.1:0", peers=[pick.choice(nodes).addresses[0]], gossip=2)
            await node.start()
            nodes.append(node)
        for node in nodes:
            node[f"from/{node.name}"] = pick.random()
        await until(lambda: all(len(node) == 100 for node in nodes))
        assert all(dict(node) == dict(hub) for node in nodes)
        for node in nodes[1:]:
            await node.close()


@asynchronous
async def test_twenty_processes_hold_the_same() -> None:
    async with Node("n0", listen="127.0.0.1:0", gossip=0.2) as hub:
        hub["from/n0"] = 1
        children = [
            subprocess.Popen([sys.executable, "-c", CHILD, f"n{number}", str(hub.addresses[0])], stderr=subprocess.PIPE)
            for number in range(1, 20)
        ]
        try:
            await until(lambda: len(hub.keys("from/")) == 20)
            hub["end"] = 1
            await until(lambda: dict(hub.items("done/")) == {f"done/n{number}": 20 for number in range(1, 20)})
            await until(lambda: all(child.poll() is not None for child in children))
        finally:
            for child in children:
                child.kill()
                _, errors = child.communicate()
                assert not errors, errors.decode()
        assert all(child.returncode == 0 for child in children)


@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_durable_is_lost_by_kills(tmp_path: Path, seed: int) -> None:
    assert node_kill_rounds.run(int(os.environ.get("ROUNDS", "3")), seed, 3, tmp_path) > 0
