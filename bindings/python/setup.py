"""Takes the library of the checkout into the package; pyproject.toml has all else.

With SCUTTLE_SYSTEM_LIBRARY=1 the package brings none, for a distribution that has the library in a package of its own.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

LIBRARY = Path(__file__).resolve().parents[2] / "build/lib/libscuttle.so"
BRINGS_LIBRARY = os.environ.get("SCUTTLE_SYSTEM_LIBRARY") != "1"


class BuildWithLibrary(build_py):
    """Copies libscuttle.so beside the modules. An editable install finds it in the checkout instead."""

    def run(self) -> None:
        is_copied = BRINGS_LIBRARY and not getattr(self, "editable_mode", False)
        if is_copied and not LIBRARY.exists():
            raise SetupError(f"{LIBRARY} is not there: run `make` in {LIBRARY.parents[2]} first, which builds it")
        super().run()
        if is_copied:
            shutil.copyfile(LIBRARY, Path(self.build_lib) / "scuttle" / LIBRARY.name)


class PlatformDistribution(Distribution):
    """It has a library for one kind of machine inside."""

    def has_ext_modules(self) -> bool:
        return BRINGS_LIBRARY


setup(cmdclass={"build_py": BuildWithLibrary}, distclass=PlatformDistribution)
