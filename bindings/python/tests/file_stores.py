"""What the tests of file stores share."""

from __future__ import annotations

from pathlib import Path
from typing import List

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
