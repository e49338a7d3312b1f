"""Entries and updates, copied for the host: they stay valid after every later call."""

from __future__ import annotations

import json
from ctypes import c_char_p, c_void_p, cast
from typing import Any, Dict, List, NamedTuple, Optional

from . import _abi
from ._texts import decode_value, encode_text, text_at, unsigned


class Entry(NamedTuple):
    """The entry of a key. For a key without a value: no value, no source, version 0."""

    value: Any
    #: The source of the write: the writer's name and incarnation.
    source: Optional[str]
    #: 1 to 2^53-1; 0 means "before all versions".
    version: int


class _Fields(NamedTuple):
    key: str
    #: The value as JSON text, as it was written; "null" for a delete.
    json: str
    #: The timestamp, source and version, belongs to the write for ever, and decides which of two writes of a key stands.
    source: str
    version: int
    #: A delete.
    deleted: bool = False
    #: The replica wrote it itself.
    local: bool = False
    #: An expiry: the delete of a key whose time to live is over; `deleted` is true, too.
    expired: bool = False
    #: No write: a reset removes this entry, because the sender of the reset has purged its delete. `deleted` is true, too; the
    #: timestamp is that of the entry.
    reset: bool = False
    #: The dot: the update travels under it, and the version vector accounts for it. It is the timestamp until a replica
    #: republishes the update.
    dot_source: str = ""
    dot_version: int = 0


class Update(_Fields):
    """One write by one replica. Its dot is its timestamp unless it is given."""

    __slots__ = ()

    def __new__(
        cls,
        key: str,
        json: str,
        source: str,
        version: int,
        deleted: bool = False,
        local: bool = False,
        expired: bool = False,
        reset: bool = False,
        dot_source: Optional[str] = None,
        dot_version: Optional[int] = None,
    ) -> Update:
        return cls._make(
            (
                key,
                json,
                source,
                version,
                deleted,
                local,
                expired,
                reset,
                source if dot_source is None else dot_source,
                version if dot_version is None else dot_version,
            )
        )

    @property
    def is_republished(self) -> bool:
        """Whether the dot differs from the timestamp."""
        return self.dot_version != self.version or self.dot_source != self.source

    @property
    def value(self) -> Any:
        """The value, decoded anew each time; None for a delete."""
        return decode_value(self.json)

    def __repr__(self) -> str:
        fields = [repr(field) for field in self[:4]]
        fields += [f"{name}=True" for name in ("deleted", "local", "expired", "reset") if getattr(self, name)]
        if self.is_republished:
            fields += [f"dot_source={self.dot_source!r}", f"dot_version={self.dot_version!r}"]
        return f"scuttle.Update({', '.join(fields)})"

    def to_dict(self) -> Dict[str, Any]:
        """Returns the update in the shape of the wire. A reset has the shape of a digest: its dot is covered, and its entry removed."""
        if self.reset:
            dot = self.dot_source
            return {"digest": True, "source_id": dot, "id": dot, "version": self.dot_version}
        members = {"key": self.key, "value": self.value, "source_id": self.dot_source, "version": self.dot_version}
        if self.is_republished:
            members["written"] = [self.source, self.version]
        if self.deleted:
            members["deleted"] = True
        if self.expired:
            members["expired"] = True
        return members

    def to_line(self) -> str:
        """Returns the update as a line of the wire, without its newline; the value keeps its spelling."""
        if self.reset:
            return json.dumps(self.to_dict(), separators=(",", ":"), ensure_ascii=False)
        deleted = (',"deleted":true' if self.deleted else "") + (',"expired":true' if self.expired else "")
        written = f',"written":[{_quoted(self.source)},{self.version}]' if self.is_republished else ""
        dot = f'"source_id":{_quoted(self.dot_source)},"version":{self.dot_version}'
        return f'{{"key":{_quoted(self.key)},"value":{self.json},{dot}{written}{deleted}}}'


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def copy_update(update: _abi.UpdateStruct) -> Update:
    """Copies an update that the library lends."""
    flags = update.flags
    source = text_at(update.source, update.source_len)
    is_dot = update.dot_source == update.source  # by address, as nearly always
    return Update._make(
        (
            text_at(update.key, update.key_len),
            text_at(update.value, update.value_len),
            source,
            update.version,
            flags & _abi.UPDATE_DELETED != 0,
            flags & _abi.UPDATE_LOCAL != 0,
            flags & _abi.UPDATE_EXPIRED != 0,
            flags & _abi.UPDATE_RESET != 0,
            source if is_dot else text_at(update.dot_source, update.dot_source_len),
            update.dot_version,
        )
    )


def lend_update(update: Update, texts: List[bytes]) -> _abi.UpdateStruct:
    """Returns the update as a struct of the library, which is valid as long as `texts` is."""
    if not isinstance(update, Update):
        raise TypeError(f"this takes an Update, not {type(update).__name__}")
    struct = _abi.UpdateStruct()
    for name, text in (("key", update.key), ("value", update.json), ("source", update.source)):
        encoded = encode_text(text, f"a {name}")
        texts.append(encoded)
        setattr(struct, name, cast(c_char_p(encoded), c_void_p).value)
        setattr(struct, f"{name}_len", len(encoded))
    struct.version = unsigned("a version", update.version)
    struct.flags = _abi.UPDATE_DELETED if update.deleted else 0
    struct.flags |= _abi.UPDATE_LOCAL if update.local else 0
    struct.flags |= _abi.UPDATE_EXPIRED if update.expired else 0
    return struct
