"""max_keys and max_bytes: the errors at the limit, and the writes that pass there."""

from __future__ import annotations

from typing import List

import pytest
import scuttle


def test_keys() -> None:
    replica = scuttle.Replica("a", limits=scuttle.Limits(max_keys=2))
    replica["a"] = 1
    replica["b"] = 1
    with pytest.raises(scuttle.errors.TooManyKeysError, match="max_keys is 2"):
        replica["c"] = 1
    assert len(replica) == 2
    replica["b"] = "a longer value"
    del replica["a"]
    replica["c"] = 1
    assert sorted(replica) == ["b", "c"]


def test_bytes() -> None:
    replica = scuttle.Replica("a", limits=scuttle.Limits(max_bytes=100_000))
    with pytest.raises(scuttle.errors.TooManyBytesError, match="max_bytes is 100000"):
        for number in range(100_000):
            replica[f"k{number}"] = "x" * 1000
    held = len(replica)
    assert 60 < held < 90
    for key in list(replica):
        replica[key] = "x" * 1000
        del replica[key]
    assert len(replica) == 0


def test_a_peer_receives_the_reason() -> None:
    reasons: List[type] = []

    def on_event(link: object, event: scuttle.Event, error: object) -> None:
        if event is scuttle.Event.REFUSED:
            reasons.append(type(error))

    large = scuttle.Replica("large", on_event=on_event)
    small = scuttle.Replica("small", limits=scuttle.Limits(max_keys=3))
    for number in range(5):
        large[f"k{number}"] = number
    links = (large.link(), small.link())
    for _ in range(2):
        for link in links:
            link.gossip()
        moved = True
        while moved:
            moved = False
            for source, target in (links, links[::-1]):
                data = source.read(65536)
                if data:
                    moved = True
                    try:
                        target.write(data)
                    except scuttle.errors.TooManyKeysError:
                        pass
    assert reasons == [scuttle.errors.TooManyKeysError] * 2
    assert len(small) == 3
