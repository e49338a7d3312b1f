"""Batches, and sets with a condition."""

from __future__ import annotations

from collections.abc import Mapping
from ctypes import c_char_p, c_void_p, cast
from typing import Any, Iterable, List, Optional, Tuple, Union

from . import _abi
from ._handle import Handle
from ._library import library
from ._texts import encode_text, encode_value, time_to_live
from ._updates import Entry

class Batches:
    """The part of a replica that makes several writes as one step, or a write under a condition."""

    #: In place of a value: the key is deleted.
    DELETE: Any = object()

    _handle: Handle

    def set_many(
        self, pairs: Union[Mapping[str, Any], Iterable[Tuple[str, Any]]], ttl: Optional[float] = None, renew: bool = False
    ) -> bool:
        """Sets keys, in their order: all of them or none, in one step for callbacks, other threads and the `state_store`.

        It is no transaction between replicas: a peer applies one update after the other, so its host may see a part of them.

        Args:
            pairs: A mapping, or an iterable of pairs. `Replica.DELETE` as a value deletes the key.
            ttl: Seconds that each of the keys has to live, as for `set_ttl`; None: no end.
            renew: Whether the replica renews them, as for `set_ttl`.

        Returns:
            False if a link is full, as for `set`.

        Raises:
            TypeError: JSON has no such value. No key is set.
            ScuttleError: As for `set` and `set_ttl`. No key is set.
        """
        if renew and ttl is None:
            raise TypeError("renew needs a ttl")
        items = pairs.items() if isinstance(pairs, Mapping) else pairs
        # Not while the replica is held: a value may be encoded by code of the host.
        encoded = [(encode_text(key), None if value is Batches.DELETE else encode_value(value)) for key, value in items]
        return self._handle.run(self._set_many, encoded, None if ttl is None else time_to_live(ttl, renew)) != _abi.FULL

    def _set_many(self, pointer: int, pairs: List[Tuple[bytes, Optional[bytes]]], ttl: Optional[int]) -> int:
        writes = (_abi.WriteStruct * len(pairs))()
        for write, (key, value) in zip(writes, pairs):
            write.key, write.key_len = key, len(key)
            if value is not None:
                write.json, write.json_len = value, len(value)
                # 0 is no time to live in a batch, and one that is over at once in `set_ttl`.
                write.ttl_ms = 0 if ttl is None else max(ttl, 1)
        return self._handle.check(library.scuttle_set_many(pointer, writes, len(pairs)))

    def set_if(self, key: str, value: Any, expected: Optional[Entry]) -> bool:
        """Sets a key if its entry is still the expected one: a compare-and-set on this replica alone.

        Two replicas may both succeed at the same time. Then the later timestamp stands at all of them, and `on_update` shows it.

        Args:
            key: The key.
            value: What JSON can hold; `Replica.DELETE` deletes the key.
            expected: An entry that `lookup` has returned; None: the key must hold no value.

        Returns:
            False if the key has another entry: nothing has changed.

        Raises:
            TypeError: JSON has no such value.
            ScuttleError: As for `set`.
        """
        text = None if value is Batches.DELETE else encode_value(value)
        return self._handle.run(self._set_if, encode_text(key), text, expected) != _abi.CONFLICT

    def _set_if(self, pointer: int, key: bytes, value: Optional[bytes], expected: Optional[Entry]) -> int:
        entry = None
        if expected is not None and expected.version > 0:
            source = encode_text(expected.source or "")
            entry = _abi.EntryStruct(source=cast(c_char_p(source), c_void_p), source_len=len(source), version=expected.version)
        size = 0 if value is None else len(value)
        return self._handle.check(library.scuttle_set_if(pointer, key, len(key), value, size, entry))
