"""Which addresses a node speaks to in plain text: loopback addresses and Unix sockets.

The rule looks at addresses, after names were resolved, and never at names, because a name proves nothing about its address.
"""

from __future__ import annotations

from typing import Any

from ..errors import ArgumentError
from ._addresses import is_loopback


class InsecureError(ArgumentError):
    """A node without encryption was to listen on, or to connect to, an address that is neither a loopback address nor a Unix socket."""


def is_local(address: Any) -> bool:
    """Returns whether packets to or from a socket's address stay on this machine.

    Args:
        address: As of `getsockname`, `getpeername` or `getaddrinfo`: a tuple with an IP address, or the path of a Unix socket.
            An IPv4 address inside an IPv6 address counts as itself. An unspecified address, such as 0.0.0.0, is not local: a socket
            bound to it receives from everywhere.
    """
    if isinstance(address, (str, bytes)):
        return True  # a Unix socket
    # A name, which nobody has resolved, is not local either.
    return isinstance(address, tuple) and len(address) > 0 and is_loopback(str(address[0]))


def is_allowed(address: Any, *, is_encrypted: bool, insecure: bool) -> bool:
    """Returns whether a node exchanges bytes with the address."""
    return is_encrypted or insecure or is_local(address)


def advice(is_datagram: bool) -> str:
    """Returns the ways out, for the end of a message, in words for programs and for the command line."""
    protection = "psk (32 bytes or more, the same on each node)" if is_datagram else "tls (ca, cert and key)"
    return f"set {protection}, listen on 127.0.0.1, or set insecure if you trust everybody on the network"


def check(address: Any, purpose: str, *, is_encrypted: bool, insecure: bool, is_datagram: bool = False) -> None:
    """Raises InsecureError unless the node may use the address.

    Args:
        purpose: What the node was to do, such as "listen on".
    """
    if not is_allowed(address, is_encrypted=is_encrypted, insecure=insecure):
        kind = "UDP without a pre-shared key" if is_datagram else "TCP without TLS"
        raise InsecureError(
            f"cannot {purpose} {shown(address)}: it is no loopback address, and {kind} is neither encrypted nor authenticated; "
            + advice(is_datagram)
        )


def shown(address: Any) -> str:
    """Returns a socket's address as text: host:port, [v6]:port, or unix:path."""
    if isinstance(address, bytes):
        address = address.decode(errors="backslashreplace")
    if isinstance(address, str):
        return f"unix:{address}"
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
