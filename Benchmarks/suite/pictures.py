"""Draws the pictures of a report: python -m suite.pictures RESULTS FOLDER. Needs matplotlib, so it runs in the suite's
virtual environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plot  # noqa: E402

from .plan import C, PEERS, PYTHON, VALUE_SIZES, MOST_VALUE_BYTES  # noqa: E402
from .report import PICTURES  # noqa: E402
from .results import Index, load  # noqa: E402
from .targets import rate  # noqa: E402

LIBRARIES = (C, PYTHON, *PEERS)
LABELS = {C: "scuttle, C", PYTHON: "scuttle, Python", "y_py": "y-py"}
COLOURS = dict(zip(LIBRARIES, ("#0b6e4f", "#6bbf59", "#8d6a9f", "#d1495b", "#edae49", "#30638e")))
STYLE = {
    "svg.hashsalt": "scuttle",  # the same results make the same file
    "svg.fonttype": "none",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "axes.axisbelow": True,
    "legend.frameon": False,
}


def label(library: str) -> str:
    return LABELS.get(library, library)


def legend(axes: Any, **where: Any) -> None:
    """Draws a legend if the picture has labels: a set other than the standard one draws less."""
    if axes.get_legend_handles_labels()[0]:
        axes.legend(**where)


def draw_curves(axes: Any, curves: dict[str, list[tuple[int, float]]], colours: dict[str, str] | None = None) -> None:
    for name, points in curves.items():
        if points:
            axes.plot(*zip(*points), marker="o", markersize=3, label=label(name), color=(colours or {}).get(name))
    axes.set(xscale="log", yscale="log")
    legend(axes, loc="upper left", bbox_to_anchor=(1, 1))


def growth_set(index: Index) -> Any:
    curves = {name: index.curve(name, "set", "n", **({"history": 1000} if name == C else {})) for name in LIBRARIES}
    curves["a bare hash table"] = index.curve(C, "bound-insert", "n")
    figure, axes = plot.subplots(figsize=(6.4, 4))
    draw_curves(axes, curves, {**COLOURS, "a bare hash table": "#999999"})
    axes.set(xlabel="distinct keys", ylabel="ns per set")
    return figure


def growth_all(index: Index) -> Any:
    curves = {
        "set": index.curve(C, "set", "n", history=1000),
        "get": index.curve(C, "get", "n", rounds=1_000_000),
        "first scan": index.curve(C, "scan-first", "n"),
        "full sync, state": index.curve(C, "sync", "n", history=10),
        "purge": index.curve(C, "purge", "n"),
        "news, by depth": index.curve(C, "news", "n", burst=100, rounds=1000),
    }
    figure, axes = plot.subplots(figsize=(6.4, 4))
    draw_curves(axes, curves)
    axes.set(xlabel="keys", ylabel="ns per operation")
    return figure


def bar_groups(axes: Any, groups: list[tuple[str, dict[str, float | None]]]) -> None:
    """Draws a group of bars for each label, a bar for each library."""
    width = 0.8 / len(LIBRARIES)
    for place, library in enumerate(LIBRARIES):
        xs = [at + place * width - 0.4 + width / 2 for at, (_, values) in enumerate(groups) if values.get(library)]
        ys = [values[library] for _, values in groups if values.get(library)]
        if xs:
            bars = axes.bar(xs, ys, width, color=COLOURS[library], label=label(library))
            axes.bar_label(bars, [short(y) for y in ys], fontsize=6, padding=1, rotation=90)
    axes.set_xticks(range(len(groups)), [name for name, _ in groups])
    axes.grid(axis="x", visible=False)


def short(value: float | None) -> str:
    value = value or 0.0
    return f"{value / 1e6:.1f}M" if value >= 1e6 else f"{value / 1e3:.0f}k" if value >= 1e3 else f"{value:.0f}"


def of_peers(found: Callable[[str], float | None], ours: float | None) -> dict[str, float | None]:
    return {C: ours, **{name: found(name) for name in LIBRARIES if name != C}}


def peers(index: Index) -> Any:
    def rates(workload: str, own: dict[str, int], **inputs: int) -> dict[str, float | None]:
        return of_peers(lambda name: rate(index.ns(name, workload, **inputs)), rate(index.ns(C, workload, **own)))

    rounds = {"n": 100_000, "rounds": 1000, "burst": 100}
    groups = [
        ("set,\n100k keys", rates("set", {"n": 100_000, "history": 1000}, n=100_000)),
        ("overwrite,\n1,000 keys", rates("overwrite", {"n": 1000, "rounds": 1000, "history": 1000}, n=1000, rounds=100)),
        ("get,\n100k keys", rates("get", {"n": 100_000, "rounds": 1_000_000}, n=100_000)),
        ("full sync,\n100k keys", rates("sync", {"n": 100_000, "history": 1000}, n=100_000)),
        ("incremental,\n100 a round", rates("incremental", {**rounds, "history": 1000}, **rounds)),
    ]
    figure, axes = plot.subplots(figsize=(8, 4))
    bar_groups(axes, groups)
    axes.set(ylabel="operations a second", yscale="log")
    axes.margins(y=0.15)
    legend(axes, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.14))
    return figure


def update_bytes(index: Index) -> Any:
    def size(workload: str, own: dict[str, int], **inputs: int) -> dict[str, float | None]:
        ours = index.figure("bytes_per_update", C, workload, **own)
        return of_peers(lambda name: index.figure("bytes_per_update", name, workload, **inputs), ours)

    rounds = {"n": 100_000, "rounds": 1000, "burst": 100}
    figure, axes = plot.subplots(figsize=(6.4, 3.6))
    bar_groups(
        axes,
        [
            ("full sync, 100k keys", size("sync", {"n": 100_000, "history": 1000}, n=100_000)),
            ("incremental, 100 a round", size("incremental", {**rounds, "history": 1000}, **rounds)),
        ],
    )
    axes.axhline(48, color="#777777", linewidth=1, linestyle="--", label="key and value")
    axes.set(ylabel="bytes per update")
    legend(axes, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.1))
    return figure


def flat(index: Index) -> Any:
    small = {"n": 100_000, "history": 1000}
    bars = {
        "history 10": index.ns(C, "set", n=1_000_000, history=10),
        "history 1,000,000": index.ns(C, "set", n=1_000_000, history=1_000_000),
        "1 source": index.ns(C, "set", **small, sources=1),
        "10,000 sources": index.ns(C, "set", **small, sources=10_000),
        "1 link": index.ns(C, "set", **small, links=1),
        "1,000 links": index.ns(C, "set", **small, links=1000),
        "1,000 live links": index.ns(C, "set", **small, links=1000, live=1),
    }
    figure, axes = plot.subplots(figsize=(6.4, 3))
    known = {name: ns for name, ns in bars.items() if ns}
    axes.barh(list(known), list(known.values()), color=COLOURS[C])
    axes.invert_yaxis()
    axes.grid(axis="y", visible=False)
    axes.set(xlabel="ns per set (1M keys for history, 100k for the others)")
    return figure


def values(index: Index) -> Any:
    figure, axes = plot.subplots(figsize=(6.4, 3.4))
    for workload in ("set", "sync"):
        points = []
        for value in VALUE_SIZES:
            ns = index.ns(C, workload, n=min(100_000, MOST_VALUE_BYTES // value), value=value, history=10)
            if ns:
                points.append((value, value / ns * 1000))
        if points:
            axes.plot(*zip(*points), marker="o", markersize=3, label=workload)
    axes.set(xscale="log", yscale="log", xlabel="characters in a value", ylabel="MB of values a second")
    legend(axes)
    return figure


DRAWN = (growth_set, growth_all, peers, update_bytes, flat, values)  # in the order of PICTURES


def main(arguments: list[str]) -> int:
    source, folder = Path(arguments[0]), Path(arguments[1])
    index = Index(load(source))
    plot.rcParams.update(STYLE)
    for (name, _, _), draw in zip(PICTURES, DRAWN, strict=True):
        figure = draw(index)
        figure.savefig(folder / name, bbox_inches="tight", metadata={"Date": None})
        plot.close(figure)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
