"""What the tests of protected nodes and datagrams share."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any, AsyncIterator, Awaitable, Callable, Dict

import nodes
import pytest
from authority import Authority, Issued

from scuttle.aio import TLS, Node

PSK = b"k" * 32
FAST = {"gossip": 0.05, "member_ttl": 5.0}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def tls_of(authority: Authority, issued: Issued, **options: Any) -> TLS:
    return TLS(**{"ca": authority.ca, "cert": issued.cert, "key": issued.key, **options})


def node(name: str, **options: Any) -> Node:
    return Node(name, **{"listen": "127.0.0.1:0", **FAST, **options})


def run(main: Awaitable[None]) -> None:
    asyncio.run(asyncio.wait_for(main, 120))


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Returns once a condition holds; fails if it does not in time."""
    await nodes.until(condition, seconds=seconds)


def facts(one: Node) -> Dict[str, Any]:
    """What a hostile peer must not change. The node renews its own key, so its own version may grow."""
    return {
        "entries": dict(one),
        "sources": sorted(one.replica.clock),
        "count": one.stats.sources,
        "members": sorted(one.members),
        "keys": sorted(one.replica),
    }


@contextlib.asynccontextmanager
async def unmoved(one: Node) -> AsyncIterator[None]:
    """Nothing gets in, and nothing is learnt."""
    one["mine"] = 1
    await asyncio.sleep(0.05)
    before = facts(one)
    yield
    await asyncio.sleep(0.2)
    assert facts(one) == before
