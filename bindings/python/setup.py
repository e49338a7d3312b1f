"""Takes the library of the checkout into the package; pyproject.toml has all else."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

LIBRARY = Path(__file__).resolve().parents[2] / "build/lib/libscuttle.so"


class BuildWithLibrary(build_py):
    """Copies libscuttle.so beside the modules. An editable install finds it in the checkout instead."""

    def run(self) -> None:
        is_editable = getattr(self, "editable_mode", False)
        if not is_editable and not LIBRARY.exists():
            raise SetupError(f"{LIBRARY} is not there: run `make` in {LIBRARY.parents[2]} first, which builds it")
        super().run()
        if not is_editable:
            shutil.copyfile(LIBRARY, Path(self.build_lib) / "scuttle" / LIBRARY.name)


class PlatformDistribution(Distribution):
    """It has a library for one kind of machine inside."""

    def has_ext_modules(self) -> bool:
        return True


setup(cmdclass={"build_py": BuildWithLibrary}, distclass=PlatformDistribution)
