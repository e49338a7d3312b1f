"""Callbacks: what they are given, what they may not do, and where their exceptions go."""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import suppress
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest
from support import ASK, PACKAGE, feed, line, pump, sync

import scuttle
from scuttle import Entry, Event, Replica, Update, _abi
from scuttle._library import library


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


def test_on_compaction_sees_what_is_forgotten() -> None:
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
    """A tombstone is purged in the midst of the order, after some of it has been sent, or has been lost."""
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
            with suppress(scuttle.UnaskedError):  # what was on its way belongs to the head that is lost
                there.write(here.read(500))
            pump(there, here)
            assert peer == hub
            assert peer["k0"] == 0


class Failure(Exception):
    pass


def fail(*_: Any) -> Any:
    raise Failure


def exercise(replica: Replica) -> None:
    """Makes every callback run; they are given with mtu=1 and max_history=1."""
    with replica.link(classic=True) as link:
        replica["k"] = 1
        replica["k"] = 2
        replica["l"] = 3
        link.write(line("k", "4", "b", 9) + line("l", "5", "b", 10) + line("m", "6", "c", 11) + ASK)
        replica.news("a", 0)
        link.read_all()


NAMES = ["resolve", "sort", "on_update", "on_drain", "on_compaction"]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sort"])
def test_exceptions_go_to_on_error(name: str, unraisable: List[Any]) -> None:
    errors: List[Tuple[str, BaseException]] = []
    callbacks: Dict[str, Any] = {name: fail}
    with Replica("a", mtu=1, max_history=1, on_error=lambda *e: errors.append(e), **callbacks) as replica:
        exercise(replica)
        assert replica.version == 11
    assert errors
    assert {where for where, _ in errors} == {name}
    assert {type(error) for _, error in errors} == {Failure}
    assert unraisable == []


def test_exceptions_of_a_sort_go_to_on_error(unraisable: List[Any]) -> None:
    errors: List[Tuple[str, BaseException]] = []
    with Replica("a", exact_id=True, sort=fail, on_error=lambda *e: errors.append(e)) as replica:
        replica.update({"x": 1, "y": 2})
        assert sorted(update.key for update in replica.news("a", 0)) == ["x", "y"]
    assert errors[0][0] == "sort"
    assert unraisable == []


@pytest.mark.parametrize("kind", [Failure, KeyboardInterrupt, SystemExit])
def test_exceptions_go_to_unraisablehook_else(kind: Any, unraisable: List[Any]) -> None:
    def raiser(update: Update) -> None:
        raise kind

    with Replica("a", on_update=raiser) as replica:
        assert replica.set("k", 1) is True
        assert replica["k"] == 1
    assert [type(error) for error in unraisable] == [kind]


def test_an_on_error_that_fails_is_reported_too(unraisable: List[Any]) -> None:
    with Replica("a", on_update=lambda _: 1 / 0, on_error=fail) as replica:
        replica["k"] = 1
    assert [type(error) for error in unraisable] == [Failure]
    assert isinstance(unraisable[0].__context__, ZeroDivisionError)


def test_a_resolver_that_raises_says_no(unraisable: List[Any]) -> None:
    with Replica("a", resolve=fail) as replica:
        replica["k"] = 1
        assert "k" not in replica
        assert replica.version == 1
    assert len(unraisable) == 1


def test_an_answer_without_a_truth_is_an_exception(unraisable: List[Any]) -> None:
    class Undecided:
        def __bool__(self) -> bool:
            raise Failure

    with Replica("a", exact_id=True, resolve=lambda update, current: Undecided()) as replica:
        replica["k"] = 1
        assert "k" not in replica
    with Replica("a", exact_id=True, sort=lambda a, b: "first") as replica:  # type: ignore[arg-type, return-value]
        replica.update({"x": 1, "y": 2})
        assert len(replica.news("a", 0)) == 2
    assert [type(error) for error in unraisable[:2]] == [Failure, TypeError]


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

#: What `on_compaction` may do, and no other callback.
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
        with pytest.raises(scuttle.BusyError) as caught:
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
        with pytest.raises(scuttle.BusyError):
            replica.visit(lambda update: use(replica, link))
        with pytest.raises(scuttle.BusyError):
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
    """What `exercise` leaves without callbacks."""
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


def test_what_callbacks_read() -> None:
    """on_update comes after the update, on_compaction before anything is forgotten, a resolver before the update."""
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


def test_a_nested_error_has_its_own_words(replica: Replica) -> None:
    replica["k"] = 1
    messages: List[str] = []

    def visitor(update: Update) -> None:
        for bad in ("", "\0"):
            with pytest.raises(scuttle.ScuttleError) as caught:
                replica[bad]
            messages.append(caught.value.message)

    replica.visit(visitor)
    assert len(messages) == 2 and all(messages)
    with pytest.raises(scuttle.JSONError, match="NaN|JSON"):
        replica["k"] = float("nan")


def test_a_nested_read_leaves_the_memory_of_the_outer_one(replica: Replica) -> None:
    """As a signal handler would, between the library's answer and its use: at each line and call of the package."""
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
        with suppress(scuttle.BusyError):
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


def test_the_library_says_busy_too() -> None:
    """The package notices first; the library would not let it through either."""
    codes: List[int] = []

    def call_back(update: Update) -> None:
        codes.append(library.scuttle_set(pointer, b"x", 1, b"1", 1))

    with Replica("a", on_update=call_back) as replica:
        pointer = replica._handle.run(lambda pointer: pointer)
        replica["k"] = 1
    assert codes == [_abi.E_BUSY]


@pytest.mark.parametrize("name", [*NAMES, "on_event", "on_error"])
def test_callbacks_are_callable(name: str) -> None:
    callbacks: Dict[str, Any] = {name: 1}
    with pytest.raises(TypeError, match=f"{name} is not callable"):
        Replica("a", **callbacks)


def test_a_callback_may_use_another_replica() -> None:
    with Replica("b") as mirror, Replica("a", on_update=lambda u: mirror.set(u.key, u.value)) as replica:
        replica["k"] = [1]
        assert mirror == {"k": [1]}


def test_callbacks_live_as_long_as_their_replica() -> None:
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
    """What the library would call, called here."""
    seen: List[Tuple[Any, Any, Any]] = []
    with Replica("a", on_event=lambda *event: seen.append(event)) as replica:
        config = replica._handle._config
        assert config is not None
        link = replica.link()
        address = link._pointer
        seen.clear()
        config.on_event(config.context, address, _abi.EVENT_HELLO, _abi.OK)
        config.on_event(config.context, address, _abi.EVENT_ENDED, _abi.E_CLUSTER)
        config.on_event(config.context, 8, _abi.EVENT_IN_STEP, _abi.OK)  # of no link that is known
        config.on_event(config.context, address, 4711, _abi.OK)  # of a later library
        (hello, ended, other) = seen
        assert hello == (link, Event.HELLO, None)
        assert ended[:2] == (link, Event.ENDED) and isinstance(ended[2], scuttle.ClusterError)
        assert other == (None, Event.IN_STEP, None)
        link.close()
        assert dict(replica._handle.links) == {}


def test_exceptions_of_on_event_go_to_on_error() -> None:
    errors: List[Tuple[str, BaseException]] = []
    with Replica("a", on_event=fail, on_error=lambda *e: errors.append(e)) as replica:
        config = replica._handle._config
        assert config is not None
        config.on_event(config.context, None, _abi.EVENT_TWIN, _abi.OK)
    assert [(name, type(error)) for name, error in errors] == [("on_event", Failure)]


def test_a_callback_for_events_keeps_no_link(replica: Replica) -> None:
    with Replica("b", on_event=lambda *event: None) as other, other.link() as there, replica.link() as here:
        here.gossip()
        pump(here, there)
        other.link()  # dropped at once
        gc.collect()
        other["k"] = 1
        assert list(other._handle.links.values()) == [there]
