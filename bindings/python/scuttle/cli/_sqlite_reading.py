"""Stores in SQLite databases, read without a change."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import struct
import tempfile
import zlib
from typing import List, NamedTuple, Optional, Tuple

from ._errors import CommandError, Exit

#: struct flock of 64-bit Linux: type, whence, start, length, process.
_FLOCK = struct.Struct("hhqqi")
#: The bytes of a database that SQLite locks.
_LOCKED, _LOCKED_BYTES = 0x40000000, 512
_APPLICATION = 0x7363746C
_FORMAT = 1


class SQLiteFile(NamedTuple):
    """What a database of a node has."""

    path: str
    name: str
    #: The lines of its pieces.
    state: bytes
    file_bytes: int
    #: The row whose checksum is wrong; None if there is none.
    damaged_row: Optional[int]


def sqlite_holder(path: str) -> Optional[str]:
    """Returns the process that has a database open, None if there is none. It locks nothing."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        request = _FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, _LOCKED, _LOCKED_BYTES, 0)
        kind, _, _, _, process = _FLOCK.unpack(fcntl.fcntl(fd, fcntl.F_GETLK, request))
    finally:
        os.close(fd)
    return None if kind == fcntl.F_UNLCK else str(process)


def read_sqlite_file(path: str) -> SQLiteFile:
    """Reads a copy of a database and its write-ahead log, because SQLite itself would write beside the original.

    Raises:
        CommandError: The database cannot be read, is open in a node, or is not one of a node.
    """
    if not os.path.exists(path):
        raise CommandError(f"there is no store {path}: check the path", Exit.DATA)
    holder = sqlite_holder(path)
    if holder is not None:
        message = f"process {holder} has {path} open: read it through the control socket of that node"
        raise CommandError(message, Exit.REFUSED)
    try:
        with tempfile.TemporaryDirectory(prefix="scuttle-") as folder:
            copy = os.path.join(folder, "copy.db")
            shutil.copyfile(path, copy)
            if os.path.exists(f"{path}-wal"):
                shutil.copyfile(f"{path}-wal", f"{copy}-wal")
            return _read(copy, path)
    except OSError as error:
        raise CommandError(f"cannot read {error.filename or path}: {error.strerror}", Exit.DATA) from None
    except sqlite3.Error as error:
        message = (
            f"{path} is no SQLite database, or is damaged: {error}; restore it, or start from peers with a new one"
        )
        raise CommandError(message, Exit.DATA) from None


def _read(copy: str, path: str) -> SQLiteFile:
    database = sqlite3.connect(copy)
    try:
        if database.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION:
            raise CommandError(f"{path} is a database of something else: give another path", Exit.DATA)
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version > _FORMAT:
            raise CommandError(f"{path} has the format {version}: use a later version of scuttle", Exit.DATA)
        name = database.execute("SELECT name FROM scuttle_name").fetchone()
        pieces: List[bytes] = []
        damaged: Optional[int] = None
        for row, lines, checksum in database.execute("SELECT id, lines, checksum FROM scuttle_piece ORDER BY id"):
            if not isinstance(lines, bytes) or zlib.crc32(lines) != checksum:
                damaged = row
                break
            pieces.append(lines)
    finally:
        database.close()
    return SQLiteFile(path, str(name[0]) if name else "", b"".join(pieces), os.path.getsize(path), damaged)


def read_sqlite(path: str, name: Optional[str]) -> Tuple[str, bytes]:
    """Returns the name and the lines of a database's replica. Raises CommandError if it is damaged, or of another name."""
    file = read_sqlite_file(path)
    if file.damaged_row is not None:
        message = f"{path} is damaged in row {file.damaged_row} of scuttle_piece: restore it, or start from peers with a new one"
        raise CommandError(message, Exit.DATA)
    if name is not None and name != file.name:
        raise CommandError(f"{path} has the replica {file.name!r}, and not {name!r}: correct --name", Exit.DATA)
    return file.name, file.state
