"""Replicas and SimplePeers in one network, and the entries that each replica has to hold."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator, List, Set

from classic_hosts import Hosts
from classic_ledger import canonical
from simple_scuttle import parse
from support import pump

from scuttle import Replica

SEEDS = range(20)


class Network(Hosts):
    """A network that checks the entries of its replicas."""

    def groups(self) -> List[Set[str]]:
        """Returns the sets of replicas that receive all updates of each other: through replicas, and through SimplePeers that
        remember all.
        """
        groups = [{name} for name in self.present]
        for edge in self.edges:
            if edge.ends and (self._history is None or not self.peers.keys() & set(edge.names)):
                joined = [group for group in groups if group & set(edge.names)]
                groups = [group for group in groups if group not in joined] + [set().union(*joined)]
        return [group & self.nodes.keys() for group in groups if group & self.nodes.keys()]

    def is_equal(self) -> bool:
        """Returns whether the replicas of each group hold the same values."""
        return all(
            self.nodes[name].values == self.nodes[other].values
            for first, *rest in map(sorted, self.groups())
            for name, other in zip([first] * len(rest), rest)
        )

    def settle(self, least: int = 3, most: int = 12) -> bool:
        """Runs `least` rounds, and more until the replicas are equal or `most` have run; returns whether they are equal."""
        for _ in range(least):
            self.round()
        for _ in range(least, most):
            if self.is_equal():
                return True
            self.round()
        return self.is_equal()

    def differences(self) -> str:
        """Returns a line for each replica and each key whose entries differ."""
        texts = []
        for group in self.groups():
            held = {name: self.nodes[name].held for name in sorted(group)}
            for key in sorted({key for entries in held.values() for key in entries}):
                entries = {name: of.get(key) for name, of in held.items()}
                if len({entry and canonical(parse(entry.json)) for entry in entries.values()}) > 1:
                    texts += [f"{key} at {name}: {entry and entry.to_line()}" for name, entry in entries.items()]
        return "\n".join(texts)

    def check(self) -> None:
        """Expects that each replica holds the greatest write of each key that it has received or made, and no link had an error."""
        for name, node in self.nodes.items():
            node.ledger.check(node.held, name)
        assert self.errors == []

    def check_all(self) -> None:
        """Expects that each replica holds the greatest write of each key, at whatever node it was made."""
        for name, node in self.nodes.items():
            self.ledger.check(node.held, name)

    def shut(self) -> None:
        """Closes the replicas."""
        for node in self.nodes.values():
            node.replica.close()


def expect_equal(network: Network, seed: object = "") -> None:
    """Runs rounds, and expects that the replicas become equal."""
    assert network.settle(), f"seed {seed}: not equal:\n{network.differences()}"


@contextmanager
def closing(network: Network) -> Iterator[Network]:
    """Closes the replicas of a network at the end of a `with`."""
    yield network
    network.shut()


def join(one: Replica, other: Replica) -> None:
    """Brings two replicas in step over an extended link."""
    with one.link() as here, other.link() as there:
        here.gossip()
        pump(here, there)
