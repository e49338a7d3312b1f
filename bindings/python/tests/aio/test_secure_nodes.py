"""Nodes with TLS or a pre-shared key: the right peers meet, and from the others nothing gets in and nothing is learnt."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
from pathlib import Path
from typing import Any, AsyncIterator, Awaitable, Callable, Dict, Iterator, List, Optional

import pytest
from authority import DAY, Authority, Issued

import scuttle
from scuttle import Replica
from scuttle.aio import TLS, InsecureError, Node, TLSError
from scuttle.aio._accepting import _host_of

PSK = b"k" * 32
FAST = {"gossip": 0.05, "member_ttl": 5.0}


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def tls_of(authority: Authority, issued: Issued, **options: Any) -> TLS:
    return TLS(**{"ca": authority.ca, "cert": issued.cert, "key": issued.key, **options})


def node(name: str, **options: Any) -> Node:
    return Node(name, **{"listen": "127.0.0.1:0", **FAST, **options})


def run(main: Awaitable[None]) -> None:
    asyncio.run(asyncio.wait_for(main, 120))


async def until(condition: Callable[[], object], seconds: float = 30) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "the condition does not come true"
        await asyncio.sleep(0.01)


def facts(one: Node) -> Dict[str, Any]:
    """What a hostile peer must not change. The node renews its own key, so its own version may grow."""
    return {
        "entries": dict(one),
        "sources": sorted(one.replica.clock),
        "count": one.stats.sources,
        "members": sorted(one.members),
        "keys": sorted(one.replica),
    }


@contextlib.asynccontextmanager
async def unmoved(one: Node) -> AsyncIterator[None]:
    """Nothing gets in, and nothing is learnt."""
    one["mine"] = 1
    await asyncio.sleep(0.05)
    before = facts(one)
    yield
    await asyncio.sleep(0.2)
    assert facts(one) == before


# --- the right peers ---


@pytest.mark.parametrize("minimum", ["1.3", "1.2"])
def test_three_nodes_with_certificates(authority: Authority, minimum: str) -> None:
    async def main() -> None:
        made: List[Node] = []
        async with contextlib.AsyncExitStack() as stack:
            for name in ("ada", "bob", "cyn"):
                peers = [made[0].addresses[0]] if made else []
                tls = tls_of(authority, authority.issue(name), minimum=minimum)
                made.append(await stack.enter_async_context(node(name, tls=tls, peers=peers)))
            for one in made:
                one[one.name] = "x" * 100_000
            await until(lambda: all(len(one) == 3 for one in made))
            await made[0].set("k", 1, confirmed=2, timeout=30)
            await until(lambda: all(len(one.members) == 3 for one in made))
            assert {peer.name for peer in made[0].peers} == {"bob", "cyn"}

    run(main())


def test_a_unix_socket_with_certificates(authority: Authority, tmp_path: Path) -> None:
    async def main() -> None:
        place = f"unix:{tmp_path}/s"
        async with node("ada", listen=place, tls=tls_of(authority, authority.issue("ada"))) as ada:
            async with node("bob", listen=None, peers=[place], tls=tls_of(authority, authority.issue("bob"))) as bob:
                bob["k"] = 1
                await until(lambda: ada.get("k") == 1)

    run(main())


def test_names_by_a_mapping(authority: Authority) -> None:
    names = {"ada.example": "ada", "bob.example": ["bob", "bob 2"]}

    async def main() -> None:
        ada_tls = tls_of(authority, authority.issue("ada.example"), names=names)
        bob_tls = tls_of(authority, authority.issue("bob.example"), names=names)
        async with node("ada", tls=ada_tls) as ada, node("bob 2", tls=bob_tls, peers=[ada.addresses[0]]) as bob:
            bob["k"] = 1
            await until(lambda: ada.get("k") == 1)

    run(main())


def test_a_certificate_that_is_renewed_while_nodes_run(authority: Authority) -> None:
    async def main() -> None:
        ada_tls, bob_tls = (tls_of(authority, authority.issue(name)) for name in ("ada", "bob"))
        async with node("ada", tls=ada_tls) as ada:
            async with node("bob", tls=bob_tls, peers=[ada.addresses[0]]) as bob:
                bob["k"] = 1
                await until(lambda: ada.get("k") == 1)
                serial = ada_tls.identity.certificate["serialNumber"]
                authority.issue("ada")
                connections = list(ada._connections)
                connections[0].close()
                bob["k"] = 2
                await until(lambda: ada.get("k") == 2)
                (again,) = [one for one in bob._connections if one.is_up]
                served = again.transport.get_extra_info("ssl_object").getpeercert()["serialNumber"]
                assert served != serial and served == ada_tls.identity.certificate["serialNumber"]

    run(main())


@pytest.mark.parametrize("psk", [None, PSK], ids=["plain", "sealed"])
def test_three_nodes_over_udp(psk: Optional[bytes]) -> None:
    async def main() -> None:
        # A member that says nothing at its end would stay for an hour.
        options: Dict[str, Any] = {"transport": "udp", "psk": psk, "cluster": "house", "member_ttl": 3600.0}
        async with node("ada", **options) as ada, node("bob", peers=[ada.addresses[0]], **options) as bob:
            async with node("cyn", listen=None, peers=[bob.addresses[0]], **options) as cyn:
                for one in (ada, bob, cyn):
                    for number in range(300):
                        one[f"{one.name}/{number}"] = "x" * 20
                await until(lambda: len(ada) == len(bob) == len(cyn) == 900)
                await ada.set("k", 1, confirmed=1, timeout=30)
                await ada.in_step(timeout=30)
                await until(lambda: len(ada.members) == len(cyn.members) == 3)
                (peer,) = [peer for peer in cyn.peers if peer.name == "bob"]
                assert peer.is_outgoing and peer.bytes_in > 10_000 and peer.address == str(bob.addresses[0])
                departure = cyn.id
            await until(lambda: "cyn" not in ada.members)
            assert ada.replica.clock[departure] > 300

    run(main())


def test_a_psk_in_a_file_and_a_name_for_the_host(tmp_path: Path) -> None:
    path = tmp_path / "psk"
    path.write_text("0123456789abcdef" * 4 + "\n")
    path.chmod(0o600)

    async def main() -> None:
        options: Dict[str, Any] = {"transport": "udp", "psk": str(path)}
        async with node("ada", **options) as ada:
            async with node("bob", peers=[("localhost", ada.addresses[0].port)], **options) as bob:
                bob["k"] = 1
                await until(lambda: ada.get("k") == 1)

    run(main())


# --- arguments ---


@pytest.mark.parametrize(
    "options, text",
    [
        ({"transport": "carrier pigeon"}, "'tcp' or 'udp'"),
        ({"psk": PSK}, "psk is for transport='udp'"),
        ({"transport": "udp", "psk": b"short"}, "32 or longer"),
        ({"transport": "udp", "mtu": 100}, "mtu is 100"),
        ({"tls": {"ca": "x"}}, "has to be a scuttle.aio.TLS"),
    ],
)
def test_bad_arguments(options: Dict[str, Any], text: str) -> None:
    with pytest.raises(scuttle.errors.ArgumentError, match=text):
        Node("ada", **options)


def test_tls_and_udp_exclude_each_other(authority: Authority) -> None:
    with pytest.raises(scuttle.errors.ArgumentError, match="psk="):
        Node("ada", transport="udp", tls=tls_of(authority, authority.issue("ada")))


def test_a_unix_socket_is_none_for_udp(tmp_path: Path) -> None:
    async def main(**options: Any) -> None:
        with pytest.raises(scuttle.errors.ArgumentError, match="host and a port"):
            async with Node("ada", transport="udp", **options):
                pass

    run(main(listen=f"unix:{tmp_path}/s"))
    run(main(peers=[f"unix:{tmp_path}/s"]))


def test_a_certificate_for_another_name_does_not_start(authority: Authority) -> None:
    async def main() -> None:
        with pytest.raises(TLSError, match="proves 'bob', and the node's name is 'ada'"):
            async with node("ada", tls=tls_of(authority, authority.issue("bob"))):
                pass

    run(main())


# --- addresses ---


@pytest.mark.parametrize("host", ["0.0.0.0", "::", ""])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_without_protection_a_node_listens_on_loopback_only(host: str, transport: str) -> None:
    async def main() -> None:
        with pytest.raises(InsecureError, match=r"set (tls|psk) .*set insecure"):
            async with node("ada", listen=(host, 0), transport=transport):
                pass
        async with node("ada", listen=(host, 0), transport=transport, insecure=True):
            pass

    run(main())


@pytest.mark.parametrize("address", ["192.0.2.1:7000", "[::ffff:192.0.2.1]:7000", "[2001:db8::1]:7000"])
def test_without_protection_a_node_dials_loopback_only(address: str) -> None:
    """The addresses are for documentation, and nothing is sent to them."""

    async def main() -> None:
        async with node("ada", listen=None, peers=[address]) as ada:
            await until(lambda: ada.peers and ada.peers[0].error is not None)
            error = ada.peers[0].error
            assert isinstance(error, InsecureError) and "set insecure" in str(error)

    run(main())


# --- the wrong peers, over TLS ---


def old(authority: Authority) -> Issued:
    return authority.issue("eve", begins=-3 * DAY, ends=-DAY)


def early(authority: Authority) -> Issued:
    return authority.issue("eve", begins=DAY, ends=2 * DAY)


def foreign(authority: Authority) -> Issued:
    folder = authority.folder / "foreign"
    folder.mkdir()
    return Authority(folder).issue("eve")


def self_made(authority: Authority) -> Issued:
    return authority.issue("eve", is_self_signed=True)


def nameless(authority: Authority) -> Issued:
    return authority.issue("*.example", file="eve")


def for_another(authority: Authority) -> Issued:
    return authority.issue("mallory", file="eve")


def revoked(authority: Authority) -> Issued:
    issued = authority.issue("eve")
    authority.revoke(issued)
    return issued


WRONG: Dict[Callable[[Authority], Issued], str] = {
    old: "has expired",
    early: "not yet valid",
    foreign: "another CA",
    self_made: "signed by itself",
    nameless: "proves no name",
    for_another: "claims the name 'eve', and its certificate proves 'mallory'",
    revoked: "is revoked",
}


class Careless(TLS):
    """A peer that does not look at its own certificate, nor at those of others."""

    def __init__(self, ca: Any, issued: Optional[Issued]) -> None:
        self.handshake_timeout = 5.0
        self.names = lambda _, __: ["ada", "eve"]
        self._contexts: Dict[bool, ssl.SSLContext] = {}
        for side in (True, False):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if side else ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_OPTIONAL if side else ssl.CERT_REQUIRED
            context.load_verify_locations(ca)
            if issued is not None:
                context.load_cert_chain(issued.cert, issued.key)
            self._contexts[side] = context

    def context(self, *, server_side: bool) -> ssl.SSLContext:
        return self._contexts[server_side]

    def check_name(self, name: str) -> None:
        pass


@pytest.mark.parametrize("makes", WRONG, ids=lambda makes: makes.__name__)
def test_a_wrong_certificate_teaches_nothing(
    authority: Authority, makes: Callable[[Authority], Issued], caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever of the two dials."""
    caplog.set_level(logging.INFO, "scuttle.aio")
    authority.revoke()

    async def main() -> None:
        issued = makes(authority)
        ada_tls = tls_of(authority, authority.issue("ada"), crl=authority.folder / "crl.pem")
        async with node("ada", tls=ada_tls) as ada:
            async with unmoved(ada):
                async with node("eve", tls=Careless(authority.ca, issued), peers=[ada.addresses[0]]) as eve:
                    eve["theirs"] = 1
                    await until(lambda: WRONG[makes] in caplog.text)
                    assert len(eve) == 1
        caplog.clear()
        async with node("eve", tls=Careless(authority.ca, issued)) as eve:
            eve["theirs"] = 1
            async with node("ada", tls=ada_tls, peers=[eve.addresses[0]]) as ada:
                async with unmoved(ada):
                    await until(lambda: any(WRONG[makes] in str(peer.error) for peer in ada.peers))
                    assert WRONG[makes] in caplog.text and len(eve) == 1

    run(main())


def test_a_peer_without_a_certificate_teaches_nothing(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "scuttle.aio")

    async def main() -> None:
        async with node("ada", tls=tls_of(authority, authority.issue("ada"))) as ada:
            async with unmoved(ada):
                async with node("eve", listen=None, tls=Careless(authority.ca, None), peers=[ada.addresses[0]]) as eve:
                    eve["theirs"] = 1
                    await until(lambda: "has sent no certificate" in caplog.text)
                    await until(
                        lambda: any("may have refused this node's certificate" in str(p.error) for p in eve.peers)
                    )

    run(main())


def test_one_side_without_tls(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        with_tls = tls_of(authority, authority.issue("ada"))
        async with node("ada", tls=with_tls) as ada, unmoved(ada), node("eve", peers=[ada.addresses[0]]) as eve:
            await until(lambda: "the peer does not speak TLS" in caplog.text)
            assert len(eve) == 0
        async with (
            node("eve") as eve,
            node("ada", tls=with_tls, peers=[eve.addresses[0]]) as ada,
            unmoved(ada),
            unmoved(eve),
        ):
            await until(lambda: "the peer speaks TLS, and this node does not" in caplog.text)
            await until(lambda: any("TLS" in str(peer.error) for peer in ada.peers))

    run(main())


def test_a_member_that_claims_a_second_name_is_cut_off(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    """Mallory has a good certificate of her own, says her own name, and then another one on the same connection."""

    async def main() -> None:
        issued = authority.issue("mallory")
        async with node("ada", tls=tls_of(authority, authority.issue("ada"))) as ada:
            address = ada.addresses[0]
            context = tls_of(authority, issued).current(False)
            reader, writer = await asyncio.open_connection(address.host, address.port, ssl=context, server_hostname="")
            with Replica("mallory") as mallory, mallory.link() as link, Replica("bob") as bob, bob.link() as other:
                bob["stolen"] = 1
                link.gossip()
                writer.write(link.read_all())
                await until(lambda: any(peer.name == "mallory" for peer in ada.peers))
                async with unmoved(ada):
                    other.gossip()
                    writer.write(other.read_all())
                    await until(lambda: "claims the name 'bob', and its certificate proves 'mallory'" in caplog.text)
                    assert not any(peer.name for peer in ada.peers)
            writer.close()
            with contextlib.suppress(OSError, ssl.SSLError):
                await writer.wait_closed()

    run(main())


# --- the wrong peers, over UDP ---


@pytest.mark.parametrize(
    "mine, theirs",
    [
        ({"psk": PSK}, {"psk": b"o" * 32}),
        ({"psk": PSK}, {}),
        ({}, {"psk": PSK}),
        ({"psk": PSK, "cluster": "a"}, {"psk": PSK, "cluster": "b"}),
    ],
)
def test_another_psk_teaches_nothing(
    mine: Dict[str, Any], theirs: Dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with node("ada", transport="udp", **mine) as ada, unmoved(ada):
            async with node("eve", transport="udp", peers=[ada.addresses[0]], **theirs) as eve:
                eve["theirs"] = 1
                await asyncio.sleep(1)
                assert len(eve) == 1 and not [peer for peer in ada.peers if peer.name]
        if "psk" in mine:
            assert "not sealed with this node's psk and cluster" in caplog.text

    run(main())


# --- attacks ---


@contextlib.contextmanager
def sockets(address: Any, count: int) -> Iterator[List[socket.socket]]:
    """Connections that nobody speaks on."""
    made: List[socket.socket] = []
    try:
        for _ in range(count):
            sock = socket.socket()
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                sock.connect((address.host, address.port))
            made.append(sock)
        yield made
    finally:
        for sock in made:
            sock.close()


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.mark.parametrize("kind", ["silent", "slow", "garbage", "plain hello", "half"])
def test_honest_nodes_stay_in_step_beside_hostile_connections(authority: Authority, kind: str) -> None:
    """1,500 connections that end no handshake, in waves: they neither fill the node nor stall its peers."""

    async def main() -> None:
        ada_tls = tls_of(authority, authority.issue("ada"), handshake_timeout=1.0)
        bob_tls = tls_of(authority, authority.issue("bob"))
        hello = Replica("eve").link()
        async with node("ada", tls=ada_tls) as ada, node("bob", tls=bob_tls, peers=[ada.addresses[0]]) as bob:
            await until(lambda: len([peer for peer in ada.peers if peer.name]) == 1 and len(ada.replica.clock) == 2)
            (acceptor,) = ada._listener._acceptors  # type: ignore[union-attr]
            before = sorted(ada.replica.clock)
            for wave in range(5):
                with sockets(ada.addresses[0], 300) as made:
                    for step in range(10):
                        for number, sock in enumerate(made):
                            with contextlib.suppress(OSError):
                                if kind == "slow":
                                    sock.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03"[step : step + 1])
                                elif kind == "garbage" and step == 1:
                                    sock.send(os.urandom(1000))
                                elif kind == "plain hello" and step == 1:
                                    hello.gossip()
                                    sock.send(hello.read_all() or b'{"digest":true}\n')
                                elif kind == "half" and step == 1 and number % 2:
                                    sock.shutdown(socket.SHUT_WR)
                        ada[f"ada/{wave}/{step}"] = bob[f"bob/{wave}/{step}"] = step
                        await asyncio.sleep(0)
                        assert acceptor.handshakes <= 128
                    await until(lambda: ada.replica == bob.replica and len(ada) == 20 * (wave + 1))
            await until(lambda: acceptor.handshakes == 0)
            assert sorted(ada.replica.clock) == before
            assert len([peer for peer in ada.peers if peer.name]) == 1

    count = descriptors()
    run(main())
    assert descriptors() <= count + 2


def test_a_flood_of_one_host_ends_no_handshake_of_another(authority: Authority) -> None:
    async def main() -> None:
        ada_tls = tls_of(authority, authority.issue("ada"), handshake_timeout=60.0)
        async with node("ada", tls=ada_tls) as ada:
            (acceptor,) = ada._listener._acceptors  # type: ignore[union-attr]
            # A peer far away, in the middle of its handshake.
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", ada.addresses[0].port, local_addr=("127.0.0.2", 0)
            )
            await until(lambda: acceptor.handshakes == 1)
            with sockets(ada.addresses[0], 400):
                await until(lambda: acceptor.handshakes == 128)
                await asyncio.sleep(0.2)
                with pytest.raises(asyncio.TimeoutError):
                    await asyncio.wait_for(reader.read(), 0.2)
            writer.close()

    run(main())


@pytest.mark.parametrize(
    "address, host",
    [
        ("", ""),
        (("192.0.2.1", 1), "192.0.2.1"),
        (("::ffff:192.0.2.1", 1, 0, 0), "192.0.2.1"),
        (("2001:db8:1:2:3::4", 1, 0, 0), "2001:db8:1:2::/64"),
        (("fe80::1%lo", 1, 0, 1), "fe80::/64"),
    ],
)
def test_what_counts_as_one_host(address: Any, host: str) -> None:
    assert _host_of(address) == host


def test_a_new_peer_gets_in_during_a_flood(authority: Authority) -> None:
    async def main() -> None:
        ada_tls = tls_of(authority, authority.issue("ada"), handshake_timeout=30.0)
        async with node("ada", tls=ada_tls) as ada:
            with sockets(ada.addresses[0], 400):
                await asyncio.sleep(0.1)
                async with node("bob", tls=tls_of(authority, authority.issue("bob")), peers=[ada.addresses[0]]) as bob:
                    bob["k"] = 1
                    await until(lambda: ada.get("k") == 1)

    run(main())


def test_nodes_over_udp_stay_in_step_beside_a_flood() -> None:
    """See test_endpoint.py for the kinds of datagrams; here they are many, and the nodes are whole."""

    async def main() -> None:
        options: Dict[str, Any] = {"transport": "udp", "psk": PSK}
        async with node("ada", **options) as ada, node("bob", peers=[ada.addresses[0]], **options) as bob:
            await until(lambda: len([peer for peer in ada.peers if peer.name]) == 1 and len(ada.replica.clock) == 2)
            place = (ada.addresses[0].host, ada.addresses[0].port)
            before = sorted(ada.replica.clock)
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.setblocking(False)
                for number in range(200):
                    for _ in range(50):
                        with contextlib.suppress(BlockingIOError):
                            sock.sendto(os.urandom(number % 100 + 1), place)
                    ada[f"ada/{number}"] = bob[f"bob/{number}"] = number
                    await asyncio.sleep(0)
                await until(lambda: ada.replica == bob.replica and len(ada) == 400)
            assert sorted(ada.replica.clock) == before and len(ada._connections) == 1

    run(main())


def test_a_connection_that_ends_at_once_is_dialled_again(authority: Authority) -> None:
    """It may be over before the task that dials has its turn."""

    async def main() -> None:
        async with node("eve", tls=Careless(authority.ca, nameless(authority))) as eve:
            tls = tls_of(authority, authority.issue("ada"))
            async with node("ada", listen=None, tls=tls, peers=[eve.addresses[0]]) as ada:
                (target,) = ada._dialler.targets
                errors = []
                for _ in range(4):  # with a pause of 0.2, 0.4 and 0.8 seconds
                    await until(lambda: target.error is not None)
                    errors.append(str(target.error))
                    target.error = None
                assert all("proves no name" in error for error in errors)

    run(main())


def test_bytes_under_way_when_a_node_closes_are_no_fault_of_the_peer(authority: Authority) -> None:
    """With TLS they are an error of the transport, after a connection that the node itself has closed: one of two to the same peer, say."""

    fault = ssl.SSLError(1, "[SSL: APPLICATION_DATA_AFTER_CLOSE_NOTIFY]")
    fault.reason = "APPLICATION_DATA_AFTER_CLOSE_NOTIFY"

    async def main() -> None:
        async with node("ada", tls=tls_of(authority, authority.issue("ada"))) as ada:
            for ends in (lambda one: one.close(), lambda one: None):
                async with node("bob", tls=tls_of(authority, authority.issue("bob")), peers=ada.addresses) as bob:
                    await until(lambda: ada._connections.up() and bob._connections.up())
                    (connection,) = ada._connections.up()
                    ends(connection)
                    has_closed = connection.is_closing
                    connection.connection_lost(fault)
                    assert (connection.error is None) == has_closed
                    connection.abort()
                await until(lambda: not ada._connections.up())

    run(main())
