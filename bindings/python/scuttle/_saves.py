"""Saves: a replica as lines, and its start from them."""

from __future__ import annotations

from ctypes import byref
from typing import Callable, List, NamedTuple, Optional

from . import _abi
from ._changes import Cursor
from ._handle import Handle
from ._library import library
from ._config import State, state_lines
from ._visits import visit_lines


class Piece(NamedTuple):
    """A piece of a save.

    Attributes:
        lines: The lines; empty if nothing has changed.
        cursor: The cursor behind the piece, for the next one.
        whole: Whether the piece replaces those before it; of a piece with a limit the last part says so.
        more: Whether this is a part of the piece, which goes on with the next call and does not count before its end.
    """

    lines: bytes
    cursor: Cursor
    whole: bool
    more: bool = False


class Saves:
    """The part of a replica that exports it, and starts it from an export."""

    _handle: Handle

    def export(self) -> bytes:
        """Returns the whole replica as lines: its source, its version vector, its entries with their tombstones and times to live.

        A replica with them as `state` holds the same, as another incarnation. With `exact_id` it writes under the same source, so this
        replica must not write any more.
        """
        lines: List[bytes] = []
        self._handle.run(lambda pointer: self._handle.check(visit_lines(library.scuttle_export, pointer, lines.append)))
        return b"".join(lines)

    def save(self, cursor: Optional[Cursor] = None, limit: Optional[int] = None) -> Piece:
        """Returns a piece of a save: what has changed since a cursor, removed keys and the version vector included.

        `load` and `state` read any number of pieces, one behind the other, of which each goes on from the one before it. The last may be
        truncated, and does not count then. So a file to which pieces are appended is a whole save at every point.

        Args:
            cursor: The cursor of the piece before; after a start from pieces the `saved_cursor`. None: the piece is whole, as `export`.
            limit: The bytes of entries behind which the call ends; the piece then goes on with the next call, and the replica may
                change between them. Without it a large piece is made at once.

        Returns:
            The piece, or with `more` a part of it. It is whole as well if the cursor is of another incarnation, or too many keys were
            removed since.
        """
        return self._handle.run(self._save, cursor or Cursor(), limit)

    def _save(self, pointer: int, cursor: Cursor, limit: Optional[int]) -> Piece:
        lines: List[bytes] = []
        moved = _abi.CursorStruct(*cursor)
        take = lines.append if limit is None else _until(limit, lines)
        code = visit_lines(
            lambda replica, *visitor: library.scuttle_save(replica, byref(moved), *visitor), pointer, take
        )
        code = self._handle.check(code)
        cursor = Cursor(moved.incarnation, moved.position)
        return Piece(b"".join(lines), cursor, code == _abi.GAP, code == _abi.MORE)

    @property
    def saved_cursor(self) -> Optional[Cursor]:
        """The cursor behind the pieces that the replica was loaded from, for the next one; None if it was loaded from none."""
        moved = _abi.CursorStruct()
        self._handle.call(library.scuttle_save, byref(moved), _abi.LineFunction(), None)
        return Cursor(moved.incarnation, moved.position) if moved.incarnation else None

    def load(self, state: State) -> bool:
        """Starts from a save; only for a new replica. Loaded entries enter neither the history nor `on_update`.

        Lines of `export` are the whole replica, and so are pieces of `save`. If they are truncated, their entries count, and peers send the rest. A replica whose own
        source is that of the export refuses a truncated one; only `exact_id` or a fixed seed makes such a replica.

        Updates alone, all that `on_update` got or the last of each key, also as lines or dicts of the wire, are entries without a version
        vector. The last of their lines may be truncated.

        Args:
            state: Lines as bytes or str, or an iterable of updates.

        Returns:
            Whether the save was whole; `torn` is the opposite.

        Raises:
            ArgumentError: The replica is not new.
            IdentityError: The export is truncated, and of this replica's own source.
            ScuttleError: A line is malformed, as for `Link.write`. Nothing is loaded then.
        """
        self._handle.run(self._load, state_lines(state))
        return not self.torn

    def _load(self, pointer: int, lines: bytes) -> None:
        self._handle.is_torn = self._handle.check(library.scuttle_import(pointer, lines, len(lines))) == _abi.TORN

    @property
    def torn(self) -> bool:
        """Whether the start, by `state` or `load`, was truncated: in the middle of a line, or before the end of an export.

        Readable after closing, too.
        """
        return self._handle.is_torn


def _until(limit: int, lines: List[bytes]) -> Callable[[bytes], Optional[int]]:
    """Returns a function that appends lines, and wants to pause once they have `limit` bytes."""
    size = 0

    def take(line: bytes) -> Optional[int]:
        nonlocal size
        lines.append(line)
        size += len(line)
        return _abi.MORE if size >= limit else None

    return take
