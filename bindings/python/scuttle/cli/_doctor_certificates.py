"""Checks of certificates: what a peer with the same authority would say."""

from __future__ import annotations

import os
import time
from typing import Iterator

from ..aio import TLS
from ..errors import ScuttleError
from ._checks import FAIL, OK, WARN, Check
from ._settings import Settings

_SOON = 14 * 86400


def check_certificates(settings: Settings) -> Iterator[Check]:
    """Yields the checks."""
    ca, cert, key = settings.tls_ca, settings.tls_cert, settings.tls_key
    if ca is None or cert is None or key is None:
        yield Check(
            FAIL, "certificate", "TLS needs all of --tls-ca, --tls-cert and --tls-key", "give those that are missing"
        )
        return
    try:
        tls = TLS(
            ca=ca, cert=cert, key=key
        )  # reads the files, and lets both sides of a connection verify the certificate
    except (ScuttleError, ValueError, OSError) as error:
        yield Check(FAIL, "certificate", str(error), "issue it anew, or correct the paths")
        return
    yield Check(OK, "certificate", f"{cert} fits its key, and {ca} has issued it")
    left = tls.identity.expires - time.time()
    date = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(tls.identity.expires))
    if left < _SOON:
        yield Check(
            WARN,
            "dates",
            f"{cert} expires on {date}, in {left / 86400:.1f} days",
            "renew it: SIGHUP lets the node read it at once",
        )
    else:
        yield Check(OK, "dates", f"{cert} is valid until {date}")
    yield from _check_name(tls, settings)
    if os.stat(key).st_mode & 0o077:
        yield Check(WARN, "key", f"other users of this machine can read {key}", f"chmod 600 {key}")


def _check_name(tls: TLS, settings: Settings) -> Iterator[Check]:
    names = ", ".join(sorted(map(repr, tls.identity.names))) or "no name"
    if settings.name is None:
        yield Check(WARN, "name", f"the certificate proves {names}", "give --name, to check that it is the node's")
        return
    try:
        tls.check_name(settings.name)
    except ScuttleError as error:
        yield Check(FAIL, "name", str(error))
    else:
        yield Check(OK, "name", f"the certificate proves {settings.name!r}")
