"""Updates of classic peers that a limit or the host refuses."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import List

import pytest
from classic_network import join
from simple_scuttle import SimplePeer
from support import line

import scuttle
from scuttle import Limits, Link, Replica

pytestmark = pytest.mark.usefixtures("one_process")

NEW = line("b", "2", "N", 5)
LARGE = line("large", json.dumps("x" * 100), "N", 3)
ALL = {"b": 2, "large": "x" * 100}


def choosy(kind: str) -> Replica:
    """Makes a replica that refuses the key "large"."""
    if kind == "limit":
        return Replica("L1", limits=Limits(max_value_bytes=20))
    return Replica("L1", accept=lambda _link, update: update.key != "large")


def tell(link: Link, *lines: bytes) -> None:
    for data in lines:
        with suppress(scuttle.errors.ValueTooLongError, scuttle.errors.RefusedError):
            link.write(data)


@pytest.mark.parametrize("lines", [[LARGE, NEW], [NEW, LARGE]])
@pytest.mark.parametrize("kind", ["limit", "accept"])
def test_the_other_updates_stand_if_one_is_refused(kind: str, lines: List[bytes]) -> None:
    with choosy(kind) as first, Replica("L2") as second, first.link(classic=True) as link:
        link.gossip()
        tell(link, *lines, line("c", "3", "N", 6))
        join(second, first)
        assert dict(first) == dict(second) == {"b": 2, "c": 3}


@pytest.mark.parametrize("lines", [[LARGE, NEW], [NEW, LARGE]])
@pytest.mark.parametrize("kind", ["limit", "accept"])
def test_another_replica_accepts_a_refused_update(kind: str, lines: List[bytes]) -> None:
    """The other replica is behind an extended link, and gets the update later from the classic peer itself."""
    with choosy(kind) as first, Replica("L2") as second, first.link(classic=True) as link:
        tell(link, *lines)
        join(second, first)
        with second.link(classic=True) as other:
            other.write(LARGE + NEW)
        assert (dict(first), dict(second)) == ({"b": 2}, ALL)


@pytest.mark.parametrize("lines", [[LARGE, NEW], [NEW, LARGE]])
@pytest.mark.parametrize("kind", ["limit", "accept"])
def test_another_replica_requests_a_refused_update(kind: str, lines: List[bytes]) -> None:
    """The link has requested all entries before."""
    peer = SimplePeer("N", max_history=None)
    with choosy(kind) as first, Replica("L2") as second:
        with first.link(classic=True) as link, second.link(classic=True) as other:
            pipe = peer.pipe()
            other.gossip()
            pipe.write(other.read_all())
            for data in (LARGE, NEW):
                peer.write(json.loads(data))
            tell(link, *lines)
            join(second, first)
            other.gossip()
            pipe.write(other.read_all())
            other.write(pipe.read())
        assert dict(second) == ALL


def test_a_refused_update_is_accepted_again() -> None:
    refused = {"large"}
    peer = SimplePeer("N", max_history=None)
    for key in ("a", "large", "b"):
        peer.set(key, key)
    with Replica("L1", accept=lambda _link, update: update.key not in refused) as first:
        with first.link(classic=True) as link:
            pipe = peer.pipe()

            def exchange() -> None:
                link.gossip()
                pipe.write(link.read_all())
                with suppress(scuttle.errors.RefusedError):
                    link.write(pipe.read())

            exchange()
            assert dict(first) == {"a": "a", "b": "b"}
            refused.clear()
            first.accept_again()
            exchange()
            assert dict(first) == {"a": "a", "large": "large", "b": "b"}
