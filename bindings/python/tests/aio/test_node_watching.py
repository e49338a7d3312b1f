"""Watchers: a snapshot, then coalesced changes, at the pace of the reader."""

from __future__ import annotations

import asyncio
from typing import Dict, List, Tuple

import pytest
from nodes import PATIENCE, asynchronous, pair, until

from scuttle.aio import Node, Watch

pytestmark = pytest.mark.usefixtures("loops")


async def read(watch: Watch, count: int) -> List[Tuple[str, object]]:
    """Reads some changes: their keys, with the value, or "deleted"."""
    found = []
    for _ in range(count):
        change = await asyncio.wait_for(watch.__anext__(), PATIENCE)
        found.append((change.key, "deleted" if change.deleted else change.value))
    return found


async def is_silent(watch: Watch) -> bool:
    """Returns whether a watcher has nothing to tell."""
    try:
        await asyncio.wait_for(watch.__anext__(), 0.05)
    except asyncio.TimeoutError:
        return True
    return False


@asynchronous
async def test_a_snapshot_comes_first() -> None:
    async with Node("a") as node:
        node.update({"x/1": 1, "y": 2, "x/2": 3, "x/gone": 0})
        del node["x/gone"]
        watch = node.watch("x/", initial=True)
        assert await read(watch, 2) == [("x/1", 1), ("x/2", 3)]
        assert await is_silent(watch)
        node["x/3"] = 4
        del node["x/1"]
        assert await read(watch, 2) == [("x/3", 4), ("x/1", "deleted")]


@asynchronous
async def test_without_a_snapshot_the_past_is_left_out() -> None:
    async with Node("a") as node:
        node.update({"k": 1, "l": 1})
        watch = node.watch()
        assert await is_silent(watch)
        node["k"] = 2
        del node["l"]
        assert await read(watch, 2) == [("k", 2), ("l", "deleted")]
        assert await is_silent(watch)


@asynchronous
async def test_changes_are_coalesced_and_own_keys_are_left_out() -> None:
    async with Node("a") as node:
        watch, own = node.watch(), node.watch("~scuttle/", initial=True)
        for number in range(1000):
            node["k"] = number
        assert await read(watch, 1) == [("k", 999)]
        assert await is_silent(watch) and await is_silent(own)


@asynchronous
async def test_a_slow_reader_misses_no_delete_even_behind_a_gap() -> None:
    async with Node("a") as node:
        keys = [f"k{number}" for number in range(6000)]
        node.update(dict.fromkeys(keys, 1))
        watch = node.watch(initial=True)
        mirror: Dict[str, object] = dict(await read(watch, len(keys)))
        for key in keys[:-1]:  # more than the replica remembers
            del node[key]
        node.replica.purge()
        node["new"] = 2
        while mirror != {"k5999": 1, "new": 2}:
            ((key, value),) = await read(watch, 1)
            mirror.pop(key) if value == "deleted" else mirror.update({key: value})
        assert await is_silent(watch)


@asynchronous
async def test_any_number_of_watchers_see_the_writes_of_a_peer() -> None:
    async with pair() as (a, b):
        watches = [b.watch() for _ in range(50)]
        reading = [asyncio.ensure_future(read(watch, 1)) for watch in watches]
        await asyncio.sleep(0)
        a["k"] = 1
        assert all([found == [("k", 1)] for found in await asyncio.gather(*reading)])


@asynchronous
async def test_a_watcher_that_is_left_leaves_nothing() -> None:
    async with Node("a") as node:
        node["k"] = 1
        async for change in node.watch(initial=True):
            assert change.source == node.id
            break
        reading = asyncio.ensure_future(node.watch().__anext__())
        await until(lambda: len(node._watchers) == 1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert len(node._watchers) == 0


@asynchronous
async def test_watchers_end_with_the_node() -> None:
    async with Node("a") as node:

        async def count() -> int:
            return len([change async for change in node.watch(initial=True)])

        node["k"] = 1
        counting = asyncio.ensure_future(count())
        await until(lambda: len(node._watchers) == 1)
    assert await counting == 1


@asynchronous
async def test_an_expiry_is_told() -> None:
    async with Node("a", gossip=0.05) as node:
        watch = node.watch()
        await node.set("k", 1, ttl=0.1)
        assert await read(watch, 1) == [("k", 1)]
        change = await asyncio.wait_for(watch.__anext__(), PATIENCE)
        assert (change.key, change.deleted, change.expired) == ("k", True, True)
