"""Times to live: expiries at ticks."""

from __future__ import annotations

from typing import Any, List

import pytest
from support import feed, pump, refused, sync

import scuttle
from scuttle import Limits, Replica, Update


def test_a_key_is_deleted_when_its_time_is_over(replica: Replica) -> None:
    assert replica.tick(100) is True
    assert replica.set_ttl("k", {"x": 1}, 2.5) is True
    replica["stays"] = 1
    replica.tick(102.499)
    assert replica["k"] == {"x": 1}
    replica.tick(102.5)
    assert replica == {"stays": 1}


def test_time_does_not_go_back(replica: Replica) -> None:
    replica.tick(100)
    replica.tick(50)
    replica.set_ttl("k", 1, 10)
    replica.tick(60)
    assert "k" in replica
    replica.tick(110)
    assert "k" not in replica


def test_no_time_at_all(replica: Replica) -> None:
    replica.set_ttl("k", 1, 0)
    assert "k" in replica
    replica.tick(0)
    assert "k" not in replica


def test_times_are_good_to_the_millisecond(replica: Replica) -> None:
    now = 1_700_000_000.123
    replica.tick(now)
    replica.set_ttl("k", 1, 0.29)
    replica.tick(now + 0.289)
    assert "k" in replica
    replica.tick(now + 0.29)
    assert "k" not in replica


def test_another_write_ends_it(replica: Replica) -> None:
    replica.tick(0)
    replica.set_ttl("k", 1, 5)
    replica["k"] = 2
    replica.set_ttl("l", 1, 5)
    replica.set_ttl("l", 2, 1000)
    replica.tick(5)
    assert replica == {"k": 2, "l": 2}
    replica.set_ttl("gone", 1, 5)
    del replica["gone"]
    version = replica.version
    replica.tick(50)
    assert replica.version == version


def test_a_write_of_a_peer_ends_it(replica: Replica) -> None:
    with Replica("b") as other:
        replica.tick(0)
        replica.set_ttl("k", 1, 5)
        sync(replica, other)
        other["k"] = 2
        sync(replica, other)
        replica.tick(10)
        assert replica == {"k": 2}


def test_on_update_sees_the_expiry() -> None:
    seen: List[Update] = []
    with Replica("a", exact_id=True, on_update=seen.append) as replica:
        replica.tick(0)
        replica.set_ttl("k", 1, 1)
        replica.tick(1)
    assert seen == [
        Update("k", "1", "a", 1, local=True),
        Update("k", "null", "a", 1, deleted=True, local=True, expired=True, dot_source="a", dot_version=2),
    ]
    assert seen[1].to_dict() == {
        **{"key": "k", "value": None, "source_id": "a", "version": 2, "written": ["a", 1]},
        **{"deleted": True, "expired": True},
    }
    assert seen[1].to_line().endswith(',"written":["a",1],"deleted":true,"expired":true}')


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("asks", ["one", "other"])
def test_a_peer_sees_a_write_and_then_an_expiry(live: bool, asks: str) -> None:
    seen: List[Update] = []
    with Replica("a", exact_id=True) as one, Replica("b", exact_id=True, on_update=seen.append) as other:
        with one.link(live=live) as here, other.link(live=live) as there:
            one.tick(0)
            one.set_ttl("k", 1, 1)
            here.gossip()
            pump(here, there)
            one.tick(1)
            if not live:
                (here if asks == "one" else there).gossip()
            pump(here, there)
        assert one == other == {}
    expiry = Update("k", "null", "a", 1, deleted=True, expired=True, dot_source="a", dot_version=2)
    assert seen == [Update("k", "1", "a", 1), expiry]


def test_keys_set_before_the_first_tick_begin_to_count_with_it(replica: Replica) -> None:
    replica.set_ttl("k", 1, 30)
    replica.tick(1_700_000_000.0)
    replica.tick(1_700_000_029.999)
    assert replica == {"k": 1}
    replica.tick(1_700_000_030.0)
    assert replica == {}


def test_if_the_writer_is_gone_its_peers_delete(replica: Replica) -> None:
    replica.tick(0)
    replica.set_ttl("k", 1, 30)
    peers = [Replica(name) for name in "bcdef"]
    for peer in peers:
        peer.tick(1000 * len(peer.name))
        sync(replica, peer)
    replica.close()
    for peer in peers:
        peer.tick(1000 + 44.999)
        assert peer == {"k": 1}
        peer.tick(1000 + 60)
        assert peer == {}
    # All of them have ended one write: the expiries are one delete, and no error.
    for one in peers:
        for other in peers:
            if one is not other:
                sync(one, other)
    assert len({peer.fingerprint for peer in peers}) == 1
    for peer in peers:
        peer.close()


def test_an_expiry_ends_no_renewal(replica: Replica) -> None:
    with Replica("b") as other:
        for one in (replica, other):
            one.tick(0)
        replica.set_ttl("k", 1, 10)
        sync(replica, other)
        replica.tick(9)
        replica.set_ttl("k", 2, 10)
        other.tick(1000)
        assert "k" not in other
        sync(replica, other)
        assert replica == other == {"k": 2}
        replica.tick(18.999)
        assert "k" in replica
        replica.tick(19)
        sync(replica, other)
        assert replica == other == {}


@pytest.mark.parametrize("options", [{"resolve": scuttle.Resolver.STRICTLY_ORDER_VALUES}, {"resolve": lambda a, b: True}])
def test_resolvers_under_which_null_may_lose(options: Any) -> None:
    with Replica("a", **options) as replica:
        with refused(replica, scuttle.errors.UnsupportedError):
            replica.set_ttl("k", 1, 1)


def test_under_another_name_it_is_counted_too(replica: Replica) -> None:
    replica.tick(100)
    replica.set_ttl("k", 1, 10)
    replica.tick(104)
    with Replica("b", state=replica.export()) as other:
        other.tick(5_000_000)  # by any clock of the host's
        other.tick(5_000_000 + 10.999)
        assert other == {"k": 1}
        other.tick(5_000_000 + 16)
        assert other == {}
        sync(replica, other)
        assert replica == {}


@pytest.mark.parametrize("ttl", ["-1", "1.0", '"5"', "null", "9007199254740992"])
def test_a_peers_time_to_live_that_is_invalid(replica: Replica, ttl: str) -> None:
    with refused(replica, scuttle.errors.TimeToLiveError):
        feed(replica, b'{"key":"k","value":1,"source_id":"b","version":1,"ttl":%s}\n' % ttl.encode())


def test_times_to_live_are_saved(replica: Replica) -> None:
    replica.tick(100)
    replica.set_ttl("k", 1, 10)
    replica["l"] = 2
    with Replica("a", exact_id=True, state=replica.export()) as again:
        again.tick(109)
        assert "k" in again
        again.tick(110)
        assert again == {"l": 2}


def test_many_keys(replica: Replica) -> None:
    replica.tick(0)
    for i in range(200):
        replica.set_ttl(f"k{i}", i, (i * 37) % 200)
    for now in range(200):
        replica.tick(now)
        assert len(replica) == 199 - now


@pytest.mark.parametrize(
    ("seconds", "error"),
    [
        (-1, scuttle.errors.ArgumentError),
        (-0.001, scuttle.errors.ArgumentError),
        (float("nan"), scuttle.errors.ArgumentError),
        (float("inf"), scuttle.errors.ArgumentError),
        (2**64, scuttle.errors.ArgumentError),
        ("1", TypeError),
        (None, TypeError),
    ],
)
def test_times_that_are_invalid(replica: Replica, seconds: Any, error: Any) -> None:
    with refused(replica, error):
        replica.set_ttl("k", 1, seconds)
    with refused(replica, error):
        replica.tick(seconds)


def test_a_time_so_far_away_that_it_is_never(replica: Replica) -> None:
    replica.tick(1000)
    replica.set_ttl("k", 1, 2**64 / 1000 - 10_000)
    replica.tick(2**63 / 1000)
    assert replica == {"k": 1}


def test_bad_keys_and_values(replica: Replica) -> None:
    for key, value, error in [("", 1, scuttle.errors.EmptyKeyError), ("k", float("nan"), scuttle.errors.JSONError)]:
        with refused(replica, error):
            replica.set_ttl(key, value, 1)


def test_version_numbers_may_run_out() -> None:
    with Replica("a", limits=Limits(max_version_jump=2**53)) as replica:
        replica.tick(0)
        replica.set_ttl("k", 1, 1)
        feed(replica, b'{"key":"x","value":1,"source_id":"b","version":%d}\n' % (2**53 - 1))
        with pytest.raises(scuttle.errors.ExhaustedError):
            replica.tick(1)
        assert replica["k"] == 1
