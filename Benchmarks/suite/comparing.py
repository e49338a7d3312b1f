"""Compares two files of results. Files of other machines or inputs are an error."""

from __future__ import annotations

from .results import Document, title


class Incomparable(Exception):
    """Two files cannot be compared, for the reason in the sentence."""


def require_comparable(a: Document, b: Document) -> None:
    for part in ("machine", "set"):
        if a[part] != b[part]:
            raise Incomparable(f"{part} differs: {difference(a[part], b[part])}")
    titles_a, titles_b = ({title(result) for result in side["results"]} for side in (a, b))
    if titles_a != titles_b:
        only = sorted(titles_a ^ titles_b)
        raise Incomparable(f"inputs differ: {len(only)} cases are in one file only, such as {only[0]!r}")


def difference(a: object, b: object) -> str:
    if isinstance(a, dict) and isinstance(b, dict):
        names = [name for name in sorted({*a, *b}) if a.get(name) != b.get(name)]
        return "; ".join(f"{name} is {a.get(name)!r} in A and {b.get(name)!r} in B" for name in names)
    return f"{a!r} in A and {b!r} in B"


def verdict(a: list[float], b: list[float]) -> str:
    """Returns the verdict on two results. They differ only if each sample of one is beyond all samples of the other."""
    return "faster" if max(b) < min(a) else "slower" if min(b) > max(a) else ""


def rows(a: Document, b: Document) -> list[tuple[str, float, float, str]]:
    """Returns rows of (title, A, B, verdict): ns per operation, and figures that have changed."""
    others = {title(result): result for result in b["results"]}
    found = []
    for one in a["results"]:
        name, other = title(one), others[title(one)]
        if "ns" in one:
            before, after = one["ns"], other["ns"]
            word = verdict(before["samples"], after["samples"])
            found.append((f"{name}: ns", before["median"], after["median"], word))
        for figure, value in one["figures"].items():
            if value != other["figures"].get(figure, value):
                found.append((f"{name}: {figure}", value, other["figures"][figure], ""))
    return found


def compare(a: Document, b: Document) -> str:
    require_comparable(a, b)
    lines = [f"A is {a['commit']}, B is {b['commit']}", "", "| case | A | B | B / A | |", "|---|--:|--:|--:|---|"]
    for name, before, after, word in rows(a, b):
        ratio = f"{after / before:.2f}" if before else "–"
        lines.append(f"| {name} | {before:.4g} | {after:.4g} | {ratio} | {word} |")
    return "\n".join(lines)
