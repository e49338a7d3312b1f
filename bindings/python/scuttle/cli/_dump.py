"""The command dump: everything as lines, of a store or of a node."""

from __future__ import annotations

from typing import Annotated, Any, Dict, Iterator, Optional

import typer

from ._client import Client
from ._control_format import OWN_PREFIX, lines_of
from ._options import JsonOption, SocketOption, common
from ._output import write_json, write_line
from ._progress import ProgressBar

StoreArgument = Annotated[
    Optional[str],
    typer.Argument(
        help="A folder of a file store, a file in it, or sqlite:///PATH. Default: the node.", show_default=False
    ),
]
NameOption = Annotated[
    Optional[str],
    typer.Option("--name", metavar="NAME", help="The name of the replica, if the store has more than one."),
]


def dump(
    context: typer.Context,
    store: StoreArgument = None,
    name: NameOption = None,
    full: Annotated[
        bool,
        typer.Option("--full", help="Print the lines of an export: with times to live, deletes and versions, too."),
    ] = False,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print all keys and values as lines of JSON.

    `scuttle load` reads them. A store is read as it is, and a folder also while a node has it open.
    """
    options = common(context, socket, as_json)
    if store is None:
        client = options.client()
        if full:
            total, lines = None, client.stream("export")
        else:
            total, lines = client.request("status")["keys"], _pairs_of(client)
    else:
        from ._offline import replica_of

        with replica_of(store, name) as replica:
            if full:
                exported = lines_of(replica.export())
                total, lines = len(exported), iter(exported)
            else:
                pairs = [pair for pair in replica.items() if not pair[0].startswith(OWN_PREFIX)]
                total, lines = len(pairs), ({"key": key, "value": value} for key, value in pairs)
    with ProgressBar("dump", total) as bar:
        for line in lines:
            write_line(line) if full else write_json(line)
            bar.add(1)


def _pairs_of(client: Client) -> Iterator[Dict[str, Any]]:
    return client.stream("ls", {"values": True})
