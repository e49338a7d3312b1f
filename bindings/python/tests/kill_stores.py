"""The stores of the processes that are killed."""

from __future__ import annotations

from typing import Union

from examples.sqlite_store import SQLiteStore

try:
    from examples.lmdb_store import LMDBStore
except ImportError:
    has_lmdb = False
else:
    has_lmdb = True

#: The settings of SQLite's `synchronous`.
SYNCHRONOUS = ("OFF", "NORMAL", "FULL")


def open_store(kind: str, path: str, synchronous: str) -> Union[SQLiteStore, LMDBStore]:
    """Opens a store of a kind, "sqlite" or "lmdb", in a file or folder."""
    if kind == "sqlite":
        return SQLiteStore(path, synchronous)
    return LMDBStore(path, sync=synchronous == "FULL")
