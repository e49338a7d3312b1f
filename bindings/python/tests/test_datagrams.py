"""Datagram links: each read makes one datagram, and they may be lost, repeated, late and in any order."""

from __future__ import annotations

import json
from random import Random
from typing import Any, Iterator, List, Tuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import line, sync

import scuttle
from scuttle import Link, Replica

Pair = Tuple[Replica, Replica, Link, Link]


@pytest.fixture
def pair(replica: Replica) -> Iterator[Pair]:
    with Replica("b", seed=2) as other, replica.link(datagram=True) as here, other.link(datagram=True) as there:
        yield replica, other, here, there


def datagrams(link: Link, size: int) -> List[bytes]:
    """Returns all datagrams of a link, and the errors of updates that fit none."""
    sent = []
    while True:
        try:
            data = link.read(size)
        except scuttle.errors.DatagramError as error:
            sent.append(error.message.encode())
            continue
        if not data:
            return sent
        sent.append(data)


def carry(here: Link, there: Link, size: int = 500) -> List[str]:
    """Carries datagrams until there are none; returns the errors of updates that fit none."""
    errors = []
    while True:
        moved = False
        for source, target in ((here, there), (there, here)):
            for data in datagrams(source, size):
                moved = True
                if data.startswith(b"{"):
                    assert len(data) <= size
                    target.write(data)
                else:
                    errors.append(data.decode())
        if not moved:
            return errors


def test_a_reconciliation(pair: Pair) -> None:
    one, other, here, there = pair
    one.update({f"k{i}": "x" * i for i in range(50)})
    other["l"] = [1]
    here.gossip()
    assert carry(here, there) == []
    here.gossip()
    assert carry(here, there) == []
    assert one == other
    assert one.fingerprint == other.fingerprint


def test_a_datagram_has_whole_lines_and_at_most_max_bytes(pair: Pair) -> None:
    one, _, here, there = pair
    one.update({f"k{i}": "x" * i for i in range(50)})
    there.gossip()
    for _ in range(2):  # a challenge, and the exchange
        here.write(there.read(400))
        there.write(here.read(400))
    here.write(there.read(400))
    sent = datagrams(here, 400)
    assert len(sent) > 3
    for data in sent:
        assert len(data) <= 400
        assert data.endswith(b"\n")
        assert all(isinstance(json.loads(text), dict) for text in data.splitlines())


def test_an_update_that_fits_none_is_left_out_and_named(pair: Pair) -> None:
    one, other, here, there = pair
    one["before"], one["too/big"], one["after"] = 1, "x" * 1000, 2
    there.gossip()
    errors = carry(here, there)
    assert len(errors) == 1 and "too/big" in errors[0]
    assert other == {"before": 1, "after": 2}
    there.gossip()
    carry(here, there, 5000)
    assert one == other
    assert one.clock["a"] == other.clock["a"]


def test_the_error_of_an_update_that_fits_none(pair: Pair) -> None:
    one, other, here, there = pair
    one["too/big"] = "x" * 1000
    there.gossip()
    for source, target in [(there, here), (here, there)] * 2 + [(there, here)]:  # a challenge, and the exchange
        target.write(source.read(500))
    with pytest.raises(scuttle.errors.DatagramError) as caught:
        for _ in range(9):
            here.read(500)
    assert "too/big" in caught.value.message
    assert caught.value.code == -29


def test_an_empty_datagram(pair: Pair) -> None:
    _, _, here, _ = pair
    assert here.read(0) == b""
    here.gossip()
    for size in (0, 1, 50):
        with pytest.raises(scuttle.errors.SpaceError):
            here.read(size)
    assert here.read(500).startswith(b'{"digest":true,"hello"')
    assert here.read(500) == b""


def test_half_a_line_is_a_bad_one(pair: Pair) -> None:
    _, _, here, there = pair
    here.gossip()
    hello = here.read(500)
    with pytest.raises(scuttle.errors.JSONError):
        there.write(hello[:40])
    with pytest.raises(scuttle.errors.JSONError):
        there.write(hello[40:])
    there.write(hello)
    assert there.read(500)


def test_it_is_read_one_by_one(pair: Pair) -> None:
    _, _, here, _ = pair
    with pytest.raises(scuttle.errors.UnsupportedError):
        here.read_all()


def test_not_in_the_classic_dialect(replica: Replica) -> None:
    with pytest.raises(scuttle.errors.ArgumentError):
        replica.link(datagram=True, classic=True)


def test_a_live_link(replica: Replica) -> None:
    with Replica("b") as other:
        here, there = replica.link(datagram=True, live=True), other.link(datagram=True, live=True)
        here.gossip()
        carry(here, there)
        replica["k"], other["l"] = 1, 2
        carry(here, there)
        assert replica == other == {"k": 1, "l": 2}


def test_a_late_datagram_of_a_reset_removes_no_entry(replica: Replica) -> None:
    """The peer had another entry for the key when its delta began, and has this replica's entry since."""
    with replica.link(datagram=True) as link:
        hello = {"protocol": [1, 1], "source": "b", "incarnation": 5, "cluster": "", "lamport": 0, "epoch": 2}
        hello.update({"revision": 8, "hash": "1" * 16, "nonce": 0, "token": 9, "reply": True})
        said = json.dumps({"digest": True, "hello": hello}).encode()
        link.write(said)
        challenge = json.loads(link.read(500).splitlines()[1])
        echo = json.dumps({"digest": True, "echo": challenge["challenge"]}).encode() + b"\n"
        link.write(echo + said)
        link.read(500)
        link.write(echo + b'{"digest":true,"request":{"revision":0,"from":0}}')
        vector = json.loads(link.read(500).splitlines()[1])["vector"]
        request = [vector["incarnation"], vector["epoch"], vector["nonce"]]
        for _ in range(7):
            replica["k"] = "mine"
        mine, theirs = line("k", '"mine"', "a", 7), line("k", "0", "b", 6)
        for update, until, check in ((mine, 7, "a90a8749"), (theirs, 6, "dcb07dd5")):
            head = {"mode": "reset", "request": request, "epoch": 2, "span": [0, 0, until], "lines": [1, check]}
            link.write(json.dumps({"digest": True, "delta": head}).encode() + b"\n" + update)
        commit = {"sequence": 7, "sources": {"b": [0, 7, 4], "a": [0, 7]}, "from": 0, "to": 2, "last": True}
        link.write(json.dumps({"digest": True, "commit": commit}).encode())
        assert replica == {"k": "mine"}


def test_an_early_delta_of_more_than_a_window_goes_on(pair: Pair) -> None:
    """The second window has the entries that the first one lacks, though the sender has received no reset."""
    one, other, here, there = pair
    one["gone"] = 1
    sync(one, other)
    del one["gone"]
    assert one.purge() == 1
    other["too low"] = 2  # not above the purged version
    news = {f"k{i}": "x" * 200 for i in range(300)}
    other.update(news)
    there.gossip()
    sent: List[str] = []
    count = 0
    for _ in range(20):
        early = datagrams(there, 500)
        for data in early:
            here.write(data)
            if b'"mode":"early"' in data:
                count += 1
                sent += [message["key"] for message in map(json.loads, data.splitlines()) if "key" in message]
        answers = [data.partition(b'{"digest":true,"delta":')[0] for data in datagrams(here, 500)]
        for data in answers:
            there.write(data)
        if not early and not answers:
            break
    assert count > 2 * 64
    assert sorted(sent) == sorted(news)
    assert one == news


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.sampled_from("abcdefgh"), st.none() | st.integers(0, 9)), max_size=30),
    st.booleans(),
    st.integers(400, 1500),
    st.integers(1, 12),
    st.integers(1, 2**32),
)
def test_a_bad_network(writes: List[Tuple[int, str, Any]], live: bool, size: int, max_history: int, seed: int) -> None:
    random = Random(seed)
    replicas = [Replica(f"r{i}", seed=seed + i, max_history=max_history) for i in range(2)]
    links = [replica.link(datagram=True, live=live) for replica in replicas]
    on_the_way: List[Tuple[int, bytes]] = []

    def step(loss: float) -> None:
        for i, link in enumerate(links):
            on_the_way.extend((1 - i, data) for data in datagrams(link, size))
        random.shuffle(on_the_way)
        for _ in range(len(on_the_way) // 2 + 1):
            if on_the_way:
                target, data = on_the_way.pop()
                if random.random() < loss:
                    on_the_way.extend([(target, data)] * random.choice([0, 0, 1]))  # lost, or late
                else:
                    links[target].write(data)

    for number, key, value in writes:
        if value is None:
            replicas[number].delete(key)
        else:
            replicas[number][key] = value
        if random.random() < 0.5:
            replicas[random.randrange(2)].gossip()
        step(0.3)
    for _ in range(6):
        for replica in replicas:
            replica.gossip()
        for _ in range(40):
            step(0)
    try:
        assert replicas[0] == replicas[1]
        assert replicas[0].fingerprint == replicas[1].fingerprint
    finally:
        for replica in replicas:
            replica.close()
