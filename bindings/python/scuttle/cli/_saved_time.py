"""The time in a save: the latest tick of its replica's host."""

from __future__ import annotations

import json
from typing import Optional

_BEGIN = b'{"digest":true,"export":'


def saved_time(state: bytes) -> Optional[float]:
    """Returns the latest tick in the lines of a save, in seconds; None if none is in them, because no key has a time to live."""
    place = state.rfind(_BEGIN)
    if place < 0 or (place > 0 and state[place - 1 : place] != b"\n"):
        return None
    try:
        now = json.loads(state[place:].split(b"\n", 1)[0])["export"].get("now")
    except (ValueError, KeyError, AttributeError):
        return None
    return now / 1000 if isinstance(now, (int, float)) else None
