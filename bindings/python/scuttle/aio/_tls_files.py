"""The files of a TLS configuration, and the contexts that are made of them."""

from __future__ import annotations

import logging
import os
import ssl
from typing import Any, Mapping, NamedTuple, Optional, Tuple, Union

from ..errors import HostError

_logger = logging.getLogger("scuttle.aio")

Path = Union[str, "os.PathLike[str]"]

#: (path, modification time, size, inode) of each file.
Stamp = Tuple[Tuple[str, int, int, int], ...]

_MINIMUM = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class TLSError(HostError):
    """A file of a TLS configuration cannot be used: it is missing, no certificate or key, expired, or the certificate is not of the CA."""


class Files(NamedTuple):
    """The paths of a TLS configuration."""

    ca: str
    cert: str
    key: str
    crl: Optional[str]
    password: Optional[bytes]
    minimum: str

    def stamp(self) -> Stamp:
        """Returns what shows that a file was replaced or written. A missing file has a stamp, too."""
        return tuple(_stamp(path) for path in (self.ca, self.cert, self.key, self.crl) if path is not None)

    def warn_if_readable(self) -> None:
        """Logs that every user of this machine can read the private key. A group may: some systems have one for keys."""
        try:
            mode = os.stat(self.key).st_mode
        except OSError:
            return  # reading it says so
        if mode & 0o007:
            _logger.warning("key=%r can be read by all users of this machine: chmod 600", self.key)

    def context(self, server_side: bool) -> ssl.SSLContext:
        """Returns a context of the files as they are now.

        Raises:
            TLSError: A file cannot be used.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False  # names of replicas, not of hosts: see TLS
        context.verify_mode = ssl.CERT_REQUIRED
        context.minimum_version = _MINIMUM[self.minimum]
        context.options |= ssl.OP_NO_COMPRESSION | getattr(ssl, "OP_NO_RENEGOTIATION", 0)
        # A resumed session is not verified again, so an expired certificate would go on.
        context.options |= ssl.OP_NO_TICKET
        if server_side:
            context.num_tickets = 0
        self._load("ca", self.ca, context.load_verify_locations)
        if self.crl is not None:
            self._load("crl", self.crl, context.load_verify_locations)
            context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
        self._load("cert", self.cert, self._load_chain, context)
        return context

    def _load(self, field: str, path: str, load: Any, *arguments: Any) -> None:
        what = f"cert={self.cert!r} with key={self.key!r}" if field == "cert" else f"{field}={path!r}"
        try:
            load(*arguments, path)
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                raise TLSError(f"the key in {self.key!r} does not belong to the certificate in {self.cert!r}") from None
            raise TLSError(f"{what} cannot be read as PEM: {error.reason or error}") from None
        except OSError as error:
            raise TLSError(f"{what} cannot be read: {error.strerror or error}") from None

    def _load_chain(self, context: ssl.SSLContext, path: str) -> None:
        # Without a callable OpenSSL would read a password from the terminal.
        password = self.password if self.password is not None else b""
        context.load_cert_chain(path, self.key, lambda: password)


def _stamp(path: str) -> Tuple[str, int, int, int]:
    try:
        found = os.stat(path)
    except OSError:
        return (path, 0, -1, 0)
    return (path, found.st_mtime_ns, found.st_size, found.st_ino)


def check_minimum(minimum: str) -> str:
    """Returns the version. Raises ValueError if it is none."""
    if minimum not in _MINIMUM:
        raise ValueError(f"minimum={minimum!r} is neither '1.3' nor '1.2'")
    return minimum


def certificate_of(server: ssl.SSLContext, client: ssl.SSLContext) -> Mapping[str, Any]:
    """Returns the certificate of the contexts, after they have met in memory. So each verifies what its peers will.

    Raises:
        ssl.SSLError: One of them refuses the other.
    """
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    sides = [server.wrap_bio(to_server, to_client, server_side=True), client.wrap_bio(to_client, to_server)]
    waiting = list(reversed(sides))
    for _ in range(16):  # two round trips suffice
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
        if not waiting:
            break
    certificate = sides[0].getpeercert()
    if not certificate:
        raise ssl.SSLError("the handshake with itself does not end")
    return certificate
