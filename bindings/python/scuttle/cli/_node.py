"""The command node: a node as a process, until it is told to end."""

from __future__ import annotations

from typing import Annotated, List, Optional

import typer

from ._errors import CommandError, Exit
from ._options import SOCKET_VARIABLE, JsonOption, SocketOption, common
from ._settings import LOG_LEVELS, TRANSPORTS, Settings
from ._values import duration


def node(
    context: typer.Context,
    name: Annotated[
        Optional[str],
        typer.Option("--name", metavar="NAME", help="The node's name, unique among those that run at one time."),
    ] = None,
    listen: Annotated[
        Optional[str],
        typer.Option(
            "--listen", metavar="HOST:PORT", help="Accept peers at this address; also unix:PATH. Port 0: a free one."
        ),
    ] = None,
    peer: Annotated[
        Optional[List[str]], typer.Option("--peer", metavar="HOST:PORT", help="The address of a peer. Repeatable.")
    ] = None,
    advertise: Annotated[
        Optional[str],
        typer.Option(
            "--advertise", metavar="HOST:PORT", help="The address by which peers reach this node, if it is another."
        ),
    ] = None,
    transport: Annotated[
        Optional[str], typer.Option("--transport", metavar="|".join(TRANSPORTS), help="Default: tcp.")
    ] = None,
    socket: SocketOption = None,
    store: Annotated[
        Optional[str],
        typer.Option(
            "--store", metavar="PATH", help="Keep everything in this folder, or in sqlite:///PATH. Default: in memory."
        ),
    ] = None,
    config: Annotated[
        Optional[str],
        typer.Option("--config", metavar="FILE", help="Read settings from this TOML file; options go before them."),
    ] = None,
    cluster: Annotated[
        Optional[str], typer.Option("--cluster", metavar="NAME", help="Accept peers of this cluster only.")
    ] = None,
    tls_ca: Annotated[
        Optional[str],
        typer.Option("--tls-ca", metavar="FILE", help="The certificate of the authority, for TLS with peers."),
    ] = None,
    tls_cert: Annotated[
        Optional[str],
        typer.Option("--tls-cert", metavar="FILE", help="The node's certificate; it has the node's name."),
    ] = None,
    tls_key: Annotated[
        Optional[str], typer.Option("--tls-key", metavar="FILE", help="The key of the certificate.")
    ] = None,
    psk_file: Annotated[
        Optional[str], typer.Option("--psk-file", metavar="FILE", help="The pre-shared key, for UDP.")
    ] = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Allow peers on other machines without TLS or a pre-shared key.")
    ] = False,
    gossip: Annotated[
        Optional[str], typer.Option("--gossip", metavar="TIME", help="The time between two gossips. Default: 0.5s.")
    ] = None,
    metrics: Annotated[
        Optional[str],
        typer.Option("--metrics", metavar="HOST:PORT", help="Serve figures for Prometheus at this address."),
    ] = None,
    log_level: Annotated[
        Optional[str], typer.Option("--log-level", metavar="|".join(LOG_LEVELS), help="Default: warning.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a node until SIGTERM or ^C. One line says that it is ready."""
    import os

    from ._config_file import read_config
    from ._running import run_node

    options = common(context, socket, as_json)
    try:
        seconds = None if gossip is None else duration(gossip)
    except ValueError as error:
        raise CommandError(f"--gossip: {error}", Exit.USAGE) from None
    given = Settings(
        name=name,
        listen=listen,
        peers=tuple(peer or ()),
        advertise=advertise,
        transport=transport,
        socket=options.socket,
        store=store,
        cluster=cluster,
        tls_ca=tls_ca,
        tls_cert=tls_cert,
        tls_key=tls_key,
        psk_file=psk_file,
        insecure=insecure or None,
        gossip=seconds,
        metrics=metrics,
        log_level=log_level,
    )
    file = read_config(config) if config else Settings()
    settings = given.over(file).over(Settings(socket=os.environ.get(SOCKET_VARIABLE) or None))
    settings.check()
    run_node(settings, options.as_json)
