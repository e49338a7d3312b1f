"""A file of results: stable JSON, so that two files can be compared, and a diff is readable."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SCHEMA = 1

Document = dict[str, Any]


def document(
    name: str, machine: dict[str, object], commit: str, results: list[dict[str, Any]], load: float = 1.0
) -> Document:
    """The results of a run. `load`: the processes that wanted a core, the suite included, which make times longer and are no input."""
    return {"schema": SCHEMA, "set": name, "machine": machine, "commit": commit, "load": load, "results": results}


def save(path: Path, results: Document) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def load(path: Path) -> Document:
    results: Document = json.loads(path.read_text(encoding="utf-8"))
    if results.get("schema") != SCHEMA:
        raise ValueError(f"{path} is not a file of results of schema {SCHEMA}")
    return results


def title(result: dict[str, Any]) -> str:
    return " ".join([result["library"], result["workload"], *(f"{k}={v}" for k, v in sorted(result["inputs"].items()))])


def worst(result: dict[str, Any], figure: str) -> float:
    """Returns the highest of all repetitions."""
    return float(max(result.get("figure_samples", {}).get(figure, [result["figures"][figure]])))


class Index:
    """Finds results by library, workload and all of their inputs."""

    def __init__(self, results: Document) -> None:
        self.by_title = {title(result): result for result in results["results"]}

    def find(self, library: str, workload: str, **inputs: int) -> dict[str, Any] | None:
        return self.by_title.get(title({"library": library, "workload": workload, "inputs": inputs}))

    def ns(self, library: str, workload: str, **inputs: int) -> float | None:
        result = self.find(library, workload, **inputs)
        return float(result["ns"]["median"]) if result else None

    def figure(self, name: str, library: str, workload: str, **inputs: int) -> float | None:
        result = self.find(library, workload, **inputs)
        return float(result["figures"][name]) if result else None

    def all(self, workload: str) -> list[dict[str, Any]]:
        return [result for result in self.by_title.values() if result["workload"] == workload]

    def curve(self, library: str, workload: str, along: str, **others: int) -> list[tuple[int, float]]:
        """Returns (inputs[along], ns) of all results whose other inputs are exactly these."""
        points = [
            (result["inputs"][along], float(result["ns"]["median"]))
            for result in self.by_title.values()
            if (result["library"], result["workload"]) == (library, workload)
            and along in result["inputs"]
            and {k: v for k, v in result["inputs"].items() if k != along} == others
        ]
        return sorted(points)
