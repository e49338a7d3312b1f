"""The tables of loss and breaks in Markdown. They have counts, which are the same on each machine."""

from __future__ import annotations

from typing import Any

from .results import Document, Index, worst
from .targets import table

Result = dict[str, Any]

RULE = {0: "", 1: "the sender", 2: "the receiver", 3: "both"}


def report(results: Document) -> str:
    index = Index(results)
    parts = [
        f"Commit {results['commit']}.",
        table(results, 9, 10),
        "### Datagrams under loss",
        loss(index),
        "### Bursts",
        bursts(index),
        "### Connections that break",
        breaks(index),
    ]
    return "\n\n".join(parts) + "\n"


def number(value: float) -> str:
    return f"{value:,.0f}"


def with_worst(result: Result, figure: str) -> str:
    median, most = result["figures"][figure], worst(result, figure)
    return number(median) if round(most) == round(median) else f"{number(median)} ({number(most)})"


def size(count: float) -> str:
    for unit, bytes_of_unit in (("MB", 1e6), ("kB", 1e3)):
        if count >= bytes_of_unit:
            return f"{count / bytes_of_unit:.3g} {unit}"
    return f"{count:.0f} B"


def network(inputs: dict[str, int]) -> str:
    found = []
    if inputs.get("copies"):
        found.append(f"{inputs['copies']} % twice, {inputs['late']} % overtake")
    if inputs.get("eager"):
        found.append("answers at once")
    return ", ".join(found)


def loss(index: Index) -> str:
    """Returns a row for each network, with all losses side by side."""
    rows: dict[tuple[int, int, str], dict[int, Result]] = {}
    for result in index.all("loss"):
        inputs = result["inputs"]
        rows.setdefault((inputs["n"], inputs["datagram"], network(inputs)), {})[inputs["loss"]] = result
    lines = ["| updates | bytes | network | loss | rounds | datagrams | times no loss | sent |", "|--:|--:|---|--:|--:|--:|--:|--:|"]
    for (n, datagram, kind), by_loss in rows.items():
        for percent, result in by_loss.items():
            ratio = result["figures"]["datagrams"] / by_loss[0]["figures"]["datagrams"]
            lines.append(
                f"| {number(n)} | {number(datagram)} | {kind} | {percent} % | {with_worst(result, 'rounds')} "
                f"| {with_worst(result, 'datagrams')} | {ratio:.2f} | {size(result['figures']['bytes'])} |"
            )
    return "\n".join(lines)


def bursts(index: Index) -> str:
    lines = ["| writers | live links | loss | gossips | datagrams | sent |", "|--:|---|--:|--:|--:|--:|"]
    for result in index.all("bursts"):
        inputs = result["inputs"]
        lines.append(
            f"| {inputs['replicas']} | {'yes' if inputs['live'] else 'no'} | {inputs['loss']} % "
            f"| {with_worst(result, 'rounds')} | {with_worst(result, 'datagrams')} | {size(result['figures']['bytes'])} |"
        )
    return "\n".join(lines)


def delta(inputs: dict[str, int]) -> str:
    if inputs.get("sources"):
        return f"state, {inputs['sources']} sources"
    mode = "reset" if inputs.get("deletes") else "log" if inputs["history"] >= inputs["n"] else "state"
    if inputs.get("restarts"):
        return f"{mode}, the receiver starts anew each time"
    if inputs.get("forgets"):
        return f"{mode}, forgotten meanwhile by {RULE[inputs['forgets']]}"
    return mode


def breaks(index: Index) -> str:
    lines = ["| breaks after | keys | delta | connections | sent | without breaks | times |", "|--:|--:|---|--:|--:|--:|--:|"]
    for result in index.all("breaks"):
        inputs, figures = result["inputs"], result["figures"]
        lines.append(
            f"| {size(inputs['breaks'])} | {number(inputs['n'])} | {delta(inputs)} | {number(figures['connections'])} "
            f"| {size(figures['bytes'])} | {size(figures['bytes_whole'])} | {figures['times_whole']:.2f} |"
        )
    return "\n".join(lines)
