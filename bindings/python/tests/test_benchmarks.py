"""The benchmarks run, and print each measurement; their times do not matter here."""

from __future__ import annotations

from benchmarks.calls import measure


def test_calls() -> None:
    figures = measure(keys=300, rounds=1)
    assert set(figures) >= {"set", "update", "get", "set_overhead", "read_over_c", "readinto_over_c", "write_over_c"}
    assert all(figure > 0 for figure in figures.values())
