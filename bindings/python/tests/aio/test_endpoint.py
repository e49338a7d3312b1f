"""Endpoints on loopback: links over datagrams, plain and sealed, with hostile senders beside them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
from typing import Any, AsyncIterator, Dict, List, Optional

import pytest
from secure import run, until

import scuttle
from scuttle import Replica
from scuttle.aio import InsecureError
from scuttle.aio import _datagram_link as datagram_link
from scuttle.aio._endpoint import Endpoint, bind

PSK = b"k" * 32
PLAIN_OR_SEALED = pytest.mark.parametrize("psk", [None, PSK], ids=["plain", "sealed"])


class End:
    """A replica with an endpoint, which gossips."""

    def __init__(self, name: str, host: str = "127.0.0.1", port: int = 0, **options: Any) -> None:
        cluster = options.get("cluster", "")
        self.replica = Replica(name, cluster=cluster, max_history=1024, on_update=lambda _: self.wake())
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        sock = bind((host, port), family)
        try:
            self.endpoint = Endpoint(self.replica, sock, **options)
        except BaseException:
            sock.close()
            self.replica.close()
            raise
        self.task = asyncio.get_running_loop().create_task(self.gossip())

    @property
    def address(self) -> Any:
        return self.endpoint.address

    def wake(self) -> None:
        asyncio.get_running_loop().call_soon(self.endpoint.wake)

    async def gossip(self) -> None:
        while True:
            self.endpoint.gossip()
            await asyncio.sleep(0.05)

    def facts(self) -> Dict[str, Any]:
        """What a hostile peer must not change."""
        return {"entries": dict(self.replica), "vector": self.replica.clock, "sources": self.replica.stats.sources}

    def close(self) -> None:
        self.task.cancel()
        self.endpoint.close()
        self.replica.close()


@contextlib.asynccontextmanager
async def ends(*names: str, **options: Any) -> AsyncIterator[List[End]]:
    made = [End(name, **options) for name in names]
    try:
        yield made
    finally:
        for one in made:
            one.close()


def tap(end: End) -> List[bytes]:
    """Returns a list of the datagrams that an end receives from now on."""
    seen: List[bytes] = []
    receive = end.endpoint._receive

    def record(datagram: bytes, address: Any, now: float) -> bool:
        seen.append(datagram)
        return receive(datagram, address, now)

    setattr(end.endpoint, "_receive", record)
    return seen


@contextlib.contextmanager
def stranger(host: str = "127.0.0.1") -> Any:
    sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((host, 0))
    sock.setblocking(False)
    try:
        yield sock
    finally:
        sock.close()


def received(sock: socket.socket) -> Optional[bytes]:
    try:
        return sock.recv(65536)
    except BlockingIOError:
        return None


@PLAIN_OR_SEALED
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_two_replicas_become_equal(psk: Optional[bytes], host: str) -> None:
    async def main() -> None:
        async with ends("ada", "bob", psk=psk, host=host) as (ada, bob):
            for number in range(2000):
                ada.replica[f"k/{number}"] = "x" * 50
            bob.replica["bob"] = 1
            link = ada.endpoint.dial(bob.address)
            await until(lambda: ada.replica == bob.replica and len(ada.replica) == 2001)
            ada.replica["live"] = 1
            await until(lambda: bob.replica.get("live") == 1)
            await until(lambda: link.link is not None and link.link.in_step and link.link.lag == 0)
            (theirs,) = bob.endpoint
            assert (link.name, theirs.name, link.is_outgoing, theirs.is_outgoing) == ("bob", "ada", True, False)
            assert link.bytes_out > 100_000 and link.bytes_in > 1000 and link.link is not None and link.link.lag == 0
            assert link.error is None and theirs.error is None

    run(main())


@PLAIN_OR_SEALED
def test_a_chain_of_many_with_both_sides_dialling(psk: Optional[bytes]) -> None:
    async def main() -> None:
        async with ends(*(f"r{i}" for i in range(6)), psk=psk) as all_ends:
            for one, other in zip(all_ends, all_ends[1:]):
                one.endpoint.dial(other.address)
                other.endpoint.dial(one.address)
            for one in all_ends:
                one.replica[one.replica.name] = True
            await until(lambda: all(len(one.replica) == 6 for one in all_ends))

    run(main())


def test_sealed_bytes_show_nothing() -> None:
    async def main() -> None:
        async with ends("ada", psk=PSK) as (ada,):
            with stranger() as sock:
                ada.endpoint.dial(sock.getsockname())
                await until(lambda: received(sock) is not None)
            async with ends("bob", psk=PSK) as (bob,):
                seen = tap(bob)
                ada.replica["a secret key"] = "a secret value"
                ada.endpoint.dial(bob.address)
                await until(lambda: len(bob.replica) == 1)
                assert seen and not any(b"secret" in datagram or b"ada" in datagram for datagram in seen)

    run(main())


@pytest.mark.parametrize(
    "options, other",
    [
        ({"psk": PSK}, {"psk": b"o" * 32}),
        ({"psk": PSK, "cluster": "a"}, {"psk": PSK, "cluster": "b"}),
        ({"psk": PSK}, {"psk": None}),
        ({"psk": None}, {"psk": PSK}),
        ({"psk": None, "cluster": "a"}, {"psk": None, "cluster": "b"}),
    ],
)
def test_a_peer_with_another_key_or_cluster_teaches_nothing(options: Dict[str, Any], other: Dict[str, Any]) -> None:
    async def main() -> None:
        async with ends("ada", **options) as (ada,), ends("eve", **other) as (eve,):
            ada.replica["mine"], eve.replica["theirs"] = 1, 1
            before = ada.facts()
            eve.endpoint.dial(ada.address)
            ada.endpoint.dial(eve.address)
            await asyncio.sleep(1.5)
            assert ada.facts() == before and len(eve.replica) == 1
            assert not any(link.is_up for link in ada.endpoint) or options.get("psk") is None

    run(main())


@PLAIN_OR_SEALED
def test_a_stranger_costs_no_link_and_gets_no_more_than_it_sends(psk: Optional[bytes]) -> None:
    async def main() -> None:
        async with ends("ada", psk=psk) as (ada,):
            with stranger() as sock, Replica("eve") as replica, replica.link(datagram=True) as link:
                link.gossip()
                hello = link.read(1200)
                before = ada.facts()
                sent, got = 0, 0
                for datagram in [
                    hello,
                    hello[:50],
                    b"",
                    b"\n",
                    b"{}",
                    b"[",
                    hello * 4,
                    b"\x11" * 57,
                    b"\x14" * 60,
                ] * 30:
                    sock.sendto(datagram, ada.address)
                    sent += len(datagram)
                    await asyncio.sleep(0)
                await asyncio.sleep(0.3)
                while (data := received(sock)) is not None:
                    got += len(data)
                assert got <= sent and len(ada.endpoint) == 0 and ada.facts() == before
                assert (got > 0) == (psk is None)

    run(main())


def test_a_plain_stranger_that_echoes_gets_a_link() -> None:
    """A host that is no node, such as the example in C."""

    async def main() -> None:
        async with ends("ada") as (ada,):
            ada.replica["k"] = 1
            with stranger() as sock, Replica("bob") as replica, replica.link(datagram=True) as link:
                link.gossip()
                for _ in range(500):
                    while ours := link.read(1200):
                        sock.sendto(ours, ada.address)
                    await asyncio.sleep(0.01)
                    while (data := received(sock)) is not None:
                        link.write(data)
                    if replica == ada.replica:
                        break
                assert replica == {"k": 1} and len(ada.endpoint) == 1

    run(main())


@PLAIN_OR_SEALED
def test_a_peer_that_starts_anew_at_its_address(psk: Optional[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram_link, "PROBE_AFTER", 0.2)
    monkeypatch.setattr(datagram_link, "SILENT_AFTER", 0.5)

    async def main() -> None:
        async with ends("ada", psk=psk) as (ada,):
            bob = End("bob", psk=psk)
            ada.endpoint.dial(bob.address)
            ada.replica["one"] = 1
            await until(lambda: bob.replica.get("one") == 1)
            port = bob.address[1]
            bob.close()
            ada.replica["two"] = 2
            await asyncio.sleep(0.1)
            bob = End("bob", port=port, psk=psk)
            try:
                await until(lambda: bob.replica == {"one": 1, "two": 2})
                bob.replica["three"] = 3
                await until(lambda: ada.replica.get("three") == 3)
            finally:
                bob.close()

    run(main())


@PLAIN_OR_SEALED
def test_an_idle_link_is_dropped_and_a_dialled_one_stays(psk: Optional[bytes]) -> None:
    async def main() -> None:
        async with ends("ada", psk=psk, idle=0.5) as (ada,):
            bob = End("bob", psk=psk)
            bob.endpoint.dial(ada.address)
            await until(lambda: len(ada.endpoint) == 1)
            gone = bob.address
            bob.close()
            await until(lambda: len(ada.endpoint) == 0)
            ada.endpoint.dial(gone)
            await asyncio.sleep(1)
            assert len(ada.endpoint) == 1
            ada.endpoint.hang_up(gone)
            assert len(ada.endpoint) == 0 and ada.replica.stats.links == 0

    run(main())


@PLAIN_OR_SEALED
def test_links_are_bounded(psk: Optional[bytes], caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        async with ends("ada", psk=psk, max_links=2) as (ada,), ends(*"bcdef", psk=psk) as others:
            for other in others:
                other.endpoint.dial(ada.address)
            for _ in range(100):
                await asyncio.sleep(0.01)
                assert len(ada.endpoint) <= 2

    run(main())


def test_an_update_that_fits_no_datagram_is_named_and_the_rest_comes() -> None:
    async def main() -> None:
        async with ends("ada", "bob", psk=PSK) as (ada, bob):
            ada.replica["too/big"], ada.replica["small"] = "x" * 3000, 1
            link = ada.endpoint.dial(bob.address)
            await until(lambda: bob.replica == {"small": 1})
            assert isinstance(link.error, scuttle.errors.DatagramError) and "too/big" in str(link.error)

    run(main())


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_plain_datagrams_are_for_loopback(host: str) -> None:
    async def main() -> None:
        with pytest.raises(InsecureError, match=r"psk .*set insecure"):
            End("ada", host=host)
        async with ends("ada", host=host, psk=PSK), ends("bob", host=host, insecure=True):
            pass
        async with ends("ada") as (ada,):
            with pytest.raises(InsecureError, match="connect to 10.0.0.1:7000"):
                ada.endpoint.dial(("10.0.0.1", 7000))

    run(main())


@pytest.mark.parametrize("options", [{"mtu": 100}, {"mtu": 70000}, {"max_links": 0}, {"idle": 0}, {"rate": -1}])
def test_bad_arguments(options: Dict[str, Any]) -> None:
    async def main() -> None:
        with Replica("ada") as replica, stranger() as sock, pytest.raises(ValueError):
            Endpoint(replica, sock, **options)

    run(main())


@pytest.mark.parametrize("mtu", [600, 1200, 9000])
def test_no_datagram_is_over_the_mtu(mtu: int) -> None:
    async def main() -> None:
        async with ends("ada", "bob", psk=PSK, mtu=mtu) as (ada, bob):
            sizes = tap(bob)
            for number in range(500):
                ada.replica[f"k/{number}"] = "x" * 100
            ada.endpoint.dial(bob.address)
            await until(lambda: ada.replica == bob.replica)
            assert min(mtu, 1500) - 300 < max(map(len, sizes)) <= mtu

    run(main())


@PLAIN_OR_SEALED
def test_a_rate_is_kept(psk: Optional[bytes]) -> None:
    """Counted in bytes by the bucket, not in seconds by the test."""

    async def main() -> None:
        async with ends("ada", "bob", psk=psk, rate=400_000.0) as (ada, bob):
            for number in range(1000):
                ada.replica[f"k/{number}"] = "x" * 200
            loop = asyncio.get_running_loop()
            begin = loop.time()
            link = ada.endpoint.dial(bob.address)
            await until(lambda: ada.replica == bob.replica, 60)
            assert link.bytes_out <= 64 * 1200 + 400_000 * (loop.time() - begin) + 2 * 1200

    run(main())


@PLAIN_OR_SEALED
def test_two_honest_nodes_stay_in_step_during_a_flood(psk: Optional[bytes], caplog: pytest.LogCaptureFixture) -> None:
    """Garbage, repeated, reflected and altered datagrams, in a bounded number, from many addresses."""
    caplog.set_level(logging.WARNING, "scuttle.aio")

    async def main() -> None:
        chance = random.Random(7)
        async with ends("ada", "bob", psk=psk) as (ada, bob):
            ada.endpoint.dial(bob.address)
            recorded = tap(bob)
            await until(lambda: len(ada.endpoint) == len(bob.endpoint) == 1)
            with contextlib.ExitStack() as stack:
                socks = [stack.enter_context(stranger()) for _ in range(20)]
                for number in range(100):
                    ada.replica[f"ada/{number}"] = bob.replica[f"bob/{number}"] = number
                    for _ in range(100):
                        datagram = bytearray(chance.choice(recorded[-500:]))
                        if chance.random() < 0.5 and datagram:
                            datagram[chance.randrange(len(datagram))] ^= 1 << chance.randrange(8)
                        if chance.random() < 0.2:
                            datagram = bytearray(chance.randbytes(chance.randrange(1400)))
                        with contextlib.suppress(BlockingIOError):
                            chance.choice(socks).sendto(datagram, chance.choice([ada.address, bob.address]))
                    await asyncio.sleep(0)
                await until(lambda: ada.replica == bob.replica and len(ada.replica) == 200)
                assert len(ada.endpoint) == len(bob.endpoint) == 1
                assert sorted(source.partition("~")[0] for source in ada.replica.clock) == ["ada", "bob"]

    run(main())
    assert len(caplog.records) < 100


def test_a_datagram_of_an_earlier_session_is_refused_after_a_restart() -> None:
    async def main() -> None:
        async with ends("ada", psk=PSK) as (ada,):
            bob = End("bob", psk=PSK)
            recorded = tap(bob)
            ada.replica["old"] = 1
            ada.endpoint.dial(bob.address)
            await until(lambda: bob.replica.get("old") == 1)
            port, place = bob.address[1], ada.address
            bob.close()
        # Ada is gone, too, and somebody sends what was recorded from her address.
        bob = End("bob", port=port, psk=PSK)
        try:
            before = bob.facts()
            sock = bind(place)
            for datagram in recorded * 3:
                sock.sendto(datagram, ("127.0.0.1", port))
                await asyncio.sleep(0)
            await asyncio.sleep(0.3)
            sock.close()
            assert bob.facts() == before and len(bob.endpoint) == 0 and bob.endpoint.dropped > 0
        finally:
            bob.close()

    run(main())


def test_a_full_socket_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The socket refuses every third datagram for a while."""

    class Full:
        def __init__(self, sock: socket.socket) -> None:
            self._sock, self.count = sock, 0

        def sendto(self, data: bytes, address: Any) -> int:
            self.count += 1
            if self.count % 3 == 0:
                raise BlockingIOError
            return self._sock.sendto(data, address)

        def fileno(self) -> int:
            return self._sock.fileno()

    async def main() -> None:
        async with ends("ada", "bob", psk=PSK) as (ada, bob):
            full = Full(ada.endpoint._sock)
            setattr(ada.endpoint._sender, "_sock", full)
            for number in range(300):
                ada.replica[f"k/{number}"] = "x" * 100
            ada.endpoint.dial(bob.address)
            await until(lambda: ada.replica == bob.replica)
            assert full.count > 30

    run(main())


def test_a_close_leaves_nothing() -> None:
    async def main() -> None:
        async with ends("ada", "bob", psk=PSK) as (ada, bob):
            ada.endpoint.dial(bob.address)
            await until(lambda: len(bob.endpoint) == 1)
            ada.endpoint.close()
            ada.endpoint.close()
            assert ada.replica.stats.links == 0 and len(ada.endpoint) == 0
            ada.endpoint.wake()

    run(main())


@PLAIN_OR_SEALED
def test_a_dead_address_is_not_flooded(psk: Optional[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagram_link, "PROBE_AFTER", 0.2)
    monkeypatch.setattr(datagram_link, "SILENT_AFTER", 0.4)

    async def main() -> None:
        async with ends("ada", psk=psk) as (ada,):
            bob = End("bob", psk=psk)
            link = ada.endpoint.dial(bob.address)
            await until(lambda: link.is_up)
            bob.close()
            await until(lambda: link.is_lost)
            before = link.bytes_out
            for number in range(500):
                ada.replica[f"k/{number}"] = "x" * 500
                await asyncio.sleep(0.002)
            probes = (link.bytes_out - before) / 1200
            assert 0 < probes < 40  # and not the 250 kB that were written

    run(main())


def test_dials_are_counted() -> None:
    """The address of a peer may be learnt as that of a member, too."""

    async def main() -> None:
        async with ends("ada", "bob") as (ada, bob):
            link = ada.endpoint.dial(bob.address)
            assert ada.endpoint.dial(bob.address) is link
            ada.endpoint.hang_up(bob.address)
            assert list(ada.endpoint) == [link]
            await until(lambda: link.is_up)
            ada.endpoint.hang_up(bob.address)
            ada.endpoint.hang_up(bob.address)
            assert len(ada.endpoint) == 0

    run(main())
