"""The command doctor: checks of a node's parts, each with what to do."""

from __future__ import annotations

from typing import Annotated, Iterator, Optional

import typer

from ._checks import FAIL, OK, WARN, Check
from ._errors import CommandError, Exit
from ._options import JsonOption, SocketOption, common
from ._output import console, write_json
from ._settings import Settings
from ._values import shown

_STYLES = {OK: "green", WARN: "yellow", FAIL: "bold red"}


def doctor(
    context: typer.Context,
    config: Annotated[
        Optional[str], typer.Option("--config", metavar="FILE", help="Check what this configuration file names.")
    ] = None,
    store: Annotated[Optional[str], typer.Option("--store", metavar="STORE", help="Check this store.")] = None,
    name: Annotated[
        Optional[str],
        typer.Option("--name", metavar="NAME", help="The name of the node, for its file and certificate."),
    ] = None,
    tls_ca: Annotated[
        Optional[str], typer.Option("--tls-ca", metavar="FILE", help="Check certificates: the authority's.")
    ] = None,
    tls_cert: Annotated[
        Optional[str], typer.Option("--tls-cert", metavar="FILE", help="The node's certificate.")
    ] = None,
    tls_key: Annotated[Optional[str], typer.Option("--tls-key", metavar="FILE", help="Its key.")] = None,
    socket: SocketOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check versions, store, certificates, node.

    It changes nothing. A check that fails: exit code 1.
    """
    import os

    from ._config_file import read_config
    from ._options import SOCKET_VARIABLE

    options = common(context, socket, as_json)
    given = Settings(name=name, store=store, tls_ca=tls_ca, tls_cert=tls_cert, tls_key=tls_key, socket=options.socket)
    read = read_config(config) if config else Settings()
    settings = given.over(read).over(Settings(socket=os.environ.get(SOCKET_VARIABLE) or None))
    screen = console()
    has_failed = False
    for check in _checks(settings, config):
        has_failed = has_failed or check.level == FAIL
        if options.as_json:
            write_json(check._asdict(), flush=True)
        else:
            from rich.text import Text

            line = Text(f"{check.level:<4}", style=_STYLES[check.level])
            line.append(f"  {check.subject}: {_printable(check.text)}", style="none")
            if check.advice:
                line.append(f"; {_printable(check.advice)}", style="none")
            screen.print(line, soft_wrap=True)
    if has_failed:
        raise typer.Exit(Exit.ABSENT)


def _checks(settings: Settings, config: Optional[str]) -> Iterator[Check]:
    from ._doctor_node import check_node
    from ._doctor_package import check_package
    from ._doctor_store import check_store

    yield from check_package()
    if config:
        yield _configuration(settings, config)
    if settings.store:
        yield from check_store(settings.store, settings.name)
    if settings.tls_ca or settings.tls_cert or settings.tls_key:
        from ._doctor_certificates import check_certificates

        yield from check_certificates(settings)
    if settings.socket:
        yield from check_node(settings)
    elif not (settings.store or settings.tls_cert):
        yield Check(WARN, "scope", "only the package was checked", "give --config, --store, --tls-… or --socket")


def _configuration(settings: Settings, config: str) -> Check:
    try:
        settings.check()
    except CommandError as error:
        return Check(FAIL, "configuration", f"{config}: {error.message}", "correct the file")
    return Check(OK, "configuration", f"{config} is valid")


def _printable(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if one_line.isprintable() else shown(one_line)
