"""The file store of Python and that of C read each other's files."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path
from typing import Iterator

import pytest
from file_stores import count, path, store, write_saves
from support import LIBRARY, PACKAGE

import scuttle
from scuttle import _store_format, errors

_ROOT = PACKAGE.parents[2]


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
