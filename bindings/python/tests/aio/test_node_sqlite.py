"""A node's SQLite database: what is not one is refused, and what was committed is there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

import pytest
from nodes import asynchronous

import scuttle
from scuttle.aio import Node
from scuttle.aio._sqlite import SQLiteStore

pytestmark = pytest.mark.usefixtures("loops")


async def write(path: Path) -> None:
    """Makes the database of a node with a few keys."""
    async with Node("a", store=f"sqlite:///{path}") as node:
        node.update({f"k{number}": "." * 100 for number in range(500)})


async def fault(path: Path, error: type) -> str:
    """Returns the message of a start that fails."""
    before = path.read_bytes()
    with pytest.raises(error, match=str(path)) as caught:
        await Node("a", store=f"sqlite:///{path}").start()
    assert path.read_bytes() == before
    return str(caught.value)


@asynchronous
async def test_alien_files_are_refused_and_not_changed(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other.db"
    text.write_text("something else, and long enough to have a header of a hundred bytes: " + "." * 100)
    assert "no SQLite database" in await fault(text, scuttle.errors.DamagedFileError)
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE customers (name TEXT)")
    db.close()
    assert "something else" in await fault(other, scuttle.errors.FileStoreError)


@asynchronous
async def test_another_name_and_a_later_format_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    await write(path)
    with pytest.raises(scuttle.errors.FileStoreError, match="holds the node 'a', not 'b'"):
        await Node("b", store=f"sqlite:///{path}").start()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 9")
    db.close()
    with pytest.raises(scuttle.errors.FileStoreError, match="format 9"):
        await Node("a", store=f"sqlite:///{path}").start()


@asynchronous
async def test_a_second_start_in_one_process_does_not_free_the_lock(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'node.db'}"
    program = "import sys; from scuttle.aio._sqlite import SQLiteStore; SQLiteStore(sys.argv[1]).open('a').close()"
    async with Node("a", store=url):
        with pytest.raises(scuttle.errors.StoreLockedError):
            await Node("a", store=url).start()
        other = subprocess.run([sys.executable, "-c", program, tmp_path / "node.db"], capture_output=True, text=True)
        assert "StoreLockedError" in other.stderr, other


@asynchronous
async def test_a_path_that_cannot_be_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        await Node("a", store=f"sqlite:///{tmp_path}").start()
    with pytest.raises(FileNotFoundError, match="absent"):
        await Node("a", store=f"sqlite:///{tmp_path}/absent/node.db").start()


@asynchronous
async def test_damage_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    await write(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2 // 4096 * 4096])
    with pytest.raises(scuttle.errors.DamagedFileError, match="damaged"):
        await Node("a", store=f"sqlite:///{path}").start()
    place = data.index(b"....")
    path.write_bytes(data[:place] + b"!" + data[place + 1 :])
    with pytest.raises(scuttle.errors.DamagedFileError, match="checksum"):
        await Node("a", store=f"sqlite:///{path}").start()


@asynchronous
async def test_a_database_that_grows_is_compacted(tmp_path: Path) -> None:
    path = tmp_path / "node.db"
    node = Node("a", store=f"sqlite:///{path}")
    node._store = SQLiteStore(str(path), compact_bytes=10_000)
    async with node:
        for number in range(100):
            await node.set("k", "." * 1000 + str(number), durable=True)
        assert node.store_info is not None and node.store_info.compactions > 1
        assert node.store_info.file_bytes < 30_000
    async with Node("a", store=f"sqlite:///{path}") as node:
        assert node["k"].endswith(".99")


def test_a_piece_in_parts_has_the_writes_between_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No call of the replica makes more than a part, and what the event loop writes meanwhile is saved, deletes included."""
    monkeypatch.setattr("scuttle.aio._sqlite._PART_BYTES", 2_000)
    parts: List[int] = []

    def save(self: scuttle.Replica, cursor: Optional[scuttle.Cursor] = None, limit: Optional[int] = None) -> scuttle.Piece:
        piece = plain(self, cursor, limit)
        parts.append(len(piece.lines))
        if piece.more:
            self[f"between/{len(parts)}"] = len(parts)
            self.pop(f"k{len(parts):03}", None)
        return piece

    store = SQLiteStore(str(tmp_path / "node.db"), compact_bytes=1)
    with store.open("a") as replica:
        plain = scuttle.Replica.save
        for _ in range(6):
            replica.update({f"k{number:03}": "." * 100 for number in range(200)})
            monkeypatch.setattr(scuttle.Replica, "save", save)
            store.sync()
            monkeypatch.setattr(scuttle.Replica, "save", plain)
        store.sync()
        held = dict(replica)
        store.close()
    assert store.compactions > 0 and any(key.startswith("between/") for key in held)
    assert max(parts) < 4_000 and len(parts) > 30
    with SQLiteStore(str(tmp_path / "node.db")).open("a") as again:
        assert dict(again) == held and not again.torn
