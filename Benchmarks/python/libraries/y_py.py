"""y-py: Yjs in Rust, from Python."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from y_py import YDoc, apply_update, encode_state_as_update, encode_state_vector

VERSION = version("y-py")


class Map:
    def __init__(self, name: str) -> None:
        self.doc = YDoc()
        self.map = self.doc.get_map("map")

    def set_each(self, keys: list[str], values: list[str]) -> None:
        begin, put = self.doc.begin_transaction, self.map.set
        for key, value in zip(keys, values):
            with begin() as transaction:
                put(transaction, key, value)

    def set_batch(self, keys: list[str], values: list[str]) -> None:
        put = self.map.set
        with self.doc.begin_transaction() as transaction:
            for key, value in zip(keys, values):
                put(transaction, key, value)

    def get_each(self, keys: list[str]) -> int:
        shared = self.map
        return sum(len(shared[key]) for key in keys)

    def get(self, key: str) -> object:
        return self.map.get(key)

    def __len__(self) -> int:
        return len(self.map)


def session(source: Map, target: Map, fresh: bool = False) -> Callable[[], int]:
    def pull() -> int:
        question = encode_state_vector(target.doc)
        answer = encode_state_as_update(source.doc, question)
        apply_update(target.doc, answer)
        return len(question) + len(answer)

    return pull
