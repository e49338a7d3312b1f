"""The three messages that begin a session of sealed datagrams, as bytes.

docs/reference/node-datagrams.md says when each is sent.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import NamedTuple, Optional, Union

INIT = 0x11
RETRY = 0x12
ACCEPT = 0x13

#: Bytes of a side's part of a session, of a cookie, of an endpoint's id, and of a tag.
SESSION_BYTES = COOKIE_BYTES = TAG_BYTES = 16
ENDPOINT_BYTES = 8
NO_COOKIE = bytes(COOKIE_BYTES)

_INIT = struct.Struct(">B16s8s16s")
_RETRY = struct.Struct(">B16s16s")
_ACCEPT = struct.Struct(">B16s16s8s")


class Init(NamedTuple):
    """Wants a session. The responder returns a Retry to an Init without its cookie."""

    session: bytes
    endpoint: bytes
    cookie: bytes = NO_COOKIE


class Retry(NamedTuple):
    """Has the cookie for an Init, which shows that the initiator receives at its address."""

    session: bytes
    cookie: bytes


class Accept(NamedTuple):
    """Has the responder's part of the session."""

    session: bytes
    own_session: bytes
    endpoint: bytes


Message = Union[Init, Retry, Accept]
_LAYOUTS = {INIT: (_INIT, Init), RETRY: (_RETRY, Retry), ACCEPT: (_ACCEPT, Accept)}
_KINDS = {Init: INIT, Retry: RETRY, Accept: ACCEPT}


def write_message(message: Message, key: bytes, cluster: bytes) -> bytes:
    """Returns the bytes of a message, with its tag."""
    kind = _KINDS[type(message)]
    body = _LAYOUTS[kind][0].pack(kind, *message)
    return body + tag(key, body, cluster)


def read_message(datagram: bytes, key: bytes, cluster: bytes) -> Optional[Message]:
    """Returns an authentic message; None for all other bytes."""
    layout = _LAYOUTS.get(datagram[0]) if datagram else None
    if layout is None or len(datagram) != layout[0].size + TAG_BYTES:
        return None
    body = datagram[:-TAG_BYTES]
    if not hmac.compare_digest(tag(key, body, cluster), datagram[-TAG_BYTES:]):
        return None
    message: Message = layout[1](*layout[0].unpack(body)[1:])
    return message


def tag(key: bytes, body: bytes, cluster: bytes) -> bytes:
    """Returns the tag of a message: HMAC-SHA256 over body and cluster, cut to 16 bytes. A body's length follows from its kind."""
    return hmac.new(key, body + cluster, hashlib.sha256).digest()[:TAG_BYTES]


def cookie(secret: bytes, period: int, address: bytes, session: bytes) -> bytes:
    """Returns the cookie of a responder for an initiator's address and session. Nobody else can read or make it, so its form is
    the responder's own."""
    body = struct.pack(">QB", period, len(address)) + address + session
    return hmac.new(secret, body, hashlib.sha256).digest()[:COOKIE_BYTES]
