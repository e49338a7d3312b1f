"""Tokens for senders of plain datagrams that have no link yet, so that a link is opened for nobody's false address.

A link has a token of its own for this, but a link takes memory. Here the token follows from the sender's address and a secret,
so it takes none. docs/reference/protocol.md, "Echo and challenge", has the messages.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any, Optional, Tuple

#: More than a hello and its echo, with the longest source and cluster. Longer datagrams of unknown senders are not read.
_MAX_BYTES = 8192


class Challenger:
    """Decides about datagrams of unknown senders. Constant memory."""

    def __init__(self) -> None:
        self._secret = os.urandom(32)

    def token(self, address: Tuple[Any, ...]) -> int:
        """Returns the token of an address: 1 to 2^53-1."""
        digest = hmac.new(self._secret, repr(address[:2]).encode(), hashlib.sha256).digest()
        return (int.from_bytes(digest[:8], "big") >> 11) or 1

    def receive(self, datagram: bytes, address: Tuple[Any, ...]) -> Tuple[bool, Optional[bytes]]:
        """Reads a datagram of an unknown sender. O(bytes).

        Returns:
            Whether the sender has echoed the token of its address, so a link may be opened and given the datagram; and otherwise a
            reply, which is no longer than the datagram.
        """
        if len(datagram) > _MAX_BYTES:
            return False, None
        token = None
        is_first = True
        for line in datagram.split(b"\n")[:2]:
            try:
                message = json.loads(line.decode("utf-8"))
            except (ValueError, RecursionError):
                return False, None
            if not isinstance(message, dict):
                return False, None
            echo = message.get("echo")
            if is_first and isinstance(echo, int) and hmac.compare_digest(b"%d" % echo, b"%d" % self.token(address)):
                return True, None
            hello = message.get("hello")
            if isinstance(hello, dict):
                token = hello.get("token")
                break
            is_first = False
        if not isinstance(token, int) or isinstance(token, bool) or not 0 < token < 1 << 63:
            return False, None
        reply = b'{"digest":true,"echo":%d}\n{"digest":true,"challenge":%d}\n' % (token, self.token(address))
        return False, reply if len(reply) <= len(datagram) else None
