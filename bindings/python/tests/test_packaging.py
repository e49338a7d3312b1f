"""A build of the package from a tree without the sources of the library, which has been built before; Tests/Wheel tests the wheels."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Dict, List, Optional

import pytest
from support import LIBRARY, PACKAGE

# Without the tests' places of the package and of the library.
ENVIRONMENT: Dict[str, str] = {
    name: value for name, value in os.environ.items() if name not in ("SCUTTLE_LIBRARY", "PYTHONPATH")
}

USE = "import scuttle; r = scuttle.Replica('a'); r['k'] = 1; print(scuttle._library.library._name, dict(r))"


USE_EITHER = "import scuttle; r = scuttle.Replica('a'); r['k'] = 1; print(scuttle.is_accelerated, r['k'])"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files of a checkout that an install needs, after `make`."""
    if not Path(LIBRARY).is_file():
        pytest.skip("the library is known by its name only")
    python = PACKAGE.parent
    if not (python / "setup.py").exists():
        pytest.skip("setup.py is there in a source checkout only")
    root = tmp_path / "checkout"
    copy = root / "bindings/python"
    copy.mkdir(parents=True)
    for name in ("setup.py", "pyproject.toml", "README.md"):
        shutil.copy(python / name, copy)
    shutil.copytree(PACKAGE, copy / "scuttle", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    for name in ("accelerator", "building"):
        shutil.copytree(python / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(python.parents[1] / "include", root / "include")
    (root / "build/lib").mkdir(parents=True)
    shutil.copy(LIBRARY, root / "build/lib/libscuttle.so")
    return copy


def run(arguments: List[str], folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**ENVIRONMENT, **variables},
        capture_output=True,
        text=True,
        timeout=300,
    )


def build(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return run(["setup.py", "-q", "build", "--build-lib", str(checkout / "built")], checkout, **variables)


def test_the_built_package_has_the_library_inside(checkout: Path) -> None:
    built = build(checkout)
    assert built.returncode == 0, built.stderr
    shutil.rmtree(checkout.parents[1] / "build")
    used = run(["-c", USE], Path("/"), PYTHONPATH=str(checkout / "built"))
    assert used.stdout == f"{checkout}/built/scuttle/libscuttle.so {{'k': 1}}\n", used.stderr


@pytest.mark.parametrize("compiler", [None, "/bin/false"], ids=["with a compiler", "without"])
def test_the_accelerator_is_built_if_it_can_be(checkout: Path, compiler: Optional[str]) -> None:
    if (
        sys.version_info < (3, 10)
        or not Path(sysconfig.get_path("include"), "Python.h").exists()
        or not shutil.which("cc")
    ):
        pytest.skip("nothing here can build it")
    built = build(checkout) if compiler is None else build(checkout, CC=compiler)
    assert built.returncode == 0, built.stderr
    assert (checkout / "built/scuttle/_accelerator.abi3.so").exists() == (compiler is None)
    used = run(["-W", "error", "-c", USE_EITHER], Path("/"), PYTHONPATH=str(checkout / "built"))
    assert used.stdout.split() == [str(compiler is None), "1"], used.stderr


def test_without_the_library_the_error_names_the_remedy(checkout: Path) -> None:
    shutil.rmtree(checkout.parents[1] / "build")
    built = build(checkout)
    assert built.returncode != 0
    assert "install Swift" in built.stderr and "run `make`" in built.stderr
    assert not (checkout / "built").exists()


def test_the_library_of_the_wheel_comes_first(checkout: Path) -> None:
    contained = checkout.parents[1] / "build/wheel/libscuttle.so"
    contained.parent.mkdir()
    contained.write_bytes(b"with jansson inside")
    built = build(checkout)
    assert built.returncode == 0, built.stderr
    assert (checkout / "built/scuttle/libscuttle.so").read_bytes() == b"with jansson inside"


@pytest.mark.parametrize(
    "elf, tag",
    [
        (b"\0GLIBC_2.2.5\0GLIBC_2.28\0libc.so.6\0libm.so.6\0libscuttle.so.0\0", "manylinux_2_28_x86_64"),
        (b"\0GLIBC_2.2.5\0GLIBC_2.34\0libc.so.6\0", "linux_x86_64"),
        (b"\0GLIBC_2.4\0libc.so.6\0libjansson.so.4\0", "linux_x86_64"),
        (b"\0libc.musl-x86_64.so.1\0", "linux_x86_64"),
    ],
    ids=["2.28", "a later glibc", "another library", "another libc"],
)
def test_the_tag_claims_what_the_libraries_need(checkout: Path, elf: bytes, tag: str) -> None:
    (checkout / "one.so").write_bytes(elf)
    (checkout / "two.so").write_bytes(b"\0GLIBC_2.17\0libc.so.6\0")
    program = "from pathlib import Path; from building.platforms import platform_tag as tag; import sys; "
    program += "print(tag('linux-x86_64', map(Path, sys.argv[1:])))"
    named = run(["-c", program, "one.so", "two.so"], checkout)
    assert named.stdout == f"{tag}\n", named.stderr
