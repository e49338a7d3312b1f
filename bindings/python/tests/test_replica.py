"""A replica beyond the mapping: the names of the seed."""

from __future__ import annotations

import json
import string
import sys
from typing import Any, Callable, List

import pytest
from support import REQUEST_ALL, feed, line, pump, sync

import scuttle
from scuttle import Entry, Limits, Replica, Update


def test_set_returns_false_if_a_link_is_full() -> None:
    drained = []
    with Replica("a", mtu=2, on_drain=lambda: drained.append(True)) as replica, replica.link(classic=True) as link:
        assert all(replica.set(f"k{i}", i) for i in range(5))
        assert link.write(REQUEST_ALL) is False
        assert replica.set("more", 1) is False
        assert replica["more"] == 1
        assert replica.delete("more") is False
        assert not drained
        link.read_all()
        assert drained == [True]
        assert replica.set("more", 2) is True


def test_lookup(replica: Replica) -> None:
    replica["k"] = [1]
    assert replica.lookup("k") == Entry(value=[1], source="a", version=1)
    assert replica.lookup("absent") == Entry(value=None, source=None, version=0)
    del replica["k"]
    assert replica.lookup("k") == Entry(None, None, 0)


def test_version_and_clock(replica: Replica) -> None:
    assert (replica.version, replica.clock) == (0, {})
    replica["k"] = 1
    feed(replica, line("x", "1", "b", 7))
    assert (replica.version, replica.clock) == (7, {"a": 1, "b": 7})
    replica["k"] = 2
    assert (replica.version, replica.clock) == (8, {"a": 8, "b": 7})


def test_news(replica: Replica) -> None:
    replica["k"] = {"é": 1}
    del replica["k"]
    feed(replica, line("x", "1.50", "b", 7))
    assert replica.news("a", 0) == [
        Update("k", '{"é":1}', "a", 1, deleted=False, local=True),
        Update("k", "null", "a", 2, deleted=True, local=True),
    ]
    assert replica.news("a", 1) == replica.news("a", 0)[1:]
    assert replica.news("b", 6) == [Update("x", "1.50", "b", 7)]
    assert replica.news("b", 7) == replica.news("nobody", 0) == []


def test_the_history_drops_updates_and_the_state_does_not() -> None:
    with Replica("a", exact_id=True, max_history=3) as replica:
        replica.update({f"k{i}": i for i in range(9)})
        assert [update.version for update in replica.news("a", 0)] == [7, 8, 9]
        assert len(replica) == 9


def test_the_history_and_the_links_may_have_no_limit() -> None:
    with Replica("a", exact_id=True, mtu=sys.maxsize, max_history=sys.maxsize) as replica, replica.link(classic=True) as link:
        replica.update({f"k{i}": i for i in range(99)})
        assert len(replica.news("a", 0)) == 99
        assert link.write(REQUEST_ALL) is True
        assert link.gossip() is True


def test_updates_know_their_shapes() -> None:
    update = Update('k"\\', '{"a":1.50}', "é", 3)
    assert update.value == {"a": 1.5}
    assert update.to_dict() == {"key": 'k"\\', "value": {"a": 1.5}, "source_id": "é", "version": 3}
    assert update.to_line() == r'{"key":"k\"\\","value":{"a":1.50},"source_id":"é","version":3}'
    delete = Update("k", "null", "b", 4, deleted=True)
    assert delete.value is None
    assert delete.to_dict() == {"key": "k", "value": None, "source_id": "b", "version": 4, "deleted": True}
    assert json.loads(delete.to_line()) == delete.to_dict()


def test_fingerprints_are_those_of_the_entries(replica: Replica) -> None:
    with Replica("b") as other:
        assert replica.fingerprint == other.fingerprint
        replica["k"] = 1
        assert replica.fingerprint != other.fingerprint
        sync(replica, other)
        assert replica.fingerprint == other.fingerprint


def test_gossip_sends_requests_to_all_peers(replica: Replica) -> None:
    with replica.link() as one, replica.link() as other:
        assert replica.gossip() is True
        hellos = [json.loads(link.read_all())["hello"] for link in (one, other)]
        # Each link has nonces of its own.
        assert hellos[0].pop("nonce") != hellos[1].pop("nonce")
        assert hellos[0] == hellos[1]
        assert hellos[0]["reply"] is False


def test_gossip_may_have_to_wait() -> None:
    with Replica("a", mtu=1) as replica, replica.link(classic=True) as link:
        replica["k"] = 1
        assert replica.gossip() is False
        assert link.gossip() is False
        assert link.read_all().endswith(REQUEST_ALL)


def test_the_short_form(replica: Replica) -> None:
    with Replica("b") as other:
        replica["k"], other["l"] = "v", "w"
        other.gossip()
        while (question := other.read(7)) or (answer := replica.read(5)):
            assert (replica.write(question) if question else other.write(answer)) is True
        assert replica == other == {"k": "v", "l": "w"}


ALPHABET = string.ascii_letters + string.digits + "-_"


def test_a_name_and_an_incarnation() -> None:
    with Replica("ada") as one, Replica("ada") as other:
        for replica in (one, other):
            assert replica.name == "ada"
            name, _, incarnation = replica.id.rpartition("~")
            assert (name, len(incarnation)) == ("ada", 8)
            assert set(incarnation) <= set(ALPHABET)
            assert repr(replica.id) in repr(replica)
        assert one.id != other.id
        one["k"] = 1
        assert one.lookup("k").source == one.id
    assert (one.name, one.id.split("~")[0]) == ("ada", "ada")  # after closing, too


def test_an_exact_id(replica: Replica) -> None:
    assert replica.id == replica.name == "a"
    assert "'a'" in repr(replica)
    with Replica("ü" * 127, exact_id=True) as other:
        assert other.id == other.name == "ü" * 127
    with Replica("a", exact_id=True, unique_id=True) as other:
        assert other.id == "a"


def test_names() -> None:
    with Replica("ü" * 123) as longest:
        assert longest.name == "ü" * 123
    for name in ("", "n" * 247, "ada~AZaz09-_"):
        with pytest.raises(scuttle.errors.IdError):
            Replica(name)
    for name in ("", "n" * 256, "ada~AZaz09-_"):
        with pytest.raises(scuttle.errors.IdError):
            Replica(name, exact_id=True)


def test_a_seed_repeats_an_incarnation_unless_it_starts_from_another_save() -> None:
    def source(**options: Any) -> str:
        with Replica("ada", **options) as replica:
            return replica.id

    first, second = line("k", "1", "b", 1), line("k", "1", "b", 2)
    assert source(seed=7) == source(seed=7, unique_id=True) != source(seed=8)
    assert source(seed=7, state=first) == source(seed=7, state=first)
    assert len({source(seed=7), source(seed=7, state=first), source(seed=7, state=second)}) == 3
    assert source(state=first) != source(state=first)


def test_a_seed_makes_a_replica_reproducible() -> None:
    def output(seed: int) -> bytes:
        with Replica("a", seed=seed) as replica, replica.link(any=True) as link:
            link.write(b"".join(line("k", "1", f"s{i}", i + 1) for i in range(20)))
            link.gossip()
            first = link.read_all()  # requests all entries; the next one names sources in a random order
            link.gossip()
            return first + link.read_all()

    assert output(7) == output(7) != output(8)


def test_resolvers() -> None:
    def outcome(resolve: Any) -> object:
        with Replica("a", resolve=resolve) as replica:
            replica["k"] = "z"
            feed(replica, line("k", '"y"', "b", 9))
            return replica["k"]

    assert outcome(scuttle.Resolver.LWW_VS_CLOCK) == "y"
    assert outcome(scuttle.Resolver.LWW_VS_CURRENT_VERS) == "y"
    assert outcome(scuttle.Resolver.STRICTLY_ORDER_VALUES) == "z"
    assert outcome(getattr(scuttle, "strictly_order_values")) == "z"  # its name in simple-scuttle


@pytest.mark.parametrize(
    "save",
    [
        lambda updates: updates,
        iter,
        lambda updates: [update.to_dict() for update in updates],
        lambda updates: "\n".join(update.to_line() for update in updates),
        lambda updates: "".join(update.to_line() + "\n" for update in updates).encode(),
        lambda updates: bytearray(b"\n".join(update.to_line().encode() for update in updates)),
        lambda updates: memoryview(b"\n".join(update.to_line().encode() for update in updates)),
    ],
)
def test_a_state_to_start_from(replica: Replica, save: Callable[[Any], Any]) -> None:
    replica.update({"a": 1, "é": {"x": [None]}, '"': "\n"})
    feed(replica, line("b", '"x"', "b", 9))
    with Replica("c", state=save(replica.snapshot())) as other:
        assert other == replica
        assert other.version == 9
        assert other.clock == {}  # entries alone claim nothing
        assert other.fingerprint == replica.fingerprint
        assert other.news("a", 0) == []


def test_a_state_keeps_the_spelling_of_values(replica: Replica) -> None:
    feed(replica, line("k", '[1.50,"\\u00e9"]', "b", 1))
    with Replica("c", state=replica.snapshot()) as other:
        assert other.snapshot()[0].json == '[1.50,"\\u00e9"]'


def test_a_state_may_have_deletes() -> None:
    state: List[Any] = [
        Update("k", "null", "b", 3, deleted=True),
        {"key": "l", "value": None, "source_id": "b", "version": 2},
    ]
    with Replica("a", state=state) as replica:
        assert replica == {"l": None}
        assert (replica.clock, replica.version) == ({}, 3)


def test_the_updates_of_on_update_are_enough_to_go_on() -> None:
    kept: List[str] = []
    with Replica("a", exact_id=True, on_update=lambda update: kept.append(update.to_line())) as replica:
        replica.update({"k": 1, "l": 2, "m": 3})
        del replica["l"]
        assert [update.key for update in replica.snapshot()] == ["k", "m"]
        with Replica("a", exact_id=True, state="\n".join(kept)) as other:
            assert other == {"k": 1, "m": 3}
            assert (other.version, other.clock) == (4, {"a": 4})
            assert other.fingerprint == replica.fingerprint


def test_an_export_goes_on_as_itself(replica: Replica) -> None:
    replica.update({"k": 1, "l": [1, "é"]})
    del replica["k"]
    feed(replica, line("theirs", "null", "b", 9))
    with Replica("a", state=replica.export()) as other:
        assert other == {"l": [1, "é"], "theirs": None}
        assert (other.version, other.clock, other.fingerprint) == (9, replica.clock, replica.fingerprint)
        other["new"] = 1
        assert other.lookup("new").version == 10


def test_a_bad_state() -> None:
    wrong: List[Any] = [["k"], [("k", 1)], {"k": 1}, 7]
    for state in wrong:
        with pytest.raises(TypeError):
            Replica("a", state=state)
    with pytest.raises(scuttle.errors.JSONError):
        Replica("a", state="{\n")
    with pytest.raises(TypeError):
        Replica("a").load(7)  # type: ignore[arg-type]
    with pytest.raises(scuttle.errors.VersionError):
        Replica("a", state=[{"key": "k", "value": 1, "source_id": "b", "version": 0}])
    with pytest.raises(scuttle.errors.MessageError):
        Replica("a", state=[{"key": "k"}])


def test_snapshot_and_visit(replica: Replica) -> None:
    replica.update({"b": 2, "a": 1, "aa": 3, "ab": 4})
    del replica["ab"]
    assert [(update.key, update.value) for update in replica.snapshot("a")] == [("a", 1), ("aa", 3)]
    seen = []

    def visitor(update: Update) -> bool:
        seen.append(update.key)
        return update.key == "aa"

    replica.visit(visitor)
    assert seen == ["a", "aa"]
    seen.clear()
    replica.visit(visitor, "b")
    assert seen == ["b"]


def test_an_exception_of_a_visitor_comes_out(replica: Replica) -> None:
    replica.update({"a": 1, "b": 2})
    seen = []

    def visitor(update: Update) -> None:
        seen.append(update.key)
        raise LookupError(update.key)

    with pytest.raises(LookupError, match="a"):
        replica.visit(visitor)
    assert seen == ["a"]
    with pytest.raises(KeyboardInterrupt):
        replica.visit(lambda update: (_ for _ in ()).throw(KeyboardInterrupt))
    assert replica == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("limit", "error", "do"),
    [
        ({"max_key_bytes": 3}, scuttle.errors.KeyTooLongError, lambda r: r.set("four", 1)),
        ({"max_value_bytes": 3}, scuttle.errors.ValueTooLongError, lambda r: r.set("k", "xx")),
        ({"max_depth": 2}, scuttle.errors.DepthError, lambda r: r.set("k", [[[]]])),
        ({"max_sources": 1}, scuttle.errors.TooManySourcesError, lambda r: feed(r, line("k", "1", "b", 1))),
        ({"max_message_bytes": 9}, scuttle.errors.MessageTooLongError, lambda r: feed(r, line("k", "1", "b", 1))),
        (
            {"max_version_jump": 9},
            scuttle.errors.VersionJumpError,
            lambda r: feed(r, line("k", "1", "b", 50) + line("k", "1", "b", 60)),
        ),
    ],
)
def test_limits(limit: Any, error: Any, do: Callable[[Replica], object]) -> None:
    with Replica("a", limits=Limits(**limit)) as replica:
        with pytest.raises(error) as caught:
            do(replica)
        assert caught.value.message
        assert "\n" not in caught.value.message


def test_max_links() -> None:
    with Replica("a", limits=Limits(max_links=1)) as replica:
        with replica.link():
            with pytest.raises(scuttle.errors.TooManyLinksError):
                replica.link()
        replica.link().close()


def test_version_numbers_may_run_out() -> None:
    with Replica("a", limits=Limits(max_version_jump=2**53)) as replica:
        feed(replica, line("k", "1", "b", 2**53 - 1))
        with pytest.raises(scuttle.errors.ExhaustedError):
            replica["k"] = 2
        assert replica["k"] == 1


def test_the_dot_of_an_update_is_its_timestamp(replica: Replica) -> None:
    replica["k"] = 1
    (update,) = replica.snapshot()
    assert update == Update("k", "1", "a", 1, local=True)
    assert (update.dot_source, update.dot_version, update.is_republished) == ("a", 1, False)
    assert json.loads(update.to_line()) == update.to_dict()
    assert "written" not in update.to_line()


def test_a_republished_update_names_its_timestamp_too() -> None:
    update = Update("k", "[1.50]", 'a"', 3, dot_source="b", dot_version=7)
    assert update.is_republished
    assert update.to_line() == '{"key":"k","value":[1.50],"source_id":"b","version":7,"written":["a\\"",3]}'
    assert json.loads(update.to_line()) == update.to_dict()
    assert update != Update("k", "[1.50]", 'a"', 3)
    assert update == Update(*update) == update._replace(key="k")
