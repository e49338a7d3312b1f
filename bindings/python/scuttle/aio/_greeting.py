"""The first line of a connection, which is read before the replica sees it.

The line is the peer's hello. It claims a source, and the node compares that with the name that the connection proves, with its own, and
with those of its other connections. Until that is done, nothing of the peer reaches the replica.
"""

from __future__ import annotations

import json
from typing import Optional

#: More than a hello with the longest source and cluster, each character escaped.
MAX_BYTES = 8192


class Greeting:
    """Collects the first line."""

    def __init__(self) -> None:
        self._data = bytearray()

    def feed(self, data: bytes) -> Optional[bytes]:
        """Adds bytes.

        Returns:
            All bytes so far, once there is a whole line; None before.

        Raises:
            ValueError: The line is too long.
        """
        self._data += data
        end = self._data.find(b"\n")
        if end > MAX_BYTES or (end < 0 and len(self._data) > MAX_BYTES):
            raise ValueError(f"the first line is longer than {MAX_BYTES:,} bytes")
        return None if end < 0 else bytes(self._data)


def claimed_source(line: bytes) -> Optional[str]:
    """Returns the source in a hello. None for a reject, which a peer may send in its place.

    Raises:
        ValueError: The line is no hello.
    """
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("the first line is not JSON") from None
    if isinstance(message, dict) and message.get("digest") is True:
        hello = message.get("hello")
        if isinstance(hello, dict) and isinstance(hello.get("source"), str):
            return str(hello["source"])
        if "reject" in message:
            return None
    raise ValueError("the first line is no hello of the extended dialect")
