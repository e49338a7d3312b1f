"""A replica in a file: files that are truncated, altered or not its own, calls of the system that fail, compaction."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, Callable, List

import pytest
from file_stores import HEAD, count, failing, path, store, write_saves

import scuttle
from scuttle import errors


# --- files that are truncated, altered, or not its own --------------------------------------------------------------


def test_a_file_that_ends_at_any_byte_keeps_its_whole_saves(store: scuttle.FileStore, path: Path) -> None:
    ends = write_saves(store, path, 3)
    data = path.read_bytes()
    for length in [*range(HEAD), *range(HEAD, len(data) + 1, 13), *ends, ends[-1] - 1]:
        path.write_bytes(data[:length])
        whole = [number for number, end in enumerate(ends) if end <= length]
        if length < HEAD:
            with pytest.raises(errors.FileStoreError):
                store.open("ada")
            assert path.read_bytes() == data[:length]
            continue
        with store.open("ada") as replica:
            assert count(replica) == (whole[-1] if whole else 0)
            assert replica.store_info.healed_bytes == length - (ends[whole[-1]] if whole else HEAD)
        with store.open("ada") as replica:
            assert count(replica) == (whole[-1] if whole else 0) and replica.store_info.healed_bytes == 0


@pytest.mark.parametrize("sync", ["always", None])
def test_a_flipped_bit_is_found(sync: Any, path: Path) -> None:
    """With "always" each save was on the disk before the next; otherwise a hole is a truncated end."""
    store = scuttle.FileStore(path.parent, sync=sync)
    ends = write_saves(store, path, 3)
    data = bytearray(path.read_bytes())
    for at in range(0, len(data), 7):
        data[at] ^= 1 << at % 8
        path.write_bytes(data)
        before = len([end for end in ends if end <= at]) - 1
        if at < HEAD:
            with pytest.raises(errors.FileStoreError):
                store.open("ada")
        elif before < 2 and (sync == "always" or before < 0):
            with pytest.raises(errors.DamagedFileError, match="damaged at byte"):
                store.open("ada")
            assert path.read_bytes() == data
        else:
            with store.open("ada") as replica:
                assert count(replica) == before
        data[at] ^= 1 << at % 8


def test_a_damaged_file_is_mended_on_demand(path: Path) -> None:
    ends = write_saves(scuttle.FileStore(path.parent), path, 5)
    data = bytearray(path.read_bytes())
    data[ends[3] + 40] ^= 1
    path.write_bytes(data)
    with scuttle.FileStore(path.parent, mend=True).open("ada") as replica:
        assert count(replica) == 3
        assert replica.store_info.healed_bytes == len(data) - ends[3]
        assert path.with_name("ada.scuttle.damaged").read_bytes() == data
        replica["k4"] = 4
    with scuttle.FileStore(path.parent).open("ada") as replica:
        assert count(replica) == 4


def test_an_alien_file_is_refused_and_left_alone(store: scuttle.FileStore, path: Path, tmp_path: Path) -> None:
    store.open("bob").close()
    for content in (b"", b"x" * 5000, b"\x89scut\r\n\x1a", path.with_name("bob.scuttle").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(errors.FileStoreError):
            store.open("ada")
        assert path.read_bytes() == content
    path.unlink()
    makers: List[Callable[[], None]] = [path.mkdir, lambda: os.mkfifo(path), lambda: path.symlink_to(tmp_path / "other")]
    for make in makers:
        make()
        with pytest.raises(errors.FileStoreError, match="no regular file"):
            store.open("ada")
        assert not (tmp_path / "other").exists()
        path.rmdir() if path.is_dir() else path.unlink()
    store.open("ada").close()
    data = bytearray(path.read_bytes())
    data[8] = 2
    path.write_bytes(data)
    with pytest.raises(errors.FileStoreError, match="later format"):
        store.open("ada")


# --- calls of the system that fail ----------------------------------------------------------------------------------


def test_a_full_disk_is_an_error_and_the_replica_goes_on(
    store: scuttle.FileStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.open("ada") as replica:
        replica["k1"] = 1
        replica.commit()
        size = path.stat().st_size
        with monkeypatch.context() as patch:
            failing(patch, "pwrite", errno.ENOSPC)
            for number in range(2, 5):
                replica[f"k{number}"] = number
                with pytest.raises(OSError, match="No space left on device: '.*ada.scuttle'") as caught:
                    replica.commit()
                assert caught.value.errno == errno.ENOSPC
                assert count(replica) == number and path.stat().st_size == size
        replica.commit()
        assert path.stat().st_size > size
    with store.open("ada") as replica:
        assert count(replica) == 4


@pytest.mark.parametrize("can_cut", [True, False])
def test_a_partial_write_is_cut_off(
    store: scuttle.FileStore, path: Path, monkeypatch: pytest.MonkeyPatch, can_cut: bool
) -> None:
    with store.open("ada") as replica:
        write, size = os.pwrite, path.stat().st_size
        with monkeypatch.context() as patch:

            def write_some(fd: int, data: Any, at: int) -> int:
                room = size + 50 - at
                if room <= 0:
                    raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
                return write(fd, data[:room], at)

            patch.setattr(os, "pwrite", write_some)
            if not can_cut:
                failing(patch, "ftruncate", errno.EIO)
            replica["k1"] = 1
            with pytest.raises(OSError, match="File too large"):
                replica.commit()
            assert path.stat().st_size == (size if can_cut else size + 50)
        replica["k2"] = 2
        replica.commit()
    with store.open("ada") as replica:
        assert count(replica) == 2


def test_a_file_that_cannot_be_synchronised_is_written_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scuttle.FileStore(path.parent).open("ada") as replica:
        with monkeypatch.context() as patch:
            failing(patch, "fdatasync", errno.EIO)
            for number in (1, 2):
                replica[f"k{number}"] = number
                with pytest.raises(OSError, match="Input/output error"):
                    replica.commit()
            assert not path.with_name("ada.scuttle.new").exists()
        replica["k3"] = 3
        replica.commit()
        assert replica.store_info.compactions == 1
    with scuttle.FileStore(path.parent).open("ada") as replica:
        assert count(replica) == 3


def test_a_file_that_was_removed_or_replaced_is_an_error(store: scuttle.FileStore, path: Path) -> None:
    def replace() -> None:
        path.with_name("other").write_bytes(b"other")
        path.with_name("other").rename(path)

    for spoil in (path.unlink, replace, lambda: os.truncate(path, 40)):
        with store.open("ada") as replica:
            replica.clear()
            replica["k1"] = 1
            replica.commit()
            spoil()
            replica["k2"] = 2
            for _ in range(2):
                with pytest.raises(errors.FileStoreError, match="`compact` writes it anew"):
                    replica.commit()
            replica.compact()
            replica["k3"] = 3
            replica.commit()
        with store.open("ada") as replica:
            assert count(replica) == 3


# --- compaction -----------------------------------------------------------------------------------------------------


def compact_soon(replica: scuttle.StoredReplica, most: int = 400) -> None:
    """Overwrites a key until the file is compacted."""
    before = replica.store_info.compactions
    for number in range(most):
        replica["big"] = [number, "x" * 300]
        replica.commit()
        if replica.store_info.compactions > before:
            return
    raise AssertionError("no compaction")


def test_a_file_is_compacted(path: Path) -> None:
    with scuttle.FileStore(path.parent, sync=None, compact_bytes=5000).open("ada") as replica:
        path.chmod(0o640)
        for _ in range(10):
            compact_soon(replica)
            assert replica.store_info.file_bytes < 12000
        assert path.stat().st_mode & 0o777 == 0o640
        del replica["big"]
        replica["k1"] = 1
        replica.commit()
        replica.compact()
    with scuttle.FileStore(path.parent).open("ada") as replica:
        assert count(replica) == 1
        assert replica.store_info.file_bytes < 2000


def test_a_folder_that_cannot_be_synchronised_confirms_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which of the two files a loss of power leaves is open then."""
    with scuttle.FileStore(path.parent).open("ada") as replica:
        replica["k1"] = 1
        with monkeypatch.context() as patch:
            failing(patch, "fsync", errno.EIO)
            for call in (replica.compact, replica.commit, replica.sync):
                with pytest.raises(OSError, match="Input/output error"):
                    call()
        replica["k2"] = 2
        replica.commit()
        assert replica.store_info.compactions == 1
    with scuttle.FileStore(path.parent).open("ada") as replica:
        assert count(replica) == 2


@pytest.mark.parametrize("function", ["open", "fchmod", "pwrite", "fdatasync", "rename"])
def test_a_compaction_that_fails_is_given_up(path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    with scuttle.FileStore(path.parent, sync=None, compact_bytes=5000).open("ada") as replica:
        for number in range(100):
            info = replica.store_info
            if info.compact_error is not None:
                break
            with monkeypatch.context() as patch:
                if function != "pwrite":
                    failing(patch, function, errno.ENOSPC)
                elif info.compacting:  # behind the save itself
                    failing(patch, function, errno.ENOSPC, after=1)
                replica["big"] = [number, "x" * 300]
                replica.commit()
        error = replica.store_info.compact_error
        assert error is not None and error.errno == errno.ENOSPC
        assert not replica.store_info.compacting and not path.with_name("ada.scuttle.new").exists()
        compact_soon(replica)
        assert replica.store_info.compact_error is None
        del replica["big"]
        replica["k1"] = 1
    with scuttle.FileStore(path.parent).open("ada") as replica:
        assert count(replica) == 1
