"""Several threads use a replica, its links and its callbacks, and close them during each other's calls."""

from __future__ import annotations

import random
import sys
import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator, List

import pytest
from support import REQUEST_ALL, line, pump, sync

import scuttle
from scuttle import Replica
from scuttle.errors import ClosedError


@pytest.fixture(autouse=True)
def switch_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


class Crew:
    """Threads whose exceptions fail the test."""

    def __init__(self) -> None:
        self._threads: List[threading.Thread] = []
        self._errors: List[BaseException] = []
        self.stopped = threading.Event()

    def start(self, work: Callable[..., object], *arguments: Any) -> None:
        def run() -> None:
            try:
                work(*arguments)
            except BaseException as error:
                self._errors.append(error)

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def start_loop(self, work: Callable[[], object]) -> None:
        """Repeats a step until the replica is closed, or the crew stops."""

        def loop() -> None:
            try:
                while not self.stopped.is_set():
                    work()
            except ClosedError:
                pass

        self.start(loop)

    def finish(self) -> None:
        for thread in self._threads:
            thread.join(60)
            assert not thread.is_alive(), "a thread hangs"
        if self._errors:
            raise self._errors[0]


@contextmanager
def crew() -> Iterator[Crew]:
    made = Crew()
    try:
        yield made
    finally:
        made.finish()


def test_writers_readers_and_links_at_once() -> None:
    updates: List[scuttle.Update] = []
    errors: List[Any] = []
    with Replica("a", on_update=updates.append, on_error=lambda *e: errors.append(e)) as one, Replica("b") as other:

        def write(replica: Replica, thread: int) -> None:
            for i in range(300):
                replica[f"{thread}/{i}"] = {"thread": thread, "i": i}
                if i % 7 == 0:
                    replica.delete(f"{thread}/{i}")

        def carry(here: scuttle.Link, there: scuttle.Link) -> None:
            while not work.stopped.is_set():
                here.gossip()
                there.gossip()
                pump(here, there, lambda: random.randrange(1, 5000))

        def read() -> None:
            for key, value in one.items():
                assert key == f"{value['thread']}/{value['i']}"
            len(one), one.clock, one.fingerprint, one.lookup("0/1"), one.news("b", 0)

        with crew() as work:
            for _ in range(2):
                work.start(carry, one.link(), other.link())
                work.start_loop(read)
            with crew() as writers:
                for thread in range(3):
                    writers.start(write, one, thread)
                    writers.start(write, other, thread + 3)
            work.stopped.set()
        sync(one, other)
        assert one == other
        assert one.fingerprint == other.fingerprint
        assert len(one) == 6 * (300 - 43)
        assert one["5/299"] == {"thread": 5, "i": 299}
        assert not errors
        assert len(updates) >= 3 * 343


def test_pop_gives_each_value_to_one_thread(replica: Replica) -> None:
    replica.update({f"k{i}": i for i in range(200)})
    taken: List[int] = []

    def take() -> None:
        for i in range(200):
            value = replica.pop(f"k{i}", None)
            if value is not None:
                taken.append(value)

    with crew() as takers:
        for _ in range(4):
            takers.start(take)
    assert sorted(taken) == list(range(200))


def test_setdefault_has_one_winner(replica: Replica) -> None:
    with crew() as setters:
        outcomes: List[List[Any]] = [[] for _ in range(4)]
        for thread in range(4):
            setters.start(
                lambda thread: outcomes[thread].extend(replica.setdefault(f"k{i}", thread) for i in range(200)), thread
            )
    assert outcomes[0] == outcomes[1] == outcomes[2] == outcomes[3]


@pytest.mark.parametrize("repetition", range(10))
def test_closing_a_replica_that_is_in_use(repetition: int) -> None:
    in_use = threading.Barrier(6)

    def on_update(update: scuttle.Update) -> None:
        if update.key == "start":
            in_use.wait(60)

    replica = Replica("a", mtu=2, on_update=on_update, on_drain=lambda: None)
    links = [replica.link(classic=True) for _ in range(3)]
    replica.update({f"k{i}": "x" * i for i in range(100)})

    def transfer(link: scuttle.Link) -> None:
        link.write(REQUEST_ALL)
        link.read(100)
        link.gossip()

    def close_when_in_use() -> None:
        in_use.wait(60)
        replica.close()

    with crew() as users:
        users.start_loop(lambda: replica.set("k", 1))
        users.start_loop(lambda: list(replica.items()))
        for link in links:
            users.start_loop(lambda link=link: transfer(link))  # type: ignore[misc]
        users.start_loop(lambda: replica.link().close())
        for _ in range(5):
            users.start(close_when_in_use)
        replica["start"] = True
    assert replica.closed
    assert all(link.closed for link in links)


def test_closing_links_that_are_in_use(replica: Replica) -> None:
    replica.update({f"k{i}": "x" * i for i in range(50)})

    def close_in_use(link: scuttle.Link) -> None:
        with crew() as users:
            users.start_loop(lambda: (link.write(REQUEST_ALL), link.read(50)))
            users.start_loop(lambda: link.write(line("k", "1", "b", 1)))
            users.start(link.close)
            users.start(link.close)
        assert link.closed

    for _ in range(30):
        close_in_use(replica.link(classic=True))
    assert len(replica) == 51


def test_closing_waits_for_a_callback_in_another_thread() -> None:
    inside, go_on = threading.Event(), threading.Event()
    order: List[str] = []

    def on_update(update: scuttle.Update) -> None:
        inside.set()
        go_on.wait(60)
        order.append("callback")

    def close() -> None:
        replica.close()
        order.append("close")

    replica = Replica("a", on_update=on_update)
    with crew() as threads:
        threads.start(replica.set, "k", 1)
        inside.wait(60)
        threads.start(close)
        go_on.set()
    assert order == ["callback", "close"]
    assert replica.closed


def test_links_dropped_by_other_threads(replica: Replica) -> None:
    def drop() -> None:
        for _ in range(100):
            replica.link(classic=True).write(line("k", "1", "b", 1))

    with crew() as droppers:
        for _ in range(3):
            droppers.start(drop)
    assert replica["k"] == 1


def test_two_replicas_that_call_each_other_one_way() -> None:
    with Replica("b") as mirror, Replica("a", on_update=lambda u: mirror.set(u.key, u.value)) as replica:
        with crew() as writers:
            for thread in range(3):
                writers.start(lambda thread: replica.update({f"{thread}/{i}": i for i in range(100)}), thread)
            writers.start(lambda: [list(mirror) for _ in range(20)])
        assert mirror == replica
