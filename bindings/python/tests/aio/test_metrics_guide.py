"""The programs of docs/how-to/metrics.md print what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("prometheus_client")

PAGE = Path(__file__).resolve().parents[4] / "docs/how-to/metrics.md"
PROGRAMS = (
    re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    if PAGE.exists()
    else []
)


@pytest.mark.parametrize("program, printed", PROGRAMS)
def test_programs(program: str, printed: str) -> None:
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=120)
    assert done.stdout == printed, done.stderr


def test_there_are_programs() -> None:
    assert not PAGE.exists() or len(PROGRAMS) == PAGE.read_text(encoding="utf-8").count("```python")
