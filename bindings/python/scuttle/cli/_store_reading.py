"""The files of stores, read without a lock and without a change: for dumps and checks."""

from __future__ import annotations

import fcntl
import os
import stat
from typing import List, NamedTuple, Optional

from .. import _store_format as form
from ._errors import CommandError, Exit

SUFFIX = ".scuttle"
_SQLITE = "sqlite:///"


class StoreFile(NamedTuple):
    """What a file of a store has."""

    path: str
    #: The name of its replica.
    name: str
    #: The lines of its whole saves.
    state: bytes
    file_bytes: int
    #: Bytes at its end that belong to no whole save: a save that is being written, or that a kill has cut.
    truncated_bytes: int
    #: The offset of bytes that were on the disk and have changed since; None if there are none.
    damaged_at: Optional[int]


def is_sqlite(store: str) -> bool:
    """Returns whether a store is an SQLite database, and no folder."""
    return store.startswith(_SQLITE)


def sqlite_path(store: str) -> str:
    """Returns the path in `sqlite:///PATH`: relative, or with a fourth slash absolute."""
    return store[len(_SQLITE) :]


def find_files(store: str, name: Optional[str]) -> List[str]:
    """Returns the paths of a file store's files: that of a name, or all.

    Args:
        store: A folder, or one of its files.
        name: The name of a replica; None: all.

    Raises:
        CommandError: There is none.
    """
    if not os.path.isdir(store):
        if os.path.exists(store):
            return [store]
        raise CommandError(f"there is no store {store}: check the path", Exit.DATA)
    if name is not None:
        path = os.path.join(store, form.file_names(os.fsencode(name))[0])
        if not os.path.exists(path):
            raise CommandError(f"the store {store} has no replica {name!r}: there are {_list(_all(store))}", Exit.DATA)
        return [path]
    found = _all(store)
    if not found:
        raise CommandError(f"the folder {store} has no file NAME{SUFFIX}: it is no store, or an empty one", Exit.DATA)
    return [os.path.join(store, file) for file in found]


def find_file(store: str, name: Optional[str]) -> str:
    """Returns the path of one file of a file store. Raises CommandError if there is none, or more than one and no name."""
    found = find_files(store, name)
    if len(found) > 1:
        files = _list([os.path.basename(path) for path in found])
        raise CommandError(f"the store {store} has more than one replica, {files}: give --name", Exit.USAGE)
    return found[0]


def _all(folder: str) -> List[str]:
    try:
        return sorted(file for file in os.listdir(folder) if file.endswith(SUFFIX))
    except OSError as error:
        raise CommandError(f"cannot read the store {folder}: {error.strerror}", Exit.DATA) from None


def _list(files: List[str]) -> str:
    return ", ".join(files[:5]) + (", …" if len(files) > 5 else "") if files else "none"


def read_file(path: str) -> StoreFile:
    """Reads a file. A node may have it open: it appends only, so what was read is a whole save of some moment.

    Raises:
        CommandError: The file cannot be read, or is not one of a file store.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(fd, "rb") as file:
            is_regular = stat.S_ISREG(os.fstat(fd).st_mode)
            data = file.read() if is_regular else b""
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}; check the path and the rights", Exit.DATA) from None
    try:
        head = form.read_head(data)
    except LookupError:
        raise CommandError(
            f"{path} has a later format than {form.VERSION}: use a later version of scuttle", Exit.DATA
        ) from None
    if head is None:
        message = f"{path} was not made by a file store, or its head is damaged: give another path, or restore the file"
        raise CommandError(message, Exit.DATA)
    saves = form.read_saves(data, head)
    name = head.name.decode(errors="backslashreplace")
    return StoreFile(path, name, saves.state, len(data), len(data) - saves.end, saves.damaged_at)


def lock_holder(path: str) -> Optional[str]:
    """Returns the process that has a store's file open, "?" if it has not said which, None if there is none.

    It tries the lock for reading, and frees it at once. It makes no lock file.
    """
    try:
        lock = os.open(f"{path}.lock", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return os.pread(lock, 31, 0).decode(errors="replace").strip() or "?"
    finally:
        os.close(lock)
    return None
