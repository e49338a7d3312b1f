"""The command `forget`: a name that will not be back."""

from __future__ import annotations

from typing import Annotated

import typer

from ._options import JsonOption, SocketOption, common
from ._output import write_json


def forget(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The name of a node that will not be back.", show_default=False)],
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Retire the name of a node for good.

    All nodes learn of it, and tombstones no longer wait for that node. What it wrote stays. An unknown name: exit code 1.
    """
    options = common(context, socket, as_json)
    options.client().request("forget", {"name": name})
    if options.as_json:
        write_json({"name": name, "retired": True})
