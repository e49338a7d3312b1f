"""What a failed TLS handshake means, in words that help an operator."""

from __future__ import annotations

import asyncio
import ssl
from typing import Optional

#: By X509_V_ERR_…: OpenSSL's numbers are fixed.
_VERIFY = {
    3: "there is no revocation list of the CA: the file of crl= needs one for each CA",
    9: "the peer's certificate is not yet valid: compare the time of both machines",
    10: "the peer's certificate has expired: renew it; a node reads renewed files by itself",
    12: "the revocation list of crl= has expired: renew it",
    18: "the peer's certificate is signed by itself and by no CA: issue it with the CA of ca=",
    19: "the peer's certificate is of another CA than that of ca=",
    20: "the peer's certificate is of another CA than that of ca=",
    21: "the peer's certificate is of another CA than that of ca=",
    23: "the peer's certificate is revoked",
    26: "the peer's certificate is for another purpose: extendedKeyUsage has to be missing, or to have clientAuth and serverAuth",
    79: "the CA of the peer's certificate is no CA: it lacks basicConstraints=CA:TRUE",
}

#: By `SSLError.reason`. An alert is the peer's verdict about this node.
_REASONS = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the peer has sent no certificate: it needs TLS(cert=…, key=…)",
    "WRONG_VERSION_NUMBER": "the peer does not speak TLS: give it tls=, or connect to another port",
    "HTTP_REQUEST": "the peer speaks HTTP and not TLS",
    "HTTPS_PROXY_REQUEST": "the peer speaks HTTP and not TLS",
    "UNEXPECTED_MESSAGE": "the peer does not speak TLS as expected",
    "RECORD_LAYER_FAILURE": "the peer does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "the peer speaks an older version of TLS than TLS(minimum=…) allows",
    "NO_SHARED_CIPHER": "the two sides have no cipher in common",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the peer allows no version of TLS that this node speaks",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the peer requires a certificate of this node: TLS(cert=…, key=…)",
    "TLSV1_ALERT_UNKNOWN_CA": "the peer does not trust this node's certificate: it is of another CA than the peer's ca=",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the peer refuses this node's certificate: it has expired, or is not yet valid there",
    "SSLV3_ALERT_CERTIFICATE_REVOKED": "the peer refuses this node's certificate: it is revoked",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the peer refuses this node's certificate: it is not valid there",
    "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "the peer refuses this node's certificate: it is for another purpose",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "the peer refuses this node's certificate",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the peer refuses the handshake: look into its log",
}


def explain(error: BaseException) -> Optional[str]:
    """Returns what the error of a TLS connection means; None if it is no error of TLS.

    Args:
        error: What the handshake, or a read or write after it, has raised.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        meaning = _VERIFY.get(error.verify_code, "the peer's certificate is not valid")
        return f"{meaning} (OpenSSL: {error.verify_message})"
    if isinstance(error, ssl.SSLEOFError):
        return "the peer has ended the TLS handshake; it may have refused this node's certificate, or speak no TLS"
    if isinstance(error, ssl.SSLError):
        reason = error.reason or ""
        return f"{_REASONS.get(reason, 'TLS has failed')} (OpenSSL: {reason or error})"
    if isinstance(error, (asyncio.TimeoutError, TimeoutError)):
        return "the TLS handshake was not done in time"
    if isinstance(error, ConnectionAbortedError) and "handshake" in str(error):
        return "the TLS handshake was not done in time; the peer may speak no TLS"
    if isinstance(error, ConnectionResetError):
        return "the peer has reset the connection; a peer without TLS does so"
    return None


def looks_like_tls(data: bytes) -> bool:
    """Returns whether the first bytes of a connection are a TLS record of a handshake or an alert."""
    return len(data) >= 3 and data[0] in (0x15, 0x16) and data[1] == 3 and data[2] <= 4
