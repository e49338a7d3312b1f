"""Keeps a replica in an LMDB environment: `pip install lmdb`.

    with LMDBStore("words.lmdb") as store, scuttle.Replica("ada", state_store=store) as replica:
        replica["greeting"] = "hello"  # on the disk once this has returned

Each row is a record: the key is its kind, as one byte, and its id; the value is its line.
"""

from __future__ import annotations

import hashlib
from os import PathLike, fspath
from types import TracebackType
from typing import Iterator, Optional, Type, Union

import lmdb

from scuttle import Row


class LMDBStore:
    """A `scuttle.StateStore` in an LMDB environment: one transaction for each call on the replica that changes it.

    Any thread may use the replica: a transaction stays in the thread of its call. Close the store after the replica.

    Args:
        path: A folder; it is made if there is none. One replica to an environment.
        map_size: The largest size in bytes. Beyond it a call raises StoreError from lmdb.MapFullError.
        sync: False does not wait for the disk: nothing is lost if the process is killed; the environment may be lost if the
            power fails.
    """

    def __init__(self, path: Union[str, PathLike[str]], map_size: int = 1 << 30, sync: bool = True) -> None:
        self._environment = lmdb.open(fspath(path), map_size=map_size, sync=sync, metasync=sync)
        self._longest = self._environment.max_key_size()
        self._transaction: Optional[lmdb.Transaction] = None

    def load(self) -> Iterator[bytes]:
        """Returns the lines of all rows."""
        with self._environment.begin() as transaction, transaction.cursor() as cursor:
            for _, line in cursor:
                yield bytes(line)

    def begin(self) -> None:
        """Begins a transaction."""
        self._transaction = self._environment.begin(write=True)

    def put(self, row: Row) -> None:
        """Inserts or replaces a row."""
        assert self._transaction is not None
        self._transaction.put(self._key(row), row.line)

    def remove(self, row: Row) -> None:
        """Removes a row, if it exists."""
        assert self._transaction is not None
        self._transaction.delete(self._key(row))

    def _key(self, row: Row) -> bytes:
        """Returns the kind and the id; for an id that is too long for LMDB, its beginning and a hash. Only such a key has the
        greatest length, so no id can pass for another one's hash."""
        key = bytes((row.kind,)) + row.id
        if len(key) < self._longest:
            return key
        digest = hashlib.sha256(row.id).digest()
        return key[: self._longest - len(digest)] + digest

    def commit(self) -> None:
        """Ends the transaction."""
        transaction, self._transaction = self._transaction, None
        assert transaction is not None
        transaction.commit()

    def rollback(self) -> None:
        """Undoes the transaction, if it has begun. A commit that has failed has undone it already."""
        transaction, self._transaction = self._transaction, None
        if transaction is not None:
            transaction.abort()

    def close(self) -> None:
        """Closes the environment."""
        self._environment.close()

    def __enter__(self) -> LMDBStore:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()
