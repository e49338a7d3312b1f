"""The mapping of a node: its replica's, without the keys of the node itself."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, Dict, Iterable, Iterator, List, Optional, Tuple

from .._replica import Replica
from .._updates import Entry, Update
from .._views import PrefixItems, PrefixKeys, PrefixValues
from ..errors import ArgumentError, ClosedError

#: Begins the keys that belong to nodes themselves.
OWN_PREFIX = "~scuttle/"

_REQUIRED: Any = object()


class NodeEntries(MutableMapping[str, Any]):
    """The keys that hold a value, with their values as Python objects: copies, as those of a replica.

    Each write spreads at the end of the running turn of the event loop. Keys that begin with "~scuttle/" belong to nodes: they are not
    visible here, and a write of one raises ArgumentError, an InputError.
    """

    _replica: Optional[Replica] = None

    def _mark(self) -> None:
        """Notes a change, which a later step of the event loop spreads, saves and shows to watchers."""
        raise NotImplementedError

    def _open(self) -> Replica:
        if self._replica is None:
            raise ClosedError("the node is not running: use it inside `async with`, or between `start` and `close`")
        return self._replica

    def _writable(self, key: str) -> Replica:
        if isinstance(key, str) and key.startswith(OWN_PREFIX):
            raise ArgumentError(f"key {key!r} begins with {OWN_PREFIX!r}, and these keys are the node's own")
        return self._open()

    def __setitem__(self, key: str, value: Any) -> None:
        self._writable(key)[key] = value
        self._mark()

    def __delitem__(self, key: str) -> None:
        if isinstance(key, str) and key.startswith(OWN_PREFIX):
            raise KeyError(key)
        del self._open()[key]
        self._mark()

    def __getitem__(self, key: str) -> Any:
        if isinstance(key, str) and key.startswith(OWN_PREFIX):
            raise KeyError(key)
        return self._open()[key]

    def __contains__(self, key: object) -> bool:
        return key in self._open() and not str(key).startswith(OWN_PREFIX)

    def get(self, key: str, default: Any = None) -> Any:
        """Returns the value of a key, or the default if it holds none."""
        return default if isinstance(key, str) and key.startswith(OWN_PREFIX) else self._open().get(key, default)

    def get_many(self, keys: Iterable[str]) -> Dict[str, Any]:
        """Returns the values of those keys that hold one, by key. It costs less than key by key."""
        return self._open().get_many([key for key in keys if not key.startswith(OWN_PREFIX)])

    def pop(self, key: str, default: Any = _REQUIRED) -> Any:
        """Deletes a key and returns its value; for an absent key the default, or KeyError if there is none."""
        if isinstance(key, str) and key.startswith(OWN_PREFIX):
            if default is _REQUIRED:
                raise KeyError(key)
            return default
        replica = self._open()
        found = replica.pop(key) if default is _REQUIRED else replica.pop(key, default)
        self._mark()
        return found

    def popitem(self) -> Tuple[str, Any]:
        """Deletes the first key, and returns it with its value. KeyError if there is none."""
        for key in self._keys(""):
            return key, self.pop(key)
        raise KeyError("popitem(): there are no keys")

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Returns the value of a key. If it holds none, sets it to the default and returns that."""
        found = self._writable(key).setdefault(key, default)
        self._mark()
        return found

    def update(self, other: Any = (), /, **more: Any) -> None:
        """Sets the keys of a mapping or the pairs of an iterable, and then those of `more`, one after the other.

        Raises:
            ArgumentError: A key begins with "~scuttle/". No key is set.
            ScuttleError: As for a replica: the keys before the one that failed are set.
        """
        pairs = list(other.items()) if hasattr(other, "items") else [tuple(pair) for pair in other]
        pairs += more.items()
        for pair in pairs:
            self._writable(pair[0])
        try:
            self._open().update(pairs)
        finally:
            self._mark()

    def clear(self) -> None:
        """Deletes all keys."""
        replica = self._open()
        for key in self._keys(""):
            replica.delete(key)
        self._mark()

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys(""))

    def __len__(self) -> int:
        return self._count("")

    def keys(self, prefix: str = "") -> PrefixKeys:
        """Returns a live view of keys. Each loop over it runs over a snapshot, in byte order of keys."""
        return PrefixKeys(self, prefix)  # type: ignore[arg-type]

    def items(self, prefix: str = "") -> PrefixItems:
        """Returns a live view of pairs of key and value."""
        return PrefixItems(self, prefix)  # type: ignore[arg-type]

    def values(self, prefix: str = "") -> PrefixValues:
        """Returns a live view of values."""
        return PrefixValues(self, prefix)  # type: ignore[arg-type]

    def lookup(self, key: str) -> Entry:
        """Returns value, source and version of a key: see `Replica.lookup`."""
        return Entry(None, None, 0) if key.startswith(OWN_PREFIX) else self._open().lookup(key)

    def snapshot(self, prefix: str = "") -> List[Update]:
        """Returns the entries of the keys that begin with a prefix, in byte order of keys."""
        found = self._open().snapshot(prefix)
        return found if _is_apart(prefix) else [update for update in found if not update.key.startswith(OWN_PREFIX)]

    def _keys(self, prefix: str) -> List[str]:
        found = self._open()._keys(prefix)
        return found if _is_apart(prefix) else [key for key in found if not key.startswith(OWN_PREFIX)]

    def _items(self, prefix: str) -> Iterator[Tuple[str, Any]]:
        found = self._open()._items(prefix)
        return found if _is_apart(prefix) else (pair for pair in found if not pair[0].startswith(OWN_PREFIX))

    def _count(self, prefix: str) -> int:
        if prefix:
            return len(self._keys(prefix))
        replica = self._open()
        return len(replica) - len(replica.keys(OWN_PREFIX))


def _is_apart(prefix: str) -> bool:
    """Returns whether no key with a prefix begins with "~scuttle/"."""
    return not (OWN_PREFIX.startswith(prefix) or prefix.startswith(OWN_PREFIX))
