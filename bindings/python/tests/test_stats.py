"""The figures of replicas and links, and which peers have a write."""

from __future__ import annotations

from typing import Any, List

import pytest
from support import line, pump

import scuttle
from scuttle import Dialect, Link, LinkInfo, Replica

KINDS = [{}, {"live": True}, {"datagram": True}, {"datagram": True, "live": True}]


def exchange(here: Link, there: Link) -> None:
    here.gossip()
    there.gossip()
    pump(here, there, lambda: 1200)


@pytest.mark.parametrize("kind", KINDS)
def test_a_statement_of_the_peer_confirms(replica: Replica, kind: Any) -> None:
    with Replica("b") as other, replica.link(**kind) as here, other.link(**kind) as there:
        replica.update({f"k{i}": i for i in range(5)})
        version = replica.version
        assert (here.lag, here.confirmed_version, replica.confirmed(version)) == (5, 0, 0)
        exchange(here, there)
        exchange(here, there)
        assert (here.lag, there.lag, here.in_step, there.in_step) == (0, 0, True, True)
        assert here.confirmed_version >= version
        assert replica.confirmed() == replica.confirmed(version) == 1
        replica["k0"] = "new"
        pump(here, there, lambda: 1200)
        assert (other["k0"] == "new") == ("live" in kind)
        assert (here.lag, replica.confirmed(version), replica.confirmed(replica.version)) == (1, 1, 0)
        exchange(here, there)
        exchange(here, there)
        assert (here.lag, replica.confirmed(replica.version)) == (0, 1)
    assert replica.confirmed() == 0


def test_properties_are_those_of_info(replica: Replica) -> None:
    with Replica("b") as other, replica.link(live=True) as here, other.link() as there:
        replica["k"] = 1
        exchange(here, there)
        info = here.info()
        for name in LinkInfo._fields:
            assert getattr(here, name) == getattr(info, name), name
        assert (info.peer_name, info.peer_source, info.dialect) == ("b", other.id, Dialect.EXTENDED)
        assert info.live and not info.ended and info.last_error is None
        replica["k"] = 2
        assert (here.info().lag, here._facts().lag) == (1, 0)  # a call for the name does not pay for the lag


def test_bytes_and_messages(replica: Replica) -> None:
    with Replica("b") as other, replica.link() as here, other.link() as there:
        replica.update({f"k{i}": "x" * i for i in range(50)})
        here.gossip()
        crossed = [b"", b""]
        while True:
            pieces = [here.read(100), there.read(77)]
            there.write(pieces[0])
            here.write(pieces[1])
            crossed = [whole + piece for whole, piece in zip(crossed, pieces)]
            if not any(pieces):
                break
        assert here.bytes_out == there.bytes_in == replica.stats.bytes_out == len(crossed[0])
        assert here.bytes_in == there.bytes_out == other.stats.bytes_out == len(crossed[1])
        assert here.messages_out == there.messages_in == crossed[0].count(b"\n")
        assert here.messages_in == there.messages_out == crossed[1].count(b"\n")
    # The figures of closed links count on.
    assert replica.stats.bytes_out == len(crossed[0])
    assert replica.stats.messages_in == crossed[1].count(b"\n")
    assert (replica.stats.links, replica.stats.links_opened) == (0, 1)


def test_local_figures(replica: Replica) -> None:
    assert replica.stats._replace(bytes=0) == scuttle.Stats(*([0] * len(scuttle.Stats._fields)))._replace(sources=1)
    replica.update({f"k{i}": i for i in range(20)})
    for i in range(7):
        del replica[f"k{i}"]
    replica["k19"] = "again"
    replica.set_ttl("short", 1, 1)
    replica.tick(1)
    replica.tick(3)
    stats = replica.stats
    assert (stats.sets, stats.deletes, stats.expired) == (22, 7, 1)
    assert stats.keys == len(replica) == 13
    assert stats.tombstones == 8
    assert stats.history == 10
    assert stats.bytes > 1000
    assert replica.purge() == 8
    assert (replica.stats.purged, replica.stats.tombstones) == (8, 0)


def test_updates_of_peers(replica: Replica) -> None:
    with replica.link(classic=True) as link:
        link.write(line("k", "1", "p", 10) + line("l", "1", "p", 11))
        link.write(line("k", "2", "q", 5))
        link.write(line("k", "1", "p", 10))
        with pytest.raises(scuttle.ScuttleError):
            link.write(b"nonsense\n[]\n")
        stats = replica.stats
        assert (stats.applied, stats.superseded, stats.repeated, stats.received) == (2, 1, 1, 4)
        assert (stats.rejected, stats.refused, stats.messages_in) == (2, 0, 6)
        assert (link.messages_in, link.lag, link.confirmed_version) == (6, 2, 0)
        assert replica.confirmed(0) == 0  # a classic peer confirms nothing


def test_refusals() -> None:
    events: List[scuttle.Event] = []
    with Replica("a", on_event=lambda link, event, error: events.append(event)) as one, Replica(
        "b", accept=lambda link, update: update.key != "bad"
    ) as other, one.link() as here, other.link() as there:
        one["good"] = 1
        version = one.version
        one["bad"] = 2
        for _ in range(2):
            here.gossip()
            while True:
                out, back = here.read(), there.read()
                try:
                    there.write(out)
                except scuttle.ScuttleError as error:
                    assert type(error).__name__ == "RefusedError"
                here.write(back)
                if not out and not back:
                    break
        assert events.count(scuttle.Event.REFUSED) == one.stats.refused_by_peers == 1
        assert (other.stats.refused, other.stats.exceptions, other.stats.applied) == (1, 1, 1)
        assert (here.confirmed_version, here.lag) == (version, 0)
        assert (one.confirmed(version), one.confirmed()) == (1, 0)


def test_callbacks_may_read() -> None:
    seen: List[Any] = []

    def see(link: Any, event: scuttle.Event, error: Any) -> None:
        seen.append((event, link.peer_name, link.in_step, link.lag, one.confirmed(), one.stats.links_in_step))

    with Replica("a", on_event=see) as one, Replica("b") as other, one.link() as here, other.link() as there:
        other["k"] = 1
        exchange(here, there)
        exchange(here, there)
        assert seen == [
            (scuttle.Event.HELLO, "b", False, 0, 1, 0),
            (scuttle.Event.IN_STEP, "b", True, 0, 1, 1),
        ]


def test_the_end_of_a_link_has_its_reason() -> None:
    seen: List[Any] = []

    def see(link: Any, event: scuttle.Event, error: Any) -> None:
        seen.append((event, type(link.last_error), link.ended))

    with Replica("a", on_event=see) as replica, replica.link() as link:
        with pytest.raises(scuttle.ScuttleError):
            link.write(b'nonsense\n{"digest":true,"reject":{"reason":"cluster"}}\n')
        assert [(event, error.__name__, ended) for event, error, ended in seen] == [
            (scuttle.Event.ENDED, "RejectedError", True)
        ]
        assert type(link.last_error).__name__ == "RejectedError"
        assert replica.stats.links_ended == 1


def test_versions_are_checked(replica: Replica) -> None:
    for version in (-1, 2**64):
        with pytest.raises(scuttle.ScuttleError):
            replica.confirmed(version)
    with pytest.raises(TypeError):
        replica.confirmed("1")  # type: ignore[arg-type]


def test_closed(replica: Replica) -> None:
    link = replica.link()
    link.close()
    with pytest.raises(scuttle.ScuttleError):
        link.lag
    replica.close()
    for read in (lambda: replica.stats, replica.confirmed):
        with pytest.raises(scuttle.ScuttleError):
            read()
