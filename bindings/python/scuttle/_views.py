"""Live views of a replica's keys, values and items, all or those whose key begins with a prefix.

Each loop over a view runs over a snapshot of its own, made when the loop begins, in the byte order of keys.
"""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, ValuesView
from typing import TYPE_CHECKING, Any, Iterator, Tuple

if TYPE_CHECKING:
    from ._mapping import EntryMapping


class PrefixKeys(KeysView[str]):
    """Keys, which can be used as a set, too."""

    def __init__(self, entries: EntryMapping, prefix: str) -> None:
        super().__init__(entries)
        self._entries = entries
        self._prefix = prefix

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries._keys(self._prefix))

    def __len__(self) -> int:
        return self._entries._count(self._prefix)

    def __contains__(self, key: object) -> bool:
        return key in self._entries and str(key).startswith(self._prefix)


class PrefixItems(ItemsView[str, Any]):
    """Pairs of a key and its value."""

    def __init__(self, entries: EntryMapping, prefix: str) -> None:
        super().__init__(entries)
        self._entries = entries
        self._prefix = prefix

    def __iter__(self) -> Iterator[Tuple[str, Any]]:
        return iter(self._entries._items(self._prefix))

    def __len__(self) -> int:
        return self._entries._count(self._prefix)

    def __contains__(self, item: object) -> bool:
        if not isinstance(item, tuple) or len(item) != 2:
            return False
        # First, because `super` raises for a str that can be no key.
        return item[0] in self._entries and super().__contains__(item) and str(item[0]).startswith(self._prefix)


class PrefixValues(ValuesView[Any]):
    """Values."""

    def __init__(self, entries: EntryMapping, prefix: str) -> None:
        super().__init__(entries)
        self._entries = entries
        self._prefix = prefix

    def __iter__(self) -> Iterator[Any]:
        return iter([value for _, value in self._entries._items(self._prefix)])

    def __len__(self) -> int:
        return self._entries._count(self._prefix)

    def __contains__(self, value: object) -> bool:
        return any(value is other or value == other for other in self)
