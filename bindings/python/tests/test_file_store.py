"""A replica in a file: saving, opening, the lock, files that are truncated, altered or not its own. scuttle_store.h has the same in C."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Iterator, List, Tuple

import pytest
from support import LIBRARY, PACKAGE, sync

import scuttle
from scuttle import _store_format, errors

_ROOT = PACKAGE.parents[2]
_HEAD = 32 + len("ada")


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


# --- saving ---------------------------------------------------------------------------------------------------------


def test_a_replica_is_kept_over_a_restart(store: scuttle.FileStore) -> None:
    with store.open("ada", max_history=3) as replica:
        replica["lamp"] = {"on": True}
        replica["gone"] = 1
        replica.commit()
        del replica["gone"]
        replica.commit()
        vector, source = replica.clock, replica.id
    with store.open("ada") as replica:
        assert dict(replica) == {"lamp": {"on": True}}
        assert replica.id != source and replica.clock[source] == vector[source]
        assert replica.store_info.healed_bytes == 0 and not replica.torn


def test_closing_saves(store: scuttle.FileStore) -> None:
    with store.open("ada") as replica:
        replica["lamp"] = 1
    with store.open("ada") as replica:
        assert replica["lamp"] == 1
        replica.close()
        replica.close()
        assert replica.closed
        with pytest.raises(errors.ClosedError):
            replica.commit()


def test_restarts_do_not_write_everything(store: scuttle.FileStore) -> None:
    with store.open("ada") as replica:
        replica.update({f"k{number}": number for number in range(1, 1001)})
        replica.commit()
        size = replica.store_info.file_bytes
    for number in range(1001, 1011):
        with store.open("ada") as replica:
            assert count(replica) == number - 1
            replica[f"k{number}"] = number
    with store.open("ada") as replica:
        assert count(replica) == 1010
        assert size < replica.store_info.file_bytes < size + 10 * 3000


def test_a_save_without_a_change_writes_nothing(store: scuttle.FileStore) -> None:
    with store.open("ada") as replica:
        replica["lamp"] = 1
        replica.commit()
        before = replica.store_info
        for _ in range(10):
            replica.commit()
        assert replica.store_info == before


def test_what_a_peer_sent_is_saved(store: scuttle.FileStore) -> None:
    with scuttle.Replica("bob") as bob:
        bob["lamp"] = 1
        bob["gone"] = 1
        del bob["gone"]
        with store.open("ada") as ada:
            sync(ada, bob)
            ada.commit()
            assert ada["lamp"] == 1
        with store.open("ada") as ada:
            assert dict(ada) == dict(bob) and ada.clock[bob.id] == bob.clock[bob.id]


def test_the_policy_says_when_the_file_is_synchronised(tmp_path: Path) -> None:
    def behind(sync: Any) -> Tuple[bool, bool]:
        with scuttle.FileStore(tmp_path, sync=sync).open("ada") as replica:
            replica["lamp"] = str(sync)
            replica.commit()
            info = replica.store_info
            replica["lamp"] = 2
            replica.sync()
            synced = replica.store_info
            return info.synced_bytes < info.file_bytes, synced.synced_bytes < synced.file_bytes

    assert behind("always") == (False, False)
    assert behind(0) == (False, False)
    assert behind(None) == (True, False)
    assert behind(1000) == (True, False)
    for wrong in ("sometimes", -1, b"always"):
        with pytest.raises(ValueError):
            scuttle.FileStore(tmp_path, sync=wrong)  # type: ignore[arg-type]


def test_arguments(store: scuttle.FileStore, path: Path) -> None:
    for config in ({"state": b""}, {"state_store": None}, {"no_such_argument": 1}):
        with pytest.raises(TypeError):
            store.open("ada", **config)
    for name in ("", "ada~AAAAAAAA", "x" * 247):
        with pytest.raises(errors.IdError):
            store.open(name)
    with pytest.raises(errors.NulError):
        store.open("a\0b")
    assert not path.exists()
    assert repr(store).startswith("<scuttle.FileStore '")


def test_any_name_has_a_file_of_its_own(store: scuttle.FileStore, path: Path) -> None:
    names = ["ada", "Ada", "a/b", "a%2fb", "..", ".", "a.b", "-", "é", "a b", "x\ny", "/" * 246, "/" * 245 + "-", "CON"]
    for number, name in enumerate(names):
        with store.open(name) as replica:
            replica["which"] = number
    for number, name in enumerate(names):
        with store.open(name) as replica:
            assert replica["which"] == number and replica.name == name
    assert len([file for file in path.parent.iterdir() if file.suffix == ".scuttle"]) == len(names)


def test_a_missing_folder_is_made_but_not_its_parents(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scuttle.FileStore(tmp_path / "a" / "b").open("ada")
    scuttle.FileStore(tmp_path / "a").open("ada").close()
    assert (tmp_path / "a/ada.scuttle").stat().st_mode & 0o777 == 0o600


# --- the lock -------------------------------------------------------------------------------------------------------


def test_a_second_replica_is_locked_out(store: scuttle.FileStore, path: Path) -> None:
    with store.open("ada") as replica, store.open("bob"):
        with pytest.raises(errors.StoreLockedError, match=f"process {os.getpid()}"):
            store.open("ada")
        program = (
            "import sys, scuttle\n"
            "try:\n    scuttle.FileStore(sys.argv[1]).open('ada')\n"
            "except scuttle.errors.StoreLockedError:\n    sys.exit(7)\n"
        )
        environment = {**os.environ, "SCUTTLE_LIBRARY": LIBRARY, "PYTHONPATH": str(PACKAGE.parent)}
        assert subprocess.run([sys.executable, "-c", program, str(path.parent)], env=environment).returncode == 7
        replica["lamp"] = 1
    with store.open("ada") as replica:
        assert replica["lamp"] == 1


def test_a_replica_without_references_unlocks_its_file(store: scuttle.FileStore) -> None:
    replica = store.open("ada")
    replica["lamp"] = 1
    replica.commit()
    del replica
    with store.open("ada") as again:
        assert again["lamp"] == 1


def test_a_child_of_a_fork_leaves_the_file_alone(store: scuttle.FileStore, path: Path) -> None:
    replica = store.open("ada")
    replica["lamp"] = 1
    replica.commit()
    before = path.read_bytes()
    pid = os.fork()
    if pid == 0:
        result = 8
        try:
            for call in (replica.commit, replica.sync, replica.compact):
                try:
                    call()
                except errors.ForkedError:
                    continue
                os._exit(8)
            replica.close()
            result = 7
        finally:
            os._exit(result)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert path.read_bytes() == before
    with pytest.raises(errors.StoreLockedError):
        store.open("ada")
    replica["lamp"] = 2
    replica.close()
    with store.open("ada") as replica:
        assert replica["lamp"] == 2


def test_a_callback_cannot_save(store: scuttle.FileStore) -> None:
    raised: List[BaseException] = []
    replicas: List[scuttle.StoredReplica] = []

    def on_update(update: scuttle.Update) -> None:
        for call in (replicas[0].commit, replicas[0].sync, replicas[0].compact, replicas[0].close):
            try:
                call()
            except errors.BusyError as error:
                raised.append(error)

    with store.open("ada", on_update=on_update) as replica:
        replicas.append(replica)
        replica["lamp"] = 1
        assert len(raised) == 4
        replica.commit()


def test_threads_write_and_save(store: scuttle.FileStore) -> None:
    with store.open("ada") as replica:

        def work(name: int) -> None:
            for number in range(200):
                replica[f"{name}/{number}"] = number
                replica.commit()

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with store.open("ada") as replica:
        assert dict(replica) == {f"{name}/{number}": number for name in range(4) for number in range(200)}


# --- files that are truncated, altered, or not its own --------------------------------------------------------------


def test_a_file_that_ends_at_any_byte_keeps_its_whole_saves(store: scuttle.FileStore, path: Path) -> None:
    ends = write_saves(store, path, 3)
    data = path.read_bytes()
    for length in [*range(_HEAD), *range(_HEAD, len(data) + 1, 13), *ends, ends[-1] - 1]:
        path.write_bytes(data[:length])
        whole = [number for number, end in enumerate(ends) if end <= length]
        if length < _HEAD:
            with pytest.raises(errors.FileStoreError):
                store.open("ada")
            assert path.read_bytes() == data[:length]
            continue
        with store.open("ada") as replica:
            assert count(replica) == (whole[-1] if whole else 0)
            assert replica.store_info.healed_bytes == length - (ends[whole[-1]] if whole else _HEAD)
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
        if at < _HEAD:
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


def failing(monkeypatch: pytest.MonkeyPatch, name: str, number: int, after: int = 0) -> None:
    """Lets a function of os fail with an errno, after some calls that succeed."""
    real: Callable[..., Any] = getattr(os, name)
    calls = iter(range(after))

    def fail(*arguments: Any, **named: Any) -> Any:
        if next(calls, None) is not None:
            return real(*arguments, **named)
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, name, fail)


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


# --- the same files in C --------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def in_c(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ctypes.CDLL]:
    """The file store in C."""
    if shutil.which("cc") is None:
        pytest.skip("there is no C compiler")
    built = tmp_path_factory.mktemp("c") / "libscuttle-store.so"
    sources = sorted((_ROOT / "bindings/c/store").glob("*.c"))
    subprocess.run(
        ["cc", "-std=c99", "-O1", "-shared", "-fPIC", f"-I{_ROOT / 'include'}", *map(str, sources), "-o", str(built)]
        + [str(Path(LIBRARY).resolve()), f"-Wl,-rpath,{Path(LIBRARY).resolve().parent}"],
        check=True,
    )
    library = ctypes.CDLL(str(built))
    library.scuttle_store_replica.restype = ctypes.c_void_p
    yield library


class StoreInC:
    """An open store of the library in C."""

    def __init__(self, library: ctypes.CDLL, folder: Path, name: str) -> None:
        self.library = library
        self.pointer = ctypes.c_void_p()
        self.code = library.scuttle_store_open(bytes(folder), name.encode(), None, ctypes.byref(self.pointer))
        self.replica = ctypes.c_void_p(library.scuttle_store_replica(self.pointer))

    def set(self, key: str, value: bytes) -> None:
        """Sets a key, and saves."""
        core = ctypes.CDLL(LIBRARY)
        size = ctypes.c_size_t
        assert core.scuttle_set(self.replica, key.encode(), size(len(key)), value, size(len(value))) == 0
        assert self.library.scuttle_store_save(self.pointer) == 0

    def count(self) -> int:
        """Returns how many keys hold a value."""
        found = ctypes.c_size_t()
        assert ctypes.CDLL(LIBRARY).scuttle_count(self.replica, ctypes.byref(found)) == 0
        return found.value

    def close(self) -> None:
        """Closes the store."""
        assert self.library.scuttle_store_close(self.pointer) == 0


@pytest.mark.parametrize("name", ["ada", "../é .", "/" * 246])
def test_c_and_python_read_each_other_s_files(
    store: scuttle.FileStore, tmp_path: Path, in_c: ctypes.CDLL, name: str
) -> None:
    folder = tmp_path / "store"
    with store.open(name) as replica:
        replica["k1"] = 1
        replica.commit()
        assert StoreInC(in_c, folder, name).code == -102  # SCUTTLE_STORE_E_LOCKED
    for number in range(2, 8):
        if number % 2 == 0:
            other = StoreInC(in_c, folder, name)
            assert other.code == 0 and other.count() == number - 1
            other.set(f"k{number}", str(number).encode())
            with pytest.raises(errors.StoreLockedError):
                store.open(name)
            other.close()
        else:
            with store.open(name) as replica:
                assert count(replica) == number - 1
                replica[f"k{number}"] = number
                if number == 5:
                    replica.compact()
    assert len([file for file in folder.iterdir() if file.suffix == ".scuttle"]) == 1
    with store.open(name) as replica:
        assert count(replica) == 7


def test_c_and_python_heal_the_same(store: scuttle.FileStore, path: Path, in_c: ctypes.CDLL) -> None:
    ends = write_saves(store, path, 2)
    data = path.read_bytes()
    for length in range(ends[1], ends[2] + 1, 7):
        path.write_bytes(data[:length])
        other = StoreInC(in_c, path.parent, "ada")
        assert other.code == (0 if length in ends else 3) and other.count() == (1 if length < ends[2] else 2)
        other.close()
        healed = path.read_bytes()
        path.write_bytes(data[:length])
        store.open("ada").close()
        assert path.read_bytes() == healed


def test_a_long_save_is_several_frames(store: scuttle.FileStore, path: Path, in_c: ctypes.CDLL) -> None:
    other = StoreInC(in_c, path.parent, "ada")
    other.set("long", b'"' + b"x" * 200_000 + b'"')
    other.close()
    with store.open("ada") as replica:
        assert replica["long"] == "x" * 200_000
        replica["longer"] = "y" * 300_000
        size = replica.store_info.file_bytes
    other = StoreInC(in_c, path.parent, "ada")
    assert other.code == 0 and other.count() == 2
    other.close()
    data = path.read_bytes()
    head = _store_format.read_head(data)
    assert head is not None
    for length in (size + 1, size + 70_000, size + 2 * 65_568, len(data) - 1):
        path.write_bytes(data[:length])
        with store.open("ada") as replica:
            assert list(replica) == ["long"]
