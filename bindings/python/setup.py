"""Puts the library into the package, builds the accelerator if it can, and names the wheel; pyproject.toml has all else.

With SCUTTLE_SYSTEM_LIBRARY=1 the package brings neither, and no program `scuttle`, for a distribution that has the library in a package of
its own; `python3 -m scuttle` is the same program. With SCUTTLE_PURE=1 it brings no accelerator, so that the wheel serves each version of Python.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from setuptools import Distribution, Extension, setup
from setuptools.command.build_py import build_py
from setuptools.command.install_scripts import install_scripts
from setuptools.command.sdist import sdist
from setuptools.errors import SetupError

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from building.library import BuildError, find_or_build  # noqa: E402
from building.platforms import platform_tag  # noqa: E402
from building.sources import copy_sources, root_of  # noqa: E402

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # before setuptools 70
    try:
        from wheel.bdist_wheel import bdist_wheel
    except ImportError:  # a distribution's build makes no wheel
        bdist_wheel = object

ROOT = root_of(HERE)
BRINGS_LIBRARY = os.environ.get("SCUTTLE_SYSTEM_LIBRARY") != "1"

# Without a compiler, Python's headers or the limited API the package is the same, and slower.
accelerator = Extension(
    "scuttle._accelerator",
    sources=sorted(str(source.relative_to(HERE)) for source in HERE.glob("accelerator/*.c")),
    depends=["accelerator/accelerator.h"],
    include_dirs=[str(ROOT / "include")],
    extra_compile_args=["-std=c99", "-fvisibility=hidden"],
    extra_link_args=["-Wl,-s"],  # the debug information of some builds of Python is larger than the code
    py_limited_api=True,
    optional=True,
)
HAS_LIMITED_API = (
    sys.implementation.name == "cpython" and sys.version_info >= (3, 10) and not sysconfig.get_config_var("Py_GIL_DISABLED")
)
IS_ACCELERATED = BRINGS_LIBRARY and HAS_LIMITED_API and bool(accelerator.sources) and not os.environ.get("SCUTTLE_PURE")


class BuildWithLibrary(build_py):
    """Copies libscuttle.so beside the modules. An editable install finds it in the checkout instead."""

    def run(self) -> None:
        library = None
        if BRINGS_LIBRARY:
            try:
                library = find_or_build(ROOT)
            except BuildError as error:
                raise SetupError(str(error)) from None
        super().run()
        if library and not getattr(self, "editable_mode", False):
            shutil.copyfile(library, Path(self.build_lib) / "scuttle/libscuttle.so")


class ProgramUnlessDistributed(install_scripts):
    """Installs the program `scuttle`. Distributions want a man page for one."""

    def run(self) -> None:
        self.outfiles = []
        if BRINGS_LIBRARY:
            super().run()


class PlatformDistribution(Distribution):
    """It has a library for one kind of machine inside."""

    def has_ext_modules(self) -> bool:
        return BRINGS_LIBRARY


class TaggedWheel(bdist_wheel):
    """A wheel for all versions of Python from 3.10 on if the accelerator is inside, and otherwise for all that the package supports."""

    def get_tag(self) -> "tuple[str, str, str]":
        libraries = sorted(Path(self.bdist_dir).glob("scuttle/*.so")) if self.bdist_dir else []
        if not libraries:
            return super().get_tag()
        is_accelerated = any(library.name.startswith("_accelerator") for library in libraries)
        python, abi = ("cp310", "abi3") if is_accelerated else ("py3", "none")
        return python, abi, platform_tag(sysconfig.get_platform(), libraries)

    def egg2dist(self, egginfo_path: Any, distinfo_path: Any) -> None:
        """Adds the licences of the project, and of jansson if that is inside."""
        super().egg2dist(egginfo_path, distinfo_path)
        licenses = Path(distinfo_path) / "licenses"
        licenses.mkdir(exist_ok=True)
        for source in (ROOT / "LICENSE", ROOT / "build/wheel/LICENSE.jansson"):
            if source.exists():
                shutil.copyfile(source, licenses / source.name)


class SourcesOfAll(sdist):
    """Adds the sources of the library, so that a source distribution can be built if there is a Swift toolchain."""

    def make_release_tree(self, base_dir: Any, files: Any) -> None:
        super().make_release_tree(base_dir, files)
        copy_sources(ROOT, Path(base_dir) / "core")


commands = {"build_py": BuildWithLibrary, "install_scripts": ProgramUnlessDistributed, "sdist": SourcesOfAll}
if bdist_wheel is not object:
    commands["bdist_wheel"] = TaggedWheel

# A folder of its own for each build: setuptools would put into a wheel what an earlier build with other settings has left.
build_folder = tempfile.mkdtemp(prefix="scuttle-build-")
atexit.register(shutil.rmtree, build_folder, ignore_errors=True)
options = {"build": {"build_base": build_folder}}
if IS_ACCELERATED:
    options["bdist_wheel"] = {"py_limited_api": "cp310"}
if not {"sdist", "develop"}.intersection(sys.argv):  # these look for it beside setup.py
    options["egg_info"] = {"egg_base": build_folder}

setup(
    license="MIT",  # here, because old and new setuptools differ about its form in pyproject.toml
    cmdclass=commands,
    distclass=PlatformDistribution,
    ext_modules=[accelerator] if IS_ACCELERATED else [],
    options=options,
)
