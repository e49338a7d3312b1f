"""Compaction: a host trims or keeps the history before it drops the oldest updates."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Callable, List, Tuple

import pytest

import scuttle
from scuttle import Replica, Update
from scuttle.errors import BusyError


def versions(replica: Replica) -> List[int]:
    return [update.version for update in replica.history]


def compacted(on_compaction: Callable[[Replica, List[Update]], object], count: int = 12) -> Tuple[Replica, List[Any]]:
    """Makes a replica with room for three updates, after `count` writes of two keys."""
    errors: List[Any] = []
    replica = Replica(
        "a",
        exact_id=True,
        max_history=3,
        on_compaction=lambda updates: on_compaction(replica, updates),
        on_error=lambda *error: errors.append(error),
    )
    for i in range(count):
        replica[f"k{i % 2}"] = i
    return replica, errors


def test_a_host_compacts_by_key() -> None:
    """The host keeps only the latest update of each key."""

    def latest_of_each_key(replica: Replica, updates: List[Update]) -> None:
        latest = {update.key: update.version for update in replica.history}
        replica.history.trim(lambda update: update.version < latest[update.key])

    replica, errors = compacted(latest_of_each_key)
    with replica:
        assert not errors
        assert {"k0", "k1"} == {update.key for update in replica.history}
        assert len(replica.history) <= 3


def test_a_host_keeps_more_for_now() -> None:
    calls: List[Tuple[int, int]] = []

    def keep(replica: Replica, updates: List[Update]) -> None:
        calls.append((len(updates), len(replica.history)))
        if len(calls) == 1:
            replica.history.keep(7)

    replica, errors = compacted(keep, count=8)
    with replica:
        assert not errors
        assert calls[0] == (1, 3)
        assert calls[1][1] == 7
        assert versions(replica) == [6, 7, 8]  # max_history counts again


def test_to_keep_no_more_than_there_is_is_an_error() -> None:
    caught: List[Any] = []

    def keep(replica: Replica, updates: List[Update]) -> None:
        for count in (0, 1, len(replica.history)):
            with pytest.raises(scuttle.errors.ArgumentError) as error:
                replica.history.keep(count)
            caught.append(error.value)
        with pytest.raises(scuttle.errors.ArgumentError):
            replica.history.keep(-1)
        with pytest.raises(TypeError):
            replica.history.keep("more")  # type: ignore[arg-type]

    replica, errors = compacted(keep, count=4)
    with replica:
        assert len(caught) == 3 and not errors
        assert versions(replica) == [2, 3, 4]


def test_keeping_and_trimming_elsewhere(replica: Replica) -> None:
    replica["k"] = 1
    with pytest.raises(BusyError):
        replica.history.keep(100)
    with pytest.raises(BusyError):
        replica.visit(lambda update: replica.history.trim(lambda update: True))
    with pytest.raises(BusyError):
        replica.history.trim(lambda update: replica.history.trim(lambda update: True))
    assert len(replica.history) == 1


def test_drop_may_read_in_on_compaction() -> None:
    outcomes: List[str] = []

    def on_compaction(replica: Replica, updates: List[Update]) -> None:
        def drop(update: Update) -> bool:
            outcomes.append(repr(replica.get(update.key)))
            with suppress(BusyError):
                replica["x"] = 1
                outcomes.append("written")
            return False

        replica.history.trim(drop)

    replica, errors = compacted(on_compaction, count=4)
    with replica:
        assert "written" not in outcomes and outcomes
        assert not errors
        assert "x" not in replica
