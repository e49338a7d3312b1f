"""Runs a replica in a SQLite or LMDB database, or a file, until it is killed: kill_child.c in Python.

    python kill_child.py KIND FILE SEED SYNCHRONOUS TOMBSTONES OUT
"""

from __future__ import annotations

import os
import random
import select
import sys
from typing import Any, Callable, List

from kill_stores import open_replica

import scuttle


class Child:
    """The replica, and its confirmations on descriptor 1."""

    def __init__(self, kind: str, path: str, seed: int, synchronous: str, tombstones: str, out: int) -> None:
        self._random = random.Random(seed)
        self._out = out
        self._purges = tombstones == "purge"
        self._block: List[str] = []
        self._now = 1.0
        self._replica = open_replica(
            kind,
            path,
            synchronous,
            "child",
            keep_tombstones=tombstones == "keep",
            on_update=self._on_update,
            on_event=self._on_event,
        )
        self._confirm(lambda: self._block.append(f"R\t{self._replica.id}"))
        self._link = self._replica.link(live=self._random.random() < 0.5)
        self._confirm(self._link.gossip)

    def _on_update(self, update: scuttle.Update) -> None:
        fields = (update.key, update.source, update.version, int(update.deleted), update.json)
        self._block.append("U\t" + "\t".join(map(str, fields)))

    def _on_event(self, link: Any, event: scuttle.Event, error: Any) -> None:
        if event in (scuttle.Event.DIVERGED, scuttle.Event.ENDED):
            _write_all(1, f"E\t{event!r}: {error}\n".encode())
            os._exit(3)

    def _confirm(self, call: Callable[[], object]) -> None:
        call()
        if isinstance(self._replica, scuttle.StoredReplica):
            self._replica.commit()
        self._block += [f"V\t{source}\t{version}" for source, version in self._replica.clock.items()]
        _write_all(1, "\n".join([*self._block, ".\n"]).encode())
        self._block.clear()

    def run(self) -> None:
        """Makes calls until the process is killed, or nobody reads descriptor 1 any more."""
        while True:
            while data := self._link.read(1024):
                _write_all(self._out, data)
            while select.select([0], [], [], 0)[0]:
                data = os.read(0, self._random.randint(1, 4096))
                if not data:
                    return
                self._confirm(lambda: self._link.write(data))
            self._act()

    def _act(self) -> None:
        pick = self._random
        key, value = f"k{pick.randrange(40)}", [pick.randrange(1000000), "." * pick.randrange(40)]
        choice = pick.randrange(100)
        if choice < 60:
            self._confirm(lambda: self._replica.set(key, value))
        elif choice < 75:
            self._confirm(lambda: self._replica.delete(key))
        elif choice < 80:
            self._confirm(lambda: self._replica.set_ttl(key, value, pick.randrange(50) / 1000))
        elif choice < 85:
            self._now += pick.randrange(20) / 1000
            self._confirm(lambda: self._replica.tick(self._now))
        elif choice < 87 and self._purges:
            self._confirm(self._replica.purge)
        else:
            self._confirm(self._link.gossip)


def _write_all(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    kind, path, seed, synchronous, tombstones, out = sys.argv[1:]
    try:
        Child(kind, path, int(seed), synchronous, tombstones, int(out)).run()
    except BrokenPipeError:
        pass
    except Exception as error:
        _write_all(1, f"E\t{error!r}\n".encode())
        raise
