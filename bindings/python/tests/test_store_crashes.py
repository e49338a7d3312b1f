"""Processes with a store that SIGKILL ends at a random moment: kill_rounds.py has the rounds, and describes the checks.
`make kill-test ROUNDS=2000` runs more of them."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from pathlib import Path
from typing import List

import pytest
from kill_rounds import PYTHON_CHILD, Claims, Fault, Standing, compile_child, run
from kill_stores import has_lmdb, open_store

ROUNDS = int(os.environ.get("SCUTTLE_KILL_ROUNDS", "25"))


@pytest.fixture
def seed() -> int:
    """Another seed each time; pytest shows the printed seed if the test fails."""
    chosen = random.randrange(10**6)
    print(f"seed {chosen}")
    return chosen


@pytest.mark.parametrize("store", ["sqlite", "file"])
def test_a_child_in_c(seed: int, tmp_path: Path, header: Path, store: str) -> None:
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    try:
        command = compile_child(tmp_path)
    except subprocess.CalledProcessError:
        if subprocess.run(["cc", "-E", "-include", "sqlite3.h", "-x", "c", "/dev/null"], capture_output=True).returncode:
            pytest.skip("there is no sqlite3.h")
        raise
    assert run(ROUNDS, seed, command, store, tmp_path, 0.04) > ROUNDS


@pytest.mark.parametrize("store", ["sqlite", "lmdb", "file"])
def test_a_child_in_python(seed: int, tmp_path: Path, store: str) -> None:
    if store == "lmdb" and not has_lmdb:
        pytest.skip("the package lmdb is not installed")
    assert run(ROUNDS, seed, PYTHON_CHILD, store, tmp_path, 0.1) > ROUNDS


# --- faults that the rounds find ----------------------------------------------------------------------------------------


def test_claims_are_whole_blocks() -> None:
    claims = Claims()
    claims.add(b"R\ta~1\nV\ta~1\t0\n.\nU\tk\ta~1\t1\t0\t5\nV\ta~1\t1\n.\nU\tk\ta~1\t2\t1\tnull\nV\ta~1")
    assert claims.source == "a~1"
    assert claims.entries == {"k": Standing(1, "a~1", False, "5")}
    assert claims.vector == {"a~1": 1}
    claims.add(b"")
    assert claims.source is None and claims.blocks == 2
    for failed in (b"E\t-37: store\n", b"R\ta~1\n.\nE\t-37: store\n"):
        with pytest.raises(Fault):
            claims.add(failed)


@pytest.mark.parametrize(
    ("statements", "complaint"),
    [
        (["DELETE FROM scuttle WHERE kind = 1"], "lost|differs|holds"),
        (["DELETE FROM scuttle WHERE kind = 2"], "vector"),
    ],
)
def test_a_lost_row_is_found(
    statements: List[str], complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database loses rows between the kill and the check."""
    import sqlite3

    import kill_rounds

    opened = open_store

    def open_and_lose(kind: str, path: str, synchronous: str) -> object:
        store = opened(kind, path, synchronous)
        with sqlite3.connect(path, isolation_level=None) as database:
            for statement in statements:
                database.execute(statement)
        database.close()
        return store

    monkeypatch.setattr(kill_rounds, "open_store", open_and_lose)
    with pytest.raises(Fault, match=complaint):
        run(20, 1, PYTHON_CHILD, "sqlite", tmp_path, 0.1)
