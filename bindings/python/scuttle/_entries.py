"""The entries of a replica, with their writes, and the version vector over them."""

from __future__ import annotations

from ctypes import c_uint64
from typing import Callable, Dict, Iterator, List, Tuple

from ._library import library
from ._mapping import EntryMapping
from ._texts import decode_value, encode_text
from ._updates import Entry, Update, copy_update
from ._visits import visit_clock


class Entries(EntryMapping):
    """The part of a replica that shows which write set each key, and how many writes it has seen."""

    def lookup(self, key: str) -> Entry:
        """Returns the entry of a key.

        Args:
            key: The key. It may be absent.

        Returns:
            Value, source and version; Entry(None, None, 0) for a key that holds no value.

        Raises:
            EmptyKeyError, KeyTooLongError, NulError, Utf8Error: The str can be no key.
        """
        value, source, version = self._handle.run_reading(self._lookup, encode_text(key))
        return Entry(decode_value(value), source or None, version)

    def _lookup(self, _: int, key: bytes) -> Tuple[str, str, int]:
        text = self._handle.find(key)
        if text is None:
            return "null", "", 0
        return text, self._handle.scratch.source, self._handle.scratch.version

    def snapshot(self, prefix: str = "") -> List[Update]:
        """Returns the entries of the keys that begin with a prefix, in byte order of keys.

        Deleted keys are left out, and so is the version vector. To start another replica use `export`.

        Args:
            prefix: Begins the keys. Empty: all keys.
        """
        updates: List[Update] = []
        self.visit(updates.append, prefix)
        return updates

    def entries(self, prefix: str = "") -> Iterator[Update]:
        """Iterates over a `snapshot`: the entries of the keys that begin with a prefix, in byte order of keys.

        Args:
            prefix: Begins the keys. Empty: all keys.
        """
        return iter(self.snapshot(prefix))

    def visit(self, visitor: Callable[[Update], object], prefix: str = "") -> None:
        """Calls a visitor with the entry of each key that begins with a prefix, in byte order of keys: a `snapshot` without the list.

        The call holds the replica: other threads wait, and the visitor may read the replica, but not change it.

        Args:
            visitor: Called with an update. A true result stops; an exception stops, and comes out of this call.
            prefix: Begins the keys. Empty: all keys.
        """
        self._handle.run_reading(self._visit, encode_text(prefix, "a prefix"), lambda update: visitor(copy_update(update)))

    @property
    def version(self) -> int:
        """The highest version that the replica has seen, in its own updates or in those of peers; 0 before the first."""
        number = c_uint64()
        self._handle.call_reading(library.scuttle_version, number)
        return number.value

    @property
    def fingerprint(self) -> int:
        """A hash of the contents: two replicas share it exactly if they hold the same keys, values, sources and versions.

        Deleted keys do not count, because replicas in step purge tombstones at different times. For tests and for showing convergence. Cost:
        O(bytes of the entries that have arrived since the last call).
        """
        number = c_uint64()
        self._handle.call(library.scuttle_fingerprint, number)
        return number.value

    @property
    def clock(self) -> Dict[str, int]:
        """The version vector (vector clock, as the seed calls it): each known source with the version up to which its dots are
        accounted for. A new dict each time.
        """
        return self._handle.run_reading(self._clock)

    def _clock(self, pointer: int) -> Dict[str, int]:
        clock: Dict[str, int] = {}
        self._handle.check(visit_clock(library.scuttle_clock, pointer, clock))
        return clock
