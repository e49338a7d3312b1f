"""A replica in a file, which has all that was saved after a restart, a kill or a loss of power."""

from __future__ import annotations

import os
from threading import RLock
from time import monotonic
from types import TracebackType
from typing import Any, NamedTuple, Optional, Type, Union

from ._changes import Cursor
from ._config import c_text
from ._replica import Replica
from ._saves import Piece
from ._store_file import Log, StoreFile
from .errors import BusyError, ClosedError, ForkedError

#: The bytes that a call writes of the file of a compaction, or so many times those that it has saved if that is more: so that
#: file catches up with the other.
_SLICE = 256 << 10
_SLICE_SAVES = 4


class StoreInfo(NamedTuple):
    """The state of a file."""

    #: Bytes of the file.
    file_bytes: int
    #: Of these, the bytes of the last whole save: the bytes of the file after its last compaction.
    whole_bytes: int
    #: Of these, the bytes that are known to be on the disk.
    synced_bytes: int
    #: Saves that were appended since the file was opened.
    saves: int
    #: Compactions that were done since then.
    compactions: int
    #: Bytes that were cut off when the file was opened.
    healed_bytes: int
    #: Whether a compaction has begun.
    compacting: bool
    #: Why the last compaction was given up, if it was.
    compact_error: Optional[OSError]


class FileStore:
    """A folder with a file for each replica: append-only saves with checksums, compacted now and then.

        with scuttle.FileStore("/var/lib/lamps").open("kitchen") as replica:
            replica["lamp"] = True
            replica.commit()

    The library scuttle_store.h reads and writes the same files.
    """

    def __init__(
        self,
        path: Union[str, os.PathLike[str]],
        *,
        sync: Union[str, float, None] = "always",
        compact_bytes: Optional[int] = None,
        mend: bool = False,
    ) -> None:
        """Describes the folder and how its files are kept; opens nothing.

        Args:
            path: The folder. `open` makes it if it is missing, but for its parents.
            sync: When `commit` synchronises the file with the disk. "always": in each call that has written, so nothing that was committed
                is lost with the power. A number of seconds: in the first call that long after the last time. None: not at all. A kill
                of the process loses nothing in either case.
            compact_bytes: A compaction begins if the file is larger than twice its contents, and by this many bytes. None: 1 MiB.
            mend: Open a damaged file with what is in front of the damage, which is an older save. The damaged file stays beside it, with
                `.damaged` at the end of its name. Peers send what is missing.
        """
        if not (sync is None or sync == "always" or (isinstance(sync, (int, float)) and sync >= 0)):
            raise ValueError(f'sync is "always", a number of seconds or None, not {sync!r}')
        self._path = os.fspath(path)
        self._sync = 0.0 if sync == "always" else None if sync is None else float(sync)
        self._compact_bytes = 1 << 20 if compact_bytes is None else compact_bytes
        self._mend = mend

    def open(self, name: str, **config: Any) -> StoredReplica:
        """Opens the file of a replica, or makes it, and starts the replica from it: another incarnation of the name, with everything
        that was saved. An unfinished save at the end of the file, as a kill leaves it, is cut off.

        Args:
            name: The name of the replica, as for `Replica`.
            config: All other arguments of `Replica` but `state` and `state_store`.

        Raises:
            StoreLockedError: Another process, or another replica in this one, has the file open.
            DamagedFileError: Bytes that were on the disk have changed since; see `mend`.
            FileStoreError: The file was not made by a file store, or is that of another name.
            OSError: The system refuses: rights, a full disk.
            ScuttleError: Those of `Replica`.
        """
        return StoredReplica(
            name, config, folder=self._path, sync=self._sync, compact_bytes=self._compact_bytes, mend=self._mend
        )

    def __repr__(self) -> str:
        return f"<scuttle.FileStore {self._path!r}>"


class StoredReplica(Replica):
    """A replica in a file: `FileStore.open` makes it.

    `commit` appends what has changed; call it after each change, or after each turn of an event loop. A change is confirmed once a `commit`
    behind it has returned, if the store has `sync="always"`, or a `sync`. After an OSError the replica goes on in memory, the file has
    all that was in it, and the next `commit` appends what is missing. A replica that is dropped without `close` is not committed.
    """

    def __init__(
        self, name: str, config: Any, *, folder: str, sync: Optional[float], compact_bytes: int, mend: bool
    ) -> None:
        if "state" in config or "state_store" in config:
            raise TypeError("a replica in a file store has neither `state` nor `state_store`")
        self._file_lock = RLock()
        self._sync_seconds = sync
        self._compact_bytes = compact_bytes
        self._compact_from = 0
        self._compact_error: Optional[OSError] = None
        #: Whether the system has failed to synchronise the file, so that its bytes may be lost although a later try succeeds.
        self._is_suspect = False
        self._saves = self._compactions = 0
        self._owner = os.getpid()
        self._file = StoreFile(folder, c_text(name, "a name"))
        try:
            state, self._healed_bytes, is_damaged = self._file.read(mend)
            super().__init__(name, **config, state=state) if state else super().__init__(name, **config)
            log = self._file.log
            if log is None or is_damaged:
                self._write_anew(is_damaged)
            else:
                self._file.heal(log)
                log.cursor = self.saved_cursor or Cursor()  # the next save goes on from those in the file
        except BaseException:
            self._file.close()
            raise
        self._synced_at = monotonic()

    # --- saving ---

    def commit(self) -> None:
        """Appends what has changed since the last call, and synchronises the file as the store's `sync` says.

        If the file has grown to more than twice its contents, the call begins a compaction, which goes on in later calls. A compaction
        that fails is given up; `store_info` has its error, and the file goes on.

        Raises:
            OSError: The disk is full, or a write fails. A partial write is cut off again.
            FileStoreError: The file was removed or replaced. `compact` writes it anew.
            BusyError: The call came from a callback of the replica, or from a signal handler in the middle of a call.
        """
        self._with_file(self._commit, False)

    def sync(self) -> None:
        """Commits, and synchronises the file whatever the store's `sync` is. Raises as `commit`."""
        self._with_file(self._commit, True)

    def compact(self) -> None:
        """Writes the file anew, at once: for a moment at which time does not matter. Raises as `commit`."""
        self._with_file(self._write_anew)

    @property
    def store_info(self) -> StoreInfo:
        """The state of the file."""
        log = self._log()
        return StoreInfo(
            log.end,
            log.whole,
            log.synced,
            self._saves,
            self._compactions,
            self._healed_bytes,
            self._file.next is not None,
            self._compact_error,
        )

    def close(self) -> None:
        """Commits, synchronises and closes the file and the replica, also if that raises. A second call does nothing."""
        if self.closed:
            return
        try:
            self._with_file(self._commit, True)
        except BusyError:
            raise
        except BaseException:
            self._end()
            raise
        self._end()

    def _end(self) -> None:
        with self._file_lock:
            self._file.close()
        super().close()

    def __enter__(self) -> StoredReplica:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    # --- steps, with the lock ---

    def _with_file(self, step: Any, *arguments: Any) -> None:
        if self._owner != os.getpid():
            raise ForkedError("the replica was made before a fork, in the parent of this process")
        # A callback holds the replica, and another thread that saves may wait for it: so it does not wait for the file.
        if self._handle.is_mine() or self._file_lock._is_owned():  # type: ignore[attr-defined]
            raise BusyError("a replica cannot be committed in the middle of a call")
        with self._file_lock:
            self._log()
            step(*arguments)

    def _log(self) -> Log:
        if self._file.log is None:
            raise ClosedError("the replica is closed")
        return self._file.log

    def _commit(self, is_sync: bool) -> None:
        if self._is_suspect:
            self._write_anew()
            return
        self._file.check()
        log = self._log()
        following = self._file.next
        self._begin_compaction(log)
        end = log.end
        is_whole = self._append(log).whole
        self._saves += log.end > end
        if is_sync or self._is_sync_due():
            self._synced_at = monotonic()
            self._is_suspect = True
            log.sync()
            self._is_suspect = False
        if following is None:
            return
        if is_whole:  # the second file has no use then, and would begin anew, too
            self._file.drop_next()
        else:
            self._compact_some(log, following, log.end - end)

    def _is_sync_due(self) -> bool:
        return self._sync_seconds is not None and monotonic() - self._synced_at >= self._sync_seconds

    def _append(self, log: Log, limit: Optional[int] = None) -> Piece:
        """Appends what has changed since the log's cursor, or with a limit of bytes a part of it."""
        piece = self.save(Cursor(*log.cursor), limit)
        log.append(piece.lines, piece.whole, piece.more, piece.cursor)
        return piece

    def _write_anew(self, keep_damaged: bool = False) -> None:
        self._file.drop_next()
        try:
            log = self._file.begin_next()
            self._append(log)
            self._switch(log, keep_damaged)
        except BaseException:
            self._file.drop_next()
            raise

    def _switch(self, log: Log, keep_damaged: bool = False) -> None:
        is_first = self._file.log is None
        self._file.end_next(log, keep_damaged)
        self._is_suspect = False
        self._compact_from = 0
        self._compact_error = None
        self._compactions += not is_first
        self._file.sync_folder()

    def _begin_compaction(self, log: Log) -> None:
        """Begins a compaction if the file is large enough. Before a save is appended, because a whole save raises the low-water mark of
        the replica, and the file is to have that, too."""
        dead = log.end - log.whole
        if self._file.next is None and dead > max(log.whole, self._compact_bytes) and log.end >= self._compact_from:
            try:
                self._append(self._file.begin_next(), _SLICE)
            except OSError as error:
                self._give_up(log, error)

    def _compact_some(self, log: Log, following: Log, saved: int) -> None:
        """Goes on with a compaction that an earlier call has begun, behind a save of some bytes."""
        try:
            piece = self._append(following, max(_SLICE, _SLICE_SAVES * saved))
            if self._file.flush(following) and not piece.more:
                self._switch(following)
        except OSError as error:
            if self._file.log is following:
                raise  # the folder could not be synchronised, so the change of files is not confirmed
            self._give_up(log, error)

    def _give_up(self, log: Log, error: OSError) -> None:
        self._compact_error = error
        self._compact_from = log.end + max(log.whole, self._compact_bytes)
        self._file.drop_next()
