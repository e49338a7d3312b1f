"""A store in memory that can fail, and a check of its rows."""

from __future__ import annotations

import json
from typing import Dict, Iterator, List, Optional, Set, Tuple

import scuttle
from scuttle import Replica, Row


class Broken(Exception):
    """The exception of a store that fails."""


class MemoryStore(scuttle.StateStore):
    """Keeps rows in a dict, and is strict about the order of calls."""

    def __init__(self) -> None:
        self.rows: Dict[Tuple[int, bytes], Row] = {}
        #: The names of the methods that were called.
        self.calls: List[str] = []
        #: The call of each method that fails: 1 is the next one.
        self.failing: Dict[str, int] = {}
        #: The exception of a call that fails.
        self.failure: BaseException = Broken()
        self._pending: Optional[Dict[Tuple[int, bytes], Row]] = None

    def _called(self, name: str) -> None:
        self.calls.append(name)
        if name in self.failing:
            self.failing[name] -= 1
            if self.failing[name] <= 0:
                del self.failing[name]
                raise self.failure

    def load(self) -> Iterator[bytes]:
        self._called("load")
        assert self._pending is None, "load in the middle of a transaction"
        for row in list(self.rows.values()):
            yield row.line

    def begin(self) -> None:
        self._called("begin")
        assert self._pending is None, "begin in the middle of a transaction"
        self._pending = dict(self.rows)

    def put(self, row: Row) -> None:
        self._called("put")
        assert self._pending is not None, "put without begin"
        assert row.line.endswith(b"\n") or row.line == b""
        assert row.id
        assert (row.update is not None) == (row.kind is scuttle.RowKind.ENTRY)
        self._pending[row.kind, row.id] = row

    def remove(self, row: Row) -> None:
        self._called("remove")
        assert self._pending is not None, "remove without begin"
        assert row.line == b"" and row.update is None
        self._pending.pop((row.kind, row.id), None)

    def commit(self) -> None:
        self._called("commit")
        assert self._pending is not None, "commit without begin"
        self.rows, self._pending = self._pending, None

    def rollback(self) -> None:
        self._pending = None
        self._called("rollback")

    @property
    def lines(self) -> bytes:
        """The lines that `load` returns, as one text."""
        return b"".join(row.line for row in self.rows.values())

    def copy(self) -> MemoryStore:
        """Returns another store with the same rows, which does not fail."""
        other = MemoryStore()
        other.rows = dict(self.rows)
        return other


def entries(replica: Replica) -> Set[Tuple[object, ...]]:
    """Returns the entry of each key, deletes included, without the parts that differ between replicas."""
    messages = [json.loads(text) for text in replica.export().splitlines()]
    return {
        (m["key"], json.dumps(m["value"]), *m.get("written", (m["source_id"], m["version"])), m.get("deleted", False))
        for m in messages
        if "key" in m
    }


def assert_stored(replica: Replica, store: MemoryStore) -> None:
    """Expects that a replica that starts from the store is the same.

    The low-water mark of the replica's own source may be ahead of the stored one: no peer knows that source yet, or a call was undone.
    """
    with Replica(replica.name, state_store=store.copy(), keep_tombstones=True) as again:
        assert entries(again) == entries(replica)
        assert again.fingerprint == replica.fingerprint
        vector, stored = replica.clock, again.clock
        assert stored.pop(replica.id, 0) <= vector.pop(replica.id, 0)
        assert {source: stored.get(source) for source in vector} == vector
        assert again.version >= max(vector.values(), default=0)
