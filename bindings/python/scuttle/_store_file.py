"""The file of a file store: appending, synchronising, replacing. It knows no replica: a save is bytes and a cursor."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from typing import Optional, Tuple

from . import _store_format as form
from .errors import DamagedFileError, FileStoreError, StoreLockedError

#: An incarnation and a position; both are 0 at the beginning.
Cursor = Tuple[int, int]

_FLUSH = 4 << 20
_OPEN = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW


class Log:
    """A file of saves, and the cursor of the last one."""

    def __init__(self, fd: int, path: str, salt: int, end: int) -> None:
        self.fd = fd
        self.path = path
        self.salt = salt
        #: Bytes of the head and of all saves; what is behind is not part of the file.
        self.end = end
        #: Bytes with the frames of a save that is still open; otherwise as `end`.
        self.at = end
        #: Bytes of the last whole save.
        self.whole = 0
        #: Bytes that are on the disk.
        self.synced = 0
        #: Of the last save.
        self.number = 0
        self.cursor: Cursor = (0, 0)

    def append(self, payload: bytes, is_whole: bool, is_open: bool, cursor: Cursor) -> None:
        """Appends a save, or a part of one, with which the next call goes on if it is open. After an OSError the log is as before."""
        at = self.at
        first = form.FIRST if at == self.end else 0
        if first:
            self.number += 1  # also if the last try has failed, so that nothing of it counts as a part of this one
        last = 0 if is_open else form.LAST | (form.WHOLE if is_whole else 0)
        try:
            for frame in form.make_frames(payload, self.salt, at, self.number, self.synced, first, last):
                _write_all(self.fd, frame, at)
                at += len(frame)
        except OSError as error:
            self._cut()
            raise _named(error, self.path)
        self.at = at
        self.cursor = cursor
        if is_open:
            return
        if is_whole:
            self.whole = at - self.end
        self.end = at

    def _cut(self) -> None:
        """Cuts off what the last call has written. If that fails, too, the next one overwrites it."""
        try:
            os.ftruncate(self.fd, self.at)
        except OSError:
            pass

    def sync(self) -> None:
        """Synchronises the file with the disk."""
        if self.synced != self.end:
            try:
                os.fdatasync(self.fd)
            except OSError as error:
                raise _named(error, self.path)
            self.synced = self.end

    def close(self) -> None:
        """Closes the file."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class StoreFile:
    """The files of a replica in a folder, locked."""

    def __init__(self, folder: str, name: bytes) -> None:
        """Opens and locks the folder's files, and makes a missing folder.

        Raises:
            StoreLockedError: Another store has them open.
            OSError: The system refuses.
        """
        self.log: Optional[Log] = None  # these first, for __del__ if the rest fails
        self.next: Optional[Log] = None
        self._directory = self._lock = -1
        self._owner = os.getpid()
        self._name = name
        self._folder = folder
        self._file, self._lock_file = form.file_names(name)
        self.path = os.path.join(folder, self._file)
        #: Bytes of `next` that are on their way to the disk.
        self._flushed = 0
        #: Whether the folder is not synchronised after a rename.
        self._is_renamed = False
        try:
            self._open_folder()
            self._acquire()
        except BaseException:
            self.close()
            raise

    def _open_folder(self) -> None:
        try:
            os.mkdir(self._folder, 0o700)
            is_new = True
        except FileExistsError:
            is_new = False
        self._directory = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        if is_new:
            parent = os.open("..", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._directory)
            try:
                os.fsync(parent)
            finally:
                os.close(parent)

    def _acquire(self) -> None:
        """Locks the files. The lock is on a file of its own, because a compaction replaces the other."""
        self._lock = self._open(self._lock_file, _OPEN | os.O_CREAT | os.O_NONBLOCK)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(self._lock, 31, 0).decode(errors="replace").strip()
            raise StoreLockedError(
                f"{self.path} is open in another store{', of process ' if holder else ''}{holder}"
            ) from None
        try:  # for messages and people; a full disk is no reason to fail
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, b"%d\n" % self._owner, 0)
        except OSError:
            pass

    def _open(self, file: str, flags: int) -> int:
        try:
            return os.open(file, flags, 0o600, dir_fd=self._directory)
        except OSError as error:
            raise _named(error, os.path.join(self._folder, file))

    # --- opening ---

    def read(self, mend: bool) -> Tuple[bytes, int, bool]:
        """Reads the file, if it exists.

        Returns:
            The lines of its saves, how many bytes at its end are not whole, and whether the file is damaged.

        Raises:
            FileStoreError: The file is not one of this replica.
            DamagedFileError: It is damaged, unless `mend`.
            OSError: The system refuses.
        """
        try:
            fd = self._open(self._file, _OPEN | os.O_NONBLOCK)
        except FileNotFoundError:
            return b"", 0, False
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.EISDIR):
                raise FileStoreError(f"{self.path} is no regular file") from None
            raise
        self.log = log = Log(fd, self.path, 0, 0)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise FileStoreError(f"{self.path} is no regular file")
        with os.fdopen(os.dup(fd), "rb") as file:
            data = file.read()
        head = self._head_of(data)
        saves = form.read_saves(data, head)
        if saves.damaged_at is not None and not mend:
            raise DamagedFileError(f"{self.path} is damaged at byte {saves.damaged_at} of {len(data)}")
        log.salt, log.whole, log.number = head.salt, saves.whole, saves.number
        log.end = log.at = saves.end
        return saves.state, len(data) - saves.end, saves.damaged_at is not None

    def _head_of(self, data: bytes) -> form.Head:
        try:
            head = form.read_head(data)
        except LookupError:
            raise FileStoreError(f"{self.path} has a later format than {form.VERSION}") from None
        if head is None:
            raise FileStoreError(f"{self.path} was not made by a file store, or its head is damaged")
        if head.name != self._name:
            raise FileStoreError(f"{self.path} holds the replica {head.name.decode(errors='replace')!r}")
        return head

    def heal(self, log: Log) -> None:
        """Cuts the end of the file off that is not whole, and synchronises it: the last process may have been killed before it did."""
        try:
            os.ftruncate(log.fd, log.end)
            os.fsync(log.fd)  # with its length, so that nothing behind it comes back
        except OSError as error:
            raise _named(error, self.path)
        log.synced = log.end
        self._unlink(f"{self._file}.new")

    # --- using ---

    def check(self) -> None:
        """Raises FileStoreError if the file is not the one that the log has written."""
        assert self.log is not None
        now = os.fstat(self.log.fd)
        if now.st_nlink == 0:
            raise FileStoreError(f"{self.path} was removed or replaced; `compact` writes it anew")
        if now.st_size < self.log.end:  # it may be longer, if a write that has failed could not be cut off
            raise FileStoreError(
                f"{self.path} is {now.st_size} bytes long; {self.log.end} were written; `compact` writes it anew"
            )
        self.sync_folder()

    def sync_folder(self) -> None:
        """Synchronises the folder after a rename."""
        if self._is_renamed:
            try:
                os.fsync(self._directory)
            except OSError as error:
                raise _named(error, self._folder)
            self._is_renamed = False

    def begin_next(self) -> Log:
        """Makes the file that a compaction writes."""
        file = f"{self._file}.new"
        self._unlink(file)  # the lock is held, so it is nobody's
        path = os.path.join(self._folder, file)
        salt = int.from_bytes(os.urandom(8), "little")
        head = form.make_head(self._name, salt)
        self.next = Log(self._open(file, _OPEN | os.O_CREAT | os.O_EXCL), path, salt, len(head))
        self._flushed = 0
        try:
            if self.log is not None:
                self._copy_rights(self.log.fd, self.next.fd)
            _write_all(self.next.fd, head, 0)
        except OSError as error:
            raise _named(error, path)
        return self.next

    def _copy_rights(self, old: int, new: int) -> None:
        found = os.fstat(old)
        os.fchmod(new, stat.S_IMODE(found.st_mode) & 0o777)
        try:
            os.fchown(new, found.st_uid, found.st_gid)
        except PermissionError:
            pass  # only root may; the file then has this process's owner

    def flush(self, log: Log) -> bool:
        """Starts what is written to a file on its way to the disk, up to a limit; returns whether all is."""
        size = min(_FLUSH, log.at - self._flushed)
        os.posix_fadvise(log.fd, self._flushed, size, os.POSIX_FADV_DONTNEED)  # Linux then begins to write the pages
        self._flushed += size
        return self._flushed == log.at

    def end_next(self, log: Log, keep_damaged: bool = False) -> None:
        """Lets the file of a compaction replace the present one. `sync_folder` follows."""
        log.sync()
        here = self._directory
        if keep_damaged:
            kept = f"{self._file}.damaged"
            self._unlink(kept)
            try:
                os.link(self._file, kept, src_dir_fd=here, dst_dir_fd=here)  # a second name, so that at each moment the file is there
            except OSError:
                os.rename(self._file, kept, src_dir_fd=here, dst_dir_fd=here)
        os.rename(f"{self._file}.new", self._file, src_dir_fd=here, dst_dir_fd=here)
        if self.log is not None:
            self.log.close()
        log.path = self.path
        self.log, self.next = log, None
        self._is_renamed = True

    def drop_next(self) -> None:
        """Gives a compaction up."""
        if self.next is not None:
            self.next.close()
            self.next = None
            self._unlink(f"{self._file}.new")

    def _unlink(self, file: str) -> None:
        try:
            os.unlink(file, dir_fd=self._directory)
        except OSError:
            pass

    def close(self) -> None:
        """Closes and unlocks the files. In the child of a fork the lock is the parent's."""
        is_mine = self._owner == os.getpid()
        if is_mine:
            self.drop_next()
        for log in (self.log, self.next):
            if log is not None:
                log.close()
        self.log = self.next = None
        lock, self._lock = self._lock, -1
        directory, self._directory = self._directory, -1
        if lock >= 0:
            if is_mine:
                fcntl.flock(lock, fcntl.LOCK_UN)  # explicitly, because a child of a fork may still have the descriptor
            os.close(lock)
        if directory >= 0:
            os.close(directory)

    def __del__(self) -> None:
        self.close()


def _write_all(fd: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, at)
        view, at = view[written:], at + written


def _named(error: OSError, path: str) -> OSError:
    """Returns the error with the path of its file, which is not in an error of a descriptor."""
    return type(error)(error.errno, error.strerror, path)
