#!/usr/bin/env python3
"""Prints the cost of classic networks as a Markdown table: medians over 20 seeds.

    PYTHONPATH=bindings/python bindings/python/tests/classic_table.py [SEEDS]
"""

from __future__ import annotations

import sys
from statistics import median
from typing import Callable, List, NamedTuple, Optional

from classic_network import Network
from classic_topologies import TOPOLOGIES, Topology

ROUNDS = 8
HEAD = "| topology | SimplePeers remember | replicas, SimplePeers | equal | rounds | kB on classic links | updates sent |"


class Cost(NamedTuple):
    """The cost of the rounds after which the replicas stay equal; of all rounds if they do not become equal."""

    rounds: Optional[int]
    bytes: int
    updates: int


def measure(topology: Topology, history: Optional[int], seed: int) -> Cost:
    network = topology.run(seed, history, apart=seed % 2 == 1)
    network.pump()
    costs: List[Cost] = []
    states = []
    for count in range(ROUNDS + 1):
        costs.append(Cost(count, network.bytes, network.updates))
        states.append([node.values for node in network.nodes.values()])
        if count < ROUNDS:
            network.round()
    last = states[-1]
    network.shut()
    if any(values != last[0] for values in last):
        return costs[-1]._replace(rounds=None)
    return next(cost for place, cost in enumerate(costs) if all(state == last for state in states[place:]))


def row(name: str, history: Optional[int], seeds: int) -> str:
    topology = TOPOLOGIES[name]
    costs = [measure(topology, history, seed) for seed in range(seeds)]
    rounds = [cost.rounds for cost in costs if cost.rounds is not None]
    network = Network(1, topology.edges.split())
    cells = [
        name,
        "all" if history is None else str(history),
        f"{len(network.nodes)}, {len(network.peers)}",
        f"{len(rounds)} of {seeds}",
        f"{median(rounds):g}" if rounds else "–",
        f"{median(cost.bytes for cost in costs) / 1000:.1f}",
        f"{median(cost.updates for cost in costs):g}",
    ]
    network.shut()
    return f"| {' | '.join(cells)} |"


def main(seeds: int = 20, write: Callable[[str], object] = print) -> None:
    write(HEAD)
    write("|---" * 2 + "|---:" * 5 + "|")
    for name in TOPOLOGIES:
        for history in (10, None):
            write(row(name, history, seeds))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 20)
