"""Saves: a replica as lines, and its start from them."""

from __future__ import annotations

from typing import List

from . import _abi
from ._handle import Handle
from ._library import library
from ._config import State, state_lines
from ._visits import visit_lines


class Saves:
    """The part of a replica that exports it, and starts it from an export."""

    _handle: Handle

    def export(self) -> bytes:
        """Returns the whole replica as lines: its source, its version vector, its entries with their tombstones and times to live.

        A replica with them as `state` holds the same, as another incarnation. With `exact_id` it writes under the same source, so this
        replica must not write any more.
        """
        lines: List[bytes] = []
        self._handle.run(lambda pointer: self._handle.check(visit_lines(library.scuttle_export, pointer, lines)))
        return b"".join(lines)

    def load(self, state: State) -> bool:
        """Starts from a save; only for a new replica. Loaded entries enter neither the history nor `on_update`.

        Lines of `export` are the whole replica. If they are truncated, their entries count, and peers send the rest. A replica whose own
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
