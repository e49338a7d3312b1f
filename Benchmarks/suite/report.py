"""The report in Markdown: targets, pictures, bounds, and every result."""

from __future__ import annotations

from typing import Any

from .plan import C
from .results import Document, Index
from .targets import table

# File, title, and what the picture shows. The pictures are drawn by pictures.py, if there is matplotlib.
PICTURES = (
    ("growth-set.svg", "Growth of a set", "ns per set against the number of distinct keys, both axes logarithmic"),
    ("growth-all.svg", "Growth of the others", "ns per operation of the C interface against the number of keys"),
    ("peers.svg", "Against the peers", "operations a second, on a logarithmic axis"),
    ("bytes.svg", "Bytes per update", "in a full and in an incremental synchronisation, both directions together"),
    ("flat.svg", "Flatness", "ns per set by history, sources and open links"),
    ("values.svg", "Value sizes", "megabytes of values a second against the length of a value"),
)
BOUNDS = (
    ("set", {"history": 1000}, "bound-insert", "into a bare hash table"),
    ("get", {"rounds": 1_000_000}, "bound-get", "a bare lookup that copies the value"),
    ("get-many", {"rounds": 1_000_000}, "bound-get", "a bare lookup that copies the value"),
    ("sync", {"history": 10}, "bound-scan", "a bare newline scan of the same bytes"),
    ("sync", {"history": 10}, "bound-memcpy", "memcpy of the same bytes"),
)
BUSY = 1.5  # processes that want a core


def number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def rate(ns: float) -> str:
    return number(1e9 / ns) if ns else "–"


def bounds(index: Index) -> str:
    lines = ["| workload | ns | lower bound | ns | ratio |", "|---|--:|---|--:|--:|"]
    for workload, inputs, bound, label in BOUNDS:
        for n, ns in index.curve(C, workload, "n", **inputs):
            least = index.ns(C, bound, n=n) or index.ns(C, bound, n=n, **inputs)
            if least:
                lines.append(f"| {workload}, {n:,} keys | {number(ns)} | {label} | {number(least)} | {ns / least:.1f} |")
    return "\n".join(lines)


def inputs_text(inputs: dict[str, int]) -> str:
    return ", ".join(f"{name} {value:,}" for name, value in sorted(inputs.items()))


def figures_text(result: dict[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number(value)}" for name, value in sorted(result["figures"].items()))


def row(result: dict[str, Any]) -> str:
    timed = result.get("ns")
    times = f"{number(timed['median'])} | {timed['spread']:.0%} | {rate(timed['median'])}" if timed else "– | – | –"
    return f"| {result['library']} | {inputs_text(result['inputs'])} | {times} | {figures_text(result)} |"


def everything(results: Document) -> str:
    parts = []
    for workload in dict.fromkeys(result["workload"] for result in results["results"]):
        found = [row(result) for result in results["results"] if result["workload"] == workload]
        head = [f"### {workload}", "", "| library | inputs | ns | spread | a second | |", "|---|---|--:|--:|--:|---|"]
        parts.append("\n".join([*head, *found]))
    return "\n\n".join(parts)


def versions(results: Document) -> str:
    found = {result["library"]: result["version"] for result in results["results"] if "version" in result}
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items()))


def head(results: Document) -> str:
    machine = results["machine"]
    return (
        f"Commit {results['commit']}, the {results['set']} set. {machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}, {machine['compiler']}, Python {machine['python']}. "
        f"From Python: {versions(results)}.{busy(results)}"
    )


def busy(results: Document) -> str:
    """Returns a warning if other processes wanted the cores, too."""
    if results["load"] <= BUSY:
        return ""
    load = f"a load of up to {results['load']}, where the suite makes 1"
    return f" **The machine was busy: {load}. Times are worse than they need be.**"


def pictures(names: list[str], folder: str) -> str:
    shown = [
        f"![{title}: {what}]({folder}{name})\n\n*{title}: {what}.*" for name, title, what in PICTURES if name in names
    ]
    return "\n\n".join(shown) or "*(No pictures: matplotlib could not be installed.)*"


def report(results: Document, names: list[str], folder: str = "") -> str:
    """Returns the report. `names`: the drawn pictures; `folder`: their path from the report, with a slash."""
    parts = [
        head(results),
        "## Targets",
        table(results),
        "## Pictures",
        pictures(names, folder),
        "## Lower bounds",
        bounds(Index(results)),
        "## Every result",
        "An operation is what the workload's comment in `Benchmarks/c` or `Benchmarks/python/workloads.py` says. "
        "The time is the median of the repetitions; the spread is how far the middle half of them lies apart.",
        everything(results),
    ]
    return "\n\n".join(parts) + "\n"
