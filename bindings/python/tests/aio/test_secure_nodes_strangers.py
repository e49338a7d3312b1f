"""The wrong peers: from them nothing gets in, and nothing is learnt."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from typing import Any, Callable, Dict, Optional

import pytest
from authority import DAY, Authority, Issued
from secure import PSK, authority, node, run, tls_of, unmoved, until

from scuttle import Replica
from scuttle.aio import TLS

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


# --- afterwards ---


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
