"""libscuttle's own Python package."""

from __future__ import annotations

from collections.abc import Callable

import scuttle

VERSION = f"{scuttle.library_version()}, {'accelerated' if scuttle.is_accelerated else 'by ctypes'}"
HISTORY = 1000  # as in the C workloads
BUFFER = 65536


class Map:
    """A map of one library. Each library has a class with these methods.

    The loops stand here, so that each library is called as a program would call it, with no call in between.
    """

    def __init__(self, name: str) -> None:
        self.replica = scuttle.Replica(name, max_history=HISTORY, seed=1)

    def set_each(self, keys: list[str], values: list[str]) -> None:
        """Sets the keys one by one, each visible at once: in a transaction each, if the library has transactions."""
        replica = self.replica
        for key, value in zip(keys, values):
            replica[key] = value

    def set_batch(self, keys: list[str], values: list[str]) -> None:
        """Sets the keys in the fastest way that the library has."""
        self.replica.update(zip(keys, values))

    def get_each(self, keys: list[str]) -> int:
        """Reads the keys one by one, and returns the sum of the lengths."""
        replica = self.replica
        return sum(len(replica[key]) for key in keys)

    def get(self, key: str) -> object:
        return self.replica.get(key)

    def __len__(self) -> int:
        return len(self.replica)


def session(source: Map, target: Map, fresh: bool = False) -> Callable[[], int]:
    """Returns a function that brings `target` up to date with `source`, and returns the number of bytes. `fresh`: as over a new
    connection, which may need more bytes than an open one. Links need the same for both."""
    here, there = source.replica.link(), target.replica.link()

    def pull() -> int:
        moved = 0
        there.gossip()
        while (question := there.read(BUFFER)) or (answer := here.read(BUFFER)):
            if question:
                here.write(question)
                moved += len(question)
            else:
                there.write(answer)
                moved += len(answer)
        return moved

    return pull
