"""TLS for a node: contexts that follow their files, and the names that certificates prove."""

from __future__ import annotations

import logging
import os
import ssl
from typing import Any, FrozenSet, Mapping, NamedTuple, Optional, Tuple, Union

from ._certificates import Names, proven_names
from ._tls_errors import explain
from ._tls_files import Files, Path, Stamp, TLSError, certificate_of, check_minimum

_logger = logging.getLogger("scuttle.aio")


class TLSIdentity(NamedTuple):
    """A node's own certificate, after a handshake of the node with itself."""

    #: The replica names that the certificate proves to peers with the same `names`.
    names: FrozenSet[str]
    #: Seconds since the epoch at which the certificate expires.
    expires: float
    #: The certificate, as `ssl.SSLSocket.getpeercert` returns it.
    certificate: Mapping[str, Any]


class TLS:
    """Mutual authentication by certificates of one CA.

    Both sides of a connection send a certificate, and each verifies that of the other against `ca`. The certificate also proves the peer's
    name: its hello may claim only a name that `names` makes of the certificate. Without `names` that are the DNS entries of
    subjectAltName, or the common name if there are none; each is the name of a replica, letter by letter. The names of hosts
    do not matter, so certificates stay valid if addresses change.

    The files may be renewed at any time: a new connection uses the files as they are then. If they cannot be used, the node logs that, and
    goes on with the files before. Connections that are open stay open.

    Any thread may use it, and any number of nodes.
    """

    def __init__(
        self,
        *,
        ca: Path,
        cert: Path,
        key: Optional[Path] = None,
        password: Optional[Union[str, bytes]] = None,
        crl: Optional[Path] = None,
        names: Optional[Names] = None,
        minimum: str = "1.3",
        handshake_timeout: float = 10.0,
    ) -> None:
        """Reads the files, which are in PEM.

        Args:
            ca: The certificates of the CAs whose certificates peers may have. No CA of the system counts.
            cert: This node's certificate, and behind it those of intermediate CAs.
            key: The private key of `cert`; None: it is in the same file.
            password: Decrypts the key. None: the key is not encrypted.
            crl: Revocation lists, one for each CA that issues certificates of peers. A peer whose certificate is in one is refused, and
                so is every peer once the list has expired.
            names: Replica names by certificate names: a mapping, or a callable. None: they are the same.
            minimum: The lowest version of TLS, "1.3" or "1.2".
            handshake_timeout: Seconds after which an incomplete handshake ends.

        Raises:
            TLSError: A file cannot be used, or the certificate would be refused by a node with the same files.
            ValueError: `minimum` or `handshake_timeout` is not valid.
        """
        if not handshake_timeout > 0:
            raise ValueError(f"handshake_timeout={handshake_timeout!r} is not above 0")
        secret = password.encode() if isinstance(password, str) else password
        self._files = Files(
            os.fspath(ca),
            os.fspath(cert),
            os.fspath(cert if key is None else key),
            None if crl is None else os.fspath(crl),
            secret,
            check_minimum(minimum),
        )
        self._files.warn_if_readable()
        self.names = names
        self.handshake_timeout = handshake_timeout
        self._stamp: Stamp = self._files.stamp()
        self._server, self._client, self._identity = self._read()
        # asyncio and uvloop accept an instance of SSLContext, and call wrap_bio for each connection.
        self._faces = {side: _Following(self, side) for side in (True, False)}

    def __repr__(self) -> str:
        return f"scuttle.aio.TLS(ca={self._files.ca!r}, cert={self._files.cert!r})"  # no key, no password

    @property
    def identity(self) -> TLSIdentity:
        """This node's certificate, as the next connection will use it."""
        self.refresh()
        return self._identity

    def context(self, *, server_side: bool) -> ssl.SSLContext:
        """Returns a context that uses the files as they are at the start of each connection.

        Pass it as `ssl` to asyncio, with `server_hostname=""` on the client's side. It is for `wrap_bio` alone.
        """
        return self._faces[server_side]

    def current(self, server_side: bool) -> ssl.SSLContext:
        """Returns a context of the files as they are now."""
        self.refresh()
        return self._server if server_side else self._client

    def refresh(self) -> None:
        """Reads the files again if one has changed. If they cannot be used, logs that once, and keeps those before."""
        stamp = self._files.stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp  # before reading: a change meanwhile shows at the next call
        try:
            self._server, self._client, self._identity = self._read()
        except TLSError as error:
            _logger.error("certificates have changed and cannot be used, so those before stay in use: %s", error)
        else:
            _logger.info("certificates were read again: %s", self._files.cert)

    def proven_names(self, connection: Any) -> FrozenSet[str]:
        """Returns the replica names that the peer of a connection has proved: none if `names` raises.

        Args:
            connection: The `ssl.SSLObject` of the connection, as `transport.get_extra_info("ssl_object")` returns it.
        """
        try:
            return proven_names(connection.getpeercert() or {}, self.names)
        except Exception:  # of the host's `names`
            _logger.exception("names= of TLS has failed for a peer, so the peer proves no name")
            return frozenset()

    def check_name(self, name: str) -> None:
        """Raises TLSError unless this node's own certificate proves `name`: peers would refuse the node."""
        names = self.identity.names
        if name not in names:
            proven = ", ".join(sorted(map(repr, names))) or "no name"
            raise TLSError(
                f"the certificate {self._files.cert!r} proves {proven}, and the node's name is {name!r}, so peers would refuse it; issue "
                f"a certificate with subjectAltName=DNS:{name}, or map names by TLS(names=…)"
            )

    def _read(self) -> Tuple[ssl.SSLContext, ssl.SSLContext, TLSIdentity]:
        server, client = self._files.context(True), self._files.context(False)
        try:
            certificate = certificate_of(server, client)
        except ssl.SSLError as error:
            reason = (explain(error) or str(error)).replace("the peer's", "this node's")
            raise TLSError(f"peers would refuse cert={self._files.cert!r}: {reason}") from None
        expires = float(ssl.cert_time_to_seconds(certificate["notAfter"]))
        return server, client, TLSIdentity(proven_names(certificate, self.names), expires, certificate)


class _Following(ssl.SSLContext):
    """A context that makes each connection with the context of the present files."""

    _tls: TLS
    _server_side: bool

    def __new__(cls, tls: TLS, server_side: bool) -> _Following:
        made = super().__new__(cls, ssl.PROTOCOL_TLS_SERVER if server_side else ssl.PROTOCOL_TLS_CLIENT)
        made._tls, made._server_side = tls, server_side
        return made

    def __init__(self, tls: TLS, server_side: bool) -> None:
        pass

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """Begins a connection."""
        return self._tls.current(self._server_side).wrap_bio(*arguments, **options)
