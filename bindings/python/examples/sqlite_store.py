"""Keeps a replica in a SQLite database.

    with SQLiteStore("words.db") as store, scuttle.Replica("ada", state_store=store) as replica:
        replica["greeting"] = "hello"  # on the disk once this has returned

The table `scuttle` has a row for each key, with columns for queries of your own: `key`, and `value` as JSON text, NULL
for a deleted key. Other programs may read it at any time; only the replica may write it.

    SELECT key, json_extract(value, '$.on') FROM scuttle WHERE kind = 1 AND value IS NOT NULL;
"""

from __future__ import annotations

import sqlite3
from os import PathLike
from types import TracebackType
from typing import Iterator, Optional, Type, Union

from scuttle import Row

_TABLE = """
    CREATE TABLE IF NOT EXISTS scuttle (
        kind INTEGER NOT NULL, id BLOB NOT NULL, line BLOB NOT NULL, key TEXT, value TEXT, PRIMARY KEY (kind, id)
    ) WITHOUT ROWID
"""
_PUT = "INSERT OR REPLACE INTO scuttle (kind, id, line, key, value) VALUES (?, ?, ?, ?, ?)"
_REMOVE = "DELETE FROM scuttle WHERE kind = ? AND id = ?"


class SQLiteStore:
    """A `scuttle.StateStore` in a database file: one transaction for each call on the replica that changes it.

    Args:
        path: The file; it is made if there is none. One replica to a file.
        synchronous: SQLite's durability: "FULL" puts each call on the disk before it returns; "NORMAL" loses the last calls if
            the power fails, and nothing if the process is killed; "OFF" may lose the database if the power fails.

    Any thread may use the replica. Close the store after the replica.
    """

    def __init__(self, path: Union[str, PathLike[str]], synchronous: str = "FULL") -> None:
        if synchronous not in ("OFF", "NORMAL", "FULL", "EXTRA"):
            raise ValueError(f'synchronous is {synchronous!r}, which is none of "OFF", "NORMAL", "FULL", "EXTRA"')
        # With isolation_level None the module begins no transaction of its own. The replica admits one thread at a time.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute(f"PRAGMA synchronous = {synchronous}")
            self._database.execute(_TABLE)
        except BaseException:
            self._database.close()
            raise

    def load(self) -> Iterator[bytes]:
        """Returns the lines of all rows."""
        for (line,) in self._database.execute("SELECT line FROM scuttle"):
            yield line

    def begin(self) -> None:
        """Begins a transaction; SQLITE_BUSY now and not at its end, if another process writes."""
        self._database.execute("BEGIN IMMEDIATE")

    def put(self, row: Row) -> None:
        """Inserts or replaces a row."""
        update = row.update
        key = None if update is None else update.key
        value = None if update is None or update.deleted else update.json
        self._database.execute(_PUT, (row.kind, row.id, row.line, key, value))

    def remove(self, row: Row) -> None:
        """Removes a row, if it exists."""
        self._database.execute(_REMOVE, (row.kind, row.id))

    def commit(self) -> None:
        """Ends the transaction."""
        self._database.execute("COMMIT")

    def rollback(self) -> None:
        """Undoes the transaction. SQLite has undone it already after some errors, such as a full disk."""
        if self._database.in_transaction:
            self._database.execute("ROLLBACK")

    def close(self) -> None:
        """Closes the database."""
        self._database.close()

    def __enter__(self) -> SQLiteStore:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()
