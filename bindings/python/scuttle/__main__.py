"""`scuttle` and `python -m scuttle`: the command line, or, without its extra, what is installed here."""

from __future__ import annotations

import importlib
import platform
import sys
from typing import List, Optional

from . import __version__, is_accelerated
from ._library import library, library_version

_HOW_TO_INSTALL = "the command line needs more packages: pip install 'scuttle[cli]'"
_OF_THE_EXTRA = ("typer", "rich", "click", "tomli")


def installed() -> str:
    """Returns lines about the package, its library and the interpreter."""
    calls = "through the accelerator" if is_accelerated else "through ctypes"
    return (
        f"scuttle {__version__}\n"
        f"library {library_version()}, {library._name}, called {calls}\n"
        f"{platform.python_implementation()} {platform.python_version()}, {platform.system()} {platform.machine()}"
    )


def main(arguments: Optional[List[str]] = None) -> int:
    """Runs the command line. Returns the status for the shell: 2 if a command is given and the extra is missing.

    Args:
        arguments: None: those of the process.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        cli = importlib.import_module("scuttle.cli")
    except ImportError as error:
        missing = error.name or ""
        if missing != "scuttle.cli" and missing.partition(".")[0] not in _OF_THE_EXTRA:
            raise
        if given and given != ["--version"]:
            print(f"scuttle: {_HOW_TO_INSTALL}", file=sys.stderr)
            return 2
        print(installed())
        print(_HOW_TO_INSTALL)
        return 0
    return int(cli.main(given) or 0)


if __name__ == "__main__":
    sys.exit(main())
