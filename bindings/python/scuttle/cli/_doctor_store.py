"""Checks of a store, which is only read."""

from __future__ import annotations

import os
import shutil
import time
from typing import Iterator, Optional

from .. import errors
from .._replica import Replica
from ._checks import FAIL, OK, WARN, Check
from ._errors import CommandError
from ._saved_time import saved_time
from ._store_reading import find_files, is_sqlite, lock_holder, read_file, sqlite_path

_LEAST_FREE = 0.05
#: Seconds by which a saved time may be ahead: people set the time.
_AHEAD = 5.0


def check_store(store: str, name: Optional[str]) -> Iterator[Check]:
    """Yields the checks."""
    if is_sqlite(store):
        from ._doctor_sqlite import check_sqlite

        yield from check_sqlite(sqlite_path(store), name)
        return
    try:
        paths = find_files(store, name)
    except CommandError as error:
        yield Check(FAIL, "store", error.message)
        return
    for path in paths:
        yield from _check_file(path)
    yield from check_folder(os.path.dirname(paths[0]) or ".")


def _check_file(path: str) -> Iterator[Check]:
    holder = lock_holder(path)
    if holder is not None:
        yield Check(OK, "lock", f"process {holder} has {path} open")
    else:
        yield Check(OK, "lock", f"no process has {path} open")
    try:
        file = read_file(path)
    except CommandError as error:
        yield Check(FAIL, "store", error.message)
        return
    if file.damaged_at is not None:
        advice = (
            "restore the file; or FileStore(…, mend=True) opens what is in front of the damage, and peers send the rest"
        )
        yield Check(FAIL, "checksums", f"{path} is damaged at byte {file.damaged_at:,} of {file.file_bytes:,}", advice)
        return
    yield Check(OK, "checksums", f"{path}, {file.file_bytes:,} bytes, is whole")
    if file.truncated_bytes and holder is None:
        text = f"the last {file.truncated_bytes:,} bytes of {path} are an unfinished save of a process that was killed"
        yield Check(WARN, "end", text, "nothing: the next start cuts them off, and nothing confirmed is in them")
    yield from check_state(path, file.name, file.state)


def check_state(path: str, name: str, state: bytes) -> Iterator[Check]:
    """Yields the checks of the lines of a store."""
    try:
        with Replica(name, state=state) if state else Replica(name) as replica:
            keys, version = len(replica), replica.version
    except errors.ScuttleError as error:
        yield Check(FAIL, "content", f"{path}: {error}", "restore the store, or start from peers with a new one")
        return
    yield Check(OK, "content", f"replica {name!r} with {keys:,} keys, up to version {version:,}")
    saved = saved_time(state)
    if saved is None:
        return
    ahead = saved - time.time()
    if ahead > _AHEAD:
        text = f"the time saved in {path} is {ahead:,.0f} seconds ahead of this machine's"
        yield Check(WARN, "ticks", text, "set the time of the machine: until then times to live may last longer")
    else:
        yield Check(OK, "ticks", f"the saved time is {-ahead:,.0f} seconds ago")


def check_folder(folder: str) -> Iterator[Check]:
    """Yields the checks of the disk and the rights of a folder."""
    if not os.access(folder, os.W_OK | os.X_OK):
        yield Check(
            WARN, "rights", f"this user cannot write in {folder}", "run the node, and this, as the owner of the store"
        )
    try:
        usage = shutil.disk_usage(folder)
    except OSError as error:
        yield Check(FAIL, "disk", f"{folder}: {error.strerror}")
        return
    free = usage.free / usage.total if usage.total else 0.0
    if free < _LEAST_FREE:
        yield Check(WARN, "disk", f"{free:.1%} of the disk of {folder} is free", "free some: a full disk stops saving")
    else:
        yield Check(OK, "disk", f"{usage.free / 1e9:,.1f} GB are free")
