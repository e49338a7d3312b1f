"""Sealed datagrams of one session: authenticated encryption, numbers, and a window against repetition.

docs/reference/node-datagrams.md has the bytes.
"""

from __future__ import annotations

import struct
from typing import Optional

from ._psk import SessionKeys, library

DATA = 0x14
#: Kind, selector and number of the session's datagram.
_HEAD = struct.Struct(">B4sQ")
#: Bytes that sealing adds: the head and the tag.
OVERHEAD = _HEAD.size + 16

#: Numbers that a receiver remembers.
WINDOW = 1024
#: A side starts a new session at this number, and sends nothing more in the old one at twice this number.
REKEY_AT = 1 << 30


class ReplayWindow:
    """The numbers that have arrived: the highest one, and which of those just below it. Constant memory."""

    __slots__ = ("_next", "_seen")

    def __init__(self) -> None:
        self._next = 0  # one above the highest number
        self._seen = 0  # bit i: number _next - 1 - i has arrived

    def is_new(self, number: int) -> bool:
        """Returns whether the number has not arrived yet. One below the window counts as arrived."""
        behind = self._next - 1 - number
        return behind < 0 or (behind < WINDOW and not self._seen >> behind & 1)

    def note(self, number: int) -> None:
        """Notes a new number, once its datagram is authentic."""
        ahead = number + 1 - self._next
        if ahead > 0:
            kept = self._seen << ahead if ahead < WINDOW else 0
            self._seen = (kept | 1) & ((1 << WINDOW) - 1)
            self._next = number + 1
        else:
            self._seen |= 1 << (self._next - 1 - number)


class Session:
    """One session with a peer, of two keys: one for each direction, so a datagram never opens at its own sender."""

    __slots__ = ("selector", "_send", "_receive", "_invalid_tag", "_cluster", "_number", "_window", "started")

    def __init__(self, keys: SessionKeys, *, is_initiator: bool, cluster: bytes, now: float = 0.0) -> None:
        """Makes it.

        Args:
            cluster: The name of the cluster, a part of what is authenticated.
            now: The caller's time, for `started`.
        """
        found = library()
        mine, theirs = (keys.initiator, keys.responder) if is_initiator else (keys.responder, keys.initiator)
        self.selector = keys.selector
        self._send = found.cipher(mine)
        self._receive = found.cipher(theirs)
        self._invalid_tag = found.invalid_tag
        self._cluster = cluster
        self._number = 0
        self._window = ReplayWindow()
        self.started = now

    @property
    def is_worn(self) -> bool:
        """Whether a new session is due, because so many datagrams were sealed."""
        return self._number >= REKEY_AT

    def seal(self, data: bytes) -> Optional[bytes]:
        """Returns the sealed datagram. None if the session has sealed as many as it may: no number is ever used twice."""
        if self._number >= 2 * REKEY_AT:
            return None
        head = _HEAD.pack(DATA, self.selector, self._number)
        nonce = bytes(4) + head[5:]
        self._number += 1
        return head + bytes(self._send.encrypt(nonce, data, head + self._cluster))

    def open(self, datagram: bytes) -> Optional[bytes]:
        """Returns the data of an authentic datagram that has not arrived before; None for all others, which change nothing."""
        if len(datagram) < OVERHEAD:
            return None
        kind, selector, number = _HEAD.unpack_from(datagram)
        if kind != DATA or selector != self.selector or not self._window.is_new(number):
            return None
        head = datagram[: _HEAD.size]
        try:
            data = self._receive.decrypt(bytes(4) + head[5:], datagram[_HEAD.size :], head + self._cluster)
        except self._invalid_tag:
            return None
        self._window.note(number)
        return bytes(data)
