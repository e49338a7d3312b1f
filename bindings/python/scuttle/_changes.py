"""Watching a replica: what has changed since a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from ctypes import byref
from typing import Any, List, NamedTuple, Optional, Union, overload

from . import _abi
from ._handle import Handle
from ._library import library
from ._texts import encode_text
from ._updates import Update, copy_update
from ._visits import visit_updates


class Cursor(NamedTuple):
    """A position in the changes of a replica. The replica keeps nothing for it, so there may be any number.

    Attributes:
        incarnation: The start of the replica that the position belongs to.
        position: The position.
    """

    incarnation: int = 0
    position: int = 0


class Changes(Sequence[Update]):
    """The updates of one look at a replica: each changed key once, as it is now, in order of arrival.

    Attributes:
        cursor: The cursor for the next look.
        gap: Whether the cursor could not be followed, because it is of another incarnation or too many keys were removed since. Then the
            updates are all entries, and a key that is not among them is gone.
    """

    def __init__(self, updates: List[Update], cursor: Cursor, gap: bool) -> None:
        self._updates = updates
        self.cursor = cursor
        self.gap = gap

    @overload
    def __getitem__(self, index: int) -> Update: ...

    @overload
    def __getitem__(self, index: slice) -> List[Update]: ...

    def __getitem__(self, index: Union[int, slice]) -> Any:
        return self._updates[index]

    def __len__(self) -> int:
        return len(self._updates)

    def __repr__(self) -> str:
        return f"<scuttle.Changes: {len(self)} updates{', gap' if self.gap else ''}, {self.cursor}>"


class Watching:
    """The part of a replica that watchers read."""

    _handle: Handle

    def changes(self, cursor: Optional[Cursor] = None, prefix: str = "", *, limit: Optional[int] = None) -> Changes:
        """Returns the entries and deletes since a cursor, each key once, in order of arrival.

        A purged delete, or an entry that a reset has removed, has an empty source and version 0. Callbacks may call it. The cost is that
        of the entries and removals since the cursor, whatever the prefix.

        Args:
            cursor: The cursor of an earlier look; None: from the beginning.
            prefix: The first characters of the keys.
            limit: The most updates; the next look goes on behind them. None: all.

        Returns:
            The updates, with the cursor for the next look.
        """
        if limit is not None and limit < 1:
            raise ValueError(f"limit is {limit}; it must be at least 1")
        return self._handle.run_reading(self._changes, cursor or Cursor(), encode_text(prefix, "a prefix"), limit)

    def _changes(self, pointer: int, cursor: Cursor, prefix: bytes, limit: Optional[int]) -> Changes:
        updates: List[Update] = []

        def take(update: _abi.UpdateStruct) -> bool:
            updates.append(copy_update(update))
            return len(updates) == limit

        moved = _abi.CursorStruct(*cursor)
        code = visit_updates(
            lambda *visitor: library.scuttle_changes(pointer, prefix, len(prefix), byref(moved), *visitor), take=take
        )
        gap = self._handle.check(code) == _abi.GAP
        return Changes(updates, Cursor(moved.incarnation, moved.position), gap)
