"""TLS and pre-shared keys by options, and what `doctor` says about certificates."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Dict

import pytest
from processes import NodeProcess, eventually, inside

sys.path.append(str(Path(__file__).resolve().parents[1] / "aio"))
from authority import DAY, SERVER_ONLY, Authority, Issued  # noqa: E402


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def options(authority: Authority, issued: Issued) -> list[str]:
    return ["--tls-ca", str(authority.ca), "--tls-cert", str(issued.cert), "--tls-key", str(issued.key)]


def levels(authority: Authority, issued: Issued, name: str = "ada") -> Dict[str, str]:
    os.chmod(issued.key, 0o600)
    done = inside("doctor", "--json", "--name", name, *options(authority, issued))
    found = {check["subject"]: check["level"] for check in done.documents}
    assert done.code == int("fail" in found.values()), done
    assert found.pop("versions") == "ok"
    return found


def test_a_good_certificate(authority: Authority) -> None:
    issued = authority.issue("ada", ends=5 * 30 * DAY)
    assert levels(authority, issued) == {"certificate": "ok", "dates": "ok", "name": "ok"}
    os.chmod(issued.key, 0o644)
    done = inside("doctor", "--name", "ada", *options(authority, issued))
    assert done.code == 0 and f"warn  key: other users of this machine can read {issued.key}; chmod 600" in done.out


def test_dates_and_names(authority: Authority) -> None:
    assert levels(authority, authority.issue("ada", ends=3 * DAY))["dates"] == "warn"
    assert levels(authority, authority.issue("ada", ends=-DAY / 24)) == {"certificate": "fail"}
    assert levels(authority, authority.issue("ada", begins=DAY, ends=2 * DAY)) == {"certificate": "fail"}
    assert levels(authority, authority.issue("bob"))["name"] == "fail"


def test_chains_and_keys(authority: Authority, tmp_path: Path) -> None:
    good = authority.issue("ada")
    assert levels(authority, authority.issue("ada", file="self", is_self_signed=True)) == {"certificate": "fail"}
    (tmp_path / "other").mkdir()
    assert levels(Authority(tmp_path / "other"), good) == {"certificate": "fail"}
    assert levels(authority, authority.issue("ada", file="server", purposes=SERVER_ONLY)) == {"certificate": "fail"}
    assert levels(authority, good._replace(key=authority.issue("bob").key)) == {"certificate": "fail"}
    good.cert.write_text("no certificate")
    assert levels(authority, good) == {"certificate": "fail"}
    good.cert.unlink()
    assert levels(authority, good) == {"certificate": "fail"}
    done = inside("doctor", "--tls-ca", str(authority.ca))
    assert done.code == 1 and "give those that are missing" in done.out


def test_nodes_with_certificates(authority: Authority, tmp_path: Path) -> None:
    ada, bob = authority.issue("ada"), authority.issue("bob")
    with NodeProcess(tmp_path, "ada", *options(authority, ada)) as first:
        with NodeProcess(tmp_path, "bob", *options(authority, bob), peers=[first.address]) as second:
            assert second.run("set", "k", "1", "--confirmed", "1", "--timeout", "60s").code == 0
            assert first.run("get", "k").out == "1\n"
    wrong = inside("node", "--name", "eve", "--listen", "127.0.0.1:0", *options(authority, bob))
    assert wrong.code in (2, 6) and "proves 'bob'" in wrong.error and wrong.error.count("\n") == 1


def test_a_hangup_reads_certificates_again(authority: Authority, tmp_path: Path) -> None:
    issued = authority.issue("ada")
    with NodeProcess(tmp_path, "ada", *options(authority, issued), "--log-level", "info") as node:
        shutil.copyfile(authority.issue("bob").key, issued.key)
        node.process.send_signal(signal.SIGHUP)
        eventually(lambda: "does not belong to the certificate" in node.log.read_text())
        authority.issue("ada")
        node.process.send_signal(signal.SIGHUP)
        eventually(lambda: "certificates were read again" in node.log.read_text())
        assert node.run("get", "k").code == 1


def test_nodes_with_a_pre_shared_key(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4 + "\n")
    key.chmod(0o600)
    words = ("--transport", "udp", "--psk-file", str(key))
    with NodeProcess(tmp_path, "ada", *words) as first:
        with NodeProcess(tmp_path, "bob", *words, peers=[first.address]) as second:
            assert second.run("set", "k", "1", "--confirmed", "1", "--timeout", "60s").code == 0
            assert first.run("get", "k").out == "1\n"
    key.write_text("short")
    done = inside("node", "--name", "ada", "--listen", "127.0.0.1:0", *words)
    assert done.code == 2 and "32" in done.error and done.error.count("\n") == 1
