"""The hosts of a network: they write, delete and gossip at random."""

from __future__ import annotations

import random
from typing import Callable, Optional

from classic_carrier import Carrier
from classic_ledger import Write, canonical


def some_value(rng: random.Random) -> object:
    """Returns a random JSON value."""
    return rng.choice(VALUES) if rng.random() < 0.4 else rng.randrange(10**6)


VALUES = [True, "", "Grüße – 🐙", 'a/b\n"q"\\', [1, [2, {}]], {"b": 1, "a": [None]}, 0.1, -2.5, 2**53 - 1]
"""Values that JavaScript spells as Python does."""


class Hosts(Carrier):
    """A network whose hosts write and gossip."""

    def gossip(self, name: str) -> None:
        """Starts a gossip at a node."""
        if name in self.peers:
            self.peers[name].gossip()
        else:
            self.nodes[name].replica.gossip()

    def round(self) -> None:
        """Starts a gossip at each node, in random order and in the middle of each other's deltas, and carries all bytes."""
        names = self.present
        self.rng.shuffle(names)
        for name in names:
            self.gossip(name)
            self.carry_some(self.rng.randrange(6))
        self.pump()

    def calm_round(self) -> None:
        """Starts a gossip at one node after the other, and carries its requests and deltas before the next."""
        for name in self.present:
            self.gossip(name)
            while any([self.carry(edge, way) for edge in self.edges for way in (0, 1)]):
                pass

    def write(self, name: str, value: object) -> None:
        """Sets a random key at a node: one that all nodes write, or one of the node's own."""
        key = self.rng.choice(["s1", "s2", "s3", f"{name}/1", f"{name}/2", f"{name}/{self.rng.randrange(100)}"])
        self.set(name, key, value)

    def set(self, name: str, key: str, value: object) -> None:
        """Sets a key at a node, and notes the write in the ledger of the network."""
        if name in self.nodes:
            self.nodes[name].set(key, value)
            return
        peer = self.peers[name]
        peer.set(key, value)
        self.ledger.add(key, Write(int(peer.clock[name]), name.encode(), False, canonical(value)))

    def live(self, steps: int = 6, value: Optional[Callable[[random.Random], object]] = None) -> None:
        """Writes, deletes, gossips and carries bytes at random."""
        make = value or some_value
        for _ in range(steps):
            for name in self.present:
                action = self.rng.random()
                if action < 0.5:
                    is_null = name in self.peers and self.rng.random() < 0.05
                    self.write(name, None if is_null else make(self.rng))
                elif action < 0.6 and name in self.nodes and self.nodes[name].held:
                    self.nodes[name].delete(self.rng.choice(sorted(self.nodes[name].held)))
                elif action < 0.9:
                    self.gossip(name)
                self.carry_some(self.rng.randrange(5))
            if self.rng.random() < 0.3:
                self.pump()
