"""Callbacks: their arguments, and when they run."""

from __future__ import annotations

import gc
from contextlib import suppress
from typing import Any, Dict, List, Optional, Tuple

import pytest
from all_callbacks import NAMES
from support import feed, line, pump, sync

import scuttle
from scuttle import Event, Replica, Update, _abi


def test_on_update_sees_local_and_received_updates() -> None:
    seen: List[Update] = []
    with Replica("a", exact_id=True, on_update=seen.append) as replica:
        replica["k"] = {"x": 1}
        feed(replica, line("l", "[2]", "b", 5))
        feed(replica, line("l", "[2]", "b", 5))
        del replica["k"]
    assert seen == [
        Update("k", '{"x":1}', "a", 1, local=True),
        Update("l", "[2]", "b", 5),
        Update("k", "null", "a", 6, deleted=True, local=True),
    ]


def test_on_compaction_gets_the_dropped_updates() -> None:
    forgotten: List[Update] = []
    with Replica("a", max_history=2, on_compaction=forgotten.extend) as replica:
        for i in range(5):
            replica[f"k{i}"] = i
    assert [(update.key, update.value) for update in forgotten] == [("k0", 0), ("k1", 1), ("k2", 2)]


def test_a_resolver_decides() -> None:
    asked: List[Tuple[Update, Optional[Update]]] = []

    def longest(update: Update, current: Optional[Update]) -> bool:
        asked.append((update, current))
        return current is None or (len(update.value), update.version) > (len(current.value), current.version)

    with Replica("a", exact_id=True, resolve=longest) as replica:
        replica["k"] = "long"
        replica["k"] = "no"
        assert replica["k"] == "long"
        replica["k"] = "longer"
        assert replica["k"] == "longer"
        assert replica.version == 3
    first, second = Update("k", '"long"', "a", 1, local=True), Update("k", '"no"', "a", 2, local=True)
    assert asked[:2] == [(first, None), (second, first)]


def test_replicas_with_a_resolver_agree() -> None:
    def least(update: Update, current: Optional[Update]) -> bool:
        return current is None or (update.value, update.source) < (current.value, current.source)

    with Replica("a", resolve=least) as one, Replica("b", resolve=least) as other:
        one["k"], other["k"] = 5, 3
        sync(one, other)
        assert one["k"] == other["k"] == 3


def test_a_sort_orders_news() -> None:
    def backwards(a: Update, b: Update) -> int:
        return (b.version - a.version) * 2**40  # more than a C int holds

    with Replica("a", exact_id=True, sort=backwards) as replica:
        replica.update({"x": 1, "y": 2, "z": 3})
        assert [update.key for update in replica.news("a", 0)] == ["z", "y", "x"]


def test_a_sort_orders_the_sources_of_a_delta() -> None:
    def backwards(a: Update, b: Update) -> int:
        return (a.source < b.source) - (a.source > b.source)

    for classic in (False, True):
        with Replica("hub", sort=backwards) as hub, Replica("peer", exact_id=True) as peer:
            for name in "bca":
                with Replica(name, exact_id=True) as writer:
                    writer.update({f"{name}{i}": i for i in range(8)})
                    sync(writer, hub)
            seen: List[str] = []
            with hub.link(classic=classic) as here, peer.link(classic=classic) as there:
                there.gossip()
                while said := there.read_all():
                    here.write(said)
                    heard = here.read_all()
                    seen += [line for line in heard.decode().splitlines() if line.startswith('{"key"')]
                    there.write(heard)
            assert peer == hub
            assert [line[8] for line in seen] == [name for name in "cba" for _ in range(8)]


@pytest.mark.parametrize("is_lost", [False, True])
def test_a_sorted_reset_that_begins_anew_holds_all(is_lost: bool) -> None:
    """A tombstone is purged after some of the reset has been sent, or has been lost."""
    with Replica("hub", sort=lambda a, b: 0, mtu=2) as hub, Replica("peer") as peer:
        hub["gone"] = 1
        del hub["gone"]
        hub.purge()
        hub.update({f"k{i}": i for i in range(20)})
        with hub.link() as here, peer.link() as there:
            there.gossip()
            said = b""
            while b'"k2"' not in said:
                if said:
                    there.write(said)
                here.write(there.read_all())
                said = here.read(1)
                while not said.endswith(b'"k2"') and (more := here.read(1)):
                    said += more
            while not said.endswith(b"\n"):
                said += here.read(1)
            if not is_lost:
                there.write(said)
            del hub["k9"]
            assert hub.purge() == 1
            with suppress(scuttle.errors.UnaskedError):  # the lines on their way belong to the lost head
                there.write(here.read(500))
            pump(there, here)
            assert peer == hub
            assert peer["k0"] == 0


@pytest.mark.parametrize("name", [*NAMES, "on_event", "on_error"])
def test_callbacks_are_callable(name: str) -> None:
    callbacks: Dict[str, Any] = {name: 1}
    with pytest.raises(TypeError, match=f"{name} is not callable"):
        Replica("a", **callbacks)


def test_a_callback_may_use_another_replica() -> None:
    with Replica("b") as mirror, Replica("a", on_update=lambda u: mirror.set(u.key, u.value)) as replica:
        replica["k"] = [1]
        assert mirror == {"k": [1]}


def test_callbacks_are_kept_with_their_replica() -> None:
    class Counter:
        def __init__(self) -> None:
            self.count = 0

        def __call__(self, update: Update) -> None:
            self.count += 1

    counter = Counter()
    with Replica("a", on_update=lambda update: counter(update), on_drain=lambda: None) as replica:
        for i in range(1000):
            if i % 100 == 0:
                gc.collect()
            replica[f"k{i}"] = i
    assert counter.count == 1000


def test_events_come_with_their_link_and_error() -> None:
    """The test calls the callbacks itself, as the library does."""
    seen: List[Tuple[Any, Any, Any]] = []
    with Replica("a", on_event=lambda *event: seen.append(event)) as replica:
        config = replica._handle._config
        assert config is not None
        link = replica.link()
        address = link._pointer
        seen.clear()
        config.on_event(config.context, address, _abi.EVENT_HELLO, _abi.OK)
        config.on_event(config.context, address, _abi.EVENT_ENDED, _abi.E_CLUSTER)
        config.on_event(config.context, 8, _abi.EVENT_IN_STEP, _abi.OK)  # of an unknown link
        config.on_event(config.context, address, 4711, _abi.OK)  # of a later library
        (hello, ended, other) = seen
        assert hello == (link, Event.HELLO, None)
        assert ended[:2] == (link, Event.ENDED) and isinstance(ended[2], scuttle.errors.ClusterError)
        assert other == (None, Event.IN_STEP, None)
        link.close()
        assert dict(replica._handle.links) == {}


def test_a_callback_for_events_keeps_no_link(replica: Replica) -> None:
    with Replica("b", on_event=lambda *event: None) as other, other.link() as there, replica.link() as here:
        here.gossip()
        pump(here, there)
        other.link()  # dropped at once
        gc.collect()
        other["k"] = 1
        assert list(other._handle.links.values()) == [there]
