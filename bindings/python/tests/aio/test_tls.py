"""`TLS`: its files, the names that certificates prove, and contexts that follow their files."""

from __future__ import annotations

import logging
import os
import ssl
from pathlib import Path
from typing import Any, Dict, Optional, Type

import pytest
from authority import BOTH, DAY, SERVER_ONLY, Authority

from scuttle.aio import TLS, TLSError
from scuttle.aio._certificates import certificate_names, proven_names
from scuttle.aio._tls_errors import explain, looks_like_tls
from scuttle.aio._tls_files import certificate_of


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def make(authority: Authority, *names: str, **options: Any) -> TLS:
    issued = authority.issue(*names or ("ada",), **options)
    return TLS(ca=authority.ca, cert=issued.cert, key=issued.key)


def meet(server: TLS, client: TLS) -> Optional[Exception]:
    """Returns the error of a handshake in memory, through the contexts that a node uses."""
    try:
        certificate_of(server.context(server_side=True), client.context(server_side=False))
    except ssl.SSLError as error:
        return error
    return None


# --- a node's own files ---


def test_its_own_certificate_proves_names(authority: Authority) -> None:
    tls = make(authority, "ada", "ada.example")
    assert tls.identity.names == {"ada", "ada.example"}
    assert tls.identity.expires > 0
    tls.check_name("ada")
    with pytest.raises(
        TLSError, match=r"proves 'ada', 'ada.example', and the node's name is 'bob'.*subjectAltName=DNS:bob"
    ):
        tls.check_name("bob")


def test_a_repr_has_no_secret(authority: Authority) -> None:
    issued = authority.issue("ada", password=b"a S3cret")
    tls = TLS(ca=authority.ca, cert=issued.cert, key=issued.key, password="a S3cret")
    assert "S3cret" not in repr(tls) and "ada.pem" in repr(tls)


@pytest.mark.parametrize("given", [None, "", "another", b"another"])
def test_an_encrypted_key_needs_its_password(authority: Authority, given: Any) -> None:
    issued = authority.issue("ada", password=b"a S3cret")
    with pytest.raises(TLSError, match="cert=.*cannot be read"):
        TLS(ca=authority.ca, cert=issued.cert, key=issued.key, password=given)


def test_key_and_certificate_in_one_file(authority: Authority, tmp_path: Path) -> None:
    issued = authority.issue("ada")
    both = tmp_path / "both.pem"
    both.write_bytes(issued.cert.read_bytes() + issued.key.read_bytes())
    assert TLS(ca=authority.ca, cert=both).identity.names == {"ada"}


@pytest.mark.parametrize("field", ["ca", "cert", "key", "crl"])
@pytest.mark.parametrize("contents", [None, b"", b"no PEM at all\n", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_that_cannot_be_used(
    authority: Authority, tmp_path: Path, field: str, contents: Optional[bytes]
) -> None:
    issued = authority.issue("ada")
    paths: Dict[str, Any] = {"ca": authority.ca, "cert": issued.cert, "key": issued.key, "crl": authority.revoke()}
    bad = tmp_path / "bad file.pem"
    if contents is not None:
        bad.write_bytes(contents)
    paths[field] = bad
    with pytest.raises(TLSError, match="bad file.pem"):
        TLS(**paths)


def test_a_key_of_another_certificate(authority: Authority) -> None:
    one, other = authority.issue("ada"), authority.issue("bob")
    with pytest.raises(TLSError, match="does not belong"):
        TLS(ca=authority.ca, cert=one.cert, key=other.key)


@pytest.mark.parametrize(
    "options, reason",
    [
        ({"begins": -3 * DAY, "ends": -DAY}, "this node's certificate has expired"),
        ({"begins": DAY, "ends": 2 * DAY}, "this node's certificate is not yet valid"),
        ({"is_self_signed": True}, "signed by itself"),
        ({"purposes": SERVER_ONLY}, "another purpose"),
    ],
)
def test_a_certificate_that_peers_would_refuse(authority: Authority, options: Dict[str, Any], reason: str) -> None:
    with pytest.raises(TLSError, match=f"peers would refuse.*{reason}"):
        make(authority, "ada", **options)


def test_a_certificate_of_another_authority(authority: Authority, tmp_path: Path) -> None:
    issued = Authority(tmp_path, "another").issue("ada")
    with pytest.raises(TLSError, match="another CA"):
        TLS(ca=authority.ca, cert=issued.cert, key=issued.key)


def test_a_certificate_for_both_purposes(authority: Authority) -> None:
    assert meet(make(authority, "ada", purposes=BOTH), make(authority, "bob", purposes=BOTH)) is None


@pytest.mark.parametrize(
    "options, error",
    [
        ({"minimum": "1.1"}, ValueError),
        ({"minimum": ""}, ValueError),
        ({"handshake_timeout": 0}, ValueError),
        ({"handshake_timeout": float("nan")}, ValueError),
        ({"ca": None}, TypeError),
    ],
)
def test_bad_arguments(authority: Authority, options: Dict[str, Any], error: Type[Exception]) -> None:
    issued = authority.issue("ada")
    with pytest.raises(error):
        TLS(**{"ca": authority.ca, "cert": issued.cert, "key": issued.key, **options})


# --- both sides of a handshake ---


def test_two_nodes_meet(authority: Authority) -> None:
    assert meet(make(authority, "ada"), make(authority, "bob")) is None


def test_a_server_of_another_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    error = meet(make(Authority(tmp_path, "another"), "eve"), make(authority, "ada"))
    assert error is not None and "another CA" in str(explain(error))


def test_a_client_of_another_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    """The client trusts both authorities, so it is the server that refuses."""
    other = Authority(tmp_path, "another")
    issued = other.issue("eve")
    both = tmp_path / "both.pem"
    both.write_bytes(authority.ca.read_bytes() + other.ca.read_bytes())
    error = meet(make(authority, "ada"), TLS(ca=both, cert=issued.cert, key=issued.key))
    assert error is not None and "another CA" in str(explain(error))


def test_a_client_without_a_certificate_is_refused(authority: Authority) -> None:
    server = make(authority, "ada").context(server_side=True)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.load_verify_locations(authority.ca)
    with pytest.raises(ssl.SSLError) as caught:
        certificate_of(server, client)
    assert "has sent no certificate" in str(explain(caught.value))


def test_a_client_of_an_old_version_is_refused(authority: Authority) -> None:
    issued = authority.issue("bob")
    old = TLS(ca=authority.ca, cert=issued.cert, key=issued.key, minimum="1.2").current(False)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError) as caught:
        certificate_of(make(authority, "ada").context(server_side=True), old)
    assert "older version" in str(explain(caught.value))


def test_version_1_2_if_it_is_allowed(authority: Authority) -> None:
    issued = authority.issue("ada")
    tls = TLS(ca=authority.ca, cert=issued.cert, key=issued.key, minimum="1.2")
    old = tls.current(False)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert certificate_of(tls.context(server_side=True), old)


def test_a_revoked_certificate_is_refused_on_both_sides(authority: Authority) -> None:
    eve, ada = authority.issue("eve"), authority.issue("ada")
    revoked = TLS(ca=authority.ca, cert=eve.cert, key=eve.key)
    watchful = TLS(ca=authority.ca, cert=ada.cert, key=ada.key, crl=authority.revoke(eve))
    for error in (meet(revoked, watchful), meet(watchful, revoked)):
        assert error is not None and "is revoked" in str(explain(error))
    assert meet(watchful, make(authority, "bob")) is None


def test_an_expired_revocation_list_refuses_all(authority: Authority) -> None:
    ada = authority.issue("ada")
    with pytest.raises(TLSError, match="revocation list .* has expired"):
        TLS(ca=authority.ca, cert=ada.cert, key=ada.key, crl=authority.revoke(ends=-DAY))


def test_no_session_is_resumed(authority: Authority) -> None:
    """A resumed session would skip the verification."""
    for version in ("1.3", "1.2"):
        issued = authority.issue("ada")
        tls = TLS(ca=authority.ca, cert=issued.cert, key=issued.key, minimum=version)
        assert tls.current(True).num_tickets == 0
        assert tls.current(True).options & ssl.OP_NO_TICKET


# --- renewed files ---


def test_a_renewed_certificate_is_used_by_the_next_connection(authority: Authority) -> None:
    tls, peer = make(authority, "ada"), make(authority, "bob")
    context = tls.context(server_side=True)
    assert tls.identity.names == {"ada"}
    authority.issue("ada", "ada.example")  # the same files
    certificate = certificate_of(peer.context(server_side=True), tls.context(server_side=False))
    assert set(certificate_names(certificate)) == {"ada", "ada.example"}
    assert tls.identity.names == {"ada", "ada.example"}
    assert context is tls.context(server_side=True)


def test_a_renewed_authority_is_the_only_one(authority: Authority, tmp_path: Path) -> None:
    """The authority of before is not trusted any more."""
    tls, old = make(authority, "ada"), make(authority, "bob")
    (tmp_path / "next").mkdir()
    successor = Authority(tmp_path / "next")
    issued = successor.issue("ada")
    for source, target in (
        (successor.ca, authority.ca),
        (issued.cert, tmp_path / "ada.pem"),
        (issued.key, tmp_path / "ada.key"),
    ):
        os.replace(source, target)
    bob = successor.issue("bob")
    successor.ca.write_bytes(authority.ca.read_bytes())
    assert meet(tls, TLS(ca=successor.ca, cert=bob.cert, key=bob.key)) is None
    assert old is not None and isinstance(meet(tls, old), ssl.SSLError)


def test_half_renewed_files_change_nothing_and_are_logged_once(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    tls, peer = make(authority, "ada"), make(authority, "bob")
    before = tls.identity.certificate
    (tmp_path / "next").mkdir()
    renewed = authority.issue("ada", file="next/ada")
    os.replace(renewed.cert, tmp_path / "ada.pem")  # the key follows later
    with caplog.at_level(logging.ERROR, "scuttle.aio"):
        assert meet(tls, peer) is None
        assert meet(peer, tls) is None
    assert tls.identity.certificate == before
    assert len(caplog.records) == 1 and "does not belong" in caplog.text
    os.replace(renewed.key, tmp_path / "ada.key")
    assert meet(tls, peer) is None
    assert tls.identity.certificate != before


@pytest.mark.parametrize("mode, is_told", [(0o600, False), (0o640, False), (0o644, True)])
def test_a_key_that_every_user_can_read_is_told(
    authority: Authority, mode: int, is_told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    issued = authority.issue("ada")
    os.chmod(issued.key, mode)
    TLS(ca=authority.ca, cert=issued.cert, key=issued.key)
    assert ("can be read by all users of this machine: chmod 600" in caplog.text) == is_told, caplog.text


def test_missing_files_change_nothing(authority: Authority, tmp_path: Path) -> None:
    tls, peer = make(authority, "ada"), make(authority, "bob")
    os.unlink(tmp_path / "ada.pem")
    assert meet(tls, peer) is None
    assert tls.identity.names == {"ada"}


def test_a_list_that_revokes_later_refuses_the_next_connection(authority: Authority) -> None:
    ada, eve = authority.issue("ada"), authority.issue("eve")
    tls = TLS(ca=authority.ca, cert=ada.cert, key=ada.key, crl=authority.revoke())
    peer = TLS(ca=authority.ca, cert=eve.cert, key=eve.key)
    assert meet(tls, peer) is None
    authority.revoke(eve)
    assert "is revoked" in str(explain(meet(tls, peer) or Exception()))


# --- names ---


def certificate(dns: Any = (), common: Any = (), others: Any = ()) -> Dict[str, Any]:
    return {
        "subject": tuple((("commonName", name),) for name in common),
        "subjectAltName": (*others, *(("DNS", name) for name in dns)),
    }


@pytest.mark.parametrize(
    "given, names",
    [
        (certificate(["ada"]), {"ada"}),
        (certificate(["ada", "bob"], ["cyn"]), {"ada", "bob"}),
        (certificate([], ["cyn"]), {"cyn"}),
        (certificate([], ["cyn"], [("IP Address", "10.0.0.1"), ("URI", "spiffe://x/y")]), {"cyn"}),
        (certificate([], ["cyn", "dan"]), set()),
        (certificate(["*.example"]), set()),
        (certificate(["*"], ["ada"]), set()),
        (certificate(["Ada"]), {"Ada"}),
        (certificate(["ada\0.example"]), set()),
        ({}, set()),
    ],
)
def test_names_of_a_certificate(given: Dict[str, Any], names: Any) -> None:
    assert proven_names(given) == names


def test_names_by_a_mapping() -> None:
    names = {"ada.example": "ada", "pool.example": ["p1", "p2"]}
    assert proven_names(certificate(["ada.example"]), names) == {"ada"}
    assert proven_names(certificate(["pool.example", "ada.example"]), names) == {"p1", "p2", "ada"}
    assert proven_names(certificate(["ada"]), names) == set()


def test_names_by_a_function() -> None:
    def first_label(names: Any, _: Any) -> Any:
        return [name.partition(".")[0] for name in names]

    assert proven_names(certificate(["ada.example"]), first_label) == {"ada"}


def test_names_by_a_function_that_fails_for_a_peer(authority: Authority, caplog: pytest.LogCaptureFixture) -> None:
    """It proves nothing, and the node goes on."""

    def fail_for_eve(names: Any, _: Any) -> Any:
        if "eve" in names:
            raise KeyError("eve")
        return names

    class Connection:
        def getpeercert(self) -> Dict[str, Any]:
            return certificate(["eve"])

    issued = authority.issue("ada")
    tls = TLS(ca=authority.ca, cert=issued.cert, key=issued.key, names=fail_for_eve)
    assert tls.identity.names == {"ada"}
    assert tls.proven_names(Connection()) == set()
    assert "KeyError" in caplog.text


def test_the_first_bytes_of_tls() -> None:
    assert looks_like_tls(b"\x16\x03\x01\x02\x00")
    assert looks_like_tls(b"\x15\x03\x03")
    assert not looks_like_tls(b'{"digest"')
    assert not looks_like_tls(b"\x16")


def test_an_error_of_something_else_is_not_explained() -> None:
    assert explain(OSError("no route")) is None
    assert "in time" in str(explain(TimeoutError()))
