"""automerge, from Python, by its sync protocol."""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import version

from automerge.core import ROOT, Document, Message, ScalarType, SyncState

VERSION = version("automerge")


class Map:
    def __init__(self, name: str) -> None:
        self.doc = Document()

    def set_each(self, keys: list[str], values: list[str]) -> None:
        begin = self.doc.transaction
        for key, value in zip(keys, values):
            with begin() as transaction:
                transaction.put(ROOT, key, ScalarType.Str, value)

    def set_batch(self, keys: list[str], values: list[str]) -> None:
        with self.doc.transaction() as transaction:
            put = transaction.put
            for key, value in zip(keys, values):
                put(ROOT, key, ScalarType.Str, value)

    def get_each(self, keys: list[str]) -> int:
        get = self.doc.get
        return sum(len(get(ROOT, key)[0][1]) for key in keys)

    def get(self, key: str) -> object:
        return self.doc.get(ROOT, key)[0][1]

    def __len__(self) -> int:
        return self.doc.length(ROOT)


def session(source: Map, target: Map, fresh: bool = False) -> Callable[[], int]:
    """Returns a function that syncs two maps. An open session without new updates sends no byte, so `fresh` begins a new one each time."""
    states = [SyncState(), SyncState()]

    def pull() -> int:
        if fresh:
            states[:] = SyncState(), SyncState()
        moved, quiet = 0, 0
        ends = [(target.doc, source.doc, states[0], states[1]), (source.doc, target.doc, states[1], states[0])]
        while quiet < 2:
            for speaker, listener, own, other in ends:
                message = speaker.generate_sync_message(own)
                quiet = quiet + 1 if message is None else 0
                if message is not None:
                    data = message.encode()
                    listener.receive_sync_message(other, Message.decode(data))
                    moved += len(data)
        return moved

    return pull
