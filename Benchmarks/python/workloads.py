"""The workloads in Python: each is one repetition on any library, which makes its maps, measures and checks.

A library is a module of `libraries` with a class Map (its docstring is in libraries/scuttle.py) and VERSION.
"""

from __future__ import annotations

import os
import time
import zlib
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Callable

import inputs

DEFAULTS = {"n": 1000, "value": 32, "rounds": 1, "burst": 100, "sources": 0, "repeat": 5, "budget": 10}
SAMPLED = 1000  # keys that are compared if comparing all would last longer than the measurement
BLOCK = 128  # keys that are made at once if memory is measured; less than the tests' n

Options = dict[str, int]


@dataclass
class Sample:
    seconds: float
    ops: int  # 0: the workload has figures only
    check: str
    figures: dict[str, float] = field(default_factory=dict)


class Watch:
    """A stopwatch for seconds of processor time, of all threads, as in the C driver."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __enter__(self) -> None:
        self.since = time.process_time()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.process_time() - self.since


def check(held: Any, keys: list[str], values: list[str]) -> str:
    """Ends the run unless the map holds the last value of each key. Returns a short text that depends on the map."""
    expected = dict(zip(keys, values))
    if len(held) != len(expected):
        raise AssertionError(f"{len(held)} keys, {len(expected)} expected")
    step = max(1, len(expected) // SAMPLED)
    looked_at = list(expected.items())[::step]
    for key, value in looked_at:
        if held.get(key) != value:
            raise AssertionError(f"{key} holds {held.get(key)!r}, {value!r} expected")
    return f"{len(held)}:{zlib.crc32(repr(sorted(looked_at)).encode()):08x}"


def filled(library: Any, name: str, options: Options, salt: int = 0) -> tuple[Any, list[str], list[str]]:
    keys, values = inputs.pairs(0, options["n"], options["n"], salt, options["value"])
    held = library.Map(name)
    held.set_batch(keys, values)
    return held, keys, values


def set_new(way: str, library: Any, options: Options) -> Sample:
    """Sets n new keys: by set_each one call each, by set_batch in the fastest way that the library has."""
    keys, values = inputs.pairs(0, options["n"], options["n"], 0, options["value"])
    held, watch = library.Map("writer"), Watch()
    with watch:
        getattr(held, way)(keys, values)
    return Sample(watch.seconds, len(keys), check(held, keys, values))


def overwrite(library: Any, options: Options) -> Sample:
    """Sets n keys that hold a value, `rounds` times, one call each."""
    held, _, _ = filled(library, "writer", options)
    keys, values = inputs.pairs(0, options["n"] * options["rounds"], options["n"], 1, options["value"])
    watch = Watch()
    with watch:
        held.set_each(keys, values)
    return Sample(watch.seconds, len(keys), check(held, keys, values))


def get(library: Any, options: Options) -> Sample:
    """Reads n keys of n, one call each, in another order than that of their writes."""
    held, keys, values = filled(library, "reader", options)
    order, watch = sorted(keys), Watch()
    with watch:
        read = held.get_each(order)
    if read != len(keys) * options["value"]:
        raise AssertionError("a get found nothing")
    return Sample(watch.seconds, len(keys), check(held, keys, values))


def sync(library: Any, options: Options) -> Sample:
    """Brings n keys from one map to an empty one."""
    source, keys, values = filled(library, "from", options)
    target = library.Map("to")
    pull, watch = library.session(source, target), Watch()
    with watch:
        moved = pull()
    return Sample(watch.seconds, len(keys), check(target, keys, values), {"bytes_per_update": moved / len(keys)})


def incremental(library: Any, options: Options) -> Sample:
    """Two maps that hold n keys: `rounds` times `burst` sets, one call each, and a reconciliation."""
    source, _, _ = filled(library, "from", options)
    target = library.Map("to")
    pull, watch, moved = library.session(source, target), Watch(), 0
    pull()
    burst, count = options["burst"], options["rounds"] * options["burst"]
    keys, values = inputs.pairs(0, count, options["n"], 1, options["value"])
    for at in range(0, count, burst):
        some_keys, some_values = keys[at : at + burst], values[at : at + burst]
        with watch:
            source.set_each(some_keys, some_values)
            moved += pull()
    everything = inputs.pairs(0, options["n"], options["n"], 0, options["value"])
    result = check(target, everything[0] + keys, everything[1] + values)
    return Sample(watch.seconds, count, result, {"bytes_per_update": moved / count})


def quiet(library: Any, options: Options) -> Sample:
    """Two maps that hold the same of `sources` sources find that neither lacks an update, `rounds` times."""
    held, other = library.Map("a"), library.Map("b")
    keys, values = inputs.pairs(0, options["sources"], options["sources"], 0, options["value"])
    for number, (key, value) in enumerate(zip(keys, values)):
        source = library.Map(f"source-{number}")
        source.set_each([key], [value])
        library.session(source, held)()
    pull, watch = library.session(held, other, fresh=True), Watch()
    pull()
    pull()
    with watch:
        moved = sum(pull() for _ in range(options["rounds"]))
    figures = {"bytes": moved / options["rounds"]}
    return Sample(watch.seconds, options["rounds"], check(other, keys, values), figures)


def resident() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def memory(library: Any, options: Options) -> Sample:
    """Resident bytes a key, of n keys, in a process of its own and without the driver's own keys."""
    held, before, last = library.Map("writer"), resident(), ([""], [""])
    for last in inputs.blocks(0, options["n"], options["n"], 0, options["value"], BLOCK):
        held.set_each(*last)
    bytes_per_key = (resident() - before) / options["n"]
    if len(held) != options["n"] or held.get(last[0][-1]) != last[1][-1]:
        raise AssertionError("a key is missing")
    return Sample(0.0, 0, str(len(held)), {"bytes_per_key": bytes_per_key})


WORKLOADS: dict[str, Callable[[Any, Options], Sample]] = {
    "set": partial(set_new, "set_each"),
    "set-batch": partial(set_new, "set_batch"),
    "overwrite": overwrite,
    "get": get,
    "sync": sync,
    "incremental": incremental,
    "quiet": quiet,
    "memory": memory,
}
