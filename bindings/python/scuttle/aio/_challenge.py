"""Senders of plain datagrams: those that the node dials, and those that have echoed a token.

A link has a token of its own for this, but a link takes memory. Here the token of an unknown sender follows from its address and a
secret, so it needs none. docs/reference/protocol.md, "Echo and challenge", has the messages.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from typing import Any, List, Optional, Set, Tuple

from ._senders import NOTHING, Address, Received

#: More than a hello and its echo, with the longest source and cluster. Longer datagrams of unknown senders are not read.
_MAX_BYTES = 8192


class PlainSenders:
    """The known senders. It reads the messages of unknown ones itself."""

    overhead = 0

    def __init__(self) -> None:
        self._secret = os.urandom(32)
        self._known: Set[Address] = set()

    def receive(self, datagram: bytes, address: Address, now: float) -> Received:
        """Reads a datagram of anybody's. O(bytes). A reply is no longer than its datagram."""
        if address in self._known:
            return Received(datagram)
        if len(datagram) > _MAX_BYTES:
            return NOTHING
        first, second = map(_members, (datagram + b"\n").split(b"\n", 2)[:2])
        if _is_number(first.get("echo")) and first["echo"] == self._token(address):
            self._known.add(address)
            return Received(datagram, has_begun=True)
        hello = first.get("hello", second.get("hello"))
        token = hello.get("token") if isinstance(hello, dict) else None
        if not isinstance(token, int) or not _is_number(token):
            return NOTHING
        reply = b'{"digest":true,"echo":%d}\n{"digest":true,"challenge":%d}\n' % (token, self._token(address))
        return Received(reply=reply) if len(reply) <= len(datagram) else NOTHING

    def begin(self, address: Address, now: float) -> None:
        """Knows an address from now on."""
        self._known.add(address)

    def end(self, address: Address) -> None:
        """Knows an address no more."""
        self._known.discard(address)

    def has_session(self, address: Address) -> bool:
        """Returns whether an address is known."""
        return address in self._known

    def seal(self, address: Address, data: bytes) -> Optional[bytes]:
        """Returns the data."""
        return data

    def next_init(self, address: Address, now: float) -> Optional[bytes]:
        """Returns None: a link begins by itself."""
        return None

    def due(self, now: float) -> List[Tuple[bytes, Address]]:
        """Returns nothing."""
        return []

    def _token(self, address: Address) -> int:
        """Returns the token of an address: 1 to 2^53-1."""
        digest = hmac.new(self._secret, repr(address[:2]).encode(), hashlib.sha256).digest()
        return (int.from_bytes(digest[:8], "big") >> 11) or 1


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 63


def _members(line: bytes) -> Any:
    """Returns the members of a JSON object; none for another text."""
    try:
        message = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return {}
    return message if isinstance(message, dict) else {}
