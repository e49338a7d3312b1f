"""The plan: its cases, each one workload of one driver with its inputs.

The quick set has the cases that the targets need. The tiny set has all cases with small numbers, so that the tests run each case of
the report.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

C = "scuttle (C)"
PYTHON = "scuttle"
PEERS = ("automerge", "loro", "pycrdt", "y_py")
SETS = ("standard", "quick", "tiny", "loss")

TINY = {"n": 300, "rounds": 3, "sources": 20, "links": 4, "replicas": 3, "burst": 10, "history": 1000, "deletes": 3}
VALUE_SIZES = (8, 32, 256, 2048, 16384, 65536)
MOST_VALUE_BYTES = 32 << 20  # in one case


@dataclass(frozen=True)
class Case:
    library: str
    workload: str
    inputs: tuple[tuple[str, int], ...]
    repeat: int = 5
    budget: int = 4  # seconds of processor time after which no repetition beyond the third begins
    needed: bool = False  # by a target
    processes: int = 1  # memory is counted once in each
    group: str = ""  # cases of one group take turns, process by process, so that load on the machine hits both sides of a ratio

    @property
    def name(self) -> str:
        return " ".join([self.library, self.workload, *(f"{name}={number}" for name, number in self.inputs)])


def case(library: str, workload: str, repeat: int = 5, needed: bool = False, processes: int = 1, group: str = "", *,
         budget: int = 4, **inputs: int) -> Case:  # fmt: skip
    return Case(library, workload, tuple(sorted(inputs.items())), repeat, budget, needed, processes, group)


def counting(workload: str, repeat: int, needed: bool, **inputs: int) -> Case:
    """Returns a case whose figures are counts, which the speed of the machine does not change."""
    return case(C, workload, repeat, needed, budget=120, **inputs)


def repeats(n: int) -> int:
    """Returns more repetitions for a case that lasts a short time."""
    return 25 if n <= 1000 else 9 if n <= 100_000 else 3


def writing() -> list[Case]:
    sizes = (1000, 10_000, 100_000, 1_000_000, 10_000_000)
    growth = [
        case(C, "set", repeats(n), n in (10_000, 100_000, 1_000_000, 10_000_000), n=n, history=1000) for n in sizes
    ]
    history = [case(C, "set", 1, True, 5, "history", n=1_000_000, history=history) for history in (10, 1_000_000)]
    sources = [
        case(C, "set", 3, True, 5, "sources", n=100_000, history=1000, sources=sources) for sources in (1, 10_000)
    ]
    links = [case(C, "set", 3, True, 5, "links", n=100_000, history=1000, links=links) for links in (1, 1000)]
    live = [case(C, "set", 3, False, 5, "links", n=100_000, history=1000, links=1000, live=1)]
    hot = [
        case(C, "overwrite", 5, n == 1000, n=n, rounds=1_000_000 // n, history=1000) for n in (1000, 100_000, 1_000_000)
    ]
    mixed = [
        case(C, "mixed", n=100_000, replicas=replicas, burst=10, rounds=2000 // replicas) for replicas in (10, 100)
    ]
    return [*growth, *history, *sources, *links, *live, *hot, *mixed]


def reading() -> list[Case]:
    gets = [
        case(C, workload, 3, n in (10_000, 1_000_000), 3, f"get {n}", n=n, rounds=1_000_000)
        for n in (1000, 10_000, 100_000, 1_000_000)
        for workload in ("get", "get-many", "bound-get")
    ]
    scans = [case(C, "scan", n=100_000, rounds=10), *(case(C, "scan-first", n=n) for n in (10_000, 100_000, 1_000_000))]
    news = [case(C, "news", n=depth, rounds=1000, burst=100) for depth in (1000, 100_000, 1_000_000)]
    return [*gets, *scans, *news]


def syncing() -> list[Case]:
    state = [case(C, "sync", repeats(n), n == 1_000_000, n=n, history=10) for n in (1000, 10_000, 100_000, 1_000_000)]
    log = [case(C, "sync", 3, False, n=n, history=n) for n in (100_000, 1_000_000)]
    ways = [
        case(C, "sync", 2, True, 5, "sync", n=100_000, history=1000),
        case(C, "sync", 5, n=100_000, history=10, peek=1),
        *(case(C, "sync", 5, n=100_000, history=10, datagram=capacity) for capacity in (512, 1472, 65507)),
    ]
    rounds = [
        case(C, "incremental", 5, True, n=100_000, rounds=1000, burst=100, history=history) for history in (10, 1000)
    ]
    conflicts = [
        case(C, "conflicts", n=100, replicas=replicas, rounds=rounds)
        for replicas, rounds in ((2, 50), (10, 10), (100, 2))
    ]
    return [*state, *log, *ways, *rounds, *conflicts]


LOSSES = (0, 5, 30, 50)
DATAGRAMS = (512, 1400, 65507)
NETWORKS = {1: 60, 100: 40, 10_000: 12, 1_000_000: 1}  # the number of networks, by updates


def losing() -> list[Case]:
    def lossy(n: int, datagram: int, loss: int, **more: int) -> Case:
        inputs = {"n": n, "datagram": datagram, "loss": loss, "history": 1000, **more}
        return counting("loss", NETWORKS[n], n == 10_000 and datagram == 1400 and not more, **inputs)

    grid = [lossy(n, datagram, loss) for n in (1, 100, 10_000) for datagram in DATAGRAMS for loss in LOSSES]
    large = [lossy(1_000_000, 1400, loss) for loss in LOSSES] + [lossy(1_000_000, 512, loss) for loss in (0, 30)]
    noisy = [lossy(n, 1400, loss, copies=10, late=20) for n in (100, 10_000) for loss in LOSSES]
    eager = [lossy(10_000, datagram, loss, eager=1) for datagram in (512, 1400) for loss in LOSSES]
    disordered = [lossy(10_000, 1400, loss, eager=1, copies=10, late=20) for loss in LOSSES]
    bursts = [
        counting("bursts", 30, True, n=10_000, burst=3000, replicas=writers, live=live, datagram=1400, loss=loss)
        for writers in (1, 3)
        for live in (0, 1)
        for loss in (5, 30)
    ]
    return [*grid, *large, *noisy, *eager, *disordered, *bursts]


def breaking() -> list[Case]:
    def broken(length: int, needed: bool = False, **inputs: int) -> Case:
        return counting("breaks", 1, needed, breaks=length, **inputs)

    # A connection of 1 kB has few bytes left once its delta begins, so there are fewer keys.
    lengths = ((1000, 400), (10_000, 10_000), (100_000, 10_000))
    cases: list[Case] = []
    for length, n in lengths:
        needed = length > 1000
        deltas = ({"history": n}, {"history": 1}, {"history": 1, "deletes": n // 100})  # log, state, reset
        cases += [broken(length, needed, n=n, **delta) for delta in deltas]
        cases.append(broken(length, n=10, history=1, sources=60))
        if needed:
            cases += [broken(length, True, n=n, restarts=1, **delta) for delta in deltas]
            cases += [broken(length, n=n, forgets=forgets, **deltas[2]) for forgets in (1, 2, 3)]
    return cases


def spreading() -> list[Case]:
    fan_out = [
        case(C, "fan-out", 7, links == 1000, n=1000, links=links, rounds=100_000 // links, burst=1)
        for links in (1, 10, 100, 1000)
    ]
    bursts = [case(C, "fan-out", n=1000, links=1000, rounds=10, burst=100)]
    relay = [
        case(C, "receive", 2, True, 5, "relay", n=100_000, burst=100),
        *(case(C, "relay", 2, links == 1, 5, "relay", n=100_000, burst=100, links=links) for links in (1, 10)),
    ]
    quiet = [case(C, "quiet", 5, True, sources=sources, rounds=1000) for sources in (1000, 10_000)]
    fresh = [case(C, "quiet", sources=sources, rounds=100, fresh=1) for sources in (1000, 10_000)]
    return [*fan_out, *bursts, *relay, *quiet, *fresh]


def deleting() -> list[Case]:
    return [case(C, workload, repeats(n), n=n) for workload in ("delete", "purge") for n in (100_000, 1_000_000)]


def expiring() -> list[Case]:
    sizes = (10_000, 100_000, 1_000_000)
    return [
        *(case(C, workload, repeats(n), n=n) for workload in ("set-ttl", "tick", "expire") for n in sizes),
        *(case(C, "renew", 3, n=n, rounds=10) for n in sizes[:2]),
    ]


def values() -> list[Case]:
    return [
        case(C, workload, 5, n=min(100_000, MOST_VALUE_BYTES // value), value=value, history=10)
        for workload in ("set", "sync")
        for value in VALUE_SIZES
    ]


def memory() -> list[Case]:
    return [
        case(C, "memory", 1, True, 3, n=1_000_000, history=1000),
        case(C, "memory-ttl", 1, False, 3, n=1_000_000, history=1000),
        case(C, "memory-overwrites", 1, True, 3, n=100_000, rounds=10, history=1000),
        case(C, "memory-links", 1, True, 3, links=10_000),
        case(C, "memory-links", 1, False, 3, links=10_000, live=1),
    ]


def bounds() -> list[Case]:
    sizes = (1000, 10_000, 100_000, 1_000_000, 10_000_000)
    insert = [case(C, "bound-insert", min(5, repeats(n)), n=n) for n in sizes]
    return [*insert, *(case(C, workload, n=1_000_000) for workload in ("bound-memcpy", "bound-scan"))]


def from_python(library: str) -> list[Case]:
    """Returns the cases of a library in Python, the same for each one: without a million keys for automerge, which would last too long."""
    most = 100_000 if library == "automerge" else 1_000_000
    sizes = [n for n in (1000, 10_000, 100_000, 1_000_000) if n <= most]
    needed, compared = library != "automerge", library in ("loro", PYTHON)  # by a target
    return [
        *(case(library, "set", min(5, repeats(n)), needed and n >= 1_000_000, n=n) for n in sizes),
        case(library, "set-batch", 3, n=100_000),
        case(library, "overwrite", 3, n=1000, rounds=100),
        case(library, "get", 3, compared, 3 if compared else 1, "get", n=100_000),
        case(library, "sync", 2, needed, 5 if library == PYTHON else 2, "sync", n=100_000),
        case(library, "incremental", 3 if compared else 2, compared, n=100_000, rounds=1000, burst=100),
        case(library, "quiet", 3, sources=1000, rounds=100),
        case(library, "memory", 1, n=most),
    ]


def tiny(full: Case) -> Case:
    inputs = tuple((name, min(number, TINY.get(name, number))) for name, number in full.inputs)
    return replace(full, inputs=inputs, repeat=1, processes=1, group="")


def plan(name: str, libraries: tuple[str, ...]) -> list[Case]:
    """Returns the cases of a set in the order in which they run. `libraries`: the installed ones of PyPI."""
    own = (writing, reading, syncing, losing, breaking, spreading, deleting, expiring, values, memory, bounds)
    cases = [one for part in own for one in part()]
    cases += [one for library in (PYTHON, *libraries) for one in from_python(library)]
    if name == "loss":
        cases = [*losing(), *breaking()]
    if name == "quick":
        cases = [replace(one, repeat=min(one.repeat, 3), processes=min(one.processes, 3)) for one in cases if one.needed]
    if name == "tiny":
        cases = [tiny(one) for one in cases]
    return list({one.name: one for one in cases}.values())


def groups(cases: list[Case]) -> list[list[Case]]:
    """Returns the cases in their order, but those of a group together in the place of its first one."""
    found: dict[str, list[Case]] = {}
    for one in cases:
        found.setdefault(one.group or one.name, []).append(one)
    return list(found.values())
