"""The extended dialect: the hello, the dialect of a link, and peers that reject each other."""

from __future__ import annotations

import json
from typing import Any, Dict, List

import pytest
from support import REQUEST_ALL, is_hello, line, pump, refused, sync

import scuttle
from scuttle import Replica


def hello(**changes: Any) -> bytes:
    """Returns the hello of an empty replica, with some members changed."""
    members = {
        **{"protocol": [1, 1], "source": "b", "incarnation": 5, "cluster": "", "lamport": 0, "epoch": 0, "revision": 0},
        **{"hash": "0" * 16, "nonce": 0, "reply": False},
        **changes,
    }
    return json.dumps({"digest": True, "hello": members}).encode() + b"\n"


def names(data: bytes) -> List[str]:
    """Returns the kinds of messages."""
    kinds = []
    for text in data.splitlines():
        message: Dict[str, Any] = json.loads(text)
        kinds.append(next((name for name in message if name != "digest"), "") if "digest" in message else "update")
    return kinds


def test_one_gossip_gets_both_sides_in_step(replica: Replica) -> None:
    with Replica("b") as other, replica.link() as here, other.link() as there:
        replica.update({"k": 1, "both": 1})
        other.update({"l": 2, "both": 2})
        here.gossip()
        pump(here, there)
        assert replica == other
        assert set(replica) == {"k", "l", "both"}
        assert replica.fingerprint == other.fingerprint
        assert replica.clock == other.clock


def test_an_exchange(replica: Replica) -> None:
    with Replica("b", seed=2) as other, replica.link() as here, other.link() as there:
        replica["k"], other["l"] = 1, 2
        here.gossip()
        kinds = []
        for source, target in [(here, there), (there, here)] * 3:
            data = source.read_all()
            kinds.append(names(data))
            target.write(data)
        assert kinds == [
            ["hello"],
            ["hello", "request"],
            ["request", "vector"],
            ["vector", "delta", "update", "cover"],
            ["delta", "update", "cover"],
            [],
        ]
        assert replica == other


def test_two_replicas_in_step_exchange_hellos_only(replica: Replica) -> None:
    with Replica("b") as other, replica.link() as here, other.link() as there:
        replica["k"] = 1
        for _ in range(3):
            here.gossip()
            pump(here, there)
        here.gossip()
        question = here.read_all()
        assert is_hello(question)
        there.write(question)
        answer = there.read_all()
        assert names(answer) == ["hello"] and not is_hello(answer)
        here.write(answer)
        assert here.read_all() == there.read_all() == b""


def test_a_classic_peer_makes_a_link_classic(replica: Replica) -> None:
    replica["k"] = 1
    with replica.link(any=True) as link:
        link.gossip()
        assert is_hello(link.read_all())
        link.write(REQUEST_ALL)
        sent = link.read_all()
        assert names(sent) == ["done", "update"]  # the pending request for all entries, then the delta
        assert line("k", "1", "a", 1) in sent
        link.gossip()
        assert names(link.read_all()) == ["source_id", "done"]


def test_a_classic_update_makes_a_link_classic_too(replica: Replica) -> None:
    with replica.link(any=True) as link:
        link.write(line("k", "1", "b", 1))
        assert replica == {"k": 1}
        assert link.read_all() == b""  # no request was pending
        for expected in (["done"], ["source_id", "source_id", "done"]):  # the first one requests all entries
            link.gossip()
            assert names(link.read_all()) == expected


def test_a_silent_peer_gets_requests_in_both_dialects(replica: Replica) -> None:
    with replica.link(any=True) as link:
        link.gossip()
        assert is_hello(link.read_all())
        link.gossip()
        assert names(link.read_all()) == ["hello", "done"]


def test_a_classic_link_meets_another_kind(replica: Replica) -> None:
    with Replica("b") as other, replica.link(any=True) as here, other.link(classic=True) as there:
        replica["k"], other["l"] = 1, 2
        for _ in range(2):
            replica.gossip()
            other.gossip()
            pump(here, there)
        assert replica == other == {"k": 1, "l": 2}


def test_a_read_only_link_serves_requests(replica: Replica) -> None:
    with Replica("b") as other, replica.link(read_only=True) as here, other.link() as there:
        replica["k"], other["l"] = 1, 2
        there.gossip()
        here.write(there.read_all())
        there.write(here.read_all())
        pump(here, there)
        assert other == {"k": 1, "l": 2}
        assert replica == {"k": 1}


@pytest.mark.parametrize(
    ("wrong", "error", "reason"),
    [
        ({"cluster": "another"}, scuttle.errors.ClusterError, "cluster"),
        ({"protocol": [2, 3]}, scuttle.errors.ProtocolError, "protocol"),
        ({"source": "a"}, scuttle.errors.IdentityError, "identity"),
    ],
)
def test_a_peer_that_is_rejected(replica: Replica, wrong: Any, error: Any, reason: str) -> None:
    replica["k"] = 1
    with replica.link() as link:
        with refused(replica, error):
            link.write(hello(**wrong))
        sent = json.loads(link.read_all())
        assert sent == {"digest": True, "reject": {"reason": reason}}
        for later in (hello(), line("l", "2", "b", 1), REQUEST_ALL):
            with refused(replica, error):
                link.write(later)
        link.gossip()
        assert link.read_all() == b""
    with replica.link(any=True) as link:
        link.write(line("l", "2", "b", 1))
        assert replica["l"] == 2


def test_clusters_do_not_mix() -> None:
    with Replica("a", cluster="x") as one, Replica("b", cluster="y") as other:
        one["k"], other["l"] = 1, 2
        with one.link() as here, other.link() as there:
            here.gossip()
            with refused(other, scuttle.errors.ClusterError):
                there.write(here.read_all())
            with refused(one, scuttle.errors.RejectedError) as caught:
                here.write(there.read_all())
            assert "cluster" in str(caught.value)
            with refused(one, scuttle.errors.RejectedError):
                here.write(REQUEST_ALL)
            assert here.read_all() == there.read_all() == b""


def test_replicas_of_one_cluster_meet() -> None:
    with Replica("a", cluster="é") as one, Replica("b", cluster="é") as other:
        one["k"] = 1
        with one.link() as here, other.link() as there:
            there.gossip()
            pump(here, there)
        assert other == {"k": 1}


def test_two_replicas_with_one_id() -> None:
    with Replica("a", exact_id=True) as one, Replica("a", exact_id=True) as other, one.link() as here, other.link() as there:
        one["k"], other["l"] = 1, 2
        here.gossip()
        with refused(other, scuttle.errors.IdentityError):
            there.write(here.read_all())
        with refused(one, scuttle.errors.RejectedError):
            here.write(there.read_all())


def test_a_name_that_has_lost_its_state() -> None:
    """The name starts again as another incarnation, gets all entries back, and loses none of its writes."""
    with Replica("a") as before, Replica("b") as other:
        before["k"] = 1
        sync(before, other)
        with Replica("a") as again:
            again["l"] = 2
            sync(again, other)
            assert again == other == {"k": 1, "l": 2}
            assert again.id != before.id


def test_an_exact_source_that_has_lost_its_state(replica: Replica) -> None:
    """The replica writes on above the versions that the peer has seen, and gets its writes back once contents are compared."""
    events: List[scuttle.Event] = []
    with Replica("b", exact_id=True) as other:
        replica["k"] = 1
        sync(replica, other)
        with Replica("a", exact_id=True, on_event=lambda link, event, error: events.append(event)) as again:
            with again.link() as here, other.link() as there:
                for _ in range(2):
                    here.gossip()
                    pump(here, there)
            assert again == {"k": 1}
            assert scuttle.Event.DIVERGED in events
            again["l"] = 2
            sync(again, other)
            assert other == {"k": 1, "l": 2}


def test_two_contents_of_one_write() -> None:
    """The covered content stays, and the error reports the other one."""
    with Replica("a") as replica, replica.link(classic=True) as link:
        link.write(line("k", "1", "b", 3))
        with refused(replica, scuttle.errors.CorruptError):
            link.write(line("k", "2", "b", 3))
        with refused(replica, scuttle.errors.CorruptError):
            link.write(line("l", "1", "b", 3))
        link.write(line("k", "1", "b", 3))
        with refused(replica, scuttle.errors.CorruptError):
            link.write(line("k", "0", "b", 3))
        assert replica == {"k": 1}


def test_a_delta_that_was_not_requested(replica: Replica) -> None:
    with replica.link() as link:
        link.write(hello())
        link.read_all()
        delta = b'{"digest":true,"delta":{"mode":"log","request":[1,0,5]}}\n'
        cover = b'{"digest":true,"cover":{"b":[0,3]},"lines":[0,"00000000"]}\n'
        for message in (delta, line("k", "1", "b", 3), cover):
            with refused(replica, scuttle.errors.UnaskedError):
                link.write(message)


def test_a_twin() -> None:
    events: List[scuttle.Event] = []
    with Replica("a", on_event=lambda link, event, error: events.append(event)) as one, Replica("a") as other:
        with one.link() as here, other.link() as there:
            there.gossip()
            pump(here, there)
        assert events[:2] == [scuttle.Event.HELLO, scuttle.Event.TWIN]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"cluster": "x" * 256}, scuttle.errors.ArgumentError),
        ({"cluster": "a\0b"}, scuttle.errors.NulError),
        ({"cluster": "\ud800"}, scuttle.errors.Utf8Error),
        ({"cluster": b"x"}, TypeError),
        ({"protocol": (2, 2)}, scuttle.errors.ArgumentError),
        ({"protocol": (0, 2**32 + 1)}, scuttle.errors.ArgumentError),
        ({"protocol": (-1, 1)}, scuttle.errors.ArgumentError),
        ({"protocol": (1.0, 1)}, TypeError),
        ({"max_tombstones": -1}, scuttle.errors.ArgumentError),
    ],
)
def test_arguments_that_make_no_replica(wrong: Any, error: Any) -> None:
    with pytest.raises(error):
        Replica("a", **wrong)


def test_versions_of_the_protocol_can_be_chosen() -> None:
    with Replica("a", protocol=(1, 1)) as replica, replica.link() as link:
        link.gossip()
        assert json.loads(link.read_all())["hello"]["protocol"] == [1, 1]
