"""A user's program against the installed package. It runs, and type checkers find nothing in it: Tests/Wheel/run."""

import asyncio
from typing import Dict, Iterator, List, Optional

import scuttle
from scuttle.aio import Change, Member, Node, Peer
from scuttle.errors import KeyTooLongError


def highest(update: scuttle.Update, current: Optional[scuttle.Update]) -> bool:
    return current is None or (update.json, update.version) > (current.json, current.version)


def lit(replica: scuttle.Replica) -> Iterator[str]:
    for key, value in replica.items("lamp/"):
        if isinstance(value, dict) and value.get("on") is True:
            yield key


def exchange(here: scuttle.Link, there: scuttle.Link) -> int:
    carried = 0
    here.gossip()
    while True:
        out = here.read()
        there.write(out)
        carried += len(out)
        back = there.read()
        here.write(back)
        if not out and not back:
            return carried


seen: List[scuttle.Update] = []
with scuttle.Replica("ada", on_update=seen.append) as ada, scuttle.Replica("bob") as bob:
    ada.update({"lamp/1": {"on": True}, "lamp/2": {"on": False}})
    bob.set_ttl("session", ["a", 1.5, None], 30)
    with ada.link(live=True) as to_bob, bob.link(live=True) as to_ada:
        bytes_sent: int = exchange(to_bob, to_ada)
        lag: int = to_bob.lag
        peer: Optional[str] = to_bob.peer_name
    assert list(lit(bob)) == ["lamp/1"], list(lit(bob))
    assert (ada["session"], peer) == (["a", 1.5, None], "bob") and lag >= 0
    written_by: Optional[str] = bob.lookup("lamp/2").source
    stats: scuttle.Stats = ada.stats
    sizes = (stats.keys, stats.bytes_out, bytes_sent)
    assert [update.key for update in seen] == ["lamp/1", "lamp/2", "session"] and written_by == ada.id
    try:
        ada["k" * 100_000] = 1
    except KeyTooLongError as error:
        code: Optional[int] = error.code
    else:
        raise AssertionError("the key has no limit")
    changed: List[str] = [update.key for update in ada.changes(prefix="lamp/")]
    cursor: scuttle.Cursor = ada.changes().cursor

with scuttle.Replica("cleo", resolve=highest, limits=scuttle.Limits(max_keys=10)) as cleo:
    refused: Optional[scuttle.Flaw] = scuttle.check_resolver(highest, [scuttle.Update("k", "1", "a", 1)])
    assert refused is None and cleo.setdefault("k", 1) == 1


async def run() -> None:
    async with Node("dora", listen="127.0.0.1:0") as node:
        await node.set("lamp", True, timeout=5)
        async for change in node.watch("la", initial=True):
            found: Change = change
            assert found.key == "lamp" and found.value is True
            break
        peers: List[Peer] = node.peers
        members: Dict[str, Member] = node.members
        assert node["lamp"] is True and not peers and list(members) == ["dora"]


asyncio.run(run())
print(scuttle.is_accelerated, scuttle.__version__)
