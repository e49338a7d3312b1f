"""Refusals: a refused update crosses once, its sender learns of it once, and the others are applied."""

from __future__ import annotations

import json
from typing import Any, List, Set, Tuple

import pytest
import scuttle


def converse(a: scuttle.Link, b: scuttle.Link) -> int:
    """Starts a gossip at both sides, and carries bytes until both are silent; returns the number of bytes."""
    a.gossip()
    b.gossip()
    total = 0
    while True:
        moved = 0
        for source, target in ((a, b), (b, a)):
            data = source.read(65536)
            moved += len(data)
            if data:
                try:
                    target.write(data)
                except (scuttle.errors.RefusedError, scuttle.errors.ValueTooLongError):
                    pass
        if not moved:
            return total
        total += moved


def test_a_value_over_the_limit_is_reported_once() -> None:
    told: List[Tuple[Any, Any, Any]] = []

    def on_event(link: Any, event: scuttle.Event, error: Any) -> None:
        if event is scuttle.Event.REFUSED:
            told.append((link, type(error), error.update.key))

    a = scuttle.Replica("a", on_event=on_event)
    b = scuttle.Replica("b", limits=scuttle.Limits(max_value_bytes=100))
    for number in range(300):
        a[f"k{number}"] = "x" * 500 if number == 7 else number
    ab, ba = a.link(), b.link()
    converse(ab, ba)
    converse(ab, ba)
    assert converse(ab, ba) < 1000
    assert len(b) == 299
    assert told == [(ab, scuttle.errors.ValueTooLongError, "k7")]


def test_a_host_changes_its_mind() -> None:
    refused: Set[str] = {"secret"}
    asked: List[Tuple[Any, str]] = []

    def accept(link: Any, update: scuttle.Update) -> bool:
        asked.append((link, update.key))
        return update.key not in refused

    a = scuttle.Replica("a")
    b = scuttle.Replica("b", accept=accept)
    a["secret"] = 1
    a["open"] = 2
    ab, ba = a.link(), b.link()
    converse(ab, ba)
    converse(ab, ba)
    assert dict(b) == {"open": 2}
    assert asked == [(ba, "secret"), (ba, "open")]
    refused.clear()
    b.accept_again()
    converse(ab, ba)
    assert dict(b) == dict(a)


def test_the_reader_of_refused_updates_gets_an_error() -> None:
    a, b = scuttle.Replica("a"), scuttle.Replica("b", accept=lambda link, update: False)
    a["k"] = 1
    ab, ba = a.link(), b.link()
    b.gossip()
    with pytest.raises(scuttle.errors.RefusedError):
        for _ in range(9):
            ab.write(ba.read(65536))
            ba.write(ab.read(65536))
    assert len(b) == 0


def test_max_refused_ends_a_link() -> None:
    events: List[scuttle.Event] = []
    a = scuttle.Replica("a")
    b = scuttle.Replica(
        "b", accept=lambda link, update: False, max_refused=2, on_event=lambda link, event, error: events.append(event)
    )
    for number in range(3):
        a[f"k{number}"] = number
    ab, ba = a.link(), b.link()
    b.gossip()
    for _ in range(9):
        ab.write(ba.read(65536))
        try:
            ba.write(ab.read(65536))
        except scuttle.errors.RefusedError:
            pass
        if scuttle.Event.ENDED in events:
            break
    assert scuttle.Event.ENDED in events


def refuse_some(name: str) -> bool:
    return int(name[1:]) % 3 == 0


def test_an_exception_of_a_save_is_sent_again() -> None:
    a = scuttle.Replica("a")
    b = scuttle.Replica("b", accept=lambda link, update: not refuse_some(update.key))
    for number in range(9):
        a[f"k{number}"] = number
    converse(a.link(), b.link())
    save = b.export()
    assert save.count(b'"refused"') == 3
    assert len(b) == 6
    for most in (1024, 3, 2):  # with less room the save covers nothing
        c = scuttle.Replica("b", state=save, max_refused=most)
        assert dict(c) == dict(b)
        with a.link() as here, c.link() as there:
            converse(here, there)
            converse(here, there)
        assert dict(c) == dict(a)


def test_a_larger_datagram_has_room_for_a_skipped_update() -> None:
    a, b = scuttle.Replica("a"), scuttle.Replica("b")
    a["large"] = "x" * 3000
    a["small"] = 1
    ab, ba = a.link(datagram=True), b.link(datagram=True)

    def exchange(size: int) -> int:
        """Starts a gossip at both sides; returns the number of bytes that cross."""
        total = moved = a.gossip() + b.gossip()
        while moved:
            moved = 0
            for source, target in ((ab, ba), (ba, ab)):
                try:
                    data = source.read(size)
                except scuttle.errors.DatagramError:
                    moved += 1
                    continue
                if data:
                    target.write(data)
                moved += len(data)
            total += moved
        return total

    for _ in range(3):
        exchange(512)
    assert dict(b) == {"small": 1}
    assert exchange(512) < 1000  # no update crosses in vain
    for _ in range(3):
        exchange(8192)
    assert dict(b) == dict(a)


class Stranger:
    """A peer whose lines the test writes, after a handshake with a replica whose vector it has requested."""

    def __init__(self, replica: scuttle.Replica, contents: bool = False) -> None:
        self.link = replica.link()
        self.link.gossip()
        hello = self._heard("hello")
        self.incarnation = hello["incarnation"]
        same = hello["hash"] if contents else "0" * 16
        mine = {"protocol": [1, 1], "source": "P", "incarnation": 7, "cluster": "", "lamport": 5, "epoch": 0, "revision": 1}
        state = {"contents": "0" * 32} if contents else {}
        self.say({"hello": {**mine, "hash": same, **state, "nonce": 0, "reply": True}})
        if not contents:
            self.say({"request": {"revision": 0, "from": 0}})
        self.nonce = self._heard("vector")["nonce"]

    def say(self, body: Any) -> None:
        line = body if "key" in body else {"digest": True, **body}
        try:
            self.link.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")
        except scuttle.ScuttleError:
            pass

    def begin(self, mode: str) -> None:
        request = [self.incarnation, 0, self.nonce]
        self.say({"delta": {"mode": mode, "request": request, "epoch": 0, "span": [0, 0]}})

    def _heard(self, name: str) -> Any:
        said = [json.loads(line) for line in self.link.read(65536).split(b"\n") if line]
        return [line[name] for line in said if name in line][-1]


def test_accept_decides_on_an_expiry() -> None:
    asked: List[Tuple[bool, bool]] = []

    def keeps(_: Any, update: scuttle.Update) -> bool:
        asked.append((update.deleted, update.reset))
        return not (update.deleted or update.reset)

    a, b = scuttle.Replica("a"), scuttle.Replica("b", accept=keeps)
    a.tick(1000.0)
    a.set_ttl("k", 1, 10.0)
    ab, ba = a.link(), b.link()
    converse(ab, ba)
    a.tick(1011.0)
    converse(ab, ba)
    assert dict(a) == {}
    assert dict(b) == {"k": 1}
    assert (True, False) in asked


@pytest.mark.parametrize(
    "update",
    [
        {"value": None, "deleted": True, "expired": True},
        {"value": 0},
        {"value": "evil"},
    ],
)
def test_accept_decides_on_an_update_with_the_timestamp_of_an_entry(update: Any) -> None:
    b = scuttle.Replica("b", accept=lambda link, update: False)
    b["k"] = 1
    entry = b.lookup("k")
    stranger = Stranger(b)
    stranger.begin("state")
    written = [entry.source, entry.version]
    stranger.say({"key": "k", "value": update["value"], "source_id": "P", "version": 9, "written": written, **update})
    assert dict(b) == {"k": 1}


def test_accept_decides_on_a_second_content_of_a_dot() -> None:
    b = scuttle.Replica("b", accept=lambda link, update: update.key != "secret" and update.value == 1)
    stranger = Stranger(b)
    stranger.begin("state")
    stranger.say({"key": "ok", "value": 1, "source_id": "P", "version": 1})
    stranger.say({"key": "secret", "value": 1, "source_id": "P", "version": 1})
    stranger.say({"key": "ok", "value": 0, "source_id": "P", "version": 1})
    assert dict(b) == {"ok": 1}


def test_accept_decides_on_contents() -> None:
    b = scuttle.Replica("b", accept=lambda link, update: False)
    b["k"] = 1
    stranger = Stranger(b, contents=True)
    stranger.begin("contents")
    stranger.say({"key": "secret", "value": "evil", "source_id": "P", "version": 9})
    stranger.say({"key": "k", "value": "evil", "source_id": "P", "version": 10})
    assert dict(b) == {"k": 1}


def test_dots_that_nobody_covers_do_not_fill_the_table() -> None:
    limits = scuttle.Limits(max_value_bytes=10)
    b = scuttle.Replica("b", limits=limits, max_refused=8)
    stranger = Stranger(b)
    stranger.begin("state")
    for number in range(8):
        stranger.say({"key": f"k{number}", "value": "x" * 20, "source_id": "P", "version": number + 10})
    stranger.link.close()
    a = scuttle.Replica("a")
    for number in range(3):
        a[f"ok{number}"] = number
    a["long"] = "x" * 20
    ab, ba = a.link(), b.link()
    for _ in range(3):
        converse(ab, ba)
    assert dict(b) == {"ok0": 0, "ok1": 1, "ok2": 2}


def test_missing_updates_come_after_any_number_of_refusals() -> None:
    limits = scuttle.Limits(max_value_bytes=10)
    a = scuttle.Replica("a", max_refused=4)
    refused: Set[str] = {"s"}
    b = scuttle.Replica("b", limits=limits, accept=lambda link, update: update.key not in refused)
    for number in range(10):
        a[f"long{number}"] = "x" * 20
    a["s"] = 1
    ab, ba = a.link(), b.link()
    converse(ab, ba)
    refused.clear()
    c = scuttle.Replica("b", limits=limits)
    c.load(b.export())
    ba.close()
    ab.close()
    ac, ca = a.link(), c.link()
    for _ in range(3):
        converse(ac, ca)
    assert dict(c) == {"s": 1}


def test_the_event_names_the_key() -> None:
    told: List[str] = []
    a = scuttle.Replica("a", on_event=lambda link, event, error: told.append(str(error)))
    b = scuttle.Replica("b", limits=scuttle.Limits(max_value_bytes=10))
    a["long"] = "x" * 20
    converse(a.link(), b.link())
    assert any("'long'" in text for text in told)
