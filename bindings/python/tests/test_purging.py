"""Tombstones: purges, and the deltas that peers get after them."""

from __future__ import annotations

from typing import List

import pytest
from support import REQUEST_ALL, feed, line, pump, refused, sync

import scuttle
from scuttle import Replica, Resolver, Update


def tombstones(replica: Replica) -> List[str]:
    """Returns the lines of the tombstones in an export."""
    return [text for text in replica.export().decode().splitlines() if '"deleted":true' in text]


def test_purge_counts_the_tombstones() -> None:
    with Replica("a", keep_tombstones=True) as replica:
        replica.update({"k": 1, "l": 2, "m": 3})
        del replica["k"], replica["l"]
        replica.delete("never there")
        assert len(tombstones(replica)) == 3
        assert replica.purge() == 3
        assert replica.purge() == 0
        assert tombstones(replica) == []
        assert replica == {"m": 3}
        assert replica.version == 6


def test_a_tombstone_waits_for_the_low_water_marks_of_all(replica: Replica) -> None:
    with Replica("b") as other, Replica("c") as third:
        replica["k"] = 1
        other["l"] = 2
        third["m"] = 3
        sync(replica, other)
        sync(other, third)
        sync(replica, other)
        del replica["k"]
        sync(replica, other)
        sync(replica, other)
        assert len(tombstones(replica)) == 1  # c has sent no low-water mark since
        for _ in range(3):
            sync(replica, other)
            sync(other, third)
        assert tombstones(replica) == tombstones(other) == tombstones(third) == []
        assert replica == other == third == {"l": 2, "m": 3}
        assert replica.fingerprint == other.fingerprint == third.fingerprint


def test_a_retired_name_is_not_waited_for(replica: Replica) -> None:
    replica["k"] = 1
    with Replica("dead", exact_id=True) as dead, replica.link() as here, dead.link() as there:
        dead["x"] = 1
        here.gossip()
        there.gossip()
        pump(here, there)
    del replica["k"]
    replica.gossip()
    assert len(tombstones(replica)) == 1
    assert replica.forget("dead") is True
    assert tombstones(replica) == []
    assert replica["x"] == 1


def test_names_that_can_be_retired(replica: Replica) -> None:
    replica["k"] = 1
    feed(replica, line("x", "1", "b", 1))
    assert replica.forget("b") is True
    assert replica.forget("b") is True
    for unknown in ("nobody", "", "x" * 300):
        assert replica.forget(unknown) is False
    with pytest.raises(TypeError):
        replica.forget(b"b")  # type: ignore[arg-type]


def test_kept_until_purged(replica: Replica) -> None:
    with Replica("b", keep_tombstones=True) as other:
        replica["k"] = 1
        sync(replica, other)
        del other["k"]
        for _ in range(3):
            sync(other, replica)
        assert len(tombstones(other)) == 1
        assert tombstones(replica) == []
        assert other.purge() == 1
        assert replica == other == {}


def test_a_limit_of_tombstones() -> None:
    with Replica("a", keep_tombstones=True, max_tombstones=3) as replica:
        for i in range(10):
            replica.delete(f"k{i}")
        assert len(tombstones(replica)) == 3
        assert '"k9"' in tombstones(replica)[-1]


def test_a_peer_that_missed_a_delete_gets_a_reset() -> None:
    seen: List[Update] = []
    with Replica("a", exact_id=True, keep_tombstones=True) as one, Replica("b", exact_id=True, on_update=seen.append) as other:
        one.update({"k": 1, "l": 2})
        sync(one, other)
        seen.clear()
        del one["k"]
        assert one.purge() == 1
        sync(one, other)
        assert one == other == {"l": 2}
        assert one.fingerprint == other.fingerprint
        assert seen == [Update("k", "null", "a", 1, deleted=True, reset=True)]


def test_nothing_comes_back_after_a_purge() -> None:
    with Replica("a", keep_tombstones=True) as one, Replica("b") as other, Replica("c") as third:
        one["k"] = 1
        sync(one, other)
        sync(other, third)
        del one["k"]
        one.purge()
        sync(third, one)
        sync(other, one)
        sync(other, third)
        assert one == other == third == {}


def test_an_update_that_a_reset_may_remove_is_republished() -> None:
    with Replica("a", keep_tombstones=True) as one, Replica("b") as other:
        one["k"] = 1
        sync(one, other)
        del one["k"]
        other["mine"] = "new"
        one.purge()
        sync(other, one)
        sync(other, one)
        assert one == other == {"mine": "new"}
        assert one.fingerprint == other.fingerprint


def test_no_purge_with_a_resolver_of_ones_own() -> None:
    def later(update: Update, current: object) -> bool:
        return not isinstance(current, Update) or (update.version, update.source) > (current.version, current.source)

    with Replica("a", resolve=later) as replica:
        replica.delete("k")
        with refused(replica, scuttle.errors.UnsupportedError):
            replica.purge()
    for resolver in Resolver:
        with Replica("a", resolve=resolver, keep_tombstones=True) as replica:
            replica.delete("k")
            assert replica.purge() == 1


def test_a_classic_peer_keeps_tombstones_alive(replica: Replica) -> None:
    """A classic peer knows no reset, so it has to get each tombstone, and it may reconnect."""
    replica["k"] = 1
    with replica.link(classic=True) as link:
        del replica["k"]
        replica.gossip()
        link.write(REQUEST_ALL)
        assert b'"deleted":true' in link.read_all()
    replica.gossip()
    assert len(tombstones(replica)) == 1
    assert replica.purge() == 1


@pytest.mark.parametrize("size", [100, 65536])
@pytest.mark.parametrize("asks", ["one", "other", "both"])
def test_a_delete_is_seen_as_a_delete(asks: str, size: int) -> None:
    """A peer whose version is within reach of the history gets the delete and not a reset, whichever side gossips."""
    seen: List[Update] = []
    with Replica("a") as one, Replica("b", on_update=seen.append) as other, one.link() as here, other.link() as there:
        one.update({f"k{i}": i for i in range(100)})
        for _ in range(3):
            here.gossip()
            there.gossip()
            pump(here, there)
        seen.clear()
        del one["k0"]
        for link, name in ((here, "one"), (there, "other")):
            if asks in (name, "both"):
                link.gossip()
        pump(here, there, lambda: size)
        assert one == other
    assert [(update.key, update.deleted, update.reset) for update in seen] == [("k0", True, False)]
