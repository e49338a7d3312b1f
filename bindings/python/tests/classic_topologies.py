"""Networks of replicas and SimplePeers, and the steps that each one runs."""

from __future__ import annotations

from typing import Callable, NamedTuple, Optional

from classic_network import Network


class Topology(NamedTuple):
    edges: str
    play: Callable[[Network], None] = Network.live
    absent: str = ""

    def run(self, seed: int, history: Optional[int], **options: bool) -> Network:
        """Returns the network after the last write of each node, and before the last bytes are carried."""
        network = Network(seed, self.edges.split(), history, self.absent.split(), **options)
        self.play(network)
        return network


def join_late(network: Network) -> None:
    for name in sorted(network.absent):
        network.live(3)
        network.join(name)
        if network.rng.random() < 0.5:
            network.carry_some(5)
    network.live(2)


def reconnect(network: Network) -> None:
    for _ in range(6):
        network.live(1)
        network.reconnect()


def restart_replica(network: Network) -> None:
    for name in ("L1", "L2", "L1"):
        network.live(2)
        network.restart(name)
    network.live(1)


def restart_hub(network: Network) -> None:
    """Restarts the hub once all nodes are in step, because its digests claim all versions below its count of gossips, its own old
    writes included. It writes again once it has received them."""
    network.live(3)
    for _ in range(2):
        network.round()
    network.restart("N1")
    for _ in range(2):
        network.round()
    network.live(3)


TOPOLOGIES = {
    "chain L-N-L": Topology("L1-N1 N1-L2"),
    "chain N-L-N": Topology("N1-L1 L1-N2"),
    "chain L-N-L-N-L": Topology("L1-N1 N1-L2 L2-N2 N2-L3"),
    "chain L-N-N-L": Topology("L1-N1 N1-N2 N2-L2"),
    "mesh": Topology("L1-L2 L1-N1 L1-N2 L2-N1 L2-N2 N1-N2"),
    "ring": Topology("L1-N1 N1-L2 L2-N2 N2-L3 L3-N3 N3-L1"),
    "hub": Topology("N1-L1 N1-L2 N1-L3 N1-L4"),
    "hub with a node of a replica": Topology("N1-L1 N1-L2 N2-L1 N2-N1"),
    "hub and nodes": Topology("N1-L1 N1-L2 N1-N2 N1-N3"),
    "late joiners": Topology("N1-L1 N1-L2 N1-L3 N1-L4", join_late, "L3 L4"),
    "late joiners, nodes": Topology("N1-N2 N1-N3 N1-L1 N1-L2", join_late, "L1 L2"),
    "reconnects": Topology("L1-N1 N1-L2 N1-L3", reconnect),
    "restarts of a replica": Topology("L1-N1 N1-L2 N1-L3", restart_replica),
    "restart of the hub": Topology("N1-L1 N1-L2 N1-L3", restart_hub),
    "replicas with nodes": Topology("N1-L1 L1-L2 L2-N2"),
}
"""Edges between replicas are extended, all others are classic."""
