"""The fixtures of all tests."""

from __future__ import annotations

import asyncio
import functools
import sys
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from hypothesis import HealthCheck, settings
from memory_store import MemoryStore
from simple_scuttle import SimplePeer

import scuttle

# The machine may be slow, and no test measures time.
settings.register_profile("scuttle", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("scuttle")


@pytest.fixture
def replica() -> Iterator[scuttle.Replica]:
    """A replica whose source is "a"."""
    with scuttle.Replica("a", exact_id=True, seed=1) as made:
        yield made


@pytest.fixture
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process for the test: in simple-scuttle all replicas of a process share the sources of digests."""
    monkeypatch.setattr(SimplePeer, "sofar", [])


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def unraisable(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    """The exceptions that reached sys.unraisablehook."""
    seen: List[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda args: seen.append(args.exc_value))
    return seen


def _in_checkout(*parts: str) -> Path:
    path = Path(__file__).resolve().parents[3].joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{'/'.join(parts)} is there in a source checkout only")
    return path


@pytest.fixture(scope="session")
def header() -> Path:
    return _in_checkout("include", "scuttle.h")


@functools.lru_cache(maxsize=None)
def _warm_up(uvloop: Any) -> None:
    """Has libuv make the pipe that it keeps for the process."""
    loop = uvloop.new_event_loop()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


@pytest.fixture(params=["asyncio", "uvloop"])
def loops(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs a test of nodes once on each kind of event loop."""
    if request.param == "uvloop":
        uvloop = pytest.importorskip("uvloop")
        _warm_up(uvloop)
        monkeypatch.setattr("nodes.new_event_loop", uvloop.new_event_loop)
