"""Functions that several tests share."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, Tuple

import pytest

import scuttle
from scuttle._library import library

PACKAGE = Path(scuttle.__file__).resolve().parent

LIBRARY = os.path.abspath(library._name) if "/" in library._name else library._name
"""The loaded library: a path, or a name that the system's loader knows."""


def pump(one: scuttle.Link, other: scuttle.Link, chunk: Callable[[], int] = lambda: 65536) -> None:
    """Carries bytes between two links until there are none; `chunk` returns the number to carry next."""
    while True:
        there = one.read(chunk())
        if there:
            other.write(there)
        back = other.read(chunk())
        if back:
            one.write(back)
        if not there and not back:
            return


def sync(one: scuttle.Replica, other: scuttle.Replica, chunk: Callable[[], int] = lambda: 65536) -> None:
    """Brings two replicas in step: one gossips."""
    with one.link() as here, other.link() as there:
        here.gossip()
        pump(here, there, chunk)


def feed(replica: scuttle.Replica, data: bytes) -> None:
    """Writes lines of a classic peer."""
    with replica.link(classic=True) as link:
        link.write(data)


def line(key: str, value: str, source: str, version: int) -> bytes:
    """Returns the line of a classic peer's update; the value is JSON text."""
    return b'{"key":"%b","value":%b,"source_id":"%b","version":%d}\n' % (
        key.encode(),
        value.encode(),
        source.encode(),
        version,
    )


REQUEST_ALL = b'{"digest":true,"done":true}\n'
"""The digest of an empty classic peer, which requests all entries."""


def is_hello(data: bytes) -> bool:
    """Returns whether the bytes are one message, a hello of the extended dialect."""
    *lines, rest = data.split(b"\n")
    return rest == b"" and len(lines) == 1 and json.loads(lines[0])["hello"]["reply"] is False


def facts(replica: scuttle.Replica) -> Tuple[object, ...]:
    """Returns the parts of a replica that a failed call must not change."""
    return replica.snapshot(), replica.clock, replica.version, replica.fingerprint, replica.news(replica.id, 0)


@contextmanager
def refused(replica: scuttle.Replica, error: type) -> Iterator[pytest.ExceptionInfo[BaseException]]:
    """Expects an error, and that it has changed nothing."""
    before = facts(replica)
    with pytest.raises(error) as caught:
        yield caught
    assert facts(replica) == before


def run_python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program in an interpreter of its own, which can import the package."""
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd="/",  # Python looks there first
        env={**os.environ, "SCUTTLE_LIBRARY": LIBRARY, "PYTHONPATH": str(PACKAGE.parent), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
