"""Saving: one thread writes to the disk for all calls that wait for it."""

from __future__ import annotations

import asyncio
import logging
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Callable, List, NamedTuple, Optional, Tuple, Type, TypeVar, Union

from .._file_store import FileStore, StoredReplica
from .._replica import Replica
from ..errors import ArgumentError, ClosedError, ScuttleError
from ._errors import NotDurableError

if TYPE_CHECKING:
    from ._sqlite import SQLiteStore

logger = logging.getLogger("scuttle.aio")

#: Seconds after which a change that nobody waits for is written, and after which a commit that has failed is tried again.
_COMMIT_SECONDS = 0.25
_RETRY_SECONDS = 1.0

_Result = TypeVar("_Result")


class StoreInfo(NamedTuple):
    """The state of a node's store."""

    #: "file" or "sqlite".
    kind: str
    #: The folder, or the database.
    path: str
    #: Bytes of the saves, before the next compaction.
    file_bytes: int
    #: Commits that have written something, and compactions, since the start.
    commits: int
    compactions: int
    #: Why the latest commit has failed; None: it has not.
    error: Optional[Exception]


class Folder:
    """The folder of a `FileStore`."""

    kind = "file"
    #: What a call raises if the system or the disk fails.
    faults: Tuple[Type[Exception], ...] = (OSError, ScuttleError)

    def __init__(self, path: str) -> None:
        self.path = path
        self._replica: Optional[StoredReplica] = None

    def open(self, name: str, **config: Any) -> Replica:
        """Starts a replica from its file: see `FileStore.open`."""
        self._replica = FileStore(self.path, sync=None).open(name, **config)
        return self._replica

    def sync(self) -> None:
        """Writes what has changed; it is on the disk when the call returns."""
        assert self._replica is not None
        self._replica.sync()

    def close(self) -> None:
        """Syncs, and closes the file and the replica, also if that raises."""
        if self._replica is not None:
            self._replica.close()

    @property
    def file_bytes(self) -> int:
        """The bytes of the file."""
        return self._replica.store_info.file_bytes if self._replica is not None else 0

    @property
    def commits(self) -> int:
        """The saves that were appended."""
        return self._replica.store_info.saves if self._replica is not None else 0

    @property
    def compactions(self) -> int:
        """The compactions that were done."""
        return self._replica.store_info.compactions if self._replica is not None else 0


def make_store(given: Union[str, os.PathLike[str]]) -> Union[Folder, SQLiteStore]:
    """Returns the store of a path or of "sqlite:///path". Opens nothing."""
    path = os.fspath(given)
    if not isinstance(path, str):
        raise TypeError(f"store is a str or a path, not {given!r}")
    if path.startswith("sqlite:"):
        from ._sqlite import SQLiteStore, path_of  # sqlite3 costs time, and some builds of Python lack it

        return SQLiteStore(path_of(path))
    if not path or "\0" in path:
        raise ArgumentError(f"store is {path!r}, which is no path of a folder")
    return Folder(path)


class Saver:
    """Group commit: a commit is for all calls that wait when it begins, and a call that comes meanwhile waits for the next."""

    def __init__(self, store: Union[Folder, SQLiteStore]) -> None:
        self._store = store
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="scuttle-store")
        self._waiting: List[asyncio.Future[None]] = []
        self._running: Optional[asyncio.Future[None]] = None
        self._timer: Optional[asyncio.Handle] = None
        self._is_urgent = False
        self._error: Optional[Exception] = None
        self._is_closed = False

    @property
    def info(self) -> StoreInfo:
        """The state of the store."""
        store = self._store
        return StoreInfo(store.kind, store.path, store.file_bytes, store.commits, store.compactions, self._error)

    async def open(self, name: str, **config: Any) -> Replica:
        """Opens the store, in its thread. If the call is cancelled, it closes the store again."""

        def open_store() -> Replica:
            return self._store.open(name, **config)

        try:
            return await self._finish(open_store)
        except BaseException:
            await self._stop(self._store.close)
            raise

    async def _finish(self, call: Callable[[], _Result]) -> _Result:
        """Runs a call in the thread, and returns when it is over, also if this task is cancelled meanwhile."""
        future = asyncio.get_running_loop().run_in_executor(self._executor, call)
        cancelled: Optional[BaseException] = None
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            future.exception()  # it is looked at
            raise cancelled
        return future.result()

    def note(self) -> bool:
        """Has what may have changed written soon: a step of `Turns`."""
        if self._timer is None and not self._is_closed:
            pause = _COMMIT_SECONDS if self._error is None else _RETRY_SECONDS
            self._timer = asyncio.get_running_loop().call_later(pause, self._begin)
        return False

    async def durable(self) -> None:
        """Returns once all changes so far are on the disk.

        Raises:
            NotDurableError: The store has failed.
            ClosedError: The node was closed.
        """
        if self._is_closed:
            raise ClosedError("the node was closed")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        self._waiting.append(future)
        if not self._is_urgent:
            self._is_urgent = True
            if self._timer is not None:
                self._timer.cancel()
            self._timer = loop.call_soon(self._begin)
        await future

    def _begin(self) -> None:
        """Begins a commit, unless one runs: its end begins the next."""
        self._timer = None
        if self._running is not None or self._is_closed:
            return
        self._is_urgent = False
        waiting, self._waiting = self._waiting, []
        self._running = asyncio.get_running_loop().run_in_executor(self._executor, self._store.sync)
        self._running.add_done_callback(lambda done: self._end(done, waiting))

    def _end(self, done: asyncio.Future[None], waiting: List[asyncio.Future[None]]) -> None:
        self._running = None
        error = None if done.cancelled() else done.exception()
        self._report(error if isinstance(error, Exception) else None)
        self._tell(waiting, error)
        if self._waiting:
            self._begin()
        elif error is not None:
            self.note()

    def _tell(self, waiting: List[asyncio.Future[None]], error: Optional[BaseException]) -> None:
        for future in waiting:
            if future.done():
                continue  # it was cancelled
            if error is None:
                future.set_result(None)
            else:
                failure = NotDurableError(f"{self._store.path}: {error}")
                failure.__cause__ = error
                future.set_exception(failure)

    def _report(self, error: Optional[Exception]) -> None:
        """Logs the first failure, and the end of failures."""
        if error is not None and self._error is None:
            logger.warning("the store %s fails, and the node goes on in memory: %s", self._store.path, error)
        elif error is None and self._error is not None:
            logger.info("the store %s works again", self._store.path)
        self._error = error

    async def close(self) -> None:
        """Writes the last changes, and closes the store and the replica.

        Raises:
            NotDurableError: The store has failed. All is closed.
        """
        if self._timer is not None:
            self._timer.cancel()
        self._is_closed = True
        waiting, self._waiting = self._waiting, []
        error: Optional[BaseException] = None
        try:
            await self._stop(self._store.close)
        except self._store.faults as caught:
            error = caught
        self._tell(waiting, error)
        if error is not None:
            raise NotDurableError(f"{self._store.path}: {error}") from error

    async def _stop(self, close: Callable[[], None]) -> None:
        try:
            await self._finish(close)
        finally:
            self._executor.shutdown(wait=True)
