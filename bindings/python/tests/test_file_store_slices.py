"""A compaction of a replica that is larger than a slice: each commit writes a bounded part of the second file."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

import pytest
from file_stores import failing, path

import scuttle


@contextmanager
def compacting(path: Path, monkeypatch: pytest.MonkeyPatch, keys: int) -> Iterator[scuttle.StoredReplica]:
    """Opens a replica with k0, k1, …, whose last commit has begun a compaction, of a slice for each 60 keys."""
    monkeypatch.setattr(scuttle._file_store, "_SLICE", 8000)
    with scuttle.FileStore(path.parent, sync=None, compact_bytes=5000).open("ada") as replica:
        for value in (1, 2):
            replica.update({f"k{number}": [value, "x" * 60] for number in range(keys)})
            replica.compact() if value == 1 else replica.commit()
        replica["k0"] = 3
        replica.commit()
        assert replica.store_info.compacting
        yield replica


@pytest.fixture
def due(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[scuttle.StoredReplica]:
    with compacting(path, monkeypatch, 500) as replica:
        yield replica


def test_each_commit_writes_a_slice_of_the_second_file(path: Path, due: scuttle.StoredReplica) -> None:
    new = path.with_name("ada.scuttle.new")
    before, commits = new.stat().st_size, 0
    assert before < 9000
    while due.store_info.compacting:
        due[f"k{commits}"] = due[f"k{499 - commits}"] = due[f"new{commits}"] = commits
        del due[f"k{commits * 40 + 1}"]
        if commits % 2:
            due.purge()
        due.commit()
        commits += 1
        if due.store_info.compacting:
            assert before < new.stat().st_size < before + 9000
            before = new.stat().st_size
    assert 5 < commits < 20
    assert due.store_info.compact_error is None
    expected = dict(due)
    assert due.store_info.file_bytes < due.store_info.whole_bytes + 3000
    due.close()
    with scuttle.FileStore(path.parent).open("ada") as replica:
        assert dict(replica) == expected


def test_a_slice_that_fails_gives_the_compaction_up(
    path: Path, due: scuttle.StoredReplica, monkeypatch: pytest.MonkeyPatch
) -> None:
    due["k1"] = "kept"
    with monkeypatch.context() as patch:
        failing(patch, "pwrite", errno.ENOSPC, after=1)
        due.commit()
    info = due.store_info
    assert not info.compacting and info.compact_error is not None and info.compact_error.errno == errno.ENOSPC
    assert not path.with_name("ada.scuttle.new").exists()
    due.close()
    with scuttle.FileStore(path.parent).open("ada") as replica:
        assert replica["k1"] == "kept" and len(replica) == 500


def test_a_whole_save_ends_the_compaction(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More keys were removed between two commits than are remembered."""
    with compacting(path, monkeypatch, 4500) as replica:
        compactions = replica.store_info.compactions
        for number in range(4200):
            del replica[f"k{number}"]
        replica.purge()
        replica.commit()
        info = replica.store_info
        assert (info.compacting, info.compactions, info.compact_error) == (False, compactions, None)
        assert not path.with_name("ada.scuttle.new").exists()
    with scuttle.FileStore(path.parent).open("ada") as replica:
        assert len(replica) == 300
