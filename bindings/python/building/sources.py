"""The sources of the library, as a source distribution has them in its folder `core`."""

from __future__ import annotations

import shutil
from pathlib import Path

#: What `make wheel-library` reads, and the licence.
FILES = ("Makefile", "Package.swift", "LICENSE", "scripts/archive", "scripts/dependencies", "scripts/wheel-library")
FOLDERS = ("Sources", "include")


def root_of(package: Path) -> Path:
    """Returns the folder with the sources of the library: the checkout, or `core` of an unpacked source distribution."""
    core = package / "core"
    return core if core.is_dir() else package.parents[1]


def copy_sources(root: Path, to: Path) -> None:
    """Copies the sources of the library into a new folder."""
    for name in FILES:
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(root / name, to / name)
    for name in FOLDERS:
        shutil.copytree(root / name, to / name, ignore=shutil.ignore_patterns(".*", "build", "__pycache__"))
