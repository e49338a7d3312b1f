"""A replica whose callbacks all run."""

from __future__ import annotations

from typing import Any

from support import REQUEST_ALL, line

from scuttle import Replica


class Failure(Exception):
    pass


def fail(*_: Any) -> Any:
    raise Failure


def exercise(replica: Replica) -> None:
    """Makes every callback of a replica with mtu=1 and max_history=1 run."""
    with replica.link(classic=True) as link:
        replica["k"] = 1
        replica["k"] = 2
        replica["l"] = 3
        link.write(line("k", "4", "b", 9) + line("l", "5", "b", 10) + line("m", "6", "c", 11) + REQUEST_ALL)
        replica.news("a", 0)
        link.read_all()


NAMES = ["resolve", "sort", "on_update", "on_drain", "on_compaction"]
