"""What the tests of file stores share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, List

import pytest

import scuttle

#: The length of a file's head.
HEAD = 32 + len("ada")


@pytest.fixture
def store(tmp_path: Path) -> scuttle.FileStore:
    return scuttle.FileStore(tmp_path / "store", sync=None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of "ada"."""
    return tmp_path / "store" / "ada.scuttle"


def count(replica: scuttle.Replica) -> int:
    """Returns n if the replica holds k1 to kn with their numbers, and nothing else."""
    assert dict(replica) == {f"k{number}": number for number in range(1, len(replica) + 1)}
    return len(replica)


def write_saves(store: scuttle.FileStore, path: Path, saves: int) -> List[int]:
    """Writes k1 to kn with a save each; returns the length of the file before the first and after each."""
    with store.open("ada") as replica:
        ends = [path.stat().st_size]
        for number in range(1, saves + 1):
            replica[f"k{number}"] = number
            replica.commit()
            ends.append(path.stat().st_size)
    assert path.stat().st_size == ends[-1]
    return ends


def failing(monkeypatch: pytest.MonkeyPatch, name: str, number: int, after: int = 0) -> None:
    """Lets a function of os fail with an errno, after some calls that succeed."""
    real: Callable[..., Any] = getattr(os, name)
    calls = iter(range(after))

    def fail(*arguments: Any, **named: Any) -> Any:
        if next(calls, None) is not None:
            return real(*arguments, **named)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, name, fail)
