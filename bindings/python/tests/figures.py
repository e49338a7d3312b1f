"""The module scuttle/aio/_figures.py, made of docs/reference/statistics.md.

python tests/figures.py        writes it
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Dict, Tuple

PYTHON = Path(__file__).resolve().parent.parent
PAGE = PYTHON.parents[1] / "docs/reference/statistics.md"
MODULE = PYTHON / "scuttle/aio/_figures.py"

HEAD = '''"""What each figure of `Replica.stats` counts, as docs/reference/statistics.md says: tests/figures.py writes this file."""

from __future__ import annotations

from typing import Dict, Tuple

#: The name in `Stats`: "gauge" or "counter", and a sentence.
FIGURES: Dict[str, Tuple[str, str]] = {
'''


def figures(page: str) -> Dict[str, Tuple[str, str]]:
    """Returns the kind and the sentence of each figure, from the tables of the page."""
    found: Dict[str, Tuple[str, str]] = {}
    for title, section in re.findall(r"^## Replica: (.*?)\n(.*?)(?=^## )", page, re.MULTILINE | re.DOTALL):
        kind = "gauge" if title == "gauges" else "counter"
        for names, text in re.findall(r"^\| (`.*?) \| (.*) \|$", section, re.MULTILINE):
            sentence = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", text).replace("`", "")
            sentence = re.sub(r": limits\.md$", "", sentence)  # a link
            sentence = sentence[0].upper() + sentence[1:] + "."
            found.update({name: (kind, sentence) for name in re.findall(r"`(\w+)`", names)})
    return found


def module(page: str) -> str:
    """Returns the text of the module."""
    lines = []
    for name, (kind, text) in figures(page).items():
        line = f'    "{name}": ("{kind}", "{text}"),'
        if len(line) > 120:
            line = f'    "{name}": (\n        "{kind}",\n        "{text}",\n    ),'
        lines.append(line)
    return HEAD + "\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    MODULE.write_text(module(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    sys.exit(0)
