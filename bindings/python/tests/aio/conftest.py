"""The event loops on which the tests of nodes run."""

from __future__ import annotations

import asyncio
import functools
from typing import Any, Iterator

import nodes
import pytest


@functools.lru_cache(maxsize=None)
def warm_up(uvloop: Any) -> None:
    """Has libuv make the pipe that it keeps for the process."""
    loop = uvloop.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def loops(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Runs the test once on each kind of event loop."""
    if request.param == "uvloop":
        uvloop = pytest.importorskip("uvloop")
        warm_up(uvloop)
        monkeypatch.setattr(nodes, "new_event_loop", uvloop.new_event_loop)
    yield
