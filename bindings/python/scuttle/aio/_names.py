"""The names that a peer claims, compared with the names that its connection proves, before the replica reads them."""

from __future__ import annotations

import json
from typing import AbstractSet, Any, List, Tuple

from ..errors import PeerError
from ..policies import name_of


class NameMismatchError(PeerError):
    """A peer claims a name that its certificate does not prove. The replica has read nothing of that claim."""


class NameGate:
    """Stands between a connection and its link, and passes whole lines.

    A replica learns from a hello at once: a name, a source, a Lamport number. So the gate reads each hello before the link does, and
    raises if its name is not proven. Before a hello a link applies nothing, so a peer without a proven name teaches a replica nothing.
    Later hellos are compared, too. Other lines pass unread: a search for two words decides. Memory: the longest line.
    """

    __slots__ = ("_proven", "_max_line", "_held", "claimed")

    def __init__(self, proven: AbstractSet[str], max_line: int) -> None:
        """Makes the gate of one connection.

        Args:
            proven: The replica names that the connection proves.
            max_line: Bytes of the longest line that the replica accepts.
        """
        self._proven = proven
        self._max_line = max_line
        self._held = bytearray()
        #: The name in the latest hello that passed; "" before.
        self.claimed = ""

    def feed(self, data: bytes) -> bytes:
        """Returns the whole lines that are complete with `data`; the rest of a line waits for the next call. O(bytes).

        Raises:
            NameMismatchError: A hello claims a name that is not proven, or cannot be read, or a line is too long. Nothing of this call
                may reach the link, and the connection is to end.
        """
        end = data.rfind(b"\n") + 1
        if not end:
            self._hold(data)
            return b""
        lines = bytes(self._held) + data[:end] if self._held else data[:end]
        self._held.clear()
        self._hold(data[end:])
        if b'"hello"' in lines or b"\\u006" in lines:
            for line in lines.split(b"\n"):
                if b'"hello"' in line or b"\\u006" in line:
                    self._check(line)
        return lines

    def _hold(self, data: bytes) -> None:
        self._held += data
        if len(self._held) > self._max_line:
            raise NameMismatchError(f"a line is over {self._max_line:,} bytes long; max_message_bytes is the limit")

    def _check(self, line: bytes) -> None:
        """Raises unless the line is no hello, or one with a proven name. JSON with the word inside is read as a whole."""
        try:
            message = json.loads(line.decode("utf-8"), object_pairs_hook=_members)
        except (ValueError, RecursionError):
            raise NameMismatchError("a line that may be a hello is not JSON") from None
        if not isinstance(message, dict) or "hello" not in message:
            return
        hello = message["hello"]
        source = hello.get("source") if isinstance(hello, dict) else None
        if not isinstance(source, str):
            raise NameMismatchError("a hello has no source")
        name = name_of(source)
        if name not in self._proven:
            proven = ", ".join(sorted(map(repr, self._proven))) or "no name"
            raise NameMismatchError(
                f"the peer claims the name {name[:300]!r}, and its certificate proves {proven}; give the node a certificate with its "
                "name as a DNS entry of subjectAltName, or map names by TLS(names=…)"
            )
        self.claimed = name


def _members(pairs: List[Tuple[str, Any]]) -> Any:
    """Refuses a member that is there twice, as the library does, so that both readers see one hello."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members
