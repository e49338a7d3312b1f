"""Runs cases, each in a process of its own, and makes results of the drivers' output."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .machine import ROOT
from .plan import C, Case

DRIVER = ROOT / "build/bench/driver"
PYTHON_DRIVER = ROOT / "Benchmarks/python/driver.py"
VENV = ROOT / "Benchmarks/.venv"
REQUIREMENTS = ROOT / "Benchmarks/requirements-peers.txt"
TIME_LIMIT = 300  # seconds for one case

Result = dict[str, Any]


class BenchmarkError(Exception):
    """A case has failed, for the reason in the sentence."""


def build() -> None:
    subprocess.run(["make", "-s", "build/bench/driver", "accelerator", f"PYTHON={sys.executable}"], cwd=ROOT, check=True, stdout=sys.stderr)


def prepare_peers() -> str:
    """Installs the peers and the plotter unless they are installed. Returns the reason of a failure, or nothing."""
    installed = VENV / "requirements.txt"
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return ""
    create = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    pip = [str(VENV / "bin/python"), "-m", "pip", "-q", "--disable-pip-version-check"]
    install = [*pip, "install", "-r", str(REQUIREMENTS)]
    for command in (create, install):
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace"
        )
        if done.returncode != 0:
            return (done.stdout.strip().splitlines() or ["no reason given"])[-1]
    installed.write_text(wanted, encoding="utf-8")
    return ""


def venv_python() -> str | None:
    python = VENV / "bin/python"
    return str(python) if (VENV / "requirements.txt").exists() else None


def command(case: Case) -> list[str]:
    numbers = [f"{name}={number}" for name, number in case.inputs]
    numbers += [f"repeat={case.repeat}", f"budget={case.budget}"]
    if case.library == C:
        return [str(DRIVER), case.workload, *numbers]
    return [venv_python() or sys.executable, str(PYTHON_DRIVER), case.library, case.workload, *numbers]


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT / "bindings/python"),
        "SCUTTLE_LIBRARY": str(ROOT / "build/lib/libscuttle.so"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "SWIFT_BACKTRACE": "enable=no",
    }


def run_once(case: Case) -> dict[str, Any]:
    try:
        done = subprocess.run(
            command(case), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            errors="replace", timeout=TIME_LIMIT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"{case.name}: not done after {TIME_LIMIT} seconds") from None
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BenchmarkError(f"{case.name}: status {done.returncode}: {reason}")
    printed: dict[str, Any] = json.loads(done.stdout)
    return printed


def run_group(cases: list[Case]) -> Iterator[tuple[Case, Result | BenchmarkError]]:
    """Runs cases in turns. After a case that fails the others still run."""
    runs: dict[Case, list[dict[str, Any]]] = {case: [] for case in cases}
    failed: dict[Case, BenchmarkError] = {}
    for turn in range(max(case.processes for case in cases)):
        for case in cases:
            if turn < case.processes and case not in failed:
                try:
                    runs[case].append(run_once(case))
                except BenchmarkError as error:
                    failed[case] = error
    for case in cases:
        try:
            yield case, failed.get(case) or merge(case, runs[case])
        except BenchmarkError as error:
            yield case, error


def merge(case: Case, runs: list[dict[str, Any]]) -> Result:
    """Returns one result of the lines that the processes of a case have printed."""
    if len({one["check"] for one in runs}) > 1:
        raise BenchmarkError(f"{case.name}: two processes have come to different states")
    first = runs[0]
    figures = {name: [value for one in runs for value in one["figures"][name]] for name in first["figures"]}
    result: Result = {
        "library": case.library,
        "workload": case.workload,
        "inputs": dict(case.inputs),
        "check": first["check"],
        "figures": {name: statistics.median(values) for name, values in figures.items()},
        "figure_samples": {name: values for name, values in figures.items() if len(set(values)) > 1},
    }
    if "version" in first:
        result["version"] = first["version"]
    if first["ops"]:
        result["ops"] = first["ops"]
        result["ns"] = summary([value for one in runs for value in one["ns"]])
    return result


def summary(samples: list[float]) -> dict[str, Any]:
    """Returns the median, and the interquartile range as a share of it."""
    median = statistics.median(samples)
    low, _, high = statistics.quantiles(samples, n=4, method="inclusive") if len(samples) > 1 else (median,) * 3
    return {"median": median, "spread": round((high - low) / median, 4) if median else 0.0, "samples": samples}
