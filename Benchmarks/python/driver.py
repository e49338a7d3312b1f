#!/usr/bin/env python3
"""Runs one workload in Python on one library, and prints one line of JSON.

    driver.py LIBRARY WORKLOAD [NAME=NUMBER ...]
    driver.py --list                                the workloads

Libraries: scuttle, and, if installed, automerge, loro, pycrdt, y_py. All run the same code in workloads.py
with the same inputs. Names: n, value, rounds, burst, sources, repeat, budget, as in ../c/options.h.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

from workloads import DEFAULTS, WORKLOADS, Sample

LEAST_REPETITIONS = 3
NO_INPUTS = {"repeat", "budget"}


def run(library: str, workload: str, given: dict[str, int]) -> dict[str, object]:
    options = {**DEFAULTS, **given}
    module = importlib.import_module(f"libraries.{library}")
    samples: list[Sample] = []
    begin = time.process_time()
    while len(samples) < options["repeat"] and (
        len(samples) < LEAST_REPETITIONS or time.process_time() - begin < options["budget"]
    ):
        samples.append(WORKLOADS[workload](module, options))
    first = samples[0]
    if any(sample.check != first.check for sample in samples):
        sys.exit("driver.py: two repetitions have come to different states")
    return {
        "library": library,
        "version": module.VERSION,
        "workload": workload,
        "inputs": {name: number for name, number in given.items() if name not in NO_INPUTS},
        "ops": first.ops,
        "check": first.check,
        "ns": [round(sample.seconds * 1e9 / sample.ops, 3) for sample in samples if sample.ops],
        "figures": {name: [sample.figures[name] for sample in samples] for name in first.figures},
    }


def main(arguments: list[str]) -> int:
    if arguments == ["--list"]:
        print("\n".join(WORKLOADS))
        return 0
    if len(arguments) < 2 or arguments[1] not in WORKLOADS:
        sys.exit(__doc__)
    given = {name: int(number) for name, number in (argument.split("=") for argument in arguments[2:])}
    unknown = set(given) - set(DEFAULTS)
    if unknown:
        sys.exit(f"driver.py: no such option: {', '.join(sorted(unknown))}")
    print(json.dumps(run(arguments[0], arguments[1], given)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
