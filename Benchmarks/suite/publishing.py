"""Puts the report of a run into docs/benchmarks.md, between two marks, and its pictures beside it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from . import report, results
from .running import ROOT

PAGE = ROOT / "docs/benchmarks.md"
PICTURES = ROOT / "docs/benchmarks"
BEGIN, END = "<!-- report: begin -->", "<!-- report: end -->"


def between(page: str, text: str) -> str:
    """The page with what stands between the marks replaced."""
    before, _, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} lacks the marks {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{text.rstrip()}\n\n{END}{after}"


def publish(folder: Path) -> int:
    source = folder / "results.json"
    if not source.exists():
        print("benchmarks: there is no run to publish: make bench", file=sys.stderr)
        return 2
    found = [name for name, _, _ in report.PICTURES if (folder / name).exists()]
    PICTURES.mkdir(exist_ok=True)
    for name in found:
        shutil.copyfile(folder / name, PICTURES / name)
    text = report.report(results.load(source), found, f"{PICTURES.name}/")
    PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0
