"""Refusals: what a peer does not take crosses once, its sender is told once, and the rest flows."""

from __future__ import annotations

from typing import Any, List, Set, Tuple

import pytest
import scuttle


def converse(a: scuttle.Link, b: scuttle.Link) -> int:
    """Both gossip, and bytes are carried until both are silent; how many."""
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
                except (scuttle.RefusedError, scuttle.ValueTooLongError):
                    pass
        if not moved:
            return total
        total += moved


def test_a_value_over_the_limit_is_told_once() -> None:
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
    assert told == [(ab, scuttle.ValueTooLongError, "k7")]


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
    with pytest.raises(scuttle.RefusedError):
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
        except scuttle.RefusedError:
            pass
        if scuttle.Event.ENDED in events:
            break
    assert scuttle.Event.ENDED in events


def refuse_some(name: str) -> bool:
    return int(name[1:]) % 3 == 0


def test_what_a_save_excepts_comes_again() -> None:
    a = scuttle.Replica("a")
    b = scuttle.Replica("b", accept=lambda link, update: not refuse_some(update.key))
    for number in range(9):
        a[f"k{number}"] = number
    converse(a.link(), b.link())
    save = b.export()
    assert save.count(b'"refused"') == 3
    assert len(b) == 6
    for most in (1024, 3, 2):  # with less room the save claims nothing
        c = scuttle.Replica("b", state=save, max_refused=most)
        assert dict(c) == dict(b)
        with a.link() as here, c.link() as there:
            converse(here, there)
            converse(here, there)
        assert dict(c) == dict(a)


def test_a_larger_datagram_takes_what_fitted_none() -> None:
    a, b = scuttle.Replica("a"), scuttle.Replica("b")
    a["large"] = "x" * 3000
    a["small"] = 1
    ab, ba = a.link(datagram=True), b.link(datagram=True)

    def exchange(size: int) -> int:
        """Both gossip; how many bytes cross."""
        total = moved = a.gossip() + b.gossip()
        while moved:
            moved = 0
            for source, target in ((ab, ba), (ba, ab)):
                try:
                    data = source.read(size)
                except scuttle.DatagramError:
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
    assert exchange(512) < 1000  # it is not asked about in vain
    for _ in range(3):
        exchange(8192)
    assert dict(b) == dict(a)
