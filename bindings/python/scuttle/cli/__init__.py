"""The command line `scuttle`, which `pip install scuttle[cli]` installs: a node as a process, and commands for it.

Only the entry point and `python -m scuttle` import this package, so a program that uses replicas loads nothing of it.
docs/reference/command-line.md has every command.
"""

from __future__ import annotations

import sys
from typing import Optional, Sequence

try:
    from ._app import run
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] not in ("typer", "rich", "click", "tomli"):
        raise
    message = f"the command line needs {error.name}: pip install 'scuttle[cli]'"
    raise ModuleNotFoundError(message, name=error.name) from None


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs one command.

    Args:
        arguments: The words of the command, without the program. None: those of the process.

    Returns:
        The exit code: see docs/reference/command-line.md.
    """
    return int(run(sys.argv[1:] if arguments is None else arguments))
