"""A replica in a SQLite database: the pieces of its save, as rows of a table."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
import zlib
from contextlib import suppress
from typing import Any, List, Optional, Tuple, Type

from .._changes import Cursor
from .._replica import Replica
from .._saves import Piece
from ..errors import ArgumentError, DamagedFileError, FileStoreError, ScuttleError, StoreLockedError

#: "sctl": tells the databases of nodes from others.
_APPLICATION = 0x7363746C
_FORMAT = 1
#: Bytes that a row costs besides its lines.
_ROW_BYTES = 64
#: Bytes of a piece that one call of the replica makes.
_PART_BYTES = 256 << 10
#: Between two parts, for a call of the event loop that waits: whoever has just released a lock would otherwise acquire it again first.
_PAUSE_SECONDS = 0.0005

_SCHEMA = """
CREATE TABLE scuttle_name (name TEXT NOT NULL);
CREATE TABLE scuttle_piece (id INTEGER PRIMARY KEY, lines BLOB NOT NULL, checksum INTEGER NOT NULL);
"""


def path_of(url: str) -> str:
    """Returns the path in "sqlite:///path"; a fourth slash begins an absolute one. Raises ArgumentError if there is none."""
    path = url[len("sqlite:///") :] if url.startswith("sqlite:///") else ""
    if not path or "\0" in path or path == ":memory:":
        raise ArgumentError(f'{url!r} names no file: write "sqlite:///nodes.db", or "sqlite:////var/lib/nodes.db"')
    return path


def _make(path: str) -> None:
    """Makes the file for its owner alone, if it is missing. OSError, with the path, if it is missing and cannot be made.

    It opens no file that exists: closing that would free the locks of a node in this process that has the database open.
    """
    try:
        os.close(os.open(os.path.realpath(path), os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path) from None
        if not os.access(path, os.R_OK | os.W_OK, effective_ids=True):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path) from None


def _piece(replica: Replica, cursor: Optional[Cursor]) -> Piece:
    """Returns the piece behind a cursor. It is read in parts, because the event loop waits while the replica makes one."""
    lines: List[bytes] = []
    while True:
        part = replica.save(cursor, limit=_PART_BYTES)
        lines.append(part.lines)
        cursor = part.cursor
        if not part.more:
            return part._replace(lines=b"".join(lines))
        time.sleep(_PAUSE_SECONDS)


class SQLiteStore:
    """The database. One thread at a time calls it, and it blocks."""

    kind = "sqlite"
    #: What a call raises if the system or the disk fails.
    faults: Tuple[Type[Exception], ...] = (OSError, ScuttleError, sqlite3.Error)

    def __init__(self, path: str, *, compact_bytes: int = 1 << 20) -> None:
        self.path = path
        self.commits = 0
        self.compactions = 0
        self._compact_bytes = compact_bytes
        self._db: Optional[sqlite3.Connection] = None
        self._replica: Optional[Replica] = None
        self._cursor: Optional[Cursor] = None
        #: Bytes of all pieces, and of the last whole one.
        self._bytes = self._whole = 0

    def open(self, name: str, **config: Any) -> Replica:
        """Opens the database, or makes it, and starts a replica from it.

        Raises:
            StoreLockedError: Another process, or another node in this one, has it open.
            DamagedFileError: It is no SQLite database, or is damaged.
            FileStoreError: It is a database of something else, of a later version, or of another name.
            OSError: The system refuses.
        """
        _make(self.path)
        try:
            self._db = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
            self._prepare(self._db, name)
            state = self._read(self._db)
            self._replica = replica = Replica(name, state=state, **config) if state else Replica(name, **config)
            self._cursor = replica.saved_cursor
        except BaseException as error:
            self._end()
            if isinstance(error, sqlite3.Error):
                raise self._named(error) from error
            raise
        return replica

    def _named(self, error: sqlite3.Error) -> FileStoreError:
        if "locked" in str(error):
            return StoreLockedError(f"{self.path} is open in another process, or in another node")
        if isinstance(error, sqlite3.OperationalError):
            return FileStoreError(f"{self.path} cannot be used: {error}")
        return DamagedFileError(f"{self.path} is no SQLite database, or is damaged: {error}")

    def _prepare(self, db: sqlite3.Connection, name: str) -> None:
        # The lock is kept as long as the database is open, and a write-ahead log then needs no shared memory.
        db.execute("PRAGMA locking_mode = EXCLUSIVE")
        application = db.execute("PRAGMA application_id").fetchone()[0]
        tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if application != _APPLICATION and (application or tables):
            raise FileStoreError(f"{self.path} is a database of something else")
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version > _FORMAT:
            raise FileStoreError(f"{self.path} has the format {version}; this version reads up to {_FORMAT}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("BEGIN IMMEDIATE")
        if not tables:
            for statement in _SCHEMA.strip().split("\n"):
                db.execute(statement)
            db.execute("INSERT INTO scuttle_name VALUES (?)", (name,))
            db.execute(f"PRAGMA application_id = {_APPLICATION}")
            db.execute(f"PRAGMA user_version = {_FORMAT}")
        found = [row[0] for row in db.execute("SELECT name FROM scuttle_name")]
        db.execute("COMMIT")
        if found != [name]:
            raise FileStoreError(f"{self.path} holds the node {', '.join(map(repr, found))}, not {name!r}")

    def _read(self, db: sqlite3.Connection) -> bytes:
        pieces: List[bytes] = []
        for number, lines, checksum in db.execute("SELECT id, lines, checksum FROM scuttle_piece ORDER BY id"):
            if not isinstance(lines, bytes) or zlib.crc32(lines) != checksum:
                raise DamagedFileError(
                    f"{self.path} is damaged: the checksum of row {number} of scuttle_piece is wrong"
                )
            pieces.append(lines)
            self._bytes += len(lines) + _ROW_BYTES
        self._whole = len(pieces[0]) if pieces else 0
        return b"".join(pieces)

    def sync(self) -> None:
        """Writes what has changed since the last call, in one transaction, which is on the disk when the call returns.

        Raises:
            sqlite3.Error: The transaction was rolled back; the next call writes what is missing.
        """
        db, replica = self._db, self._replica
        assert db is not None and replica is not None
        is_large = self._bytes - self._whole > max(self._whole, self._compact_bytes)
        piece = _piece(replica, self._cursor)
        if not piece.lines:
            return
        if is_large and not piece.whole:
            piece = _piece(replica, None)
        size = len(piece.lines) + _ROW_BYTES
        db.execute("BEGIN IMMEDIATE")
        try:
            if piece.whole:
                db.execute("DELETE FROM scuttle_piece")
            db.execute(
                "INSERT INTO scuttle_piece (lines, checksum) VALUES (?, ?)", (piece.lines, zlib.crc32(piece.lines))
            )
            db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                db.execute("ROLLBACK")
            raise
        self._cursor = piece.cursor
        self.commits += 1
        self.compactions += is_large
        if piece.whole:
            self._bytes = self._whole = size
        else:
            self._bytes += size

    @property
    def file_bytes(self) -> int:
        """The bytes of the pieces."""
        return self._bytes

    def close(self) -> None:
        """Syncs, and closes the database and the replica, also if that raises."""
        try:
            if self._replica is not None and not self._replica.closed:
                self.sync()
        finally:
            self._end()

    def _end(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            db.close()
        if self._replica is not None:
            self._replica.close()
