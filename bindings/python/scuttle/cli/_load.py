"""The command load: the lines of a dump into a node or a store."""

from __future__ import annotations

import os
import stat
import sys
from contextlib import nullcontext
from typing import Annotated, Any, BinaryIO, Callable, Iterator, List, Optional, Tuple

import typer

from ._client import Client, given
from ._control_format import OWN_PREFIX
from ._dump import NameOption, StoreArgument
from ._errors import CommandError, Exit
from ._options import JsonOption, SocketOption, common
from ._output import write_json
from ._progress import ProgressBar
from ._values import NotJSON, abridge, parse_value, to_json

#: Keys and bytes of one batch: few enough for a line of the control socket, and for a node that serves peers meanwhile.
_BATCH_KEYS = 500
_BATCH_BYTES = 256 << 10
#: Bytes of a line: the largest value of the default limits in its longest spelling, and some.
_LINE_BYTES = 16 << 20
#: How the first line of an export begins.
_EXPORT = b'{"digest":true,"export":'

Pair = Tuple[str, Any]


def load(
    context: typer.Context,
    store: StoreArgument = None,
    name: NameOption = None,
    input: Annotated[
        Optional[str], typer.Option("--input", metavar="FILE", help="Read this file. Default: standard input.")
    ] = None,
    durable: Annotated[bool, typer.Option("--durable", help="Return once the node's disk has everything.")] = False,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Set all keys of a dump.

    They go into a node, or into a STORE that no node has open.

    The lines of `dump --full` go into a new store, which continues the replica that they are of.
    """
    options = common(context, socket, as_json)
    _check_store(store)
    with _opened(input) as file:
        first = file.readline(_LINE_BYTES + 1)
        if first.startswith(_EXPORT):
            if store is None:
                message = (
                    "these are the lines of `dump --full`, which go into a new store: scuttle load STORE --name NAME"
                )
                raise CommandError(message, Exit.USAGE)
            from ._offline import import_export

            count = import_export(store, name, first + file.read())
        else:
            with ProgressBar("load", _size_of(file)) as bar:
                if store is None:
                    count = _load(first, file, bar, _to_node(options.client(), durable))
                else:
                    from ._offline import opened_for_writing

                    with opened_for_writing(store, name) as opened:
                        count = _load(first, file, bar, opened.write)
    if options.as_json:
        write_json({"keys": count})


def _check_store(store: Optional[str]) -> None:
    """Stops the command before it reads standard input, because whoever gives the dump for the STORE has nothing there."""
    if store is not None and os.path.isfile(store):
        message = f"{store} is a file, and a STORE is a folder or sqlite:///PATH: for its lines, give --input {store}"
        raise CommandError(message, Exit.USAGE)


def _load(first: bytes, file: BinaryIO, bar: ProgressBar, write: Callable[[List[Pair]], object]) -> int:
    """Writes the pairs of a file in batches; returns their number."""
    count, batch, size = 0, [], 0
    try:
        for pair, length in _pairs(first, file):
            batch.append(pair)
            size += length
            if len(batch) >= _BATCH_KEYS or size >= _BATCH_BYTES:
                write(batch)
                count, batch, size = count + len(batch), [], 0
            bar.add(length)
        if batch:
            write(batch)
            count += len(batch)
    except CommandError as error:
        raise CommandError(f"{error.message} ({_keys(count)} before that are set)", error.code) from None
    return count


def _keys(count: int) -> str:
    return f"{count:,} key{'' if count == 1 else 's'}"


def _to_node(client: Client, durable: bool) -> Callable[[List[Pair]], object]:
    fields = given(durable=durable or None)
    wait = None if durable else 0.0
    return lambda batch: client.request("set_many", {"pairs": batch, **fields}, wait=wait)


def _pairs(first: bytes, file: BinaryIO) -> Iterator[Tuple[Pair, int]]:
    """Yields each pair with the bytes of its line."""
    number, line = 1, first
    while line:
        if len(line) > _LINE_BYTES:
            raise _wrong(number, f"it is longer than {_LINE_BYTES:,} bytes")
        if line.strip():
            yield _pair(line, number), len(line)
        number, line = number + 1, file.readline(_LINE_BYTES + 1)


def _pair(line: bytes, number: int) -> Pair:
    try:
        document = parse_value(str(line, "utf-8"))
    except (NotJSON, UnicodeDecodeError) as error:
        raise _wrong(number, f"it is no JSON: {error}") from None
    if not isinstance(document, dict) or set(document) != {"key", "value"} or not isinstance(document["key"], str):
        found = abridge(to_json(document)) if number == 1 else ""
        hint = f", and is {found}" if found else ""
        raise _wrong(number, f'a line of a dump is {{"key":KEY,"value":VALUE}}{hint}')
    key = document["key"]
    if key.startswith(OWN_PREFIX):
        raise _wrong(
            number, f"the key {abridge(key)!r} belongs to nodes: keys of others do not begin with {OWN_PREFIX}"
        )
    return key, document["value"]


def _wrong(number: int, why: str) -> CommandError:
    return CommandError(f"line {number} cannot be loaded: {why}", Exit.DATA)


def _opened(path: Optional[str]) -> Any:
    if path is None or path == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return open(path, "rb")
    except OSError as error:
        raise CommandError(f"cannot read {path}: {error.strerror}", Exit.DATA) from None


def _size_of(file: BinaryIO) -> Optional[float]:
    """Returns the bytes of a file; None if it is a pipe or a terminal."""
    try:
        found = os.fstat(file.fileno())
    except OSError:  # no file of the system
        return None
    return float(found.st_size) if stat.S_ISREG(found.st_mode) else None
