"""Who begins a session of sealed datagrams, and what a man in the middle without the key can do: drop, and nothing else."""

from __future__ import annotations

from random import Random
from typing import Callable, Dict, List, Optional, Tuple

import pytest

from scuttle.aio import _associations as associations
from scuttle.aio import _sealing as sealing
from scuttle.aio._associations import Address, Associations, Received

PSK = b"k" * 32
ADA, BOB, EVE = ("127.0.0.1", 1), ("127.0.0.1", 2), ("127.0.0.1", 3)


class Wire:
    """Endpoints by address, and all datagrams that have crossed the network between them."""

    def __init__(self, seed: int = 1) -> None:
        self.random = Random(seed)
        self.ends: Dict[Address, Associations] = {}
        self.log: List[Tuple[Address, Address, bytes]] = []
        self.opened: List[Tuple[Address, bytes]] = []
        self.begun: List[Tuple[Address, Address]] = []
        self.now = 1000.0

    def start(self, address: Address, psk: bytes = PSK, cluster: str = "") -> Associations:
        self.ends[address] = made = Associations(psk, cluster, self.random.randbytes)
        return made

    def send(self, source: Address, target: Address, datagram: bytes) -> Received:
        """Delivers a datagram, and the replies to it."""
        self.log.append((source, target, datagram))
        received = self.ends[target].receive(datagram, source, self.now) if target in self.ends else Received()
        if received.data is not None:
            self.opened.append((target, received.data))
        if received.has_begun:
            self.begun.append((target, source))
        if received.reply is not None:
            self.send(target, source, received.reply)
        return received

    def run(self, seconds: float = 0.0) -> None:
        """Lets time pass, and sends what is due."""
        end = self.now + seconds
        while True:
            for address, one in list(self.ends.items()):
                for datagram, target in one.due(self.now):
                    self.send(address, target, datagram)
            if self.now >= end:
                return
            self.now += 0.25

    def say(self, source: Address, target: Address, data: bytes) -> Optional[bytes]:
        datagram = self.ends[source].seal(target, data)
        return None if datagram is None else self.send(source, target, datagram).data


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def met(wire: Wire) -> Wire:
    """Ada has begun a session with Bob."""
    wire.start(ADA).begin(BOB, wire.now)
    wire.start(BOB)
    wire.run()
    return wire


def test_a_session_begins_and_carries(met: Wire) -> None:
    assert met.begun == [(ADA, BOB), (BOB, ADA)]
    assert met.say(ADA, BOB, b"to bob") == b"to bob"
    assert met.say(BOB, ADA, b"to ada") == b"to ada"
    assert [datagram[0] for _, _, datagram in met.log[:5]] == [0x11, 0x12, 0x11, 0x13, 0x14]


def test_no_reply_is_longer_than_what_caused_it(met: Wire) -> None:
    for (_, _, cause), (_, _, reply) in list(zip(met.log, met.log[1:]))[:3]:
        assert len(reply) <= 57 and (len(reply) <= len(cause) or cause[0] == 0x12)


def test_a_sender_without_the_key_gets_nothing(met: Wire) -> None:
    met.start(EVE, b"e" * 32).begin(BOB, met.now)
    before = len(met.log)
    met.run(10)
    assert all(source == EVE for source, _, _ in met.log[before:])
    assert len(met.ends[BOB]) == 1 and met.ends[BOB].offers == 0


def test_another_cluster_gets_nothing(wire: Wire) -> None:
    wire.start(ADA, cluster="a").begin(BOB, wire.now)
    wire.start(BOB, cluster="b")
    wire.run(10)
    assert wire.begun == [] and len(wire.ends[BOB]) == 0


def test_a_false_address_costs_nothing(met: Wire) -> None:
    """A recorded message under any number of addresses: a reply each, no longer than itself, and no state."""
    init = met.log[0][2]
    for port in range(1000):
        reply = met.ends[BOB].receive(init, ("10.0.0.1", port), met.now).reply
        assert reply is not None and len(reply) < len(init)
    assert len(met.ends[BOB]) == 1 and met.ends[BOB].offers == 0


def test_offers_are_bounded(met: Wire) -> None:
    """Peers with the key that go away in the middle of a handshake."""
    for port in range(2 * associations.MAX_OFFERS):
        address = ("10.0.0.1", port)
        other = met.start(address)
        other.begin(BOB, met.now)
        (init, _), *_ = other.due(met.now)
        retry = met.ends[BOB].receive(init, address, met.now).reply
        again = other.receive(retry or b"", BOB, met.now).reply
        assert met.ends[BOB].receive(again or b"", address, met.now).reply is not None
        del met.ends[address]
    assert met.ends[BOB].offers == associations.MAX_OFFERS and len(met.ends[BOB]) == 1
    met.run(associations.LINGER + 1)
    assert met.ends[BOB].offers == 0


def test_everything_again_opens_nothing(met: Wire) -> None:
    met.say(ADA, BOB, b"pay 1")
    met.say(BOB, ADA, b"thanks")
    opened, begun, log = list(met.opened), list(met.begun), list(met.log)
    for _ in range(3):
        for source, target, datagram in log:
            met.send(source, target, datagram)
        met.run(1)
    assert met.opened == opened and met.begun == begun
    assert met.say(ADA, BOB, b"still") == b"still"


def test_everything_again_after_a_restart_opens_nothing(met: Wire) -> None:
    met.say(ADA, BOB, b"pay 1")
    log, opened, begun = list(met.log), list(met.opened), list(met.begun)
    met.start(BOB)
    for _ in range(2):
        for source, target, datagram in log:
            met.send(source, target, datagram)
    assert met.opened == opened and met.begun == begun and len(met.ends[BOB]) == 0


def test_everything_reflected_opens_nothing(met: Wire) -> None:
    met.say(ADA, BOB, b"pay 1")
    opened, begun = list(met.opened), list(met.begun)
    for source, target, datagram in list(met.log):
        met.send(target, source, datagram)
    assert met.opened == opened and met.begun == begun


def test_an_endpoint_does_not_speak_to_itself(wire: Wire) -> None:
    """A man in the middle who sends each message back to its sender, under the address that it was for."""
    ada = wire.start(ADA)
    ada.begin(BOB, wire.now)
    pending = [datagram for datagram, _ in ada.due(wire.now)]
    for _ in range(50):
        if not pending:
            break
        received = ada.receive(pending.pop(), BOB, wire.now)
        assert received.data is None and not received.has_begun
        pending += [received.reply] if received.reply is not None else []
    assert not ada.has_session(BOB) and ada.offers == 0


def test_a_peer_that_starts_anew(met: Wire) -> None:
    """Whoever of the two it is: the next session is beside the old one until it is proven."""
    met.start(ADA).begin(BOB, met.now)
    met.run(1)
    assert met.say(ADA, BOB, b"new") == b"new"
    assert met.say(BOB, ADA, b"new, too") == b"new, too"
    met.start(BOB)
    assert met.say(ADA, BOB, b"lost") is None
    met.ends[ADA].begin(BOB, met.now)
    met.run(1)
    assert met.say(ADA, BOB, b"newer") == b"newer"


@pytest.mark.parametrize("seed", range(20))
def test_both_begin_at_once(seed: int) -> None:
    wire = Wire(seed)
    wire.start(ADA).begin(BOB, wire.now)
    wire.start(BOB).begin(ADA, wire.now)
    wire.run(5)
    for number in range(10):
        assert wire.say(ADA, BOB, b"%d" % number) and wire.say(BOB, ADA, b"%d" % number)
    quiet = len(wire.log)
    wire.run(60)
    assert len(wire.log) == quiet


@pytest.mark.parametrize("seed", range(10))
def test_losses_delay_only(seed: int) -> None:
    wire = Wire(seed)
    deliver: Callable[[Address, Address, bytes], Received] = wire.send

    def lossy(source: Address, target: Address, datagram: bytes) -> Received:
        return Received() if wire.random.random() < 0.4 else deliver(source, target, datagram)

    setattr(wire, "send", lossy)
    wire.start(ADA).begin(BOB, wire.now)
    wire.start(BOB)
    for _ in range(1000):
        wire.run(1)
        wire.say(ADA, BOB, b"x")
        if wire.ends[BOB].has_session(ADA):
            break
    assert wire.ends[ADA].has_session(BOB) and wire.ends[BOB].has_session(ADA)


def test_a_lost_accept_is_repeated_with_the_same_session(wire: Wire) -> None:
    ada, bob = wire.start(ADA), wire.start(BOB)
    ada.begin(BOB, wire.now)
    (init, _), *_ = ada.due(wire.now)
    again = ada.receive(bob.receive(init, ADA, wire.now).reply or b"", BOB, wire.now).reply or b""
    accept = bob.receive(again, ADA, wire.now).reply
    assert accept is not None and bob.receive(again, ADA, wire.now).reply == accept


def test_a_cookie_is_for_its_address_and_its_time(wire: Wire) -> None:
    ada, bob = wire.start(ADA), wire.start(BOB)
    ada.begin(BOB, wire.now)
    (init, _), *_ = ada.due(wire.now)
    again = ada.receive(bob.receive(init, ADA, wire.now).reply or b"", BOB, wire.now).reply or b""
    for address, later in ((EVE, 0.0), (ADA, 3 * associations.COOKIE_PERIOD)):
        reply = bob.receive(again, address, wire.now + later).reply
        assert reply is not None and reply[0] == 0x12
    assert bob.offers == 0


def test_a_new_session_by_number_and_by_time(met: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "REKEY_AT", 100)
    for number in range(1000):
        assert met.say(ADA, BOB, b"%d" % number) is not None
        if number % 20 == 0:
            met.run()
    met.run(1)
    assert len(met.begun) > 10
    count = len(met.begun)
    met.run(associations.REKEY_AFTER + 60)
    assert len(met.begun) == count + 2
    assert met.say(BOB, ADA, b"x") == b"x"


def test_a_session_that_is_used_up_sends_nothing(met: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "REKEY_AT", 5)
    results = [met.ends[ADA].seal(BOB, b"x") for _ in range(12)]
    assert results.count(None) > 0 and results[-1] is None


def test_a_late_datagram_of_the_session_before(met: Wire) -> None:
    late = met.ends[ADA].seal(BOB, b"late")
    later = met.ends[ADA].seal(BOB, b"too late")
    assert late is not None and later is not None
    met.ends[ADA].begin(BOB, met.now)
    met.run(1)
    assert met.send(ADA, BOB, late).data == b"late"
    assert met.send(ADA, BOB, late).data is None
    met.run(associations.LINGER + 1)
    assert met.send(ADA, BOB, later).data is None


@pytest.mark.parametrize("seed", range(5))
def test_garbage(met: Wire, seed: int) -> None:
    random = Random(seed)
    recorded = [datagram for _, _, datagram in met.log]
    for _ in range(3000):
        garbage = bytearray(
            random.choice(recorded) if random.random() < 0.7 else random.randbytes(random.randrange(80))
        )
        if garbage:
            garbage[random.randrange(len(garbage))] ^= random.randrange(1, 256)
        received = met.ends[BOB].receive(bytes(garbage), random.choice([ADA, EVE, ("::1", 9, 0, 0)]), met.now)
        assert received == Received()
    assert len(met.ends[BOB]) == 1 and met.ends[BOB].offers == 0
    assert met.say(ADA, BOB, b"x") == b"x"
