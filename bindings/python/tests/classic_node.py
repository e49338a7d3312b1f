"""A replica of a network, with the ledger of its writes."""

from __future__ import annotations

import json
from typing import Dict

from classic_ledger import Ledger, Write, canonical
from simple_scuttle import parse

from scuttle import Replica, Update


class Node:
    """A replica with its ledger.

    The replica keeps its tombstones, because a write that has not met a stable tombstone may win over the delete once that is purged.
    """

    def __init__(self, name: str, seed: int, network_ledger: Ledger) -> None:
        self.name = name
        self._network_ledger = network_ledger
        self.replica = Replica(name, seed=seed, keep_tombstones=True)
        self.ledger = Ledger()

    @property
    def held(self) -> Dict[str, Update]:
        """The entry of each key that holds a value."""
        return {update.key: update for update in self.replica.snapshot()}

    @property
    def values(self) -> Dict[str, str]:
        """The canonical JSON text of each key."""
        return {key: canonical(parse(update.json)) for key, update in self.held.items()}

    @property
    def texts(self) -> Dict[str, str]:
        """The JSON text of each key, with its spelling."""
        return {key: update.json for key, update in self.held.items()}

    def set(self, key: str, value: object) -> None:
        """Sets a key, and notes the write in both ledgers."""
        self.replica.set(key, value)
        self._note(key, False, value)

    def delete(self, key: str) -> None:
        """Deletes a key, and notes the delete in both ledgers."""
        self.replica.delete(key)
        self._note(key, True, None)

    def _note(self, key: str, deleted: bool, value: object) -> None:
        text = canonical(parse(json.dumps(value)))
        write = Write(self.replica.version, self.replica.id.encode(), deleted, text)
        self.ledger.add(key, write)
        self._network_ledger.add(key, write)

    def restart(self, seed: int) -> None:
        """Starts the next incarnation from an export."""
        saved = self.replica.export()
        self.replica.close()
        self.replica = Replica(self.name, seed=seed, keep_tombstones=True, state=saved)
