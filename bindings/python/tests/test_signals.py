"""A signal handler that raises: its exception comes out of the call, whose effect is whole, with the decisions of the callbacks.

A handler runs at a function's first step, before any of its statements, and at some later steps. The tests let it run at each first
step of the package's and of the host's functions in turn, by C code, and then at random times, by a timer.
"""

from __future__ import annotations

import gc
import itertools
import random
import signal
import sys
from contextlib import contextmanager, suppress
from ctypes import c_int, py_object, pythonapi
from functools import partial
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

import pytest
from memory_store import MemoryStore
from support import REQUEST_ALL, line

import scuttle
from scuttle import Replica, Update
from scuttle._entrances import calling_with


class Alarm(Exception):
    """The exception of the handler."""


def handle(number: int, frame: Any) -> None:
    raise Alarm


class Kind(NamedTuple):
    number: int
    handler: Any
    error: Any


KINDS = {
    "alarm": Kind(signal.SIGALRM, handle, Alarm),
    "method": Kind(signal.SIGALRM, type("Owner", (), {"handle": lambda self, *_: handle(*_)})().handle, Alarm),
    "interrupt": Kind(signal.SIGINT, signal.default_int_handler, KeyboardInterrupt),
}


@contextmanager
def handled(kind: Kind) -> Iterator[None]:
    before = signal.signal(kind.number, kind.handler)
    try:
        yield
    finally:
        signal.signal(kind.number, before)


@contextmanager
def entering(step: Callable[[], object]) -> Iterator[None]:
    """Calls a function of C at the entry of each function of Python, without a step of Python between them."""
    before = sys.gettrace()
    sys.settrace(partial(calling_with([py_object] * 3), step, None))
    try:
        yield
    finally:
        sys.settrace(before)


def sending_at(count: int, number: int) -> Callable[[], object]:
    """Sends the signal at its call number `count`, from 0 on."""
    send = pythonapi["raise"]
    send.restype, send.argtypes = None, [c_int]
    return itertools.chain(itertools.repeat(None, count), map(send, (number,)), itertools.repeat(None)).__next__


class Case(NamedTuple):
    """A call on the object that `make` returns."""

    make: Callable[[], Any]
    call: Callable[[Any], object]
    #: Returns the state of the object, and the calls of its callbacks.
    look: Callable[[Any], Tuple[object, List[object]]]
    #: Closes the object.
    close: Callable[[Any], None]


KEYS = {f"key {i}": i for i in range(5)}


def filled() -> Replica:
    replica = Replica("a", exact_id=True, seed=1, max_history=100)
    replica.update(KEYS)
    return replica


def reading(call: Callable[[Replica], object]) -> Case:
    return Case(filled, call, lambda replica: (dict(replica), []), Replica.close)


class Host:
    """A replica with callbacks, a record of their calls, and a link."""

    def __init__(self, *names: str, **options: Any) -> None:
        self.told: List[object] = []
        self.errors: List[object] = []
        callbacks = {name: getattr(self, name) for name in names}
        self.replica = Replica(
            "a", exact_id=True, seed=1, on_error=lambda *error: self.errors.append(error), **callbacks, **options
        )
        self.link = self.replica.link(classic=True)
        self.replica["k"] = 5
        self.told.clear()

    def resolve(self, update: Update, current: Optional[Update]) -> bool:
        return current is None or (update.value or 9, update.version) > (
            current.value or 9,
            current.version,
        )

    def accept(self, link: Any, update: Update) -> bool:
        return bool(update.value % 2 == 1)

    def sort(self, a: Update, b: Update) -> int:
        return (a.version < b.version) - (a.version > b.version)

    def on_update(self, update: Update) -> None:
        self.told.append(("update", update.key, update.version))

    def on_compaction(self, updates: List[Update]) -> None:
        self.told.append(("compaction", [update.version for update in updates]))

    def on_drain(self) -> None:
        self.told.append("drain")

    def on_event(self, link: Any, event: Any, error: Any) -> None:
        self.told.append((event, type(error)))

    def look(self) -> Tuple[object, List[object]]:
        assert self.errors == []
        return (dict(self.replica), self.replica.version), self.told

    def write(self, *lines: bytes) -> None:
        with suppress(scuttle.errors.RefusedError):
            self.link.write(b"".join(lines))

    def ask(self, *lines: bytes) -> bytes:
        self.write(*lines, REQUEST_ALL)
        return self.link.read_all()

    def close(self) -> None:
        self.replica.close()


def calling(call: Callable[[Host], object], *names: str, **options: Any) -> Case:
    return Case(lambda: Host(*names, **options), call, Host.look, Host.close)


class StoredHost(Host):
    def __init__(self) -> None:
        self.store = MemoryStore()
        super().__init__(state_store=self.store)

    def look(self) -> Tuple[object, List[object]]:
        assert self.stored() == dict(self.replica)
        return dict(self.replica), super().look()[1]

    def look_after_any_time(self) -> Tuple[object, List[object]]:
        """Returns the same as `look`. A signal between the end of `commit` and the library's return undoes the call here, and not in the
        store: Python cannot tell the library that `commit` had returned."""
        assert self.stored() in (dict(self.replica), {**dict(self.replica), "k": 6})
        return dict(self.replica), super().look()[1]

    def stored(self) -> Dict[str, object]:
        with Replica("b", exact_id=True, state_store=self.store) as again:
            return dict(again)


READS = {
    "export": reading(lambda r: r.export()),
    "items": reading(lambda r: list(r.items())),
    "keys": reading(lambda r: list(r)),
    "values": reading(lambda r: list(r.values("key"))),
    "snapshot": reading(lambda r: r.snapshot()),
    "clock": reading(lambda r: r.clock),
    "news": reading(lambda r: r.news("a", 1)),
    "history": reading(lambda r: list(r.history)),
    "history-len": reading(lambda r: len(r.history)),
    "get": reading(lambda r: r.get("key 3")),
    "sorted": calling(lambda h: h.replica.history.news("a", 0), "sort"),
    "check-resolver": reading(
        lambda r: scuttle.check_resolver(lambda u, c: c is None or u.version > c.version, r.snapshot()[:3])
    ),
    "check-flaw": reading(lambda r: scuttle.check_resolver(lambda u, c: True, r.snapshot()[:2])),
}

WRITES = {
    "resolver-that-says-no": calling(lambda h: h.replica.set("k", 3), "resolve"),
    "resolver-that-says-yes": calling(lambda h: h.replica.set("k", 7), "resolve"),
    "resolver-of-updates": calling(
        lambda h: h.write(line("k", "1", "b", 11), line("l", "2", "b", 12), line("k", "9", "c", 13)), "resolve"
    ),
    "accept": calling(lambda h: h.write(line("l", "1", "b", 11), line("m", "3", "c", 12)), "accept"),
    "accept-that-says-no": calling(lambda h: h.write(line("l", "4", "b", 11), line("k", "2", "c", 12)), "accept"),
    "on_update": calling(lambda h: h.write(line("l", "1", "b", 11), line("m", "2", "c", 12)), "on_update"),
    "on_compaction": calling(lambda h: h.replica.set("l", 1), "on_compaction", max_history=1),
    "sort": calling(lambda h: h.ask(line("l", "1", "b", 11)), "sort"),
    "delete": calling(lambda h: h.replica.delete("k"), "resolve", "on_update"),
    "store": Case(StoredHost, lambda h: h.replica.set("k", 6), StoredHost.look, Host.close),
    "store-of-updates": Case(
        StoredHost, lambda h: h.write(line("l", "1", "b", 11), line("k", "2", "c", 12)), StoredHost.look, Host.close
    ),
}

CASES = {**READS, **WRITES}
CASES_AT_ANY_TIME = {**CASES, "store": CASES["store"]._replace(look=StoredHost.look_after_any_time)}


class Outcome(NamedTuple):
    """The result of a call without a signal."""

    before: object
    after: object
    told: List[object]
    result: object


@pytest.fixture(autouse=True)
def no_collector() -> Iterator[None]:
    """Runs no collection at a random time, because Python itself reports and drops an exception of a handler in a finalizer."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def outcome_of(case: Case) -> Outcome:
    made = case.make()
    before, told = case.look(made)
    assert told == []
    result = case.call(made)
    after, told = case.look(made)
    case.close(made)
    return Outcome(before, after, list(told), result)


def raises(case: Case, expected: Outcome, error: Any, disturbance: Any) -> bool:
    """Makes the call once, and returns whether the handler has ended it. The call has had all of its effect or none."""
    made = case.make()
    raised = False
    try:
        with disturbance:
            result = case.call(made)
    except error:
        raised = True
    now, told = case.look(made)
    if raised:
        assert now in (expected.before, expected.after)
        # No callback runs twice, and the handler may have ended the one that runs next.
        assert [one for one in expected.told if one in told] == told
    else:
        assert (result, now, told) == (expected.result, expected.after, expected.told)
    case.close(made)
    return raised


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_at_each_first_step(case: Case, kind: Kind, unraisable: List[Any]) -> None:
    expected = outcome_of(case)
    entered: List[None] = []
    assert not raises(case, expected, kind.error, entering(map(entered.append, itertools.repeat(None)).__next__))
    steps = len(entered) - 2  # without those of `entering`
    assert steps > (1 if scuttle.is_accelerated else 3)  # steps in C are none
    with handled(kind):
        for count in range(steps):
            assert raises(case, expected, kind.error, entering(sending_at(count, kind.number))), f"step {count} of {steps}"
    assert unraisable == []


@pytest.mark.parametrize("case", CASES_AT_ANY_TIME.values(), ids=CASES_AT_ANY_TIME.keys())
def test_at_any_time(case: Case, unraisable: List[Any]) -> None:
    expected = outcome_of(case)
    times = random.Random(1)

    @contextmanager
    def timer() -> Iterator[None]:
        try:
            signal.setitimer(signal.ITIMER_REAL, times.uniform(1e-6, 4e-4))
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    with handled(KINDS["alarm"]):
        for _ in range(150):
            with suppress(Alarm):  # after the call
                raises(case, expected, Alarm, timer())
    assert unraisable == []
