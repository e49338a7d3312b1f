"""The settings of a node: those of the command line over those of the configuration file."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace
from typing import Dict, Optional, Tuple

from ._errors import CommandError, Exit

LOG_LEVELS = ("debug", "info", "warning", "error")
TRANSPORTS = ("tcp", "udp")


@dataclass(frozen=True)
class Settings:
    """The settings of a node. None: not set. docs/reference/command-line.md describes each."""

    name: Optional[str] = None
    listen: Optional[str] = None
    peers: Tuple[str, ...] = ()
    advertise: Optional[str] = None
    transport: Optional[str] = None
    socket: Optional[str] = None
    store: Optional[str] = None
    cluster: Optional[str] = None
    tls_ca: Optional[str] = None
    tls_cert: Optional[str] = None
    tls_key: Optional[str] = None
    psk_file: Optional[str] = None
    insecure: Optional[bool] = None
    gossip: Optional[float] = None
    metrics: Optional[str] = None
    log_level: Optional[str] = None
    limits: Dict[str, int] = field(default_factory=dict)

    def over(self, below: Settings) -> Settings:
        """Returns these settings, and those of `below` for what is not set here."""
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(below, **{name: value for name, value in given.items() if value not in (None, (), {})})

    def check(self) -> None:
        """Raises CommandError if settings are missing or do not go together."""
        if not self.name:
            _fail("a node needs a name: --name NAME, or `name` in the configuration file")
        if self.transport is not None and self.transport not in TRANSPORTS:
            _fail(f"the transport is {self.transport!r}; it must be {' or '.join(TRANSPORTS)}")
        if self.log_level is not None and self.log_level not in LOG_LEVELS:
            _fail(f"the log level is {self.log_level!r}; it must be one of {', '.join(LOG_LEVELS)}")
        if self.gossip is not None and not 0 < self.gossip <= 3600:
            _fail(f"gossip is {self.gossip:g}; it must be a number of seconds above 0, and at most 3600")
        given = [self.tls_ca, self.tls_cert, self.tls_key]
        if any(given) and not all(given):
            names = ("--tls-ca", "--tls-cert", "--tls-key")
            missing = ", ".join(name for name, value in zip(names, given) if not value)
            _fail(f"TLS needs --tls-ca, --tls-cert and --tls-key: {missing} is missing")
        if self.transport == "udp" and self.tls_ca:
            _fail("TLS protects TCP only: for --transport udp give --psk-file")
        if self.transport != "udp" and self.psk_file:
            _fail("--psk-file protects UDP only: for TCP give --tls-ca, --tls-cert and --tls-key")
        if not self.listen and not self.peers:
            _fail("the node would have no peers: give --listen HOST:PORT, --peer HOST:PORT, or both")
        for path in (self.tls_ca, self.tls_cert, self.tls_key, self.psk_file):
            if path and not os.access(path, os.R_OK):
                _fail(f"{path} cannot be read: check the path and the rights")


def _fail(message: str) -> None:
    raise CommandError(message, Exit.USAGE)
