"""The places in which the package finds the library."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support import LIBRARY, PACKAGE, run_python

HERE = "import scuttle._library as l; print(l.library._name)"


def test_the_environment_chooses() -> None:
    assert run_python(HERE, SCUTTLE_LIBRARY=LIBRARY).stdout.strip() == LIBRARY


def test_a_wrong_choice_is_an_error_and_not_another_library() -> None:
    outcome = run_python("import scuttle", SCUTTLE_LIBRARY="/nowhere/libscuttle.so")
    assert outcome.returncode == 1
    last = outcome.stderr.strip().splitlines()
    assert any("ImportError: libscuttle.so was not found; set SCUTTLE_LIBRARY" in text for text in last)
    assert "/nowhere/libscuttle.so" in last[-1]
    assert len([text for text in last if text.startswith("  /")]) == 1


def test_a_library_that_is_another_one(tmp_path: Path) -> None:
    outcome = run_python("import scuttle", SCUTTLE_LIBRARY="libc.so.6")
    assert "ImportError" in outcome.stderr
    assert "libc.so.6: " in outcome.stderr and "scuttle_" in outcome.stderr


def test_the_package_may_carry_the_library(tmp_path: Path) -> None:
    if not Path(LIBRARY).exists():
        pytest.skip("the library was found by its name alone")
    copy = tmp_path / "scuttle"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(LIBRARY, copy / "libscuttle.so")
    outcome = run_python(HERE, SCUTTLE_LIBRARY="", PYTHONPATH=str(tmp_path))
    assert outcome.stdout.strip() == str(copy / "libscuttle.so")


def test_all_places_are_named(tmp_path: Path) -> None:
    """The package stands in a folder that is no checkout, and no library is installed."""
    shutil.copytree(PACKAGE, tmp_path / "scuttle", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    program = "import ctypes.util; ctypes.util.find_library = lambda name: 'libscuttle-nowhere.so'\nimport scuttle"
    outcome = run_python(program, SCUTTLE_LIBRARY="", LD_LIBRARY_PATH="", PYTHONPATH=str(tmp_path))
    if outcome.returncode == 0:
        pytest.skip("the library is installed where the system looks")
    for place in (tmp_path / "scuttle" / "libscuttle.so", "libscuttle.so.0", "libscuttle-nowhere.so"):
        assert f"  {place}: " in outcome.stderr
