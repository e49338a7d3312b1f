"""Stores without a node: read as they are, or opened to write in them."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import contextmanager
from typing import Any, Iterator, List, Optional, Tuple

from .. import errors
from .._replica import Replica
from ..aio._saving import make_store
from ..policies import name_of
from ._errors import CommandError, Exit
from ._sqlite_reading import read_sqlite
from ._store_reading import find_file, is_sqlite, read_file, sqlite_path


def replica_of(store: str, name: Optional[str]) -> Replica:
    """Returns a replica in memory that has what a store has. The store stays as it is.

    Raises:
        CommandError: The store cannot be read, or is damaged.
    """
    if is_sqlite(store):
        own, state = read_sqlite(sqlite_path(store), name)
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


class OpenStore:
    """A replica in a store, for batches of writes."""

    def __init__(self, replica: Replica) -> None:
        self.replica = replica

    def write(self, pairs: List[Tuple[str, Any]]) -> None:
        """Sets the keys of a batch: all of them or none."""
        try:
            self.replica.set_many(pairs)
        except errors.ScuttleError as error:
            raise CommandError(str(error), Exit.DATA) from None


@contextmanager
def opened_for_writing(store: str, name: Optional[str]) -> Iterator[OpenStore]:
    """Opens a store, or makes it. At the end, also after an error, all that was written is on the disk.

    Raises:
        CommandError: A node has it open, it cannot be used, or it is new and has no name.
    """
    with _told(store), _opened(store, name or _only_name(store)) as replica:
        yield OpenStore(replica)


def import_export(store: str, name: Optional[str], lines: bytes) -> int:
    """Makes a store of the lines of an export; returns the number of its keys.

    Raises:
        CommandError: The store has the replica already, or the lines are not valid or truncated.
    """
    with _told(store):
        with Replica("checks-an-export") as checked:
            if not checked.load(lines):
                raise CommandError("the lines end before the end of the export: copy them again", Exit.DATA)
        with _opened(store, name or _name_in(lines)) as replica:
            try:
                replica.load(lines)
            except errors.ArgumentError:
                raise CommandError(f"{store} has this replica already: give a new STORE", Exit.REFUSED) from None
            return len(replica)


@contextmanager
def _opened(store: str, name: str) -> Iterator[Replica]:
    opened = make_store(store)
    replica = opened.open(name)
    try:
        yield replica
    finally:
        opened.close()


def _only_name(store: str) -> str:
    """Returns the name of the only replica in a store."""
    if is_sqlite(store) and os.path.exists(sqlite_path(store)):
        return read_sqlite(sqlite_path(store), None)[0]
    if os.path.isdir(store):
        return read_file(find_file(store, None)).name
    raise CommandError(f"the store {store} is new: give the name of its replica by --name", Exit.USAGE)


def _name_in(lines: bytes) -> str:
    """Returns the name of the replica of an export."""
    return name_of(json.loads(lines.split(b"\n", 1)[0])["export"]["source"])


@contextmanager
def _told(store: str) -> Iterator[None]:
    try:
        yield
    except errors.StoreLockedError as error:
        raise CommandError(f"{error}: end that node, or load through its control socket", Exit.REFUSED) from None
    except errors.InputError as error:
        raise CommandError(str(error), Exit.USAGE) from None
    except errors.ScuttleError as error:
        raise CommandError(str(error), Exit.DATA) from None
    except sqlite3.Error as error:
        raise CommandError(f"{store}: {error}", Exit.DATA) from None
    except OSError as error:
        raise CommandError(f"{error.filename or store}: {error.strerror or error}", Exit.DATA) from None
