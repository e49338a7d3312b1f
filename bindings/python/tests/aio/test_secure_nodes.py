"""Nodes with TLS or a pre-shared key: the right peers meet, and arguments and addresses without protection are refused."""

from __future__ import annotations

import contextlib
import ssl
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest
from authority import Authority
from secure import PSK, authority, node, run, tls_of, until

import scuttle
from scuttle.aio import InsecureError, Node, TLSError


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
