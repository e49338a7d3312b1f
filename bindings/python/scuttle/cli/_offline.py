"""Stores without a node: read as they are, or opened to write in them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Iterator, List, Optional, Tuple

from .. import errors
from .._file_store import FileStore
from .._replica import Replica
from .._stores import StateStore
from ._errors import CommandError, Exit
from ._store_reading import find_file, find_files, is_sqlite, read_file, sqlite_path
from ._sqlite_reading import SQLiteStates

#: Changes of a dump that goes into a store: no synchronisation for each batch, but one at the end.
_AT_THE_END = None


def replica_of(store: str, name: Optional[str]) -> Replica:
    """Returns a replica in memory that has what a store has. The store stays as it is.

    Raises:
        CommandError: The store cannot be read, or is damaged.
    """
    if is_sqlite(store):
        own, state = SQLiteStates(sqlite_path(store)).state_of(name)
    else:
        file = read_file(find_file(store, name))
        if file.damaged_at is not None:
            message = f"{file.path} is damaged at byte {file.damaged_at:,}: restore the file, or start from peers with a new store"
            raise CommandError(message, Exit.DATA)
        own, state = file.name, file.state
    try:
        return Replica(own, state=state) if state else Replica(own)
    except errors.ScuttleError as error:
        raise CommandError(f"the store {store} cannot be read: {error}", Exit.DATA) from None


@contextmanager
def opened_for_writing(store: str, name: Optional[str]) -> Iterator[Any]:
    """Opens a store, or makes it, and yields the object whose `set_many` writes a batch. All is on the disk at the end.

    Raises:
        CommandError: A node has it open, or it cannot be used.
    """
    with _told(store), _open(store, name) as opened:
        yield opened


def import_export(store: str, name: Optional[str], lines: bytes) -> int:
    """Makes a store of the lines of an export; returns the number of its keys.

    Raises:
        CommandError: The store exists already, or the lines are not valid or truncated.
    """
    with _told(store):
        with Replica(name or "checks-an-export") as checked:
            if not checked.load(lines):
                raise CommandError("the lines end before the end of the export: copy them again", Exit.DATA)
        with _open(store, name) as opened:
            try:
                opened.replica.load(lines)
            except errors.ArgumentError:
                raise CommandError(f"the store {store} has this replica already: give a new STORE", Exit.REFUSED) from None
            opened.save()
            return len(opened.replica)
