"""A node starts whole or not at all, and leaves nothing behind: the runner of each test looks for tasks, descriptors and threads."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import pytest
from nodes import PATIENCE, HandPeer, asynchronous, pair, until
from support import LIBRARY

import scuttle
from scuttle.aio import Node
from scuttle.aio._listening import Listener

pytestmark = pytest.mark.usefixtures("loops")


@asynchronous
async def test_two_nodes_hold_the_same() -> None:
    async with pair() as (a, b):
        a["lamp"] = True
        await until(lambda: b.get("lamp"))
        del b["lamp"]
        await until(lambda: "lamp" not in a)


@asynchronous
async def test_the_last_writes_reach_the_peers() -> None:
    async with Node("a", listen="127.0.0.1:0") as a:
        async with Node("b", peers=[a.addresses[0]]) as b:
            await b.in_step(PATIENCE)
            b.update({f"k{number}": "." * 1000 for number in range(1000)})  # and no turn of the loop
        assert len(a) == 1000


@asynchronous
async def test_a_member_that_leaves_is_gone_at_once() -> None:
    async with pair() as (a, b):
        await until(lambda: len(a.members) == 2)
        await b.close()
        assert list(a.members) == ["a"]


@asynchronous
async def test_a_peer_that_does_not_read_keeps_nobody() -> None:
    async with Node("a", listen="127.0.0.1:0") as a:
        peer = await (await HandPeer().dial(a)).greet()
        a.update({f"k{number}": "." * 10_000 for number in range(2000)})
        await asyncio.sleep(0.1)
    await peer.close()


@asynchronous
async def test_a_node_closes_once_and_starts_once() -> None:
    node = Node("a")
    with pytest.raises(scuttle.StateError, match="not running"):
        node["k"] = 1
    async with node:
        node["k"] = 1
        with pytest.raises(scuttle.StateError, match="starts once"):
            await node.start()
    await node.close()
    with pytest.raises(scuttle.errors.ClosedError):
        node["k"]
    assert "closed" in repr(node)


@asynchronous
async def test_a_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"127.0.0.1:{port}"):
            async with Node("a", listen=("127.0.0.1", port), peers=["127.0.0.1:1"]):
                pass


@asynchronous
async def test_an_ipv6_address_that_the_machine_has_not_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0))
    found: List[Any] = [absent, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]

    async def resolve(*_: Any) -> List[Any]:
        return found

    monkeypatch.setattr(Listener, "_resolve", resolve)
    async with Node("a", listen="nodes.example:0", insecure=True) as a:
        assert [address.host for address in a.addresses] == ["127.0.0.1"]
        async with Node("b", peers=a.addresses) as b:
            await b.in_step(PATIENCE)
    found[:] = [absent]
    with pytest.raises(OSError, match="cannot listen at nodes.example:0: "):
        await Node("a", listen="nodes.example:0", insecure=True).start()


@asynchronous
async def test_a_start_that_fails_closes_the_store(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        stores: Any = (tmp_path / "folder", f"sqlite:///{tmp_path}/file.db")
        for store in stores:
            with pytest.raises(OSError):
                await Node("a", listen=taken.getsockname(), store=store).start()
            async with Node("a", store=store) as again:
                again["k"] = 1


@asynchronous
async def test_a_locked_store_is_named(tmp_path: Path) -> None:
    stores: Any = ((tmp_path / "folder", "folder"), (f"sqlite:///{tmp_path}/file.db", "file.db"))
    for store, shown in stores:
        async with Node("a", store=store) as node:
            with pytest.raises(scuttle.errors.StoreLockedError, match=shown):
                await Node("a", store=store, listen="127.0.0.1:0").start()
            await node.set("k", 1, durable=True)


@asynchronous
async def test_an_address_of_others_needs_a_permission() -> None:
    with pytest.raises(scuttle.InputError, match="set insecure"):
        await Node("a", listen="0.0.0.0:0").start()
    async with Node("a", listen="0.0.0.0:0", insecure=True) as node:
        assert node.addresses[0].port


@asynchronous
async def test_a_socket_of_a_process_that_is_gone_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "node"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with Node("a", listen=f"unix:{path}") as a:
        with pytest.raises(OSError, match="another process listens there"):
            await Node("b", listen=f"unix:{path}").start()
        async with Node("b", peers=[f"unix:{path}"]) as b:
            a["k"] = 1
            await until(lambda: b.get("k") == 1)
    assert not path.exists()
    path.write_text("a file of somebody")
    with pytest.raises(OSError, match="no socket"):
        await Node("a", listen=f"unix:{path}").start()
    assert path.read_text()


@pytest.mark.parametrize("store", [None, "folder", "sqlite"])
@asynchronous
async def test_a_start_may_be_cancelled_anywhere(tmp_path: Path, store: Any) -> None:
    where: Any = {"folder": tmp_path / "store", "sqlite": f"sqlite:///{tmp_path}/file.db"}.get(store)
    for steps in range(12):
        node = Node("a", listen="127.0.0.1:0", peers=["127.0.0.1:1"], store=where)
        task = asyncio.ensure_future(node.start())
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        await node.close()
    async with Node("a", store=where) as node:
        node["k"] = 1


@pytest.mark.parametrize("store", [False, True])
@asynchronous
async def test_a_close_during_the_start_closes(tmp_path: Path, store: bool) -> None:
    for steps in range(8):
        node = Node("a", listen="127.0.0.1:0", peers=["127.0.0.1:1"], store=tmp_path if store else None)
        start = asyncio.ensure_future(node.start())
        for _ in range(steps):
            await asyncio.sleep(0)
        await node.close()
        try:
            await start
        except scuttle.errors.ClosedError:
            pass
        assert node._replica is None or "closed" in repr(node), repr(node)
        with pytest.raises(scuttle.errors.ClosedError):
            len(node)
        with pytest.raises(scuttle.StateError):  # ClosedError is one
            await node.start()


@asynchronous
async def test_an_end_may_be_cancelled_anywhere(tmp_path: Path) -> None:
    for steps in range(1, 12):
        async with Node("a", listen="127.0.0.1:0") as a:
            b = Node("b", listen="127.0.0.1:0", peers=[a.addresses[0]], store=tmp_path)
            await b.start()
            await b.in_step(PATIENCE)
            await b.set("k", steps)
            task = asyncio.ensure_future(b.close())
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            assert "closed" in repr(b)
    async with Node("b", store=tmp_path) as b:
        assert b["k"] == 11


@asynchronous
async def test_waiting_calls_end_with_the_node() -> None:
    node = Node("a", peers=["127.0.0.1:1"])
    await node.start()
    calls = [
        asyncio.ensure_future(call)
        for call in (node.set("k", 1, confirmed=1), node.in_step(), node.delete("k", confirmed=3))
    ]
    await asyncio.sleep(0.01)
    await node.close()
    for call in calls:
        with pytest.raises(scuttle.errors.ClosedError):
            await call


@pytest.mark.parametrize(
    "config, shown",
    [
        ({"listen": "127.0.0.1"}, "no port"),
        ({"listen": "::1:7000"}, r"\[::1\]:7000"),
        ({"listen": ("127.0.0.1", 65536)}, "65535"),
        ({"listen": "unix:"}, "path"),
        ({"listen": "unix:" + "x" * 200}, "107"),
        ({"peers": ["127.0.0.1:0"]}, "dialled"),
        ({"peers": ["0.0.0.0:7000"]}, "dialled"),
        ({"advertise": ":7000"}, "dialled"),
        ({"gossip": 0}, "gossip is 0"),
        ({"gossip": float("nan")}, "gossip is nan"),
        ({"member_ttl": -1}, "member_ttl is -1"),
        ({"max_connections": 0}, "max_connections is 0"),
        ({"store": ""}, "no path"),
        ({"store": "sqlite://x"}, "names no file"),
        ({"store": "sqlite:///:memory:"}, "names no file"),
        ({"transport": "sctp"}, "sctp"),
    ],
)
def test_a_wrong_argument_is_named(config: Any, shown: str) -> None:
    with pytest.raises(scuttle.InputError, match=shown):
        Node("a", **config)


@asynchronous
async def test_the_name_is_checked_at_the_start(tmp_path: Path) -> None:
    stores: Any = (None, tmp_path / "folder", f"sqlite:///{tmp_path}/file.db")
    for store in stores:
        with pytest.raises(scuttle.errors.IdError):
            await Node("", store=store).start()


@asynchronous
async def test_a_store_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    stores: Any = (tmp_path / "file", tmp_path / "missing/folder", f"sqlite:///{tmp_path}/missing/file.db")
    for store in stores:
        with pytest.raises(OSError, match=os.fspath(tmp_path)):
            await Node("a", store=store).start()


def test_an_import_loads_no_module_that_few_need() -> None:
    program = "import sys, scuttle.aio; print([m for m in ('sqlite3', 'ctypes.util', 'cryptography', 'prometheus_client') if m in sys.modules])"
    found = {**os.environ, "SCUTTLE_LIBRARY": LIBRARY}  # a search for the system's needs ctypes.util
    assert subprocess.check_output([sys.executable, "-c", program], encoding="utf-8", env=found) == "[]\n"


def test_a_python_without_sqlite_has_file_stores(tmp_path: Path) -> None:
    program = """
import asyncio, sys
sys.modules["sqlite3"] = None
from scuttle.aio import Node

async def main():
    async with Node("a", store=sys.argv[1]) as node:
        await node.set("k", 1, durable=True)

asyncio.run(main())
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "store")], check=True)
