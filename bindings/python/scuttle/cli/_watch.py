"""The command watch: changes as they arrive, until ^C."""

from __future__ import annotations

from typing import Annotated

import typer

from ._options import JsonOption, PrefixArgument, SocketOption, common
from ._output import write_json, write_line
from ._values import shown, shown_json


def watch(
    context: typer.Context,
    prefix: PrefixArgument = "",
    initial: Annotated[bool, typer.Option("--initial", help="Begin with the keys that are there.")] = False,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print changes as they arrive, until ^C.

    Each line has the key, a tab, and the value or the word deleted. A reader that is slow finds each key once, as it is then.
    """
    options = common(context, socket, as_json)
    changes = options.client().stream("watch", {"prefix": prefix, "initial": initial}, wait=None)
    try:
        for change in changes:
            if options.as_json:
                write_json(change, flush=True)
            else:
                end = "deleted" if change["deleted"] else shown_json(change["value"])
                write_line(f"{shown(change['key'])}\t{end}", flush=True)
    except KeyboardInterrupt:
        pass  # the usual end
