"""Checks of the installation."""

from __future__ import annotations

import time
from typing import Iterator

from .. import __version__, is_accelerated, library_version
from ._checks import FAIL, OK, WARN, Check

#: Seconds since the epoch before which no clock of this package's time can be.
_EARLIEST = 1_700_000_000


def check_package() -> Iterator[Check]:
    """Yields the checks."""
    library = library_version()
    if library == __version__:
        yield Check(
            OK, "versions", f"package and library {library}{'' if is_accelerated else ', without the accelerator'}"
        )
    else:
        level = WARN if library.split(".")[:2] == __version__.split(".")[:2] else FAIL
        yield Check(
            level, "versions", f"the package is {__version__}, the library {library}", "install both of one version"
        )
    if time.time() < _EARLIEST:
        yield Check(
            FAIL,
            "time",
            "the time of this machine is in the past",
            "set it: certificates and times to live depend on it",
        )
