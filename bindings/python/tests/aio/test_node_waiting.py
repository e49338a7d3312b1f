"""Calls that wait for disks and peers."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from nodes import PATIENCE, HandPeer, asynchronous, pair, until

import scuttle
from scuttle.aio import Node, NotDurableError

pytestmark = pytest.mark.usefixtures("loops")


def url(kind: str, folder: Path) -> str:
    """Returns a store of a kind."""
    return str(folder / "folder") if kind == "folder" else f"sqlite:///{folder}/node.db"


@asynchronous
async def test_a_confirmed_write_is_there() -> None:
    async with pair(gossip=1000) as (a, b):
        for number in range(20):
            await a.set("k", number, confirmed=1, timeout=PATIENCE)
            assert b["k"] == number
        await a.delete("k", confirmed=1, timeout=PATIENCE)
        assert "k" not in b
        await asyncio.gather(*(b.set(f"k{number}", number, confirmed=1, timeout=PATIENCE) for number in range(100)))
        assert len(a) == 100


@asynchronous
async def test_too_few_peers_are_a_timeout_and_the_write_stays() -> None:
    async with pair() as (a, b):
        with pytest.raises(asyncio.TimeoutError):
            await a.set("k", 1, confirmed=2, timeout=0.1)
        assert a["k"] == b["k"] == 1
        with pytest.raises(asyncio.TimeoutError):
            await a.delete("k", confirmed=2, timeout=0.1)
        assert "k" not in a and len(a._conditions) == 0


@asynchronous
async def test_a_cancelled_call_leaves_the_write() -> None:
    async with pair() as (a, b):
        call = asyncio.ensure_future(a.set("k", 1, confirmed=5))
        await until(lambda: len(a._conditions) == 1)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert a["k"] == 1 and len(a._conditions) == 0
        await until(lambda: b.get("k") == 1)


@asynchronous
async def test_in_step_means_that_both_hold_the_same() -> None:
    async with pair(gossip=1000) as (a, b):
        for number in range(20):
            a[f"a{number}"], b[f"b{number}"] = number, number
            await a.in_step(PATIENCE)
            assert dict(a) == dict(b)


@asynchronous
async def test_in_step_of_nobody() -> None:
    async with Node("a") as alone, Node("b", peers=["127.0.0.1:1"]) as lonely:
        await alone.in_step(PATIENCE)
        with pytest.raises(asyncio.TimeoutError):
            await lonely.in_step(0.05)


@asynchronous
async def test_a_peer_that_does_not_read_confirms_nothing() -> None:
    async with Node("a", listen="127.0.0.1:0") as a:
        peer = await (await HandPeer().dial(a)).greet()
        with pytest.raises(asyncio.TimeoutError):
            await a.set("k", 1, confirmed=1, timeout=0.1)
        call = asyncio.ensure_future(a.set("k", 2, confirmed=1, timeout=PATIENCE))
        while not call.done():
            await peer.talk()
        await call
        assert peer.replica["k"] == 2
        await peer.close()


@pytest.mark.parametrize("kind", ["folder", "sqlite"])
@asynchronous
async def test_durable_writes_share_commits(tmp_path: Path, kind: str) -> None:
    async with Node("a", store=url(kind, tmp_path)) as node:
        await node.set("first", 0, durable=True)
        assert node.store_info is not None
        before = node.store_info.commits
        await asyncio.gather(*(node.set(f"k{number}", number, durable=True) for number in range(100)))
        assert node.store_info.commits - before <= 2
        await node.delete("first", durable=True)
    async with Node("a", store=url(kind, tmp_path)) as node:
        assert len(node) == 100


@pytest.mark.parametrize("kind", ["folder", "sqlite"])
@asynchronous
async def test_other_writes_are_committed_soon(tmp_path: Path, kind: str) -> None:
    async with Node("a", store=url(kind, tmp_path)) as node:
        await until(lambda: node.store_info and node.store_info.commits)
        before = node.store_info.commits if node.store_info else 0
        node["k"] = 1
        await until(lambda: node.store_info and node.store_info.commits > before)


@asynchronous
async def test_durable_needs_a_store() -> None:
    async with Node("a") as node:
        with pytest.raises(scuttle.StateError, match="store="):
            await node.set("k", 1, durable=True)
        with pytest.raises(scuttle.InputError, match="confirmed is -1"):
            await node.set("k", 1, confirmed=-1)
        assert "k" not in node


@pytest.mark.parametrize("kind", ["folder", "sqlite"])
@asynchronous
async def test_a_disk_error_is_told_once_and_mends(tmp_path: Path, kind: str, monkeypatch: Any, caplog: Any) -> None:
    caplog.set_level("INFO", "scuttle.aio")
    async with Node("a", store=url(kind, tmp_path)) as node:
        assert node._store is not None
        works = node._store.sync
        error = OSError(28, "No space left on device")

        def fails() -> None:
            raise error

        monkeypatch.setattr(node._store, "sync", fails)
        for number in range(3):
            with pytest.raises(NotDurableError, match="No space") as caught:
                await node.set("k", number, durable=True)
            assert caught.value.__cause__ is error
        assert node["k"] == 2 and node.store_info is not None and node.store_info.error is error
        monkeypatch.setattr(node._store, "sync", works)
        await until(lambda: node.store_info and node.store_info.error is None)
        assert [record.levelname for record in caplog.records if "store" in record.message] == ["WARNING", "INFO"]
        await node.set("l", 1, durable=True)
    async with Node("a", store=url(kind, tmp_path)) as node:
        assert node == {"k": 2, "l": 1}
