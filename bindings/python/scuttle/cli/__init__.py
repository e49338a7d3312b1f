"""The command line `scuttle`, which `pip install scuttle[cli]` installs: a node as a process, and commands for it.

Only the entry point, `scuttle.__main__`, imports this package, so a program that uses replicas loads nothing of it; it names the extra if
a package is missing.
docs/reference/command-line.md has every command.
"""

from __future__ import annotations

import sys
from typing import Optional, Sequence

from ._app import run


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs one command.

    Args:
        arguments: The words of the command, without the program. None: those of the process.

    Returns:
        The exit code: see docs/reference/command-line.md.
    """
    return int(run(sys.argv[1:] if arguments is None else arguments))
