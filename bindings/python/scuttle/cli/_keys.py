"""The commands for keys: get, set, del, ls, history."""

from __future__ import annotations

import sys
from typing import Annotated, Any, Dict, Optional

import typer

from ._client import given
from ._errors import CommandError, Exit
from ._options import JsonOption, KeyArgument, PrefixArgument, SocketOption, common
from ._output import write_json, write_line
from ._values import duration, shown, shown_json, value_of_word

DurableOption = Annotated[bool, typer.Option("--durable", help="Return once the node's disk has the write.")]
ConfirmedOption = Annotated[
    int,
    typer.Option(
        "--confirmed", metavar="N", min=0, show_default=False, help="Return once N peers have confirmed the write."
    ),
]
TimeoutOption = Annotated[
    Optional[str],
    typer.Option(
        "--timeout",
        metavar="TIME",
        help="The longest wait for --durable and --confirmed. The write itself stays. Default: none.",
    ),
]


def get(
    context: typer.Context,
    key: KeyArgument,
    raw: Annotated[bool, typer.Option("--raw", help="Print a string without quotes.")] = False,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the value of a key, as JSON. An absent key: exit code 1."""
    options = common(context, socket, as_json)
    found = options.client().request("get", {"key": key})
    value = found["value"]
    if options.as_json:
        write_json({"key": key, **found})
    elif raw and isinstance(value, str):
        write_line(value)
    else:
        write_line(shown_json(value))


def set_key(
    context: typer.Context,
    key: KeyArgument,
    value: Annotated[str, typer.Argument(help="JSON; with --string, any text. -: standard input.", show_default=False)],
    string: Annotated[bool, typer.Option("--string", help="The value is a string, as it stands.")] = False,
    ttl: Annotated[
        Optional[str],
        typer.Option("--ttl", metavar="TIME", help="Delete the key after this time, such as 30s, 5m, 2h."),
    ] = None,
    durable: DurableOption = False,
    confirmed: ConfirmedOption = 0,
    timeout: TimeoutOption = None,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set a key."""
    options = common(context, socket, as_json)
    text = _standard_input(string) if value == "-" else value
    decoded = text if string else value_of_word(text)
    waiting = _waiting(durable, confirmed, timeout)
    waiting["fields"].update(given(key=key, ttl=_seconds("--ttl", ttl)), value=decoded)
    options.client().request("set", **waiting)
    if options.as_json:
        write_json({"key": key, "value": decoded})


def delete(
    context: typer.Context,
    key: KeyArgument,
    durable: DurableOption = False,
    confirmed: ConfirmedOption = 0,
    timeout: TimeoutOption = None,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Delete a key. An absent key: exit code 1."""
    options = common(context, socket, as_json)
    waiting = _waiting(durable, confirmed, timeout)
    waiting["fields"].update(key=key)
    options.client().request("del", **waiting)
    if options.as_json:
        write_json({"key": key, "deleted": True})


def ls(
    context: typer.Context,
    prefix: PrefixArgument = "",
    values: Annotated[bool, typer.Option("--values", help="Print each value, too, behind a tab.")] = False,
    limit: Annotated[Optional[int], typer.Option("--limit", metavar="N", min=0, help="Print the first N keys.")] = None,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """List keys, in byte order."""
    options = common(context, socket, as_json)
    for item in options.client().stream("ls", given(prefix=prefix, values=values, limit=limit)):
        if options.as_json:
            write_json(item)
        else:
            write_line(f"{shown(item['key'])}\t{shown_json(item['value'])}" if values else shown(item["key"]))


def history(
    context: typer.Context,
    prefix: PrefixArgument = "",
    limit: Annotated[
        Optional[int], typer.Option("--limit", metavar="N", min=0, help="Print the newest N updates.")
    ] = None,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the newest updates, oldest first.

    Each line has version, source, key, and the value or the word deleted or expired. The node's history holds a limited number.
    """
    options = common(context, socket, as_json)
    for item in options.client().stream("history", given(prefix=prefix, limit=limit)):
        if options.as_json:
            write_json(item)
        else:
            end = "expired" if item["expired"] else "deleted" if item["deleted"] else shown_json(item["value"])
            write_line(f"{item['version']}\t{shown(item['source'])}\t{shown(item['key'])}\t{end}")


def _waiting(durable: bool, confirmed: int, timeout: Optional[str]) -> Dict[str, Any]:
    """Returns the fields of a write that say what it waits for, and how long the client waits for it."""
    seconds = _seconds("--timeout", timeout)
    if seconds is not None and not (durable or confirmed):
        raise CommandError(
            "--timeout needs --durable or --confirmed: without them there is nothing to wait for", Exit.USAGE
        )
    fields = given(durable=durable or None, confirmed=confirmed or None, timeout=seconds)
    return {"wait": seconds if durable or confirmed else 0.0, "fields": fields}


def _seconds(option: str, text: Optional[str]) -> Optional[float]:
    if text is None:
        return None
    try:
        return duration(text)
    except ValueError as error:
        raise CommandError(f"{option}: {error}", Exit.USAGE) from None


def _standard_input(is_string: bool) -> str:
    """Returns what standard input has; of a string one newline at the end is left out, as shells do."""
    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        raise CommandError("standard input is not UTF-8", Exit.USAGE) from None
    return text[:-1] if is_string and text.endswith("\n") else text
