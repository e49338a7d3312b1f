"""Rounds of kill -9: a process with a state store or a file store is killed while it writes and reads, and its database or file has to
have the effects that the process has confirmed.

    kill_rounds.py [--rounds 2000] [--first 0] [--child c|python] [--store sqlite|lmdb|file]

With a file store a process confirms a call once a save behind it has returned. A chain of rounds has one database and one peer, which runs in this process and is never killed. In each round a new process starts
from the database; it writes, deletes, exchanges updates with the peer, and confirms each call that has returned. SIGKILL ends
it at a random moment. Then a fresh replica starts from the database, and has to have

- for each key with a confirmed update: that update or a later one. A delete may have left nothing in two chains of three:
  in one, stable tombstones are purged, and in the other the process purges all tombstones now and then,
- a version vector that is at least the confirmed one, for the killed process's own source, too,
- all updates that its vector covers: once the peer and the replica have exchanged their updates they are equal, without
  SCUTTLE_EVENT_DIVERGED, which would say that a vector has covered a missing update.

A failure names the seed of its chain: `--first SEED --rounds 10` runs that chain again. The moment of a kill depends on the machine,
so a failure may need several runs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import selectors
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from kill_stores import SYNCHRONOUS, has_lmdb, open_replica, open_store
from support import LIBRARY, PACKAGE, pump

import scuttle

_TESTS = Path(__file__).resolve().parent
_ROOT = _TESTS.parents[2]

#: Rounds with one database.
CHAIN = 10


class Fault(Exception):
    """The database lacks a confirmed effect."""


class Standing(NamedTuple):
    """The timestamp and the value of an entry. The greater one stands; an expiry is greater than the write that it ends."""

    version: int
    source: str
    deleted: bool
    json: str


class Claims:
    """The confirmed effects of the processes of a chain."""

    def __init__(self) -> None:
        self.entries: Dict[str, Standing] = {}
        self.vector: Dict[str, int] = {}
        #: The sources with a confirmed update.
        self.writers: Set[str] = set()
        self.source: Optional[str] = None
        self.blocks = 0

    def add(self, output: bytes) -> None:
        """Adds the output of one process; a block without its end does not count."""
        self.source = None
        block: List[List[str]] = []
        for line in output.decode(errors="replace").split("\n")[:-1]:
            kind, *fields = line.split("\t")
            if kind == "E":
                raise Fault(f"a call has failed: {line}")
            if kind == ".":
                self._add_block(block)
                block.clear()
            else:
                block.append([kind, *fields])

    def _add_block(self, block: List[List[str]]) -> None:
        self.blocks += 1
        for kind, *fields in block:
            if kind == "R":
                (self.source,) = fields
            elif kind == "V":
                source, version = fields
                self.vector[source] = max(int(version), self.vector.get(source, 0))
            else:
                key, source, version, deleted, text = fields
                standing = Standing(int(version), source, deleted == "1", text)
                self.writers.add(source)
                self.entries[key] = max(standing, self.entries.get(key, standing))


class Chain:
    """One database, its processes that are killed, and their peer."""

    def __init__(self, seed: int, child: List[str], store: str, folder: Path, longest: float) -> None:
        self._random = random.Random(seed)
        self._child = child
        self._store = store
        self._path = str(folder / f"{seed}.{store}")
        #: The most seconds that a process runs after its start.
        self._longest = longest
        self._tombstones = self._random.choice(["keep", "collect", "purge"])
        self._keep = self._tombstones == "keep"
        self._events: List[Any] = []
        self._peer = scuttle.Replica(
            "peer", keep_tombstones=self._keep, on_event=self._on_event, on_update=self._on_update
        )
        #: The latest delete of each key that the peer has seen, or a start from the database.
        self._deletes: Dict[str, Standing] = {}
        self._claims = Claims()

    def _on_event(self, link: Any, event: scuttle.Event, error: Any) -> None:
        if event in (scuttle.Event.DIVERGED, scuttle.Event.ENDED, scuttle.Event.REFUSED):
            self._events.append((self._phase, event, error))

    def _on_update(self, update: scuttle.Update) -> None:
        if update.deleted:
            standing = Standing(update.version, update.source, True, update.json)
            self._deletes[update.key] = max(standing, self._deletes.get(update.key, standing))

    def round(self) -> None:
        """Lets a process run for a while, kills it, and checks its database."""
        self._phase = "alive"
        output = self._run_and_kill()
        self._claims.add(output)
        self._phase = "after"
        self._check()
        if self._events:
            raise Fault(f"events, tombstones {self._tombstones}: {self._events}")

    @property
    def confirmed(self) -> int:
        """The number of confirmed calls."""
        return self._claims.blocks

    def _run_and_kill(self) -> bytes:
        """Runs a process until it is killed, and returns its confirmations."""
        pick = self._random
        from_child, to_peer = os.pipe()
        arguments = [self._store, self._path, str(pick.getrandbits(48)), pick.choice(SYNCHRONOUS), self._tombstones]
        environment = {**os.environ, "SCUTTLE_LIBRARY": LIBRARY, "PYTHONPATH": f"{PACKAGE.parent}:{_TESTS}"}
        # Sometimes in the middle of the start, sometimes long after it.
        patience, counts_from_start = pick.random() * self._longest, pick.random() < 0.25
        output: List[bytes] = []
        with subprocess.Popen(
            [*self._child, *arguments, str(to_peer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[to_peer],
            env=environment,
        ) as process, self._peer.link(live=pick.random() < 0.5) as link:
            os.close(to_peer)
            assert process.stdin and process.stdout
            try:
                to_child, confirmations = process.stdin.fileno(), process.stdout.fileno()
                os.set_blocking(to_child, False)
                deadline = time.monotonic() + (patience if counts_from_start else 30)
                link.gossip()
                rest = b""
                with selectors.DefaultSelector() as selector:
                    selector.register(from_child, selectors.EVENT_READ)
                    selector.register(confirmations, selectors.EVENT_READ)
                    while time.monotonic() < deadline and selector.get_map():
                        for key, _ in selector.select(0.001):
                            data = os.read(key.fd, 65536)
                            if not data:
                                selector.unregister(key.fd)
                            elif key.fd == from_child:
                                link.write(data)
                            else:
                                if not output and not counts_from_start:
                                    deadline = time.monotonic() + patience
                                output.append(data)
                        self._write_something()
                        rest = _send(to_child, rest or link.read(4096))
            finally:
                process.kill()
            while data := os.read(from_child, 65536):
                link.write(data)  # these bytes were on their way
            while data := os.read(confirmations, 65536):
                output.append(data)
            os.close(from_child)
        return b"".join(output)

    def _write_something(self) -> None:
        pick = self._random
        if pick.random() < 0.3:
            self._peer[f"k{pick.randrange(40)}"] = [pick.randrange(1000000), "." * pick.randrange(40)]
        elif pick.random() < 0.1:
            self._peer.delete(f"k{pick.randrange(40)}")

    def _check(self) -> None:
        with self._start(on_event=self._on_event) as fresh:
            self._check_vector(fresh)
            self._check_entries(fresh)
            self._note_deletes(fresh)
            with fresh.link() as there, self._peer.link() as here:
                for _ in range(2):
                    here.gossip()
                    pump(here, there)
            if fresh != self._peer or fresh.fingerprint != self._peer.fingerprint:
                raise Fault(f"the peer differs: {_difference(fresh, self._peer)}")
            self._check_entries(self._peer)
            before = fresh.id, fresh.snapshot(), fresh.clock
        if self._random.random() < 0.2:
            with self._start() as again:
                self._check_again(before, again)

    @contextmanager
    def _start(self, **config: Any) -> Iterator[scuttle.Replica]:
        """Starts a replica from the database or file of the process."""
        if self._store == "file":
            with open_replica(self._store, self._path, "OFF", "child", keep_tombstones=self._keep, **config) as replica:
                yield replica
        else:
            with open_store(self._store, self._path, "OFF") as store:
                with scuttle.Replica("child", keep_tombstones=self._keep, state_store=store, **config) as replica:
                    yield replica

    def _check_entries(self, replica: scuttle.Replica) -> None:
        """Expects that each key with a confirmed update holds it or a later one.

        A purged delete, also one after the confirmed update, leaves nothing, and a write that has not met the delete may stand then:
        a tombstone is stable at once for a process that knows no peer yet.
        """
        entries = dict(_standing(replica))
        for key, confirmed in self._claims.entries.items():
            found = entries.get(key)
            if confirmed.deleted and not self._keep:
                continue
            if found is None:
                if self._keep or self._deletes.get(key, confirmed)[:3] <= confirmed[:3]:
                    raise Fault(f"{key} is lost; confirmed was {confirmed}")
            elif found[:3] < confirmed[:3] or (found[:3] == confirmed[:3] and found.json != confirmed.json):
                raise Fault(f"{key} holds {found}; confirmed was {confirmed}")

    def _note_deletes(self, fresh: scuttle.Replica) -> None:
        """Notes the deletes that are in the database: one may not be confirmed, if the process was killed behind its save, and its
        tombstone may be purged before the peer receives it."""
        for key, standing in _standing(fresh):
            if standing.deleted:
                self._deletes[key] = max(standing, self._deletes.get(key, standing))

    def _check_vector(self, replica: scuttle.Replica) -> None:
        """Expects that the vector is at least the confirmed one.

        An ended source may be retired, which is another part of an export; a source that wrote nothing may be missing.
        """
        vector, has_retired = replica.clock, b'"retired":"' in replica.export()
        for source, version in self._claims.vector.items():
            may_miss = source not in self._claims.writers or (has_retired and source != self._peer.id)
            if vector.get(source, version if may_miss else 0) < version:
                raise Fault(f"the vector has {source} up to {vector.get(source)}; confirmed was {version}")

    def _check_again(self, before: Tuple[str, List[scuttle.Update], Dict[str, int]], again: scuttle.Replica) -> None:
        """Expects that another start from the database has the same entries and vector. A compaction at the end of the start before it
        raises its low-water mark."""
        own, snapshot, vector = before
        if [_plain(update) for update in snapshot] != [_plain(update) for update in again.snapshot()]:
            raise Fault("a start from the database has other entries than the replica before it")
        for source, version in vector.items():
            found = again.clock.get(source, version)
            if found < version or (found > version and source != own):
                raise Fault(f"the vector has {source} up to {again.clock.get(source)}; before it was {version}")

    def close(self) -> None:
        """Closes the peer."""
        self._peer.close()


def _send(descriptor: int, data: bytes) -> bytes:
    """Sends the bytes that the pipe accepts now; returns the rest."""
    try:
        return data[os.write(descriptor, data) :] if data else b""
    except BlockingIOError:
        return data
    except BrokenPipeError:
        return b""


def _standing(replica: scuttle.Replica) -> Iterator[Tuple[str, Standing]]:
    """Returns the entry of each key, deletes included."""
    for line in replica.export().decode().splitlines():
        message = json.loads(line)
        if "key" in message:
            source, version = message.get("written") or (message["source_id"], message["version"])
            text = json.dumps(message["value"], separators=(",", ":"))
            yield message["key"], Standing(version, source, message.get("deleted", False), text)


def _plain(update: scuttle.Update) -> scuttle.Update:
    """Returns an update without the flags that differ between replicas."""
    return update._replace(local=False)


def _difference(one: scuttle.Replica, other: scuttle.Replica) -> Dict[str, Any]:
    entries, others = dict(_standing(one)), dict(_standing(other))
    keys = sorted({*entries, *others})
    return {key: (entries.get(key), others.get(key)) for key in keys if entries.get(key) != others.get(key)}


def compile_child(folder: Path) -> List[str]:
    """Returns the command of the child in C. FileNotFoundError if there is no C compiler, CalledProcessError if there is no SQLite."""
    program = str(folder / "kill_child")
    library = Path(LIBRARY).resolve()
    store = _ROOT / "bindings/c/store"
    subprocess.run(
        ["cc", "-std=c99", "-O1", f"-I{_ROOT / 'include'}", f"-I{_ROOT / 'bindings/c/examples'}", f"-I{store}"]
        + [str(_TESTS / "kill_child.c"), *map(str, sorted(store.glob("*.c"))), "-o", program, str(library), f"-Wl,-rpath,{library.parent}", "-lsqlite3"],
        check=True,
    )
    return [program]


PYTHON_CHILD = [sys.executable, str(_TESTS / "kill_child.py")]


def run(rounds: int, first: int, child: List[str], store: str, folder: Path, longest: float) -> int:
    """Runs rounds, in chains with the seeds `first`, `first` + 1 and so on. Returns the number of confirmed calls. Raises Fault with
    the seed of a chain that fails."""
    confirmed = 0
    for seed in range(first, first + (rounds + CHAIN - 1) // CHAIN):
        place = Path(tempfile.mkdtemp(dir=folder))
        chain = Chain(seed, child, store, place, longest)
        for number in range(min(CHAIN, rounds - (seed - first) * CHAIN)):
            try:
                chain.round()
            except (Fault, scuttle.ScuttleError) as fault:
                raise Fault(f"seed {seed}, round {number}, {place}: {fault}") from fault
        confirmed += chain.confirmed
        chain.close()
        shutil.rmtree(place)
    return confirmed


def main() -> None:
    """Runs the rounds of the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2000)
    parser.add_argument("--first", type=int, default=0, help="seed of the first chain")
    parser.add_argument("--child", choices=["c", "python"], default="c")
    parser.add_argument("--store", choices=["sqlite", "lmdb", "file"], default="sqlite")
    given = parser.parse_args()
    if given.store == "lmdb" and (given.child == "c" or not has_lmdb):
        parser.error("LMDB needs --child python, and the package lmdb")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = compile_child(folder) if given.child == "c" else PYTHON_CHILD
        begin = time.monotonic()
        confirmed = run(given.rounds, given.first, command, given.store, folder, 0.04 if given.child == "c" else 0.15)
        print(
            f"{given.rounds} rounds from seed {given.first}, {confirmed} calls confirmed,"
            f" {time.monotonic() - begin:.0f} s: nothing lost"
        )


if __name__ == "__main__":
    main()
