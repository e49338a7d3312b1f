"""Finds the library that goes into the package, and builds it if a Swift toolchain is there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Dict


class BuildError(Exception):
    """The library is missing, and cannot be built."""


def find_or_build(root: Path) -> Path:
    """Returns the library of a source tree, brought up to date by make if there is a Swift toolchain.

    The library with jansson inside is preferred, which needs the static library of jansson. The ordinary one serves on this machine only.
    Cost: five minutes for a first build, otherwise a look at the dates of the sources.
    """
    contained, ordinary = root / "build/wheel/libscuttle.so", root / "build/lib/libscuttle.so"
    if (root / "Makefile").exists() and (root / "Sources").is_dir() and shutil.which("swift") and shutil.which("make"):
        _make(root, "library")
        try:
            _make(root, "wheel-library")
        except BuildError as error:
            print(f"{error}; the package needs the system's libjansson", file=sys.stderr)
            return ordinary
        return contained
    for library in (contained, ordinary):
        if library.exists():
            return library
    raise BuildError(
        f"{ordinary} is missing. To build it, install Swift 6.3 or later from swift.org/install and libjansson-dev, put swift "
        f"into PATH, and run this again, or run `make` in {root}. A wheel needs neither"
    )


def _make(root: Path, target: str) -> None:
    """Runs make with its output on standard error, since installers read standard output."""
    outer = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    environment: Dict[str, str] = {name: value for name, value in os.environ.items() if name not in outer}
    # Installers put an interpreter without pip first; the Makefile needs none for this.
    status = subprocess.run(
        ["make", "--no-print-directory", "-s", "-C", str(root), target], env=environment, stdout=sys.stderr
    ).returncode
    if status:
        raise BuildError(f"`make {target}` in {root} has failed with status {status}: its output says why")
