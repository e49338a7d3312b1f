"""The replicas and SimplePeers of a network, and their connections."""

from __future__ import annotations

import random
from typing import Dict, Iterable, List, Optional, Tuple, Union

from classic_ledger import Ledger
from classic_node import Node
from simple_scuttle import Pipe, SimplePeer

from scuttle import Link

End = Union[Link, Pipe]


class Edge:
    """A connection between two nodes, open or closed: it has ends while it is open."""

    def __init__(self, one: str, other: str) -> None:
        self.names = one, other
        self.ends: Optional[Tuple[End, End]] = None


class Connections:
    """The nodes of a network, and the edges between them, which are open unless a node is absent.

    Nodes whose names begin with L are replicas, all others are SimplePeers.
    """

    def __init__(
        self,
        seed: int,
        edges: Iterable[str],
        history: Optional[int] = None,
        absent: Iterable[str] = (),
        *,
        apart: bool = False,
        slow: bool = False,
        any_dialect: bool = False,
    ) -> None:
        """Makes the nodes, and opens the edges.

        Args:
            seed: Seeds all random choices.
            edges: Pairs of nodes, such as "L1-N1".
            history: The updates that each SimplePeer remembers. None: all.
            absent: The nodes that `join` brings in later.
            apart: Each SimplePeer has a process of its own.
            slow: SimplePeers read slowly.
            any_dialect: Replicas speak the dialect of their peers.
        """
        self.rng = random.Random(seed)
        self.edges = [Edge(*edge.split("-")) for edge in edges]
        self.errors: List[str] = []
        self.ledger = Ledger()
        """The writes of `set` and `delete` at all nodes."""
        self.bytes = 0
        """The bytes on classic links of replicas, in both directions."""
        self.updates = 0
        """The updates that replicas have sent on classic links."""
        self.total = 0
        """The bytes on all edges."""
        self._history = history
        self._apart = apart
        self._slow = slow
        self._any_dialect = any_dialect
        SimplePeer.sofar = []
        names = sorted({name for edge in self.edges for name in edge.names})
        self.nodes: Dict[str, Node] = {name: Node(name, self._seed(), self.ledger) for name in names if name[0] == "L"}
        self.peers: Dict[str, SimplePeer] = {name: self._peer(name) for name in names if name[0] != "L"}
        self.absent = set(absent)
        self.open()

    def _seed(self) -> int:
        return self.rng.randrange(1, 2**32)

    def _peer(self, name: str) -> SimplePeer:
        made = SimplePeer(name, max_history=self._history, rng=random.Random(self._seed()), slow=self._slow)
        if self._apart:
            made.sofar = []
        return made

    @property
    def present(self) -> List[str]:
        """The names of the nodes that are not absent."""
        return [name for name in (*self.nodes, *self.peers) if name not in self.absent]

    def open(self) -> None:
        """Opens the closed edges between present nodes."""
        for edge in self.edges:
            if not edge.ends and not self.absent.intersection(edge.names):
                one, other = edge.names
                edge.ends = self._end(one, other), self._end(other, one)

    def _end(self, name: str, peer: str) -> End:
        if name in self.peers:
            return self.peers[name].pipe()
        replica = self.nodes[name].replica
        return replica.link(any=True) if self._any_dialect else replica.link(classic=peer in self.peers)

    def close(self, edge: Edge) -> None:
        """Breaks a connection: bytes on their way are lost."""
        for end in edge.ends or ():
            end.close()
        edge.ends = None

    def close_all(self, name: str) -> None:
        """Breaks all connections of a node."""
        for edge in self.edges:
            if name in edge.names:
                self.close(edge)

    def join(self, name: str) -> None:
        """Brings an absent node in."""
        self.absent.discard(name)
        self.open()

    def reconnect(self) -> None:
        """Breaks a random connection and opens it again."""
        self.close(self.rng.choice(self.edges))
        self.open()

    def restart(self, name: str) -> None:
        """Restarts a node: a replica from its export, a SimplePeer with nothing."""
        self.close_all(name)
        if name in self.nodes:
            self.nodes[name].restart(self._seed())
        else:
            self.peers[name] = self._peer(name)
        self.open()
