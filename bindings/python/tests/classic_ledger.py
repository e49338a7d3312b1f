"""The writes at a replica, or in a whole network: the greatest of each key has to stand."""

from __future__ import annotations

import re
from typing import Any, Dict, NamedTuple

from simple_scuttle import parse, stringify

from scuttle import Link, Update

INCARNATION = re.compile(r"~[A-Za-z0-9_-]{8}\Z")


def canonical(value: object) -> str:
    """Returns one text for all spellings of a JSON value."""
    return stringify(_sorted(value))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


class Write(NamedTuple):
    """The part of a write that decides which one stands: the greatest does."""

    version: int
    source: bytes
    deleted: bool
    value: str


class Ledger:
    """The greatest write of each key among those that a replica, or a whole network, has received or made."""

    def __init__(self) -> None:
        self.best: Dict[str, Write] = {}
        self.updates = 0
        self._half: Dict[Link, bytes] = {}

    def add(self, key: str, write: Write) -> None:
        """Notes a write."""
        self.best[key] = max(write, self.best.get(key, write))

    def read(self, link: Link, data: bytes, is_classic: bool) -> None:
        """Notes the updates in bytes that a link reads."""
        *lines, self._half[link] = (self._half.get(link, b"") + data).split(b"\n")
        for line in lines:
            message = parse(line)
            if isinstance(message, dict) and "key" in message:
                self.updates += 1
                self._add_update(message, is_classic)

    def _add_update(self, update: Dict[str, Any], is_classic: bool) -> None:
        source, version = update.get("written", (update["source_id"], update["version"]))
        key, value = update["key"], update.get("value")
        deleted = "deleted" in update or is_classic and value is None and INCARNATION.search(source) is not None
        name = key if isinstance(key, str) else stringify(key)
        self.add(name, Write(int(version), source.encode(), deleted, canonical(value)))

    def check(self, held: Dict[str, Update], name: str) -> None:
        """Expects that a replica holds the values of these writes, and no others."""
        due = {key: write for key, write in self.best.items() if not write.deleted}
        got = {
            key: Write(update.version, update.source.encode(), False, canonical(parse(update.json)))
            for key, update in held.items()
        }
        keys = sorted(key for key in due.keys() | got.keys() if due.get(key) != got.get(key))
        assert not keys, "\n".join(f"{key} at {name}: {got.get(key)}, not {self.best.get(key)}" for key in keys)
