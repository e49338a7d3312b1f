"""Starts of a replica: from whole exports, truncated ones, and lines of updates."""

from __future__ import annotations

from typing import Any, List

import pytest
from support import feed, line, sync

import scuttle
from scuttle import Replica, Update


@pytest.fixture
def saved(replica: Replica) -> bytes:
    """An export with all kinds of lines."""
    feed(replica, line("theirs", '{"x":1.50}', "b", 4))
    replica.update({"k": 1, "é": [2], "gone": 3})
    replica.set_ttl("short", 4, 60)
    del replica["gone"]
    return replica.export()


def test_an_export_is_the_whole_replica(replica: Replica, saved: bytes) -> None:
    with Replica("a", exact_id=True) as again:
        assert again.load(saved) is True
        assert again.torn is False
        assert again == replica
        assert (again.version, again.clock, again.fingerprint) == (
            replica.version,
            replica.clock,
            replica.fingerprint,
        )
        again["k"] = 5
        assert again.lookup("k") == scuttle.Entry(5, "a", replica.version + 1)


def test_load_enters_neither_history_nor_on_update(saved: bytes) -> None:
    seen: List[Update] = []
    with Replica("a", on_update=seen.append, on_compaction=seen.extend) as again:
        again.load(saved)
        assert seen == []
        assert again.news("a", 0) == []


def test_under_another_id(replica: Replica, saved: bytes) -> None:
    with Replica("c", state=saved) as other:
        assert other == replica
        assert other.clock == replica.clock
        other["new"] = 1
        sync(other, replica)
        assert other == replica


def test_only_a_new_replica_loads(saved: bytes) -> None:
    with Replica("a") as again:
        again.load(saved)
        with pytest.raises(scuttle.errors.ArgumentError):
            again.load(saved)
    with Replica("a") as again:
        again["k"] = 1
        with pytest.raises(scuttle.errors.ArgumentError):
            again.load(saved)
        assert again == {"k": 1}
    with Replica("a") as again, again.link():
        with pytest.raises(scuttle.errors.ArgumentError):
            again.load(saved)


def test_a_truncated_export_is_loaded_under_another_id(replica: Replica, saved: bytes) -> None:
    for length in range(1, len(saved) - 1, 7):
        with Replica(f"c{length}") as other:
            assert other.load(saved[:length]) is False
            assert other.torn is True
            assert set(other) <= set(replica)
            assert set(other.clock) <= {other.id}  # so peers send the missing updates again
            sync(other, replica)
            assert other == replica
            assert other.fingerprint == replica.fingerprint


def test_the_constructor_reports_a_truncated_export(saved: bytes) -> None:
    with Replica("c", state=saved[:-9]) as other:
        assert other.torn is True
    with Replica("c", state=saved) as other:
        assert other.torn is False
    assert other.torn is False


def test_a_name_starts_from_its_own_truncated_export(replica: Replica, saved: bytes) -> None:
    last = saved.rindex(b"\n", 0, -1) + 1
    for torn in (saved[:last], saved[: last - 10], saved[: len(saved) // 2]):
        for again in (Replica("a", exact_id=True, state=torn), Replica("a", exact_id=True)):
            with again:
                assert again.torn is True or again.load(torn) is False
                assert set(again) <= set(replica)
                assert set(again.clock) <= {"a"}


def test_a_name_starts_from_any_save() -> None:
    with Replica("ada") as ada, Replica("b") as peer:
        ada["k"] = 1
        saved = ada.export()
        ada.update({"k": 2, "l": 2})
        sync(ada, peer)
        for length in range(1, len(saved) + 1, 7):
            with Replica("ada", state=saved[:length]) as again:
                assert again.name == "ada" and again.id != ada.id
                again[f"of {length}"] = 1
                sync(again, peer)
                assert again == peer
                assert again["k"] == again["l"] == 2
                assert peer[f"of {length}"] == 1


def test_a_truncated_line_of_updates() -> None:
    whole = line("k", "1", "b", 1) + line("l", "2", "b", 2)
    for cut, keys in ((0, {"k", "l"}), (1, {"k", "l"}), (2, {"k"}), (20, {"k"})):
        with Replica("a", state=whole[: len(whole) - cut]) as replica:
            assert set(replica) == keys
            assert replica.torn is (cut > 1)


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (b"{\n" + line("k", "1", "b", 1), scuttle.errors.JSONError),
        (line("k", "1", "b", 1) + line("", "1", "b", 2), scuttle.errors.EmptyKeyError),
        ([{"key": "k", "value": 1, "source_id": "b", "version": 0}], scuttle.errors.VersionError),
        ([Update("k", "1", "", 1)], scuttle.errors.IdError),
        (b'{"digest":true,"done":true}\n', scuttle.errors.MessageError),
    ],
)
def test_a_bad_line_is_an_error_and_nothing_is_loaded(state: Any, error: Any) -> None:
    with Replica("a") as replica:
        with pytest.raises(error):
            replica.load(state)
        assert replica == {}
        assert (replica.version, replica.clock, replica.torn) == (0, {}, False)
        assert replica.load(line("k", "1", "b", 1)) is True
        assert replica == {"k": 1}


def test_an_empty_save_is_whole() -> None:
    with Replica("a") as replica:
        assert replica.load(b"") is True
        assert replica.load([]) is True
        assert replica == {}


def test_an_entry_that_a_reset_removed_does_not_come_back() -> None:
    kept: List[Update] = []
    with Replica("a", exact_id=True, keep_tombstones=True) as one, Replica("b", exact_id=True, on_update=kept.append) as other:
        one.update({"k": 1, "l": 2})
        one["k"] = 3
        sync(one, other)
        del one["k"]
        one.purge()
        sync(one, other)
        assert kept[-1].reset
        with Replica("b", exact_id=True, state=kept) as again:
            assert again == other == {"l": 2}
            assert again.clock["a"] >= 3
        with Replica("b", exact_id=True, state={update.key: update for update in kept}.values()) as again:
            assert again == other


def test_the_shape_of_a_reset() -> None:
    reset = Update("k", "null", "é", 7, deleted=True, reset=True)
    assert reset.to_line() == '{"digest":true,"source_id":"é","id":"é","version":7}'
    assert reset.to_dict() == {"digest": True, "source_id": "é", "id": "é", "version": 7}
