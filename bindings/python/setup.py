"""Takes the library of the checkout into the package, and builds the accelerator if it can; pyproject.toml has all else.

With SCUTTLE_SYSTEM_LIBRARY=1 the package brings neither, for a distribution that has the library in a package of its own.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path

from setuptools import Distribution, Extension, setup
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LIBRARY = ROOT / "build/lib/libscuttle.so"
BRINGS_LIBRARY = os.environ.get("SCUTTLE_SYSTEM_LIBRARY") != "1"

# Without a compiler, Python's headers or the limited API the package is the same, and slower.
accelerator = Extension(
    "scuttle._accelerator",
    sources=sorted(str(source.relative_to(HERE)) for source in HERE.glob("accelerator/*.c")),
    depends=["accelerator/accelerator.h"],
    include_dirs=[str(ROOT / "include")],
    extra_compile_args=["-std=c99", "-fvisibility=hidden"],
    py_limited_api=True,
    optional=True,
)
HAS_LIMITED_API = sys.version_info >= (3, 10) and not sysconfig.get_config_var("Py_GIL_DISABLED")
IS_ACCELERATED = BRINGS_LIBRARY and HAS_LIMITED_API and bool(accelerator.sources)


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


setup(
    cmdclass={"build_py": BuildWithLibrary},
    distclass=PlatformDistribution,
    ext_modules=[accelerator] if IS_ACCELERATED else [],
    options={"bdist_wheel": {"py_limited_api": "cp310"}} if IS_ACCELERATED else {},
)
