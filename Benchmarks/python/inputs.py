"""The keys and values of the C driver, which makes them: a mixing function in Python would last longer than the measurement."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

DRIVER = Path(__file__).resolve().parent.parent.parent / "build/bench/driver"


def pairs(start: int, count: int, modulus: int, salt: int, value: int) -> tuple[list[str], list[str]]:
    """Returns the keys of the numbers start … start+count modulo `modulus`, and values of `value` characters."""
    for keys, values in blocks(start, count, modulus, salt, value, count):
        return keys, values
    return [], []


def blocks(
    start: int, count: int, modulus: int, salt: int, value: int, size: int
) -> Iterator[tuple[list[str], list[str]]]:
    """Yields the same keys and values, `size` at a time, for a workload that must not hold them all."""
    numbers = [str(number) for number in (start, count, modulus, salt, value)]
    with subprocess.Popen([str(DRIVER), "--inputs", *numbers], stdout=subprocess.PIPE, encoding="ascii") as process:
        assert process.stdout
        left = count
        while left > 0:
            words = "".join(islice(process.stdout, min(size, left))).split()
            if not words:
                raise RuntimeError("the C driver has made too few inputs")
            left -= len(words) // 2
            yield words[::2], words[1::2]
