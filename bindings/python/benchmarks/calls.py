"""Measures the cost of calls from Python: each as a whole, and the package's part of it.

    SCUTTLE_LIBRARY=build/lib/libscuttle.so PYTHONPATH=bindings/python python bindings/python/benchmarks/calls.py

Figures are the best of some rounds. All compared calls run in each round, and only the time of this thread counts, so other processes
disturb them little. No call waits for anything.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import sys
import time
from contextlib import contextmanager
from typing import Callable, Dict, Iterator, List
from unittest import mock

import scuttle
from scuttle import _handle
from scuttle._accelerated import use_for
from scuttle._library import library
from scuttle._mapping import EntryMapping

_REQUEST_ALL = b'{"digest":true,"done":true}\n'  # the digest of an empty classic peer


def measure(keys: int = 1_000_000, rounds: int = 3) -> Dict[str, float]:
    """Returns the cost of each call by its name: nanoseconds a key, and for `..._over_c` the ratio to the cost of the same bytes in C.

    Keys are distinct and have 16 characters, values 32.
    """
    names = [f"key-{number:012d}" for number in range(keys)]
    values = [f"value-{number:026d}" for number in range(keys)]
    best: Dict[str, float] = {}
    for _ in range(rounds):
        for figures in (time_keys(names, values), time_overhead(names, values), time_bytes(names, values)):
            for name, seconds in figures.items():
                best[name] = min(seconds, best.get(name, seconds))
    result = {name: round(seconds / keys * 1e9, 1) for name, seconds in best.items()}
    for name in ("write", "read", "readinto"):
        result[f"{name}_over_c"] = round(best[name] / best["c_write" if name == "write" else "c_read"], 3)
    return result


def time_keys(names: List[str], values: List[str]) -> Dict[str, float]:
    """Returns seconds for one call for each key, or for one call with all keys."""
    figures: Dict[str, float] = {}
    mapping = dict(zip(names, values))
    with scuttle.Replica("a") as replica:

        def set_each() -> None:
            for name, value in zip(names, values):
                replica[name] = value

        def get_each() -> None:
            for name in names:
                replica[name]

        figures["set"] = _seconds(set_each)
        figures["get"] = _seconds(get_each)
        assert len(replica) == len(names) and replica[names[-1]] == values[-1]
    with scuttle.Replica("a") as replica:
        figures["update"] = _seconds(lambda: replica.update(mapping))
        assert len(replica) == len(names)
    with scuttle.Replica("a") as replica:
        figures["update_pairs"] = _seconds(lambda: replica.update(zip(names, values)))
        assert len(replica) == len(names)
    return figures


def time_overhead(names: List[str], values: List[str]) -> Dict[str, float]:
    """Returns the figures of `time_keys` with a function that does nothing in place of scuttle_set: the package's part of the cost."""
    mapping = dict(zip(names, values))
    with scuttle.Replica("a") as replica, _nothing_is_set():

        def set_each() -> None:
            for name, value in zip(names, values):
                replica[name] = value

        figures = {"set_overhead": _seconds(set_each), "update_overhead": _seconds(lambda: replica.update(mapping))}
        assert len(replica) == 0
    return figures


@contextmanager
def _nothing_is_set() -> Iterator[None]:
    nothing = ctypes.PyDLL(None)["Py_IsInitialized"]  # reads no argument and returns 1
    with mock.patch.object(_handle, "scuttle_set", nothing):
        use_for(EntryMapping, scuttle_set=nothing)
        try:
            yield
        finally:
            use_for(EntryMapping)


def time_bytes(names: List[str], values: List[str], piece: int = 65536) -> Dict[str, float]:
    """Returns seconds to read and to write all updates in pieces, by the package and, as `c_...`, by calls of the library alone.

    The cost of ctypes is small beside that of a large piece.
    """
    figures: Dict[str, float] = {}
    with scuttle.Replica("a", mtu=sys.maxsize, max_history=sys.maxsize) as replica:
        replica.update(dict(zip(names, values)))
        buffer, room, length = bytearray(piece), ctypes.create_string_buffer(piece), ctypes.c_size_t()

        def requested() -> scuttle.Link:
            link = replica.link(classic=True)
            link.write(_REQUEST_ALL)
            return link

        def read(link: scuttle.Link) -> None:
            while link.read(piece):
                pass

        def read_into(link: scuttle.Link) -> None:
            while link.readinto(buffer):
                pass

        def c_read(link: scuttle.Link) -> None:
            pointer = link._pointer
            while library.scuttle_link_read(pointer, room, piece, length) == 0 and length.value:
                pass

        with requested() as link:
            pieces = list(iter(lambda: link.read(piece), b""))
        for _ in range(5):
            for name, work in (("read", read), ("readinto", read_into), ("c_read", c_read)):
                with requested() as link:
                    figures[name] = min(_seconds(lambda: work(link)), figures.get(name, 1e9))

    with scuttle.Replica("b") as replica, replica.link(classic=True) as link:
        figures["write"] = _seconds(lambda: [link.write(data) for data in pieces])
        assert len(replica) == len(names)
    with scuttle.Replica("b") as replica, replica.link(classic=True) as link:
        pointer = link._pointer
        figures["c_write"] = _seconds(lambda: [library.scuttle_link_write(pointer, data, len(data)) for data in pieces])
        assert len(replica) == len(names)
    return figures


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(json.dumps({"accelerated": scuttle.is_accelerated, **measure(given.keys, given.rounds)}, indent=2))
