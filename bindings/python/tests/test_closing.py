"""Closing, dropping and collecting replicas and links, in any order."""

from __future__ import annotations

import gc
import signal
import weakref
from contextlib import suppress
from typing import Any, Callable, List

import pytest
from support import REQUEST_ALL

import scuttle
from scuttle import Replica
from scuttle.errors import ClosedError

USES: List[Callable[[Replica], object]] = [
    lambda r: r.set("k", 1),
    lambda r: r.__setitem__("k", 1),
    lambda r: r["k"],
    lambda r: r.get("k"),
    lambda r: r.lookup("k"),
    lambda r: "k" in r,
    lambda r: r.delete("k"),
    lambda r: r.pop("k"),
    lambda r: r.setdefault("k"),
    lambda r: r.update({"k": 1}),
    lambda r: r.update(iter([("k", 1)])),
    lambda r: r.clear(),
    lambda r: list(r),
    lambda r: list(r.items()),
    lambda r: len(r),
    lambda r: r.snapshot(),
    lambda r: r.visit(print),
    lambda r: r.version,
    lambda r: r.clock,
    lambda r: r.fingerprint,
    lambda r: r.news("a", 0),
    lambda r: r.export(),
    lambda r: r.load(b""),
    lambda r: r.set_ttl("k", 1, 1),
    lambda r: r.tick(1),
    lambda r: r.gossip(),
    lambda r: r.link(),
    lambda r: r.write(b""),
    lambda r: r.read(),
    lambda r: r.readinto(bytearray(9)),
    lambda r: r.purge(),
    lambda r: r.forget("b"),
]

LINK_USES: List[Callable[[scuttle.Link], object]] = [
    lambda l: l.write(b""),
    lambda l: l.read(),
    lambda l: l.readinto(bytearray(9)),
    lambda l: l.read_all(),
    lambda l: l.gossip(),
]


def test_after_closing_a_replica() -> None:
    replica = Replica("a", exact_id=True)
    with replica:
        link = replica.link()
        replica["k"] = 1
    assert replica.closed and link.closed
    assert replica.id == "a"
    assert not replica.torn
    assert "closed" in repr(replica) and "closed" in repr(link)
    for use in USES:
        with pytest.raises(ClosedError):
            use(replica)
    for link_use in LINK_USES:
        with pytest.raises(ClosedError):
            link_use(link)
    replica.close()
    link.close()
    replica.close()


def test_after_closing_a_link(replica: Replica) -> None:
    with replica.link() as link:
        assert not link.closed
    assert link.closed
    for use in LINK_USES:
        with pytest.raises(ClosedError):
            use(link)
    link.close()
    replica["k"] = 1
    assert not replica.closed


def test_closing_a_link_drains() -> None:
    drained = []
    with Replica("a", mtu=1, on_drain=lambda: drained.append(True)) as replica:
        replica.update({"k": 1, "l": 2})
        link = replica.link(classic=True)
        assert link.write(REQUEST_ALL) is False
        assert replica.set("m", 1) is False
        link.close()
        assert drained == [True]
        assert replica.set("m", 1) is True


def test_a_link_keeps_its_replica() -> None:
    link = Replica("a").link(classic=True)
    gc.collect()
    link.gossip()
    assert link.read_all() == REQUEST_ALL


def test_a_dropped_link_is_closed_by_the_next_call() -> None:
    drained = []
    limits = scuttle.Limits(max_links=1)
    with Replica("a", mtu=1, on_drain=lambda: drained.append(True), limits=limits) as replica:
        replica.update({"k": 1, "l": 2})
        for _ in range(3):
            link = replica.link(classic=True)
            assert link.write(REQUEST_ALL) is False
            del link
            gc.collect()
        assert replica.set("m", 1) is True
        assert drained == [True] * 3


def test_links_dropped_after_their_replica_was_closed() -> None:
    replica = Replica("a")
    links = [replica.link() for _ in range(3)]
    replica.close()
    del links, replica
    gc.collect()


def test_dropped_in_any_order() -> None:
    for _ in range(50):
        replica = Replica("a")
        links = [replica.link() for _ in range(3)]
        del replica
        links[1].gossip()
        del links


def test_a_circle_through_a_callback_is_collected() -> None:
    class Owner:
        def __init__(self) -> None:
            self.replica = Replica("a", on_update=self.on_update, on_drain=lambda: self.link.close())
            self.link = self.replica.link(classic=True)

        def on_update(self, update: Any) -> None:
            pass

    owners = [Owner() for _ in range(5)]
    for owner in owners:
        owner.replica["k"] = 1
        owner.link.write(REQUEST_ALL)
    handles = [weakref.ref(owner.replica._handle) for owner in owners]
    del owner, owners
    gc.collect()
    assert [handle() for handle in handles] == [None] * 5


def test_a_closed_replica_lets_go_of_its_callbacks() -> None:
    class Callback:
        def __call__(self, update: Any) -> None:
            pass

    callback = Callback()
    alive = weakref.ref(callback)
    replica = Replica("a", on_update=callback)
    del callback
    replica["k"] = 1
    assert alive() is not None
    replica.close()
    assert alive() is None


def test_a_link_dropped_in_a_callback(unraisable: List[Any]) -> None:
    links: List[scuttle.Link] = []
    with Replica("a", on_update=lambda update: links.clear()) as replica:
        links.append(replica.link())
        replica["k"] = 1
        assert links == []
        replica["k"] = 2
    assert unraisable == []


def test_a_replica_that_could_not_be_made() -> None:
    for _ in range(3):
        with pytest.raises(scuttle.errors.IdError):
            Replica("", on_update=print)
    gc.collect()


def test_signal_handlers_that_use_the_replica(replica: Replica) -> None:
    handled: List[bool] = []

    def handler(*_: Any) -> None:
        try:
            handled.append(replica.set("handled", len(handled)))
        except scuttle.errors.BusyError:
            handled.append(False)

    usual = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        while len(handled) < 200:
            replica["k"] = [1, 2, 3]
            assert dict(replica)["k"] == [1, 2, 3]
            replica.lookup("k")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)


@pytest.mark.parametrize(
    "use",
    [
        lambda r: r.set("k", 1),
        lambda r: r.get("k"),
        lambda r: r.update({"k": 1, "l": "x" * 2000}),
        lambda r: r.delete("k"),
    ],
)
def test_signal_handlers_that_close_the_replica(use: Callable[[Replica], object]) -> None:
    """A signal handler may run anywhere, and no call goes on with a freed replica."""

    def handler(*_: Any) -> None:
        with suppress(scuttle.errors.BusyError):
            replica.close()

    usual = signal.signal(signal.SIGALRM, handler)
    try:
        for repetition in range(50):
            replica = Replica("a")
            signal.setitimer(signal.ITIMER_REAL, 0.0002 + repetition * 1e-5, 0.0002)
            with pytest.raises(ClosedError):
                while True:
                    use(replica)
            signal.setitimer(signal.ITIMER_REAL, 0)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, usual)


def test_a_replica_is_held_in_the_middle_of_a_call(replica: Replica) -> None:
    """A signal handler in the middle of a call gets BusyError."""
    with pytest.raises(scuttle.errors.BusyError):
        replica._handle.run(lambda pointer: replica.close())
    with pytest.raises(scuttle.errors.BusyError):
        replica._handle.run(lambda pointer: replica.set("k", 1))
    assert replica.set("k", 1) is True
