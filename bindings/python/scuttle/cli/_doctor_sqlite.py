"""Checks of a store in an SQLite database, which is only read."""

from __future__ import annotations

import os
from typing import Iterator, Optional

from ._checks import FAIL, OK, Check
from ._doctor_store import check_folder, check_state
from ._errors import CommandError
from ._sqlite_reading import read_sqlite_file, sqlite_holder


def check_sqlite(path: str, name: Optional[str]) -> Iterator[Check]:
    """Yields the checks."""
    holder = sqlite_holder(path)
    if holder is not None:
        yield Check(
            OK,
            "lock",
            f"process {holder} has {path} open; its content was not checked",
            "give --socket, to check that node",
        )
        yield from check_folder(os.path.dirname(path) or ".")
        return
    try:
        file = read_sqlite_file(path)
    except CommandError as error:
        yield Check(FAIL, "store", error.message)
        return
    yield Check(OK, "lock", f"no process has {path} open")
    if file.damaged_row is not None:
        advice = "restore it, or start from peers with a new one"
        yield Check(FAIL, "checksums", f"{path} is damaged in row {file.damaged_row} of scuttle_piece", advice)
        return
    yield Check(OK, "checksums", f"{path}, {file.file_bytes:,} bytes, is whole")
    if name is not None and name != file.name:
        yield Check(
            FAIL, "name", f"{path} has the replica {file.name!r}, and not {name!r}", "correct --name or --store"
        )
    yield from check_state(path, file.name, file.state)
    yield from check_folder(os.path.dirname(path) or ".")
