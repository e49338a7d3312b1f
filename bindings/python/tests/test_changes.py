"""Watchers, and saves in pieces."""

import random
from typing import Any, Dict, Iterable, List, Optional, Tuple

import pytest

import scuttle


def show(changes: Iterable[scuttle.Update]) -> List[Tuple[str, Any]]:
    return [(update.key, None if update.deleted else update.value) for update in changes]


def test_each_key_once_and_from_there_on() -> None:
    with scuttle.Replica("A") as replica:
        replica.update({"a/1": 1, "b/1": 2})
        replica["a/1"] = 3
        changes = replica.changes()
        assert show(changes) == [("b/1", 2), ("a/1", 3)]
        assert not changes.gap
        assert show(replica.changes(changes.cursor)) == []
        del replica["b/1"]
        replica["a/2"] = None
        later = replica.changes(changes.cursor)
        assert show(later) == [("b/1", None), ("a/2", None)]
        assert [update.deleted for update in later] == [True, False]
        assert show(replica.changes(changes.cursor, "a/")) == [("a/2", None)]
        assert later[0].key == "b/1" and len(later[:1]) == 1


def test_in_parts() -> None:
    with scuttle.Replica("A") as replica:
        for number in range(10):
            replica[f"k{number}"] = number
        seen: List[Tuple[str, Any]] = []
        cursor: Optional[scuttle.Cursor] = None
        while changes := replica.changes(cursor, limit=3):
            assert len(changes) <= 3
            seen += show(changes)
            cursor = changes.cursor
        assert seen == [(f"k{number}", number) for number in range(10)]
        with pytest.raises(ValueError, match="limit is 0"):
            replica.changes(limit=0)


def test_a_purged_delete_and_a_gap() -> None:
    with scuttle.Replica("A", max_history=10) as replica:
        replica["a"] = replica["b"] = 1
        cursor = replica.changes().cursor
        del replica["a"]
        replica.purge()
        (update,) = replica.changes(cursor)
        assert (update.key, update.deleted, update.source, update.version) == ("a", True, "", 0)
        foreign = scuttle.Cursor(5, 5)
        changes = replica.changes(foreign)
        assert changes.gap and show(changes) == [("b", 1)]
        assert "gap" in repr(changes)


def test_a_watcher_may_look_in_a_callback() -> None:
    looks: List[List[Tuple[str, Any]]] = []
    with scuttle.Replica("A", on_update=lambda update: looks.append(show(replica.changes()))) as replica:
        replica["a"] = 1
        replica["b"] = 2
        assert looks == [[("a", 1)], [("a", 1), ("b", 2)]]


@pytest.mark.parametrize("seed", range(10))
def test_a_copy_follows_the_replica(seed: int) -> None:
    chance = random.Random(seed)
    with scuttle.Replica("A") as replica:
        copy: Dict[str, Any] = {}
        cursor: Optional[scuttle.Cursor] = None
        for _ in range(300):
            key = f"k{chance.randrange(20)}"
            if chance.random() < 0.6:
                replica[key] = chance.randrange(100)
            else:
                replica.pop(key, None)
            if chance.random() < 0.1:
                replica.purge()
            if chance.random() < 0.2:
                changes = replica.changes(cursor)
                assert not changes.gap, f"seed {seed}"
                assert len({update.key for update in changes}) == len(changes), f"seed {seed}"
                for update in changes:
                    if update.deleted:
                        copy.pop(update.key, None)
                    else:
                        copy[update.key] = update.value
                cursor = changes.cursor
                assert copy == dict(replica), f"seed {seed}"


@pytest.mark.parametrize("seed", range(10))
def test_pieces_are_the_replica_over_many_starts(seed: int) -> None:
    chance = random.Random(seed)
    pieces = b""
    cursor: Optional[scuttle.Cursor] = None
    expected: Dict[str, Any] = {}
    for start in range(4):
        with scuttle.Replica("A", state=pieces) as replica:
            assert dict(replica) == expected, f"seed {seed}"
            assert not replica.torn
            if start:
                cursor = replica.saved_cursor
                assert cursor is not None
            for _ in range(30):
                key = f"k{chance.randrange(10)}"
                replica[key] = chance.randrange(100)
                if chance.random() < 0.3:
                    del replica[key]
                if chance.random() < 0.1:
                    replica.purge()
                if chance.random() < 0.5:
                    piece = replica.save(cursor)
                    assert piece.whole == (cursor is None)
                    pieces, cursor = pieces + piece.lines, piece.cursor
            piece = replica.save(cursor)
            pieces, cursor, expected = pieces + piece.lines, piece.cursor, dict(replica)
            assert replica.save(cursor) == (b"", cursor, False, False)


def test_a_new_replica_has_no_saved_cursor() -> None:
    with scuttle.Replica("A") as replica:
        assert replica.saved_cursor is None
    with scuttle.Replica("A") as replica:
        replica["a"] = 1
        export = replica.export()
    with scuttle.Replica("A", state=export) as replica:
        assert replica.saved_cursor is None  # an export names no piece
        assert replica.save(None).whole


def test_a_piece_with_a_limit_goes_on_with_the_next_call(replica: scuttle.Replica) -> None:
    replica.update({f"k{number}": "x" * 50 for number in range(20)})
    saved, cursor, parts = b"", None, 0
    while True:
        part = replica.save(cursor, 500)
        saved, cursor, parts = saved + part.lines, part.cursor, parts + 1
        if not part.more:
            break
        assert not part.whole and 500 <= len(part.lines) < 1000
        assert replica.save(cursor, 500).lines  # may be made again
        replica[f"k{parts}"] = parts
        del replica[f"k{parts + 8}"]
        replica.purge()
    assert part.whole and parts > 3
    for length in (len(saved), len(saved) - len(part.lines)):
        with scuttle.Replica("c") as other:
            assert other.load(saved[:length]) is (length == len(saved))
            assert (other == replica) is (length == len(saved))
    assert not replica.save(cursor, 500).lines
    replica["k1"] = "again"
    piece = replica.save(cursor, 1)
    assert piece.more and b"again" in piece.lines
    piece2 = replica.save(piece.cursor, 1)
    assert not piece2.more and not piece2.whole
    with scuttle.Replica("c", state=saved + piece.lines + piece2.lines) as other:
        assert other == replica
