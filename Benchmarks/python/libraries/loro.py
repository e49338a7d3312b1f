"""loro, from Python."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from loro import ExportMode, LoroDoc, VersionVector

VERSION = version("loro")


class Map:
    def __init__(self, name: str) -> None:
        self.doc = LoroDoc()
        self.map = self.doc.get_map("map")

    def set_each(self, keys: list[str], values: list[str]) -> None:
        insert, commit = self.map.insert, self.doc.commit
        for key, value in zip(keys, values):
            insert(key, value)
            commit()

    def set_batch(self, keys: list[str], values: list[str]) -> None:
        insert = self.map.insert
        for key, value in zip(keys, values):
            insert(key, value)
        self.doc.commit()

    def get_each(self, keys: list[str]) -> int:
        get = self.map.get
        return sum(len(get(key).value) for key in keys)

    def get(self, key: str) -> object:
        return self.map.get(key).value

    def __len__(self) -> int:
        return len(self.map)


def session(source: Map, target: Map, fresh: bool = False) -> Callable[[], int]:
    def pull() -> int:
        question = target.doc.oplog_vv.encode()
        answer = source.doc.export(ExportMode.Updates(VersionVector.decode(question)))
        target.doc.import_(answer)
        return len(question) + len(answer)

    return pull
