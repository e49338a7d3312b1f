"""A poor network: lost datagrams and broken connections cost little more than good ones."""

from __future__ import annotations

from random import Random
from typing import Callable, List, Tuple

import pytest

from scuttle import Link, Replica


def talk(pairs: List[Tuple[Link, Link]], random: Random, loss: float, size: int = 1400) -> int:
    """Carries datagrams until all links are silent; returns the number of sent datagrams."""
    sent = 0
    while True:
        on_the_way = []
        for pair in pairs:
            for source, target in (pair, pair[::-1]):
                while data := source.read(size):
                    on_the_way.append((target, data))
        if not on_the_way:
            return sent
        sent += len(on_the_way)
        for target, data in on_the_way:
            if random.random() >= loss:
                target.write(data)


def rounds_and_datagrams(keys: int, loss: float, seed: int, size: int) -> Tuple[int, int]:
    random = Random(seed)
    with Replica("a", seed=1) as one, Replica("b", seed=2) as other:
        one.update({f"key {i}": "x" * 32 for i in range(keys)})
        pair = (one.link(datagram=True), other.link(datagram=True))
        rounds = sent = 0
        while one.fingerprint != other.fingerprint:
            for link in pair:
                link.gossip()
            sent += talk([pair], random, loss, size)
            rounds += 1
            assert rounds < 200
        return rounds, sent


@pytest.mark.parametrize("size", [512, 1400])
@pytest.mark.parametrize("keys", [10, 3000])
@pytest.mark.parametrize("loss, most_rounds, most_datagrams", [(0.05, 6, 1.5), (0.3, 25, 3.0)])
def test_datagrams_get_lost(keys: int, size: int, loss: float, most_rounds: int, most_datagrams: float) -> None:
    _, without = rounds_and_datagrams(keys, 0, 0, size)
    found = [rounds_and_datagrams(keys, loss, seed, size) for seed in range(5)]
    assert max(rounds for rounds, _ in found) <= most_rounds
    assert sum(sent for _, sent in found) / len(found) <= most_datagrams * without


def test_half_of_all_datagrams_get_lost() -> None:
    rounds, _ = rounds_and_datagrams(3000, 0.5, 1, 512)
    assert rounds < 64


@pytest.mark.parametrize("live", [False, True])
@pytest.mark.parametrize("writers", [1, 3])
def test_a_burst_is_over_after_ten_gossips(writers: int, live: bool) -> None:
    random = Random(1)
    replicas = [Replica(name, seed=i + 1) for i, name in enumerate("abc")]
    pairs = [
        (replicas[i].link(datagram=True, live=live), replicas[j].link(datagram=True, live=live))
        for i, j in ((0, 1), (1, 2), (2, 0))
    ]
    for _ in range(2):
        for replica in replicas:
            replica.gossip()
        talk(pairs, random, 0)
    for i in range(3000):
        replicas[i % writers][f"key {i}"] = i
    talk(pairs, random, 0.3)
    gossips = 0
    while len({replica.fingerprint for replica in replicas}) > 1:
        for replica in replicas:
            replica.gossip()
        talk(pairs, random, 0.3)
        gossips += 1
    assert gossips <= 10
    for replica in replicas:
        assert len(replica) == 3000
        replica.close()


def connect(one: Replica, other: Replica, length: int) -> int:
    """Runs one connection, which breaks after so many bytes of both directions; returns the number of bytes."""
    left = length
    with one.link() as here, other.link() as there:
        here.gossip()
        there.gossip()
        silent = 0
        source, target = here, there
        while left > 0 and silent < 2:
            data = source.read(min(left, 65536))
            silent = 0 if data else silent + 1
            if data:
                target.write(data)
            left -= len(data)
            source, target = target, source
    return length - left


FOREVER = 1 << 40
Couple = Tuple[Replica, Replica]


def log(keys: int) -> Couple:
    couple = Replica("a", seed=1, max_history=keys), Replica("b", seed=2, max_history=keys)
    couple[0].update({f"key {i}": "x" * 80 for i in range(keys)})
    return couple


def state(keys: int) -> Couple:
    couple = Replica("a", seed=1), Replica("b", seed=2)
    couple[0].update({f"key {i}": "x" * 80 for i in range(keys)})
    return couple


def reset(keys: int) -> Couple:
    """The sender has purged tombstones that the receiver has not covered."""
    couple = state(keys)
    connect(*couple, FOREVER)
    couple[0].update({f"key {i}": "y" * 80 for i in range(keys // 2)})
    for i in range(keys // 2, keys // 2 + 10):
        del couple[0][f"key {i}"]
    couple[0].purge()
    return couple


def close(couple: Couple) -> None:
    for replica in couple:
        replica.close()


def nothing(couple: Couple, connections: int) -> None:
    pass


def forget(here: bool, there: bool) -> Callable[[Couple, int], None]:
    """Keys are deleted and purged between the first connections."""

    def change(couple: Couple, connections: int) -> None:
        if connections > 3:
            return
        for number, is_changed in enumerate((here, there)):
            if is_changed:
                del couple[number][f"key {2900 - 2 * connections - number}"]
                couple[number].purge()

    return change


def bytes_over(couple: Couple, length: int, between: Callable[[Couple, int], None] = nothing) -> int:
    connections = sent = 0
    while couple[0].fingerprint != couple[1].fingerprint:
        sent += connect(*couple, length)
        connections += 1
        between(couple, connections)
        assert connections < 2000
    assert couple[0] == couple[1]
    close(couple)
    return sent


@pytest.mark.parametrize("delta", [log, state, reset])
def test_connections_of_10_kb_cost_half_as_much_again(delta: Callable[[int], Couple]) -> None:
    whole = bytes_over(delta(3000), FOREVER)
    assert bytes_over(delta(3000), 10_000) <= 1.5 * whole


@pytest.mark.parametrize("delta", [log, state, reset])
def test_connections_of_1_kb_come_to_an_end(delta: Callable[[int], Couple]) -> None:
    bytes_over(delta(300), 1000)


@pytest.mark.parametrize("here, there", [(True, False), (False, True), (True, True)])
def test_keys_are_purged_between_connections(here: bool, there: bool) -> None:
    change = forget(here, there)
    couple = reset(3000)
    for connections in range(1, 4):
        change(couple, connections)
    whole = bytes_over(couple, FOREVER)
    assert bytes_over(reset(3000), 10_000, change) <= 1.5 * whole


def test_vectors_go_on_over_connections_of_1_kb() -> None:
    couple = Replica("a", seed=1), Replica("b", seed=2)
    for i in range(60):
        with Replica(f"s{i}", seed=i + 3) as source:
            source[f"of {i}"] = i
            connect(source, couple[0], FOREVER)
    bytes_over(couple, 1000)


def restarted(couple: Couple, length: int) -> int:
    """The receiver restarts from its save after each connection."""
    one, other = couple
    sent = connections = 0
    while one.fingerprint != other.fingerprint:
        sent += connect(one, other, length)
        connections += 1
        assert connections < 200
        save = other.export()
        other.close()
        other = Replica("b", seed=3 + connections, max_history=10_000, state=save)
    assert one == other
    close((one, other))
    return sent


def test_a_log_goes_on_after_the_receiver_starts_from_its_save() -> None:
    """The sender does not know the new incarnation, so more of each connection goes to hellos and vectors."""
    whole = bytes_over(log(3000), FOREVER)
    assert restarted(log(3000), 10_000) <= 1.75 * whole


@pytest.mark.parametrize("delta", [state, reset])
def test_a_delta_goes_on_after_the_receiver_starts_from_its_save(delta: Callable[[int], Couple]) -> None:
    whole = bytes_over(delta(3000), FOREVER)
    assert restarted(delta(3000), 10_000) <= 1.5 * whole


def test_a_delta_of_many_datagrams_outlives_the_64th_gossip() -> None:
    """With each 64th gossip a link drops its state of the peer, but not the progress of a delta on its way."""
    random = Random(7)
    with Replica("a", seed=1) as one, Replica("b", seed=2) as other:
        one.update({f"key {i}": "x" * 200 for i in range(3000)})
        here, there = one.link(datagram=True), other.link(datagram=True)
        gossips = 0
        while one.fingerprint != other.fingerprint:
            here.gossip()
            there.gossip()
            # The host has little time in each round.
            for _ in range(20):
                for source, target in ((here, there), (there, here)):
                    data = source.read(512)
                    if data and random.random() > 0.2:
                        target.write(data)
            gossips += 1
            assert gossips < 2000
        assert gossips > 64
