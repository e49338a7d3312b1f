"""The platform tag of a wheel, from what its libraries need."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Iterable

#: The oldest glibc that the project supports, and the libraries that each system has beside it.
GLIBC = (2, 28)
EVERYWHERE = {b"libc.so.6", b"libm.so.6", b"ld-linux-x86-64.so.2", b"ld-linux-aarch64.so.1"}
OWN = re.compile(rb"libscuttle\.so\.\d+")


def platform_tag(platform: str, libraries: Iterable[Path]) -> str:
    """Returns "manylinux_2_28_x86_64" if that glibc and libc alone serve all the libraries, and otherwise "linux_x86_64".

    The names of libraries and the versions of their symbols stand as text in an ELF file. More text than that may look like them, so the tag
    may claim too little, and never too much.

    Args:
        platform: `sysconfig.get_platform()`, such as "linux-x86_64".
    """
    system, _, machine = platform.replace(".", "_").partition("-")
    machine = machine.replace("-", "_")
    contents = [library.read_bytes() for library in libraries]
    if system == "linux" and contents and all(map(is_portable, contents)):
        return f"manylinux_{GLIBC[0]}_{GLIBC[1]}_{machine}"
    return f"{system}_{machine}"


def is_portable(elf: bytes) -> bool:
    """Returns whether an ELF file needs glibc, at most the oldest that the project supports, and no other library."""
    versions = re.findall(rb"\0GLIBC_(\d+)\.(\d+)", elf)
    needed = {
        name for name in re.findall(rb"\0((?:lib|ld-)[\w.+-]+\.so(?:\.\d+)*)(?=\0)", elf) if not OWN.fullmatch(name)
    }
    oldest = max(((int(major), int(minor)) for major, minor in versions), default=None)
    return oldest is not None and oldest <= GLIBC and needed <= EVERYWHERE
