"""Incarnations: starts from old saves, twins, retired names."""

from __future__ import annotations

from typing import List, Optional, Tuple

import pytest
from support import pump, sync

import scuttle
from scuttle import Event, Replica

Events = List[Tuple[Event, Optional[BaseException]]]


def test_writes_after_an_old_save_stand_beside_those_before_the_crash() -> None:
    with Replica("b") as b:
        with Replica("a") as a:
            a["x"] = 1
            save = a.export()
            a["y"] = 2
            sync(a, b)
        with Replica("a", state=save) as a:
            a["z"] = 3
            sync(a, b)
            assert dict(a) == dict(b) == {"x": 1, "y": 2, "z": 3}


def test_a_reader_starts_from_a_save_that_is_one_gossip_old() -> None:
    with Replica("b") as b:
        b["x"] = 1
        with Replica("reader") as reader:
            sync(reader, b)
            save = reader.export()
            b["y"] = 2
            sync(reader, b)
        for _ in range(3):
            with Replica("reader", state=save) as reader:
                sync(reader, b)
                assert dict(reader) == {"x": 1, "y": 2}


def test_a_save_cut_anywhere() -> None:
    with Replica("a") as a, Replica("b") as b:
        a.update({"x": 1, "y": [2], "gone": 3})
        del a["gone"]
        sync(a, b)
        save = a.export()
        for cut in range(len(save)):
            with Replica("a", state=save[:cut]) as again:
                assert again.torn is (0 < cut < len(save) - 1)
                sync(again, b)
                assert dict(again) == {"x": 1, "y": [2]}


def test_a_key_expires_under_the_next_incarnation() -> None:
    with Replica("a") as a:
        a.tick(1000)
        a.set_ttl("short", 1, 60)
        save = a.export()
    with Replica("a", state=save) as a:
        a.tick(1059)
        assert "short" in a
        a.tick(1060)
        assert "short" not in a


def test_twins_are_reported() -> None:
    told: List[Events] = [[], [], []]

    def note(number: int):  # type: ignore[no-untyped-def]
        return lambda link, event, error: told[number].append((event, error))

    with Replica("hub", on_event=note(0)) as hub, Replica("web", on_event=note(1)) as one, Replica(
        "web", on_event=note(2)
    ) as two:
        one["one"] = 1
        two["two"] = 2
        with hub.link() as to_one, one.link() as of_one, hub.link() as to_two, two.link() as of_two:
            for _ in range(4):
                for here, there in ((to_one, of_one), (to_two, of_two)):
                    here.gossip()
                    there.gossip()
                    pump(here, there)
        assert dict(one) == dict(two) == dict(hub) == {"one": 1, "two": 2}
    for events in told:
        assert (Event.TWIN, None) in events
        assert (Event.HELLO, None) in events
        assert not [event for event, _ in events if event in (Event.ENDED, Event.DIVERGED)]


def test_a_retirement_spreads_and_lets_tombstones_go() -> None:
    with Replica("a") as a, Replica("b") as b:
        with Replica("gone") as gone:
            gone["of gone"] = 1
            sync(gone, a)
        sync(a, b)
        del a["of gone"]
        assert a.forget("nobody") is False
        assert a.forget("gone") is True
        for _ in range(6):
            sync(a, b)
        assert b'"deleted":true' not in a.export() + b.export()
        assert b'"names":{"gone":[' in b.export() or b'"retired":"' in b.export()


def test_retiring_its_own_name_is_leaving() -> None:
    with Replica("a") as a, Replica("b") as b:
        a["x"] = 1
        assert a.forget("a") is True
        before = a.export()
        with pytest.raises(scuttle.errors.UnsupportedError):
            a["y"] = 2
        with pytest.raises(scuttle.errors.UnsupportedError):
            del a["x"]
        assert a.export() == before
        sync(a, b)
        assert dict(b) == {"x": 1}


def test_silent_names_are_retired_by_time() -> None:
    with Replica("a", retire_after_ms=8000) as a, Replica("b", retire_after_ms=8000) as b:
        with Replica("gone") as gone:
            gone["x"] = 1
            sync(gone, a)
        for now in range(1, 30):
            a.tick(now)
            b.tick(now)
            sync(a, b)
        assert b'"gone":[' in a.export()
        assert b'"names":{"b":[' not in a.export()
        a.tick(10**9)
        assert b'"names":{"b":[' not in a.export()
