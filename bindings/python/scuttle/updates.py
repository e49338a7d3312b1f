"""Entries and updates, as a host sees them: values of their own, good after every later call."""

from __future__ import annotations

import json
from typing import Any, Dict, NamedTuple, Optional

from . import _abi
from .texts import decode_value, text_at


class Entry(NamedTuple):
    """What a key holds. For a key that holds nothing: no value, no source, version 0."""

    value: Any
    #: The id of the replica that wrote it.
    source: Optional[str]
    #: 1 to 2^53-1; 0 stands for "before all versions".
    version: int


class Update(NamedTuple):
    """One write by one replica."""

    key: str
    #: The value as JSON text, as it was written; "null" where it is a delete.
    json: str
    #: The id of the replica that wrote it.
    source: str
    version: int
    #: The key was deleted.
    deleted: bool = False
    #: It was written by the replica that shows it.
    local: bool = False
    #: The key was deleted since its time to live was over; `deleted` is true too.
    expired: bool = False
    #: No write: a reset has taken this entry away, since its delete has been forgotten where the reset came from.
    #: `deleted` is true too; source and version are the entry's.
    reset: bool = False

    @property
    def value(self) -> Any:
        """The value, decoded anew each time; None where it is a delete."""
        return decode_value(self.json)

    def to_dict(self) -> Dict[str, Any]:
        """The update in the shape that it has on the wire; a reset in that of a digest: accounted for, and gone."""
        if self.reset:
            return {"digest": True, "source_id": self.source, "id": self.source, "version": self.version}
        members = {"key": self.key, "value": self.value, "source_id": self.source, "version": self.version}
        if self.deleted:
            members["deleted"] = True
        if self.expired:
            members["expired"] = True
        return members

    def to_line(self) -> str:
        """The update as a line of the wire, without its newline; the value keeps its spelling."""
        if self.reset:
            return json.dumps(self.to_dict(), separators=(",", ":"), ensure_ascii=False)
        deleted = (',"deleted":true' if self.deleted else "") + (',"expired":true' if self.expired else "")
        key, source = json.dumps(self.key, ensure_ascii=False), json.dumps(self.source, ensure_ascii=False)
        return f'{{"key":{key},"value":{self.json},"source_id":{source},"version":{self.version}{deleted}}}'


def copy_update(update: _abi.UpdateStruct) -> Update:
    """A copy of an update that the library lends."""
    flags = update.flags
    return Update(
        text_at(update.key, update.key_len),
        text_at(update.value, update.value_len),
        text_at(update.source, update.source_len),
        update.version,
        flags & _abi.UPDATE_DELETED != 0,
        flags & _abi.UPDATE_LOCAL != 0,
        flags & _abi.UPDATE_EXPIRED != 0,
        flags & _abi.UPDATE_RESET != 0,
    )
