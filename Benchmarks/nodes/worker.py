"""A node in a process of its own, which replies to each line of its standard input with a line of JSON.

    worker.py NAME FOLDER [tls] [store=file|sqlite] [peer=ADDRESS …]
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from scuttle.aio import TLS, Node


def certificate(folder: Path, name: str) -> TLS:
    """Issues a certificate, by an authority that the first process makes."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, stderr=subprocess.DEVNULL)

    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "ca.pem").exists():
            uses = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
            openssl("req", "-x509", *curve, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", *uses)
        (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}\n")
        openssl("req", *curve, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", f"{name}.ext", "-days", "2"]
        openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem")
    return TLS(ca=folder / "ca.pem", cert=folder / f"{name}.pem", key=folder / f"{name}.key")


class Worker:
    def __init__(self, node: Node) -> None:
        self._node = node
        self._delays: list[float] = []
        self._watching: asyncio.Task[None] | None = None

    async def members(self, count: str) -> dict:
        while len(self._node.members) < int(count):
            await asyncio.sleep(0.01)
        return {}

    async def in_step(self) -> dict:
        await self._node.in_step()
        return {}

    async def watch(self, prefix: str) -> dict:
        async def watch() -> None:
            async for change in self._node.watch(prefix):
                self._delays.append(time.monotonic() - change.value)  # one clock for all processes of a machine

        self._watching = asyncio.create_task(watch())
        await asyncio.sleep(0)
        return {}

    async def write(self, count: str, pause: str) -> dict:
        for i in range(int(count)):
            self._node[f"spread/{i}"] = time.monotonic()
            await asyncio.sleep(float(pause))
        return {}

    async def seen(self, count: str) -> dict:
        while len(self._delays) < int(count):
            await asyncio.sleep(0.01)
        return {"delays": self._delays}

    async def set(self, count: str) -> dict:
        keys = [f"{i:016x}" for i in range(int(count))]
        value = "v" * 30
        begin = time.monotonic()
        for at in range(0, len(keys), 500):
            for key in keys[at : at + 500]:
                self._node[key] = value
            await asyncio.sleep(0)  # a turn of the event loop, in which the node sends
        return {"begin": begin, "end": time.monotonic()}

    async def holds(self, count: str) -> dict:
        while len(self._node) < int(count):
            await asyncio.sleep(0.001)
        return {"at": time.monotonic()}

    async def durable(self, lanes: str, seconds: str) -> dict:
        begin = time.monotonic()
        writes = 0

        async def write(lane: int) -> None:
            nonlocal writes
            while time.monotonic() < begin + float(seconds):
                await self._node.set(f"durable/{lane}", writes, durable=True)
                writes += 1

        await asyncio.gather(*map(write, range(int(lanes))))
        return {"writes": writes, "seconds": time.monotonic() - begin}

    async def memory(self) -> dict:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return {"bytes": pages * os.sysconf("SC_PAGE_SIZE")}

    async def sent(self) -> dict:
        return {"bytes": self._node.stats.bytes_out, "at": time.monotonic(), "processor": time.process_time()}


async def main(name: str, folder: str, *words: str) -> None:
    tls = certificate(Path(folder), name) if "tls" in words else None
    store = {"file": f"{folder}/store", "sqlite": f"sqlite:///{folder}/store.db"}.get(
        next((word[6:] for word in words if word.startswith("store=")), "")
    )
    peers = [word[5:] for word in words if word.startswith("peer=")]
    async with Node(name, listen="127.0.0.1:0", peers=peers, tls=tls, store=store) as node:
        print(json.dumps({"address": str(node.addresses[0])}), flush=True)
        worker = Worker(node)
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        while line := (await lines.readline()).decode().split():
            reply = await getattr(worker, line[0].replace("-", "_"))(*line[1:])
            print(json.dumps(reply), flush=True)
        if worker._watching is not None:
            worker._watching.cancel()


asyncio.run(main(*sys.argv[1:]))
