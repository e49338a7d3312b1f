"""Replicas and SimplePeers in one network, and what each replica has to hold."""

from __future__ import annotations

import json
import random
import re
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple, Union

from simple_scuttle import Pipe, SimplePeer, parse, stringify
from support import pump

from scuttle import Link, Replica, ScuttleError, Update

SEEDS = range(20)
INCARNATION = re.compile(r"~[A-Za-z0-9_-]{8}\Z")
STORM = 20_000_000
"""Bytes on all links; more means that the network does not come to rest."""


def canonical(value: object) -> str:
    """Returns one text for all spellings of a JSON value."""
    return stringify(_sorted(value))


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


class Write(NamedTuple):
    """A write as far as it decides which one stands: the greatest does."""

    version: int
    source: bytes
    deleted: bool
    value: str


class Ledger:
    """The greatest write of each key among those that a replica, or a whole network, has received or written."""

    def __init__(self) -> None:
        self.best: Dict[str, Write] = {}
        self.updates = 0
        self._half: Dict[Link, bytes] = {}

    def add(self, key: str, write: Write) -> None:
        self.best[key] = max(write, self.best.get(key, write))

    def take(self, link: Link, data: bytes, is_classic: bool) -> None:
        """Reads the updates in bytes that go into a link."""
        *lines, self._half[link] = (self._half.get(link, b"") + data).split(b"\n")
        for line in lines:
            message = parse(line)
            if isinstance(message, dict) and "key" in message:
                self.updates += 1
                self._add_update(message, is_classic)

    def _add_update(self, update: Dict[str, Any], is_classic: bool) -> None:
        source, version = update.get("written", (update["source_id"], update["version"]))
        key, value = update["key"], update.get("value")
        deleted = "deleted" in update or is_classic and value is None and INCARNATION.search(source) is not None
        name = key if isinstance(key, str) else stringify(key)
        self.add(name, Write(int(version), source.encode(), deleted, canonical(value)))

    def check(self, held: Dict[str, Update], name: str) -> None:
        """Expects that a replica holds the values among these writes, and nothing else."""
        due = {key: write for key, write in self.best.items() if not write.deleted}
        got = {
            key: Write(update.version, update.source.encode(), False, canonical(parse(update.json)))
            for key, update in held.items()
        }
        keys = sorted(key for key in due.keys() | got.keys() if due.get(key) != got.get(key))
        assert not keys, "\n".join(f"{key} at {name}: {got.get(key)}, not {self.best.get(key)}" for key in keys)


class Node:
    """A replica with its ledger. It keeps its tombstones, since a write that a stable one has not met may win over it."""

    def __init__(self, name: str, seed: int, all: Ledger) -> None:
        """all  the ledger of the network"""
        self.name = name
        self._all = all
        self.replica = Replica(name, seed=seed, keep_tombstones=True)
        self.ledger = Ledger()

    @property
    def held(self) -> Dict[str, Update]:
        return {update.key: update for update in self.replica.snapshot()}

    @property
    def values(self) -> Dict[str, str]:
        return {key: canonical(parse(update.json)) for key, update in self.held.items()}

    @property
    def texts(self) -> Dict[str, str]:
        """The values as they are spelled."""
        return {key: update.json for key, update in self.held.items()}

    def set(self, key: str, value: object) -> None:
        self.replica.set(key, value)
        self._note(key, False, value)

    def delete(self, key: str) -> None:
        self.replica.delete(key)
        self._note(key, True, None)

    def _note(self, key: str, deleted: bool, value: object) -> None:
        text = canonical(parse(json.dumps(value)))
        write = Write(self.replica.version, self.replica.id.encode(), deleted, text)
        self.ledger.add(key, write)
        self._all.add(key, write)

    def restart(self, seed: int) -> None:
        """Starts the next incarnation from an export."""
        saved = self.replica.export()
        self.replica.close()
        self.replica = Replica(self.name, seed=seed, keep_tombstones=True, state=saved)


End = Union[Link, Pipe]


class Edge:
    """A connection, while it is open: its ends, and what has been carried out of libscuttle's ones."""

    def __init__(self, one: str, other: str) -> None:
        self.names = one, other
        self.ends: Optional[Tuple[End, End]] = None


class Network:
    """Names that begin with L are replicas, all others are SimplePeers. The edges are open, but for those of `absent` nodes."""

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
        """edges        "L1-N1" and so on
        history      what SimplePeers remember; None: all
        apart        each SimplePeer has a process of its own
        slow         their readers are slow
        any_dialect  replicas leave the dialect to their peers
        """
        self.rng = random.Random(seed)
        self.edges = [Edge(*edge.split("-")) for edge in edges]
        self.errors: List[str] = []
        self.ledger = Ledger()
        """What `set` and `delete` have written, SimplePeers included."""
        self.bytes = 0
        """On classic links of replicas, both ways."""
        self.updates = 0
        """That replicas have sent on classic links."""
        self.total = 0
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

    # connections

    def open(self) -> None:
        """Opens the edges that are closed and whose nodes are there."""
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
        for edge in self.edges:
            if name in edge.names:
                self.close(edge)

    def join(self, name: str) -> None:
        self.absent.discard(name)
        self.open()

    def reconnect(self) -> None:
        """Breaks a random connection and opens it again."""
        self.close(self.rng.choice(self.edges))
        self.open()

    def restart(self, name: str) -> None:
        """A replica starts from its export, a SimplePeer with nothing."""
        self.close_all(name)
        if name in self.nodes:
            self.nodes[name].restart(self._seed())
        else:
            self.peers[name] = self._peer(name)
        self.open()

    # bytes

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
            self.nodes[edge.names[1 - way]].ledger.take(receiver, data, is_classic)
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
        """Slow readers take some of what waits for them; returns whether there was anything."""
        return any([peer.drain(self.rng.randrange(1, 12)) for peer in self.peers.values()])

    # what hosts do

    @property
    def present(self) -> List[str]:
        return [name for name in (*self.nodes, *self.peers) if name not in self.absent]

    def gossip(self, name: str) -> None:
        if name in self.peers:
            self.peers[name].gossip()
        else:
            self.nodes[name].replica.gossip()

    def round(self) -> None:
        """All gossip, in random order and in the middle of each other's answers; then bytes are carried until there are none."""
        names = self.present
        self.rng.shuffle(names)
        for name in names:
            self.gossip(name)
            self.carry_some(self.rng.randrange(6))
        self.pump()

    def calm_round(self) -> None:
        """One after the other gossips, and is answered before the next one does."""
        for name in self.present:
            self.gossip(name)
            while any([self.carry(edge, way) for edge in self.edges for way in (0, 1)]):
                pass

    def write(self, name: str, value: object) -> None:
        """Writes or overwrites a key of all or of its own."""
        key = self.rng.choice(["s1", "s2", "s3", f"{name}/1", f"{name}/2", f"{name}/{self.rng.randrange(100)}"])
        self.set(name, key, value)

    def set(self, name: str, key: str, value: object) -> None:
        if name in self.nodes:
            self.nodes[name].set(key, value)
            return
        peer = self.peers[name]
        peer.set(key, value)
        self.ledger.add(key, Write(int(peer.clock[name]), name.encode(), False, canonical(value)))

    def live(self, steps: int = 6, value: Optional[Callable[[random.Random], object]] = None) -> None:
        """Random writes, deletes, gossips and bytes."""
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

    # what has to be

    def groups(self) -> List[Set[str]]:
        """Replicas that get all of each other: through replicas, and through SimplePeers that forget nothing."""
        groups = [{name} for name in self.present]
        for edge in self.edges:
            if edge.ends and (self._history is None or not self.peers.keys() & set(edge.names)):
                joined = [group for group in groups if group & set(edge.names)]
                groups = [group for group in groups if group not in joined] + [set().union(*joined)]
        return [group & self.nodes.keys() for group in groups if group & self.nodes.keys()]

    def is_equal(self) -> bool:
        return all(
            self.nodes[name].values == self.nodes[other].values
            for first, *rest in map(sorted, self.groups())
            for name, other in zip([first] * len(rest), rest)
        )

    def settle(self, least: int = 3, most: int = 12) -> bool:
        """Returns whether the replicas are equal after `least` rounds, or some more."""
        for _ in range(least):
            self.round()
        for _ in range(least, most):
            if self.is_equal():
                return True
            self.round()
        return self.is_equal()

    def differences(self) -> str:
        """What the replicas hold that are not equal, by key."""
        texts = []
        for group in self.groups():
            held = {name: self.nodes[name].held for name in sorted(group)}
            for key in sorted({key for entries in held.values() for key in entries}):
                entries = {name: of.get(key) for name, of in held.items()}
                if len({entry and canonical(parse(entry.json)) for entry in entries.values()}) > 1:
                    texts += [f"{key} at {name}: {entry and entry.to_line()}" for name, entry in entries.items()]
        return "\n".join(texts)

    def check(self) -> None:
        """Expects that each replica holds the greatest write that it has received or written, and that links had no errors."""
        for name, node in self.nodes.items():
            node.ledger.check(node.held, name)
        assert self.errors == []

    def check_all(self) -> None:
        """Expects that the replicas hold the greatest of all writes, wherever they were written."""
        for name, node in self.nodes.items():
            self.ledger.check(node.held, name)

    def shut(self) -> None:
        for node in self.nodes.values():
            node.replica.close()


def some_value(rng: random.Random) -> object:
    return rng.choice(VALUES) if rng.random() < 0.4 else rng.randrange(10**6)


VALUES = [True, "", "Grüße – 🐙", 'a/b\n"q"\\', [1, [2, {}]], {"b": 1, "a": [None]}, 0.1, -2.5, 2**53 - 1]
"""None of them is respelled by JavaScript."""


def expect_equal(network: Network, seed: object = "") -> None:
    assert network.settle(), f"seed {seed}: not equal:\n{network.differences()}"


@contextmanager
def closing(network: Network) -> Iterator[Network]:
    yield network
    network.shut()


def join(one: Replica, other: Replica) -> None:
    with one.link() as here, other.link() as there:
        here.gossip()
        pump(here, there)
