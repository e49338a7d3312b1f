"""The changes of a node, as an asynchronous iterator."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, AsyncIterator, Callable, Deque, NamedTuple, Optional, Set

from .._changes import Cursor
from .._replica import Replica
from .._updates import Update
from ._entries import OWN_PREFIX

#: Changes that a watcher reads at once.
_BATCH = 64


class Change(NamedTuple):
    """A key as it is now.

    Attributes:
        key: The key.
        value: Its value; None if it was deleted.
        deleted: Whether the key is gone.
        source: The source of the write or the delete; "" if the replica has purged it.
        version: Its version; 0 likewise.
        expired: Whether the key is gone because its time to live was over.
    """

    key: str
    value: Any
    deleted: bool = False
    source: str = ""
    version: int = 0
    expired: bool = False


class Watchers:
    """The watchers that wait for a change."""

    def __init__(self) -> None:
        self.is_closed: bool = False
        self._waiting: Set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self) -> None:
        """Returns after a change, or at the end of the node."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        try:
            await future
        finally:
            self._waiting.discard(future)

    def wake(self) -> bool:
        """Wakes all: a step of `Turns`."""
        for future in self._waiting:
            if not future.done():
                future.set_result(None)
        return False

    def close(self) -> None:
        """Ends all watchers."""
        self.is_closed = True
        self.wake()


class Watch(AsyncIterator[Change]):
    """The changes of the keys with one prefix: each key once, as it is when the watcher reads it, in order of arrival.

    A watcher is a cursor: it reads a few changes when its reader is ready, so a slow reader costs no queue, and gets the latest. It
    remembers the names of the keys that it has reported as set, so that it reports their deletes whatever happens. It ends with the node.
    """

    def __init__(
        self,
        watchers: Watchers,
        replica: Callable[[], Replica],
        prefix: str,
        start: Optional[Cursor],
        present: Optional[Cursor],
    ) -> None:
        """Makes a watcher.

        Args:
            watchers: Those of the node.
            replica: Returns the replica.
            prefix: The first characters of the keys.
            start: The cursor to begin at; None: with all entries.
            present: The cursor of now: deletes up to it are of the past.
        """
        self._watchers = watchers
        self._replica = replica
        self._prefix = prefix
        self._cursor = start
        self._present = present
        self._ready: Deque[Change] = deque()
        self._known: Set[str] = set()
        #: While a watch begins anew behind a gap: the keys that were known and were not visited again.
        self._missing: Optional[Set[str]] = None

    def __aiter__(self) -> Watch:
        return self

    async def __anext__(self) -> Change:
        while True:
            if self._watchers.is_closed:
                raise StopAsyncIteration
            if self._ready:
                return self._ready.popleft()
            if self._read():
                await asyncio.sleep(0)  # so that a long list of changes leaves others their turn
            else:
                await self._watchers.wait()

    def _read(self) -> bool:
        """Reads the next changes; returns whether there was anything."""
        found = self._replica().changes(self._cursor, self._prefix, limit=_BATCH)
        is_past = self._present is not None and found.cursor.position <= self._present.position and not found.gap
        self._cursor = found.cursor
        if found.gap:
            self._missing = set(self._known)
        for update in found:
            if not update.key.startswith(OWN_PREFIX):
                self._add(update, is_past)
        if self._missing is not None and len(found) < _BATCH:
            for key in self._missing:
                self._known.discard(key)
                self._ready.append(Change(key, None, True))
            self._missing = None
        return len(found) > 0 or bool(self._ready)

    def _add(self, update: Update, is_past: bool) -> None:
        if self._missing is not None:
            self._missing.discard(update.key)
        if not update.deleted:
            self._known.add(update.key)
        elif update.key in self._known:
            self._known.discard(update.key)
        elif is_past or self._missing is not None:
            return
        self._ready.append(
            Change(update.key, update.value, update.deleted, update.source, update.version, update.expired)
        )
