"""How long a TCP connection stays open without a sign of its peer's machine."""

from __future__ import annotations

import socket

#: Seconds without an acknowledgement of bytes that were sent, or of a probe, after which the system ends a connection.
SECONDS = 30
_PROBE_AFTER, _PROBE_EACH = 15, 5


def limit_patience(sock: socket.socket) -> None:
    """Has the system end a connection whose peer is gone without a word: its machine has lost its power, or a firewall has lost the state.

    Linux alone goes on for about a quarter of an hour, and meanwhile the node would not dial the peer again. A peer that reads nothing for
    so long loses its connection, too.
    """
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, number in (
        ("TCP_KEEPIDLE", _PROBE_AFTER),
        ("TCP_KEEPINTVL", _PROBE_EACH),
        ("TCP_KEEPCNT", (SECONDS - _PROBE_AFTER) // _PROBE_EACH),
        ("TCP_USER_TIMEOUT", SECONDS * 1000),
    ):
        option = getattr(socket, name, None)  # not each system has all
        if option is not None:
            sock.setsockopt(socket.IPPROTO_TCP, option, number)
