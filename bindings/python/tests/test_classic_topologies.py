"""Networks of replicas and real simple-scuttles, as `simple_scuttle.SimplePeer` models them.

Each replica holds the greatest write of each key among those that it has received or made. Replicas that are connected through
replicas, and through SimplePeers that remember all updates, become equal, and hold the greatest of all writes.
"""

from __future__ import annotations

from typing import List, Optional

import classic_table
import pytest
from classic_network import SEEDS, closing, expect_equal
from classic_topologies import TOPOLOGIES

pytestmark = pytest.mark.usefixtures("one_process")


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("history", [10, None], ids=["default", "unlimited"])
@pytest.mark.parametrize("name", TOPOLOGIES)
def test_topology(name: str, history: Optional[int], seed: int) -> None:
    """In every other network each SimplePeer has a process of its own."""
    with closing(TOPOLOGIES[name].run(seed, history, apart=seed % 2 == 1)) as network:
        expect_equal(network, seed)
        network.check()
        network.round()
        assert network.is_equal(), f"seed {seed}: no longer equal:\n{network.differences()}"
        network.check()
        if history is None:
            network.check_all()
        for _ in range(3):
            network.calm_round()
        sent = network.updates
        network.calm_round()
        assert network.updates == sent, f"seed {seed}: replicas that are equal go on sending"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["chain L-N-L", "hub", "ring", "replicas with nodes"])
def test_slow_readers(name: str, seed: int) -> None:
    """Slow peers drop messages, so replicas may lack updates; each holds the greatest of the writes that it has received."""
    with closing(TOPOLOGIES[name].run(seed, None, slow=True)) as network:
        for _ in range(4):
            network.round()
            network.check()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", ["chain L-N-L", "hub", "mesh", "late joiners", "reconnects"])
def test_the_dialect_of_the_peer(name: str, seed: int) -> None:
    """All links are opened with `any`; links to SimplePeers become classic."""
    with closing(TOPOLOGIES[name].run(seed, None, any_dialect=True)) as network:
        expect_equal(network, seed)
        network.check()


def test_the_table_has_a_row_for_each_topology_and_history() -> None:
    lines: List[str] = []
    classic_table.main(1, lines.append)
    assert len(lines) == 2 + 2 * len(TOPOLOGIES)
    assert len({text.count("|") for text in lines}) == 1
