"""pycrdt: Yjs in Rust, from Python."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from pycrdt import Doc
from pycrdt import Map as SharedMap

VERSION = version("pycrdt")


class Map:
    def __init__(self, name: str) -> None:
        self.doc: Doc = Doc()
        self.map = self.doc.get("map", type=SharedMap)

    def set_each(self, keys: list[str], values: list[str]) -> None:
        shared = self.map
        for key, value in zip(keys, values):
            shared[key] = value

    def set_batch(self, keys: list[str], values: list[str]) -> None:
        with self.doc.transaction():
            self.set_each(keys, values)

    def get_each(self, keys: list[str]) -> int:
        shared = self.map
        return sum(len(shared[key]) for key in keys)

    def get(self, key: str) -> object:
        return self.map.get(key)

    def __len__(self) -> int:
        return len(self.map)


def session(source: Map, target: Map, fresh: bool = False) -> Callable[[], int]:
    def pull() -> int:
        question = target.doc.get_state()
        answer = source.doc.get_update(question)
        target.doc.apply_update(answer)
        return len(question) + len(answer)

    return pull
