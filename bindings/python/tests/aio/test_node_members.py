"""The key by which a node says that it is a member, if there is no room for it, or if a peer deletes it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from nodes import PATIENCE, asynchronous, pair, until

import scuttle
from scuttle.aio import Node
from scuttle.aio._members import PREFIX, learnt_address

pytestmark = pytest.mark.usefixtures("loops")


@asynchronous
async def test_a_full_map_starts_and_is_no_member_until_there_is_room(tmp_path: Path, caplog: Any) -> None:
    with scuttle.FileStore(tmp_path / "a").open("a") as replica:
        replica.update({f"k{number}": number for number in range(6)})
    limits = scuttle.Limits(max_keys=6)
    async with Node("a", listen="0.0.0.0:0", insecure=True, store=tmp_path / "a", limits=limits) as a:
        async with Node("b", peers=[("127.0.0.1", a.addresses[0].port)]) as b:
            await until(lambda: all(f"k{number}" in b for number in range(6)))
            assert "a" not in b.members
            shown = [record.getMessage() for record in caplog.records if "no list of members" in record.getMessage()]
            assert len(shown) == 1 and "max_keys is 6" in shown[0]
            del a["k0"], a["k1"]
            await until(lambda: {"a", "b"} <= set(b.members))


@pytest.mark.parametrize("is_replaced", [False, True])
@asynchronous
async def test_a_member_that_a_peer_deletes_or_replaces_is_back_soon(is_replaced: bool) -> None:
    async with pair() as (a, b):
        await until(lambda: set(b.members) == {"a", "b"})
        if is_replaced:
            b.replica[PREFIX + "a"] = {"address": "127.0.0.1:1"}
        else:
            b.replica.delete(PREFIX + "a")
        b.spread()
        await b.in_step(PATIENCE)
        await until(lambda: "a" in a.members and a.members["a"].source == a.id)
        await until(lambda: "a" in b.members and b.members["a"].address == str(a.addresses[0]))


@asynchronous
async def test_two_of_one_name_do_not_write_in_turn() -> None:
    async with pair() as (a, b):
        async with Node("a", peers=a.addresses):
            await until(lambda: b.members["a"].source != a.id)
            for _ in range(4):
                a._tick()
            assert a.replica.lookup(PREFIX + "a").source != a.id


@asynchronous
async def test_a_tick_after_the_goodbye_writes_nothing() -> None:
    async with pair() as (a, b):
        a._members.leave()
        a._tick()
        assert PREFIX + "a" not in a.replica


@asynchronous
async def test_a_tick_that_fails_does_not_end_the_gossips(caplog: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async with pair(gossip=0.05) as (a, b):
        monkeypatch.setattr(a._members, "look", lambda: 1 / 0)
        await until(lambda: "division" in caplog.text)
        await asyncio.sleep(0.3)
        assert caplog.text.count("a tick has failed, and the node goes on") == 1
        monkeypatch.undo()
        a.replica["k"] = 1  # nobody has marked it, so that a round alone spreads it
        await until(lambda: b.get("k") == 1)
        assert a._rounds is not None and not a._rounds.done()


@pytest.mark.parametrize("path", ["\ud800", "x" * 200, "\0"])
def test_a_path_that_the_system_cannot_have_is_no_address(path: str) -> None:
    assert learnt_address(f"unix:/{path}") is None
