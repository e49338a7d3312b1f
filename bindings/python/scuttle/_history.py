"""The history of a replica."""

from __future__ import annotations

from ctypes import byref, c_size_t
from typing import Any, Callable, Iterator, List, TypeVar

from . import _abi
from ._handle import Handle
from ._library import library
from ._callbacks import Compaction
from ._texts import encode_text, unsigned
from ._updates import Update, copy_update, lend_update
from ._visits import trim_updates, visit_updates

_Result = TypeVar("_Result")


class History:
    """The last updates of a replica, `max_history` of them at most, superseded ones included.

    Iteration goes over a snapshot, in the order of `sort`; without `sort`, by version and source. Peers that are a little behind get
    these updates; if the history has dropped one, they get the entry of that moment instead.

    `on_compaction` may call everything but `write`; other callbacks may read.
    """

    def __init__(self, handle: Handle, compaction: Compaction) -> None:
        self._handle = handle
        self._compaction = compaction

    def __iter__(self) -> Iterator[Update]:
        return iter(self._handle.run_reading(self._all))

    def _all(self, pointer: int) -> List[Update]:
        updates: List[Update] = []
        self._visit(pointer, lambda update: updates.append(copy_update(update)))
        return updates

    def __len__(self) -> int:
        return self._handle.run_reading(self._count)

    def _count(self, pointer: int) -> int:
        count = 0

        def take(_: _abi.UpdateStruct) -> None:
            nonlocal count
            count += 1

        self._visit(pointer, take)
        return count

    def _visit(self, pointer: int, take: Callable[[_abi.UpdateStruct], object]) -> None:
        self._handle.check(visit_updates(library.scuttle_history, pointer, take=take))

    def news(self, source: str, version: int) -> List[Update]:
        """Returns the updates of a source above a version, in the order of `sort`. An unknown source has none.

        Args:
            source: The source.
            version: The version below the first update.
        """
        encoded, above = encode_text(source, "a source"), unsigned("version", version)
        return self._handle.run_reading(self._news, encoded, above)

    def _news(self, pointer: int, source: bytes, version: int) -> List[Update]:
        updates: List[Update] = []

        def take(update: _abi.UpdateStruct) -> None:
            updates.append(copy_update(update))

        code = visit_updates(library.scuttle_news, pointer, source, len(source), version, take=take)
        self._handle.check(code)
        return updates

    def write(self, update: Update) -> None:
        """Records an update in the history, and nowhere else: it becomes no entry, moves no version vector, and does not call `on_update`.

        It may call `on_compaction`. Peers receive it on links with `history=True` that request its source.

        Args:
            update: Its key, value, source, version and `deleted` are recorded.

        Raises:
            IdError, VersionError, TooManySourcesError: The source or the version is not valid.
            ScuttleError: The key or the value is not valid, as for `Replica.set`.
        """
        texts: List[bytes] = []
        self._handle.call(library.scuttle_history_write, byref(lend_update(update, texts)))

    def trim(self, drop: Callable[[Update], object]) -> int:
        """Removes updates of your choice. Entries stay: peers that lack a removed update get the entry of that moment instead.

        Args:
            drop: Called with each update; a true result removes it. Its exception comes out of this call: the updates that it has chosen
                before are removed, and the rest stays.

        Returns:
            The number of removed updates.

        Raises:
            BusyError: The call came from a callback other than `on_compaction`.
        """
        return self._run(self._trim, drop)

    def _trim(self, pointer: int, drop: Callable[[Update], object]) -> int:
        removed = c_size_t()
        code, failure = trim_updates(
            library.scuttle_history_trim, pointer, lambda update: drop(copy_update(update)), removed
        )
        self._handle.check(code)
        if failure is not None:
            raise failure
        return removed.value

    def keep(self, count: int) -> None:
        """Drops nothing for now, in `on_compaction`. The history grows to `count` updates before `on_compaction` is called again; from
        then on `max_history` counts again.

        Args:
            count: The number of updates to grow to.

        Raises:
            ArgumentError: `count` is no more than the history holds.
            BusyError: The call came from anywhere but `on_compaction`.
        """
        self._run(self._keep, unsigned("count", count))

    def _keep(self, pointer: int, count: int) -> None:
        self._handle.check(library.scuttle_history_keep(pointer, count))

    def _run(self, step: Callable[..., _Result], *arguments: Any) -> _Result:
        """Runs a step that `on_compaction` may run, too."""
        run = self._handle.run_reading if self._compaction.is_running else self._handle.run
        return run(step, *arguments)

    def __repr__(self) -> str:
        if self._handle.is_closed:
            return "<scuttle.History closed>"
        count = self._handle.try_reading(self._count)
        return f"<scuttle.History{'' if count is None else f' updates={count}'}>"
