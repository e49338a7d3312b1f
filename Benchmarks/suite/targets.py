"""The targets of the library, compared with results. Ratios to peers are of one run on one machine."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Callable

from .plan import C, PYTHON
from .results import Document, Index, worst

# Sets a second, of a million distinct keys, that were measured on one machine together with chitchat's 1.07 million.
# chitchat is written in Rust and not on PyPI. These three tell how much faster this machine is than that one.
REFERENCE_RATES = {"y_py": 268e3, "loro": 199e3, "pycrdt": 130e3}

MILLION = 1_000_000
A_FEW_PAGES = 3.0  # bytes a key, of 100,000: the error of the system's own accounting; an update would be 100 and more


@dataclass
class Target:
    number: int
    what: str
    wanted: str
    measured: str
    met: bool | None  # None: not measured in this run

    @property
    def verdict(self) -> str:
        return "not measured" if self.met is None else "met" if self.met else "NOT met"


def at_least(number: int, what: str, value: float | None, limit: float, show: Callable[[float], str]) -> Target:
    measured = "–" if value is None else show(value)
    return Target(number, what, f"≥ {show(limit)}", measured, None if value is None else value >= limit)


def at_most(number: int, what: str, value: float | None, limit: float, show: Callable[[float], str]) -> Target:
    measured = "–" if value is None else show(value)
    return Target(number, what, f"≤ {show(limit)}", measured, None if value is None else value <= limit)


def times(value: float) -> str:
    return f"{value:.2f} ×"


def a_second(value: float) -> str:
    return f"{value / 1e6:.2f} M/s" if value >= 1e6 else f"{value / 1e3:.0f} k/s"


def in_bytes(value: float) -> str:
    return f"{value:.0f} B"


def in_microseconds(value: float) -> str:
    return f"{value:.1f} µs"


def ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above is not None and below else None


def rate(ns: float | None) -> float | None:
    return 1e9 / ns if ns else None


def apart(*values: float | None) -> float | None:
    """Returns the ratio of the largest to the smallest."""
    known = [value for value in values if value is not None]
    return max(known) / min(known) if len(known) == len(values) else None


def machine_factor(index: Index) -> float | None:
    """Returns the speed of this machine as a multiple of the reference machine's, by the median of the peers."""
    measured = {name: rate(index.ns(name, "set", n=MILLION)) for name in REFERENCE_RATES}
    factors = [found / REFERENCE_RATES[name] for name, found in measured.items() if found]
    return statistics.median(factors) if factors else None


def local_sets(index: Index) -> list[Target]:
    ours = index.ns(C, "set", n=MILLION, history=1000)
    hot = rate(index.ns(C, "overwrite", n=1000, rounds=1000, history=1000))
    factor = machine_factor(index)
    found = [
        at_least(1, f"set, 1M keys: times {name}", ratio(index.ns(name, "set", n=MILLION), ours), limit, times)
        for name, limit in (("y_py", 8), ("loro", 12))
    ]
    # Without peers there is no factor, and no rate is checked.
    scale = f"; this machine is {factor:.2f} × the reference" if factor else ""
    return [
        *found,
        at_least(1, f"set, 1M keys{scale}", rate(ours) if factor else None, 2.5e6 * (factor or 1), a_second),
        at_least(1, f"overwrite of 1,000 hot keys{scale}", hot if factor else None, 5e6 * (factor or 1), a_second),
    ]


def flatness(index: Index) -> list[Target]:
    def ns(**inputs: int) -> float | None:
        return index.ns(C, "set", **inputs)

    small = {"n": 100_000, "history": 1000}
    growth = ratio(ns(n=10_000_000, history=1000), ns(n=10_000, history=1000))
    history = apart(ns(n=MILLION, history=MILLION), ns(n=MILLION, history=10))
    return [
        at_most(2, "ns per set, 10M keys to 10k", growth, 2.5, times),
        at_most(2, "history 1,000,000 and 10", history, 1.2, times),
        at_most(2, "10,000 sources and 1", apart(ns(**small, sources=10_000), ns(**small, sources=1)), 1.2, times),
        at_most(2, "1,000 open links and 1", apart(ns(**small, links=1000), ns(**small, links=1)), 1.2, times),
    ]


def syncing(index: Index) -> list[Target]:
    full = rate(index.ns(C, "sync", n=MILLION, history=10))
    ours = index.ns(C, "sync", n=100_000, history=1000)
    rounds = {"n": 100_000, "rounds": 1000, "burst": 100}
    loro = index.ns("loro", "incremental", **rounds)
    return [
        at_least(3, "full sync, 1M keys, updates", full, 1.5e6, a_second),
        *(
            at_least(3, f"full sync, 100k keys: times {name}", ratio(index.ns(name, "sync", n=100_000), ours), 4, times)
            for name in ("pycrdt", "loro")
        ),
        *(
            at_least(4, f"incremental, {label}: times loro", ratio(loro, index.ns(C, "incremental", **rounds, history=history)), 5, times)
            for label, history in (("the default history", 10), ("a history of 1,000", 1000))
        ),
    ]


def reading(index: Index) -> list[Target]:
    found = []
    for workload, n, most in (("get", 10_000, 3), ("get", MILLION, 3), ("get-many", MILLION, 1.6)):
        inputs = {"n": n, "rounds": MILLION}
        floor = ratio(index.ns(C, workload, **inputs), index.ns(C, "bound-get", **inputs))
        found.append(at_most(11, f"{workload}, {n:,} keys in no order: times the floor", floor, most, times))
    return found


def spreading(index: Index) -> list[Target]:
    inputs = {"n": 1000, "links": 1000, "rounds": 100, "burst": 1}
    received = {"n": 100_000, "burst": 100}
    relayed = ratio(index.ns(C, "relay", **received, links=1), index.ns(C, "receive", **received))
    own = index.figure("own_bytes_per_update", C, "fan-out", **inputs)
    return [
        at_least(5, "fan-out to 1,000 links, link-updates", rate(index.ns(C, "fan-out", **inputs)), 10e6, a_second),
        at_most(5, "bytes of its own that a link has to make for an update", own, 0, in_bytes),
        at_most(5, "receiving and relaying to receiving", relayed, 1.3, times),
    ]


def memory(index: Index) -> list[Target]:
    key = index.figure("bytes_per_key", C, "memory", n=MILLION, history=1000)
    growth = index.figure("growth_per_key", C, "memory-overwrites", n=100_000, rounds=10, history=1000)
    return [
        at_most(6, "resident memory a key, 1M keys", key, 160, in_bytes),
        at_most(6, "growth a key by 9 more overwrites", growth, A_FEW_PAGES, in_bytes),
        at_most(6, "an idle link", index.figure("bytes_per_link", C, "memory-links", links=10_000), 1024, in_bytes),
    ]


def quiet(index: Index) -> list[Target]:
    few, many = ({"sources": sources, "rounds": 1000} for sources in (1000, 10_000))
    found = []
    for inputs in (few, many):
        label = f"nothing new, {inputs['sources']:,} sources"
        ns = index.ns(C, "quiet", **inputs)
        found.append(at_most(7, label, index.figure("bytes", C, "quiet", **inputs), 512, in_bytes))
        found.append(at_most(7, label, ns / 1e3 if ns else None, 20, in_microseconds))
    return found


def python(index: Index) -> list[Target]:
    def faster(library: str, workload: str, n: int) -> float | None:
        """Compares package with package: the library from Python, not in C."""
        return ratio(index.ns(library, workload, n=n), index.ns(PYTHON, workload, n=n))

    sync = ratio(index.ns(PYTHON, "sync", n=100_000), index.ns(C, "sync", n=100_000, history=1000))
    return [
        at_least(8, "Python: r[k] = v, 1M keys", rate(index.ns(PYTHON, "set", n=MILLION)), 400e3, a_second),
        at_least(8, "Python: r[k] = v, 1M keys: times y_py", faster("y_py", "set", MILLION), 2, times),
        at_least(8, "Python: r[k], 100k keys: times loro", faster("loro", "get", 100_000), 1, times),
        at_most(8, "Python: read and write of a full sync, times C", sync, 1.1, times),
    ]


def count(value: float) -> str:
    return f"{value:,.0f}"


def losing(index: Index) -> list[Target]:
    """Returns the worst of all cases; of rounds also the worst of all networks."""
    found = []
    for loss, most_rounds, most_datagrams in ((5, 6, 1.5), (30, 25, 3)):
        lossy = [result for result in index.all("loss") if result["inputs"]["loss"] == loss]
        rounds = max((worst(result, "rounds") for result in lossy), default=None)
        ratios = []
        for result in lossy:
            calm = index.figure("datagrams", C, "loss", **{**result["inputs"], "loss": 0})
            times_calm = ratio(result["figures"]["datagrams"], calm)
            if times_calm is not None:
                ratios.append(times_calm)
        found.append(at_most(9, f"{loss} % loss: rounds", rounds, most_rounds, count))
        found.append(at_most(9, f"{loss} % loss: datagrams of no loss", max(ratios, default=None), most_datagrams, times))
    bursts = max((worst(result, "rounds") for result in index.all("bursts")), default=None)
    return [*found, at_most(9, "3,000 updates at 30 % loss: gossips", bursts, 10, count)]


def breaking(index: Index) -> list[Target]:
    long = [result for result in index.all("breaks") if result["inputs"]["breaks"] >= 10_000]
    most = max((result["figures"]["times_whole"] for result in long), default=None)
    return [at_most(10, "connections of 10 kB and more: bytes of one that lasts", most, 1.5, times)]


def targets(results: Document) -> list[Target]:
    index = Index(results)
    groups = (local_sets, flatness, syncing, spreading, memory, quiet, python, losing, breaking, reading)
    return [target for group in groups for target in group(index)]


def table(results: Document, *numbers: int) -> str:
    """Of all targets, or of those of some numbers."""
    lines = ["| | what | target | measured | |", "|--:|---|--:|--:|---|"]
    for one in targets(results):
        if numbers and one.number not in numbers:
            continue
        lines.append(f"| {one.number} | {one.what} | {one.wanted} | {one.measured} | {one.verdict} |")
    return "\n".join(lines)
