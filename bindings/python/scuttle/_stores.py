"""State stores: a replica in a database of the host's, and how the library calls it.

The functions of a store run during a call, in the thread that made it, as callbacks do. An exception never crosses the
library: it fails the function, and the call raises StoreError from it.
"""

from __future__ import annotations

import ctypes
from ctypes import string_at
from enum import IntEnum
from typing import Any, Callable, Dict, Iterable, NamedTuple, Optional, Protocol, Tuple, Union

from . import _abi
from ._entrances import Entrance, Outcomes, is_from_outside
from ._memory import to_read
from .errors import ScuttleError
from ._texts import Buffer
from ._updates import Update, copy_update


class RowKind(IntEnum):
    """The kinds of a row."""

    #: An entry, tombstones included; `id` is the key.
    ENTRY = _abi.ROW_ENTRY
    #: A source's entry in the version vector; `id` is the source.
    SOURCE = _abi.ROW_SOURCE
    #: Everything else of the replica; `id` names the part.
    REPLICA = _abi.ROW_REPLICA


class Row(NamedTuple):
    """A row of a store: one line for each (kind, id)."""

    #: A RowKind; for a kind of a later library an int.
    kind: Union[RowKind, int]
    #: With `kind` it is the row's primary key.
    id: bytes
    #: The content: one or more lines, each with its newline. Empty in `remove`.
    line: bytes = b""
    #: The entry as an update, for columns of the host's own: in `put`, of RowKind.ENTRY; otherwise None.
    update: Optional[Update] = None


class StateStore(Protocol):
    """Keeps a replica in a database: pass one to `Replica` as `state_store`. Any object with these methods is one.

    Each call on the replica or its links that changes rows makes one transaction: `begin`, `put` and `remove` in any
    order, `commit`. `commit` has succeeded before the call returns. A call with many updates, such as a `Link.write`, is
    one transaction, too.

    An exception of a method undoes the call: `rollback` follows, and the call raises StoreError with that exception as its
    `__cause__`. After a failed `set`, `delete` or `set_ttl` nothing has changed. After any other call the replica
    becomes what `load` returns, and its links restart their conversations. While `load` raises, too, each call raises
    StoreError and tries it again. A second exception in one call goes to `on_error`, and so does one of `rollback`.
    KeyboardInterrupt and SystemExit undo the call, and come out of it themselves.

    The methods run in the middle of a call. They may read the replica, and not change it.
    """

    def load(self) -> Iterable[Buffer]:
        """Returns the lines of all rows, in any order; none for a new replica."""
        ...

    def begin(self) -> object:
        """Begins a transaction."""
        ...

    def put(self, row: Row) -> object:
        """Inserts or replaces a row."""
        ...

    def remove(self, row: Row) -> object:
        """Removes a row, if it exists. Its line is empty."""
        ...

    def commit(self) -> object:
        """Ends the transaction. The rows are durable once it has returned."""
        ...

    def rollback(self) -> object:
        """Undoes the transaction, also one that has failed in `begin` or `commit`."""
        ...


_Functions = Dict[str, Tuple[Any, Callable[..., Tuple[Any, ...]]]]


class StoreCalls:
    """One replica's store."""

    __slots__ = ("store", "failure", "report")

    def __init__(self, store: StateStore, report: Callable[[str, BaseException], None]) -> None:
        for name in _FUNCTIONS:
            if not callable(getattr(store, name, None)):
                raise TypeError(f"state_store has no method {name}: {store!r}")
        self.store: StateStore = store
        #: The first exception of the store in the call that runs now.
        self.failure: Optional[BaseException] = None
        self.report: Callable[[str, BaseException], None] = report

    def install(self, config: _abi.ConfigStruct, outcomes: Outcomes) -> None:
        """Sets the field `state_store`."""
        struct = _abi.StateStoreStruct(ctypes.sizeof(_abi.StateStoreStruct), self)  # not NULL: an argument of each call
        for name, (kind, _) in _FUNCTIONS.items():
            setattr(struct, name, Entrance(kind, _StoreCall(name, self).call, outcomes).function)
        config.state_store = ctypes.pointer(struct)

    def note(self, name: str, failure: BaseException) -> None:
        """Keeps the first exception for the caller, and reports the others."""
        if self.failure is None:
            self.failure = failure
        else:
            self.report(name, failure)

    def explain(self, error: ScuttleError) -> BaseException:
        """Returns the StoreError with its cause; the cause itself if it is to end the program."""
        failure, self.failure = self.failure, None
        if failure is not None and not isinstance(failure, Exception):
            return failure
        error.__cause__ = failure
        return error


class _StoreCall:
    """A method of a store, with the library's arguments and result."""

    __slots__ = ("_name", "_calls", "_arguments", "_called_with", "_result")

    def __init__(self, name: str, calls: StoreCalls) -> None:
        self._name = name
        self._calls = calls
        self._arguments = _FUNCTIONS[name][1]
        #: The arguments of the last call; its result is `_result`.
        self._called_with: Optional[Tuple[Any, ...]] = None
        self._result = 0

    def call(self, given: Tuple[Any, ...]) -> int:
        """Calls the method once, and returns whether it has failed. An exception of a signal handler is a failure, and comes out of
        here."""
        if self._called_with is given:
            return self._result
        _, *lent = given
        arguments = self._arguments(*lent)
        self._result = 1
        self._called_with = given
        try:
            if self._name == "load":
                _load(self._calls.store, *arguments)
            else:
                getattr(self._calls.store, self._name)(*arguments)
            self._result = 0
        except BaseException as failure:
            if is_from_outside(failure):
                raise
            self._calls.note(self._name, failure)
        return self._result


def _load(store: StateStore, take: Callable[..., int], take_context: Optional[int]) -> None:
    for line in store.load():
        start, length, _kept = to_read(line)
        if take(take_context, start, length) != 0:
            break


def _as_they_are(*arguments: Any) -> Tuple[Any, ...]:
    return arguments


def _row(row: Any) -> Tuple[Row]:
    return (_copy_row(row.contents),)


_FUNCTIONS: _Functions = {
    "load": (_abi.LoadFunction, _as_they_are),
    "begin": (_abi.TransactionFunction, _as_they_are),
    "put": (_abi.RowFunction, _row),
    "remove": (_abi.RowFunction, _row),
    "commit": (_abi.TransactionFunction, _as_they_are),
    "rollback": (_abi.RollbackFunction, _as_they_are),
}
_KINDS = {int(kind): kind for kind in RowKind}


def _copy_row(row: _abi.RowStruct) -> Row:
    """Copies a row that the library lends."""
    return Row(
        _KINDS.get(row.kind, row.kind),
        string_at(row.id, row.id_len),
        string_at(row.line, row.line_len) if row.line else b"",
        copy_update(row.update.contents) if row.update else None,
    )
