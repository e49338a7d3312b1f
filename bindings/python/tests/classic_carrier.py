"""The bytes of a network, which travel in pieces and in random order."""

from __future__ import annotations

from classic_connections import Connections, Edge
from simple_scuttle import Pipe

from scuttle import Link, ScuttleError

STORM = 20_000_000
"""Bytes on all links; more means that the network does not come to rest."""


class Carrier(Connections):
    """Carries the bytes of connections."""

    def carry(self, edge: Edge, way: int, most: int = 65536) -> bool:
        """Carries bytes from one end of an edge to the other one; returns whether there were any."""
        if not edge.ends:
            return False
        sender, receiver = edge.ends[way], edge.ends[1 - way]
        data = sender.read(most)
        if not data:
            return False
        self.total += len(data)
        assert self.total < STORM, "the network does not come to rest"
        is_classic = isinstance(sender, Pipe) or isinstance(receiver, Pipe)
        if is_classic and (isinstance(sender, Link) or isinstance(receiver, Link)):
            self.bytes += len(data)
            if isinstance(sender, Link):
                self.updates += data.count(b'"key":')
        if isinstance(receiver, Link):
            self.nodes[edge.names[1 - way]].ledger.read(receiver, data, is_classic)
        try:
            receiver.write(data)
        except ScuttleError as error:
            self.errors.append(f"{edge.names[way]} to {edge.names[1 - way]}: {error!r}: {data!r}")
        return True

    def carry_some(self, times: int) -> None:
        """Carries pieces in random order, many of them cut in a line."""
        for _ in range(times):
            if self.rng.random() < 0.3:
                self._drain()
            self.carry(self.rng.choice(self.edges), self.rng.randrange(2), self.rng.choice([7, 60, 300, 65536]))

    def pump(self) -> None:
        """Carries bytes in random order until there are none."""
        ways = [(edge, way) for edge in self.edges for way in (0, 1)]
        is_busy = True
        while is_busy:
            self.rng.shuffle(ways)
            moved = [self.carry(edge, way, self.rng.choice([60, 300, 65536])) for edge, way in ways]
            is_busy = self._drain() or any(moved)

    def _drain(self) -> bool:
        """Lets slow readers read some of their pending bytes; returns whether there were any."""
        return any([peer.drain(self.rng.randrange(1, 12)) for peer in self.peers.values()])
