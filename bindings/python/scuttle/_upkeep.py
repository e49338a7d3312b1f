"""The upkeep of a replica: times to live, tombstones, refusals, departed names."""

from __future__ import annotations

from ctypes import c_size_t

from . import _abi
from ._handle import Handle
from ._library import library
from ._texts import encode_text, milliseconds


class Upkeep:
    """The part of a replica that removes what it no longer needs."""

    _handle: Handle

    def tick(self, now: float) -> bool:
        """Tells the replica the time, and deletes the keys whose time to live is over.

        Only differences between ticks count, so hosts need no common time. After a start from `export` under the same name, a
        first tick that is not below the saved one continues from there.

        Args:
            now: Seconds, to the millisecond, by any clock of yours that does not go back, such as `time.time()`. A smaller number than
                before counts as the one before.

        Returns:
            False if a link is full, as for `set`.
        """
        time = milliseconds("now", now)
        # Between two calls other threads have their turn.
        while (code := self._handle.call(library.scuttle_tick, time)) == _abi.MORE:
            pass
        return code != _abi.FULL

    def purge(self) -> int:
        """Purges all tombstones whose dots are covered here, stable or not.

        Replicas stay the same as each other. If a tombstone was not stable, a write that no replica which knew of the delete had seen may
        win over it.

        Returns:
            The number of purged tombstones.

        Raises:
            UnsupportedError: With a `resolve` of yours: only you know which writes its tombstones beat.
        """
        purged = c_size_t()
        self._handle.call(library.scuttle_purge, purged)
        return purged.value

    def accept_again(self) -> None:
        """Drops all refusals: with the next gossip, peers send the refused updates again, and the limits and `accept` decide anew."""
        self._handle.call(library.scuttle_accept_again)

    def forget(self, name: str) -> bool:
        """Retires a name, here and at every replica that learns of it: excludes a departed name from tombstone garbage collection.

        The entries that it wrote stay. A replica of the name that returns after all writes on above the retirement, and counts
        again. To retire the replica's own name is to leave: later writes raise UnsupportedError.

        Args:
            name: The name of a replica that will not be back.

        Returns:
            False if the name is unknown.
        """
        encoded = encode_text(name, "a name")
        return self._handle.call(library.scuttle_forget, encoded, len(encoded)) != _abi.NOT_FOUND
