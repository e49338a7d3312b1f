"""Calls in callbacks and visitors: reads pass, changes raise BusyError."""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import suppress
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest
from all_callbacks import NAMES, exercise
from support import PACKAGE

import scuttle
from scuttle import Entry, Replica, Update, _abi
from scuttle._library import library

READS: Dict[str, Callable[[Replica, scuttle.Link], object]] = {
    "item": lambda r, l: r["k"] if "k" in r else None,
    "get": lambda r, l: r.get("x"),
    "lookup": lambda r, l: r.lookup("k"),
    "contains": lambda r, l: "x" in r,
    "iterate": lambda r, l: list(r),
    "len": lambda r, l: len(r),
    "keys": lambda r, l: list(r.keys("k")),
    "items": lambda r, l: list(r.items()),
    "values": lambda r, l: list(r.values()),
    "compare": lambda r, l: r == {},
    "snapshot": lambda r, l: r.snapshot(),
    "visit": lambda r, l: r.visit(lambda update: r.lookup(update.key)),
    "clock": lambda r, l: r.clock,
    "version": lambda r, l: r.version,
    "id": lambda r, l: r.id,
    "name": lambda r, l: r.name,
    "news": lambda r, l: r.news("a", 0),
    "history": lambda r, l: list(r.history),
    "history-len": lambda r, l: len(r.history),
    "history-news": lambda r, l: r.history.news("b", 0),
}

USES: Dict[str, Callable[[Replica, scuttle.Link], object]] = {
    "set": lambda r, l: r.set("x", 1),
    "setitem": lambda r, l: r.__setitem__("x", 1),
    "update": lambda r, l: r.update(x=1),
    "delete": lambda r, l: r.delete("x"),
    "delitem": lambda r, l: r.__delitem__("x"),
    "pop": lambda r, l: r.pop("x", None),
    "popitem": lambda r, l: r.popitem(),
    "setdefault": lambda r, l: r.setdefault("x"),
    "clear": lambda r, l: r.clear(),
    "fingerprint": lambda r, l: r.fingerprint,
    "export": lambda r, l: r.export(),
    "load": lambda r, l: r.load(b""),
    "set_ttl": lambda r, l: r.set_ttl("x", 1, 1),
    "tick": lambda r, l: r.tick(1),
    "purge": lambda r, l: r.purge(),
    "forget": lambda r, l: r.forget("b"),
    "accept_again": lambda r, l: r.accept_again(),
    "gossip": lambda r, l: r.gossip(),
    "write": lambda r, l: r.write(b""),
    "read": lambda r, l: r.read(),
    "link": lambda r, l: r.link(),
    "close": lambda r, l: r.close(),
    "link-write": lambda r, l: l.write(b""),
    "link-read": lambda r, l: l.read(),
    "link-gossip": lambda r, l: l.gossip(),
    "link-close": lambda r, l: l.close(),
    "history-write": lambda r, l: r.history.write(Update("k", "1", "c", 1)),
}

#: The calls that `on_compaction` alone may make.
COMPACTING: Dict[str, Callable[[Replica, scuttle.Link], object]] = {
    "history-trim": lambda r, l: r.history.trim(lambda update: False),
    "history-keep": lambda r, l: r.history.keep(1000),
}


@pytest.mark.parametrize(
    ("name", "use"),
    [pytest.param(name, USES[use], id=f"{name}-{use}") for name in NAMES for use in USES]
    + [pytest.param(name, COMPACTING[use], id=f"{name}-{use}") for name in NAMES[:4] for use in COMPACTING],
)
def test_calling_back_is_busy(name: str, use: Callable[[Replica, scuttle.Link], object]) -> None:
    raised: List[Exception] = []

    def call_back(*_: Any) -> int:
        with pytest.raises(scuttle.errors.BusyError) as caught:
            use(replica, link)
        raised.append(caught.value)
        return 1

    callbacks: Dict[str, Any] = {name: call_back}
    max_history = 100 if name == "sort" else 1
    with Replica("a", mtu=1, max_history=max_history, **callbacks) as replica, replica.link() as link:
        exercise(replica)
        assert raised
        assert not link.closed
        replica.gossip()
        assert link.read_all()


@pytest.mark.parametrize("use", [*USES.values(), *COMPACTING.values()], ids=[*USES, *COMPACTING])
def test_calling_back_from_a_visitor_is_busy(replica: Replica, use: Callable[[Replica, scuttle.Link], object]) -> None:
    replica["k"] = 1
    with replica.link() as link:
        with pytest.raises(scuttle.errors.BusyError):
            replica.visit(lambda update: use(replica, link))
        with pytest.raises(scuttle.errors.BusyError):
            replica.history.trim(lambda update: use(replica, link))
        assert replica["k"] == 1


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
@pytest.mark.parametrize("name", NAMES)
def test_reading_in_a_callback(name: str, read: Callable[[Replica, scuttle.Link], object]) -> None:
    outcomes: List[object] = []
    reading = False

    def call_back(*arguments: Any) -> int:
        nonlocal reading
        if reading:  # `sort`, about the history that is read
            return 0
        reading = True
        try:
            outcomes.append(read(replica, link))
        finally:
            reading = False
        return order(*arguments) if name == "sort" else 1

    def order(a: Update, b: Update) -> int:
        return (a.version > b.version) - (a.version < b.version)

    errors: List[Any] = []
    callbacks: Dict[str, Any] = {name: call_back}
    max_history = 100 if name == "sort" else 1
    with Replica("a", mtu=1, max_history=max_history, on_error=lambda *e: errors.append(e), **callbacks) as replica:
        with replica.link() as link:
            exercise(replica)
            exercise_without = entries_of(mtu=1, max_history=max_history)
            assert outcomes and not errors
            if name != "resolve":
                assert replica == exercise_without


def entries_of(**sizes: int) -> Dict[str, Any]:
    """Returns the replica that `exercise` leaves without callbacks."""
    with Replica("a", **sizes) as replica:  # type: ignore[arg-type]
        exercise(replica)
        return dict(replica)


@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_reading_in_a_visitor(replica: Replica, read: Callable[[Replica, scuttle.Link], object]) -> None:
    replica.update({f"k{i}": "x" * i for i in range(9)})
    with replica.link() as link:
        expected = read(replica, link)
        seen: List[object] = []
        replica.visit(lambda update: seen.append(read(replica, link)))
        assert seen == [expected] * 9
        seen.clear()
        assert replica.history.trim(lambda update: seen.append(read(replica, link))) == 0
        assert seen == [expected] * 9


def test_callbacks_read_the_state_around_the_update() -> None:
    """on_update runs after the update, on_compaction before the history drops updates, a resolver before the update."""
    seen: List[Tuple[str, object]] = []

    def resolve(update: Update, current: Optional[Update]) -> bool:
        seen.append(("resolve", replica.get("k")))
        return current is None or update.version > current.version

    def on_update(update: Update) -> None:
        seen.append(("update", replica["k"]))

    def on_compaction(updates: List[Update]) -> None:
        seen.append(("compaction", [u.version for u in replica.history]))

    with Replica("a", max_history=1, resolve=resolve, on_update=on_update, on_compaction=on_compaction) as replica:
        replica["k"] = 1
        replica["k"] = 2
    assert seen[:3] == [("resolve", None), ("update", 1), ("resolve", 1)]
    assert sorted(seen[3:], key=str) == [("compaction", [1]), ("update", 2)]


def test_a_nested_error_has_its_own_message(replica: Replica) -> None:
    replica["k"] = 1
    messages: List[str] = []

    def visitor(update: Update) -> None:
        for bad in ("", "\0"):
            with pytest.raises(scuttle.ScuttleError) as caught:
                replica[bad]
            messages.append(caught.value.message)

    replica.visit(visitor)
    assert len(messages) == 2 and all(messages)
    with pytest.raises(scuttle.errors.JSONError, match="NaN|JSON"):
        replica["k"] = float("nan")


def test_a_nested_read_leaves_the_memory_of_the_outer_one(replica: Replica) -> None:
    """Reads at each line and call of the package, as a signal handler could: between the library's result and its use."""
    long = "x" * 10_000  # larger than the memory that a read begins with
    replica.update({"k": "outer", "l": long, "n": 1})
    package = str(PACKAGE)
    nested = 0

    def trace(frame: Any, event: str, argument: Any) -> Any:
        nonlocal nested
        if not frame.f_code.co_filename.startswith(package):
            return None
        if event in ("line", "return", "call"):
            sys.settrace(None)
            try:
                nested += 1
                assert replica["l"] == long
                assert replica.lookup("n").value == 1
                assert replica.get("absent") is None
                assert len(replica) == 3
            finally:
                sys.settrace(trace)
        return trace

    def traced(read: Callable[[], object]) -> object:
        before = sys.gettrace()
        sys.settrace(trace)
        try:
            return read()
        finally:
            sys.settrace(before)

    for _ in range(3):
        assert traced(lambda: replica["k"]) == "outer"
        assert traced(lambda: replica.lookup("k")) == Entry("outer", "a", 1)
        assert traced(lambda: replica.get("absent")) is None
        assert traced(lambda: replica["l"]) == long
        assert traced(lambda: list(replica.items("k"))) == [("k", "outer")]
        assert traced(lambda: replica.setdefault("k", 2)) == "outer"
    assert nested > 100


def test_a_signal_handler_reads(replica: Replica) -> None:
    replica.update({"k": "outer", "l": "x" * 5000})
    seen: List[object] = []

    def handle(*_: object) -> None:
        seen.append((replica["l"], replica.lookup("k").value, len(replica)))
        with suppress(scuttle.errors.BusyError):
            replica["m"] = 1

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        for _ in range(20_000):
            assert replica["k"] == "outer"
            assert replica.lookup("k") == Entry("outer", "a", 1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert seen and all(value[:2] == ("x" * 5000, "outer") for value in seen)  # type: ignore[index]


def test_a_dropped_link_waits_until_the_call_is_over(replica: Replica) -> None:
    replica.update({"k": 1})

    links = [replica.link()]

    def visitor(update: Update) -> None:
        links.clear()
        gc.collect()
        assert replica["k"] == 1
        assert len(replica._handle._dropped_links) == 1

    replica.visit(visitor)
    assert len(replica) == 1
    assert replica._handle._dropped_links == []


def test_the_library_returns_busy_too() -> None:
    """The package raises the error first; the library rejects the call, too."""
    codes: List[int] = []

    def call_back(update: Update) -> None:
        codes.append(library.scuttle_set(pointer, b"x", 1, b"1", 1))

    with Replica("a", on_update=call_back) as replica:
        pointer = replica._handle.run(lambda pointer: pointer)
        replica["k"] = 1
    assert codes == [_abi.E_BUSY]
