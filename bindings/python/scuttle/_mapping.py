"""The mapping interface of a replica."""

from __future__ import annotations

from collections.abc import MutableMapping
from ctypes import c_size_t, string_at
from itertools import islice
from typing import TYPE_CHECKING, Any, Callable, Dict, Iterable, Iterator, List, Optional, Tuple, Union

from . import _abi
from ._accelerated import use_for
from ._handle import Handle
from ._library import library
from .errors import EmptyKeyError, KeyTooLongError, NulError, Utf8Error
from ._texts import decode_value, encode_text, encode_value, time_to_live
from ._views import PrefixItems, PrefixKeys, PrefixValues
from ._visits import Take, visit_entries, visit_updates

if TYPE_CHECKING:
    from _typeshed import SupportsKeysAndGetItem

_REQUIRED: Any = object()

#: The errors of a str that can be no key of any replica, or of this one.
_NO_KEYS = (EmptyKeyError, KeyTooLongError, NulError, Utf8Error)

#: How many keys `update` sets in one step: enough to make the lock cheap, few enough to let other threads in.
_STEP = 256


class EntryMapping(MutableMapping[str, Any]):
    """The keys that hold a value, with their values as Python objects.

    A returned value is a copy: to change it, change the copy and set it again.

    One call is one step: no other thread's write comes between the reading and the writing of `pop`, `popitem`, `setdefault` and
    `clear`. `update` is many steps: it sets one key after the other.
    """

    _handle: Handle

    def _try_set(self, key: Any, value: Any) -> int:
        """Sets a key if the accelerator can do that at once. Returns the code; an error has changed nothing."""
        return _abi.E_UNSUPPORTED

    def _try_set_all(self, pairs: List[Tuple[str, Any]]) -> int:
        """Sets pairs in their order, up to the first that the accelerator cannot set. Returns their number."""
        return 0

    def set(self, key: str, value: Any) -> bool:
        """Sets a key: a local write.

        Args:
            key: The key.
            value: What JSON can hold.

        Returns:
            False if a link is full: the key is set, and a peer is slow. `on_drain` fires once every link has drained. To ignore it drops
            nothing.

        Raises:
            TypeError: JSON has no such value.
            ScuttleError: The key or the value is not valid, or over a limit.
        """
        code = self._try_set(key, value)
        if code < 0:
            code = self._handle.set(encode_text(key), encode_value(value))
        return code != _abi.FULL

    def _set(self, pointer: int, key: bytes, value: bytes) -> int:
        return self._handle.check(library.scuttle_set(pointer, key, len(key), value, len(value)))

    def set_ttl(self, key: str, value: Any, ttl: float, renew: bool = False) -> bool:
        """Sets a key with a time to live, which travels with the update.

        It counts from the latest `tick` of each replica, or from the first one if there was none. If this replica is gone, its peers delete
        the key after half as long again and a random part more. Later writes of the key stand.

        Args:
            key: The key.
            value: What JSON can hold.
            ttl: Seconds, to the millisecond. 0: the next `tick` deletes the key.
            renew: Whether the first `tick` at which half of the time is over writes the value again, and so on. So the key stays while
                this replica is there and its host ticks, and ends after that. It ends with a later write of the key, by whichever replica,
                and with `forget` of the own name. It is not saved. The time is 1 ms or more.

        Returns:
            False if a link is full, as for `set`.

        Raises:
            UnsupportedError: Under `strictly_order_values` and with a `resolve` of yours.
            ScuttleError: As for `set`.
        """
        encoded, text = encode_text(key), encode_value(value)
        return self._handle.run(self._set_ttl, encoded, text, time_to_live(ttl, renew)) != _abi.FULL

    def _set_ttl(self, pointer: int, key: bytes, value: bytes, ttl: int) -> int:
        return self._handle.check(library.scuttle_set_ttl(pointer, key, len(key), value, len(value), ttl))

    def update(
        self, other: Union[SupportsKeysAndGetItem[str, Any], Iterable[Tuple[str, Any]]] = (), /, **more: Any
    ) -> None:
        """Sets the keys of a mapping or the pairs of an iterable, and then those of `more`, one after the other, each a local write.

        A dict, list or tuple goes fastest: in steps of up to 256 keys, without another thread's call within one. A change by a callback
        meanwhile may come too late. Of any other iterable each key is set before the next one is fetched, so it may read the replica.

        Args:
            other: A mapping, or an iterable of pairs.
            more: Further keys.

        Raises:
            ScuttleError: As for `set`. The keys before the one that failed are set, the keys after it are not.
        """
        if type(other) is dict:
            self._set_all(other.items())
        elif type(other) is list or type(other) is tuple:
            self._set_all(other)
        else:
            super().update(other)
        self._set_all(more.items())

    def _set_all(self, pairs: Iterable[Tuple[str, Any]]) -> None:
        rest = iter(pairs)
        while True:
            step = list(islice(rest, _STEP))
            encoded: List[Tuple[bytes, bytes]] = []
            add = encoded.append
            try:
                # Not while the replica is held: a value may be encoded by code of the host.
                for key, value in islice(step, self._try_set_all(step), None):
                    add((encode_text(key), encode_value(value)))
            finally:
                if encoded:
                    self._handle.set_all(encoded)
            if len(step) < _STEP:
                return

    def delete(self, key: str) -> bool:
        """Deletes a key, also an absent one: a local write, so that peers learn of it.

        Args:
            key: The key.

        Returns:
            False if a link is full, as for `set`.
        """
        return self._handle.run(self._delete, encode_text(key)) != _abi.FULL

    def _delete(self, pointer: int, key: bytes) -> int:
        return self._handle.check(library.scuttle_delete(pointer, key, len(key)))

    def __setitem__(self, key: str, value: Any) -> None:
        self._handle.set(encode_text(key), encode_value(value))

    def __getitem__(self, key: str) -> Any:
        value = self._handle.get(encode_text(key))
        if value is None:
            raise KeyError(key)
        return decode_value(value)

    def __contains__(self, key: object) -> bool:
        """Returns whether a key holds a value. A str that can be no key, such as "", holds none.

        Raises:
            TypeError: The key is no str.
        """
        return self._find(key) is not None  # type: ignore[arg-type]

    def get(self, key: str, default: Any = None) -> Any:
        """Returns the value of a key, or the default if it holds none. A str that can be no key holds none.

        Args:
            key: The key. It may be absent.
            default: Returned if the key holds no value.

        Raises:
            TypeError: The key is no str.
        """
        try:
            return self[key]
        except (KeyError, *_NO_KEYS):
            return default

    def get_many(self, keys: Iterable[str]) -> Dict[str, Any]:
        """Returns the values of many keys, in one step.

        Args:
            keys: The keys. A large map is read faster this way than key by key.

        Returns:
            The values of those keys that hold one, by key.

        Raises:
            EmptyKeyError, KeyTooLongError, NulError, Utf8Error: A str among them can be no key.
        """
        names = list(keys)
        texts: Dict[str, bytes] = {}

        def take(index: int, address: Optional[int]) -> None:
            if address is not None:
                entry = _abi.EntryStruct.from_address(address)
                texts[names[index]] = string_at(entry.value, entry.value_len)

        self._handle.run_reading(self._visit_entries, [encode_text(name) for name in names], take)
        return {name: decode_value(str(text, "utf-8")) for name, text in texts.items()}

    def _visit_entries(self, pointer: int, keys: List[bytes], take: Callable[[int, Optional[int]], None]) -> None:
        self._handle.check(visit_entries(library.scuttle_get_many, pointer, keys, take))

    def _find(self, key: str) -> Optional[str]:
        """Returns the JSON text of a key; None if it holds no value, or can be no key."""
        try:
            return self._handle.get(encode_text(key))
        except _NO_KEYS:
            return None

    def __delitem__(self, key: str) -> None:
        if self._handle.run(self._pop, encode_text(key)) is None:
            raise KeyError(key)

    def pop(self, key: str, default: Any = _REQUIRED) -> Any:
        """Deletes a key and returns its value.

        Args:
            key: The key.
            default: Returned if the key holds no value, or can be no key.

        Raises:
            KeyError: The key holds no value, and there is no default.
            ScuttleError: The str can be no key, and there is no default.
        """
        try:
            value = self._handle.run(self._pop, encode_text(key))
        except _NO_KEYS:
            if default is _REQUIRED:
                raise
            return default
        if value is not None:
            return decode_value(value)
        if default is _REQUIRED:
            raise KeyError(key)
        return default

    def _pop(self, pointer: int, key: bytes) -> Optional[str]:
        value = self._handle.find(key)
        if value is not None:
            self._delete(pointer, key)
        return value

    def popitem(self) -> Tuple[str, Any]:
        """Deletes the first key, and returns it with its value.

        Raises:
            KeyError: No key holds a value.
        """
        key, value = self._handle.run(self._popitem)
        return str(key, "utf-8"), decode_value(str(value, "utf-8"))

    def _popitem(self, pointer: int) -> Tuple[bytes, bytes]:
        first: List[Tuple[bytes, bytes]] = []

        def take(update: _abi.UpdateStruct) -> bool:
            first.append(_pair(update))
            return True

        self._visit(pointer, b"", take)
        if not first:
            raise KeyError("popitem(): there are no keys")
        self._delete(pointer, first[0][0])
        return first[0]

    def setdefault(self, key: str, default: Any = None) -> Any:
        """Returns the value of a key. If it holds none, sets it to the default and returns that.

        Args:
            key: The key.
            default: What JSON can hold.

        Raises:
            ScuttleError: As for `set`.
        """
        value = self._handle.run(self._setdefault, encode_text(key), encode_value(default))
        return default if value is None else decode_value(value)

    def _setdefault(self, pointer: int, key: bytes, default: bytes) -> Optional[str]:
        value = self._handle.find(key)
        if value is None:
            self._set(pointer, key, default)
        return value

    def clear(self) -> None:
        """Deletes all keys."""
        self._handle.run(self._clear)

    def _clear(self, pointer: int) -> None:
        keys: List[bytes] = []
        self._visit(pointer, b"", lambda update: keys.append(_key(update)))
        for key in keys:
            self._delete(pointer, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys(""))

    def __len__(self) -> int:
        return self._count("")

    def keys(self, prefix: str = "") -> PrefixKeys:
        """Returns a live view of keys, which is a set, too. Each loop over it runs over a snapshot, in byte order of keys.

        Args:
            prefix: Begins the keys. Empty: all keys.
        """
        return PrefixKeys(self, prefix)

    def items(self, prefix: str = "") -> PrefixItems:
        """Returns a live view of pairs of key and value. Each loop over it runs over a snapshot, in byte order of keys.

        Args:
            prefix: Begins the keys. Empty: all keys.
        """
        return PrefixItems(self, prefix)

    def values(self, prefix: str = "") -> PrefixValues:
        """Returns a live view of values. Each loop over it runs over a snapshot, in byte order of keys.

        Args:
            prefix: Begins the keys. Empty: all keys.
        """
        return PrefixValues(self, prefix)

    def _keys(self, prefix: str) -> List[str]:
        keys: List[bytes] = []
        self._handle.run_reading(self._visit, encode_text(prefix, "a prefix"), lambda update: keys.append(_key(update)))
        return [str(key, "utf-8") for key in keys]

    def _items(self, prefix: str) -> Iterator[Tuple[str, Any]]:
        """Returns a snapshot, decoded while it is iterated."""
        pairs: List[Tuple[bytes, bytes]] = []
        self._handle.run_reading(self._visit, encode_text(prefix, "a prefix"), lambda update: pairs.append(_pair(update)))
        return ((str(key, "utf-8"), decode_value(str(value, "utf-8"))) for key, value in pairs)

    def _count(self, prefix: str) -> int:
        if prefix:
            return len(self._keys(prefix))
        count = c_size_t()
        self._handle.call_reading(library.scuttle_count, count)
        return count.value

    def _visit(self, pointer: int, prefix: bytes, take: Take) -> None:
        """Visits the keys that hold a value."""
        self._handle.check(visit_updates(library.scuttle_state, pointer, prefix, len(prefix), take=take))


use_for(EntryMapping)


def _key(update: _abi.UpdateStruct) -> bytes:
    return string_at(update.key, update.key_len)


def _pair(update: _abi.UpdateStruct) -> Tuple[bytes, bytes]:
    return _key(update), string_at(update.value, update.value_len)
