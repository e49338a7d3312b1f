"""The databases and files of the processes that are killed."""

from __future__ import annotations

from typing import Any, Union

from examples.sqlite_store import SQLiteStore

import scuttle

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


#: The `sync` of a file store for each setting of SQLite's.
_SYNC = {"OFF": None, "NORMAL": 0.005, "FULL": "always"}


def open_replica(kind: str, path: str, synchronous: str, name: str, **config: Any) -> scuttle.Replica:
    """Opens a replica in a database, or of the kind "file" in a file that is compacted often."""
    if kind == "file":
        return scuttle.FileStore(path, sync=_SYNC[synchronous], compact_bytes=4096).open(name, **config)
    return scuttle.Replica(name, state_store=open_store(kind, path, synchronous), **config)
