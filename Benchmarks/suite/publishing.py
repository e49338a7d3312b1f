"""Puts the report of a run into docs/benchmarks.md, between two marks, and its pictures beside it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from . import losses, report, results
from .running import ROOT

PAGE = ROOT / "docs/benchmarks.md"
PICTURES = ROOT / "docs/benchmarks"


def between(page: str, text: str, name: str = "report") -> str:
    """Replaces the text between the two marks of a name, and returns the page."""
    begin_mark, end_mark = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, _, rest = page.partition(begin_mark)
    _, end, after = rest.partition(end_mark)
    if not end:
        raise ValueError(f"{PAGE.name} lacks the marks {begin_mark} and {end_mark}")
    return f"{before}{begin_mark}\n\n{text.rstrip()}\n\n{end_mark}{after}"


def publish(folder: Path) -> int:
    source = folder / "results.json"
    if not source.exists():
        print("benchmarks: there is no run to publish: make bench", file=sys.stderr)
        return 2
    document = results.load(source)
    if document["set"] == "loss":
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(between(page, losses.report(document), "loss"), encoding="utf-8")
        return 0
    found = [name for name, _, _ in report.PICTURES if (folder / name).exists()]
    PICTURES.mkdir(exist_ok=True)
    for name in found:
        shutil.copyfile(folder / name, PICTURES / name)
    text = report.report(document, found, f"{PICTURES.name}/")
    PAGE.write_text(between(PAGE.read_text(encoding="utf-8"), text), encoding="utf-8")
    return 0
