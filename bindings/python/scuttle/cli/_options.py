"""The options that many commands share, and what they mean for one command."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Annotated, Any, List, Optional

import typer

from ._client import PATIENCE, Client
from ._errors import CommandError, Exit

SOCKET_VARIABLE = "SCUTTLE_SOCKET"

SocketOption = Annotated[
    Optional[str],
    typer.Option(
        "--socket", metavar="PATH", help=f"The control socket of the node. Default: the variable {SOCKET_VARIABLE}."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON: one document, or a document in each line.")]


@dataclass
class Common:
    """The options in front of the command, and of the command itself, which go first."""

    socket: Optional[str]
    as_json: bool

    def client(self, patience: Optional[float] = PATIENCE) -> Client:
        """Returns a client of the node's control socket.

        Raises:
            CommandError: No option and no variable names a socket.
        """
        path = self.socket or os.environ.get(SOCKET_VARIABLE)
        if not path:
            message = f"which node? Give its control socket by --socket PATH, or by the variable {SOCKET_VARIABLE}"
            raise CommandError(message, Exit.USAGE)
        return Client(path, patience)


def common(context: typer.Context, socket: Optional[str] = None, as_json: bool = False) -> Common:
    """Returns the options of a command, with those in front of it."""
    before: Any = context.obj
    if not isinstance(before, Common):
        return Common(socket, as_json)
    return Common(socket or before.socket, as_json or before.as_json)


def complete_key(context: typer.Context, incomplete: str) -> List[str]:
    """Completes a key by those of the node, if there is one and it is quick."""
    socket: Optional[str] = None
    place: Any = context
    while place is not None and not socket:
        socket = (place.params or {}).get("socket")
        place = place.parent
    path = socket or os.environ.get(SOCKET_VARIABLE)
    if not path:
        return []
    try:
        client = Client(path, 1.0)
        return [
            item["key"]
            for item in client.stream("ls", {"prefix": incomplete, "limit": 100})
            if item["key"].isprintable()
        ]
    except CommandError:
        return []


KeyArgument = Annotated[str, typer.Argument(help="The key.", autocompletion=complete_key, show_default=False)]
PrefixArgument = Annotated[
    str, typer.Argument(help="Begins the keys. Default: all keys.", autocompletion=complete_key, show_default=False)
]
