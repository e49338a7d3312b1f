"""The command status: what a node and its peers do, once or as a live view."""

from __future__ import annotations

import sys
import time
from typing import Annotated, Any, Dict, Optional

import typer

from ._errors import CommandError, Exit
from ._options import JsonOption, SocketOption, common
from ._output import console, write_json
from ._values import duration

_SHORTEST = 0.05  # seconds between two looks


def status(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Print it once. So it is if the output is no terminal, or with --json.")
    ] = False,
    interval: Annotated[str, typer.Option("--interval", metavar="TIME", help="The time between two looks.")] = "1s",
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a node, its peers and rates, until ^C."""
    options = common(context, socket, as_json)
    client = options.client()
    try:
        pause = max(_SHORTEST, duration(interval))
    except ValueError as error:
        raise CommandError(f"--interval: {error}", Exit.USAGE) from None
    document = client.request("status")
    if options.as_json:
        write_json(document)
        return
    from ._status_view import view

    screen = console()
    if once or not sys.stdout.isatty():
        screen.print(view(document, None))
        return
    from rich.live import Live

    before: Optional[Dict[str, Any]] = None
    try:
        with Live(view(document, None), console=screen, auto_refresh=False, transient=False) as live:
            while True:
                time.sleep(pause)
                before, document = document, client.request("status")
                live.update(view(document, before), refresh=True)
    except KeyboardInterrupt:
        pass  # the usual end
