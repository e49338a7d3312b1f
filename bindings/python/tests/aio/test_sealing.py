"""Sealed datagrams: their bytes, and all that is refused."""

from __future__ import annotations

import json
import stat
import sys
from pathlib import Path
from random import Random
from typing import Any, Dict, List, Optional, Set

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scuttle
from scuttle.aio import _handshake as handshake
from scuttle.aio import _sealing as sealing
from scuttle.aio._handshake import Accept, Init, Retry, read_message, write_message
from scuttle.aio._psk import handshake_key, read_psk, session_keys
from scuttle.aio._sealing import OVERHEAD, WINDOW, ReplayWindow, Session

VECTORS: Dict[str, Any] = json.loads((Path(__file__).parent / "sealed_datagrams.json").read_text())
PSK = bytes(range(32))


def pair(
    psk: bytes = PSK, cluster: bytes = b"", other_psk: Optional[bytes] = None, other_cluster: Optional[bytes] = None
) -> Any:
    """Returns the initiator's and the responder's side of one session."""
    one, two = b"i" * 16, b"r" * 16
    there = session_keys(psk if other_psk is None else other_psk, one, two)
    return (
        Session(session_keys(psk, one, two), is_initiator=True, cluster=cluster),
        Session(there, is_initiator=False, cluster=cluster if other_cluster is None else other_cluster),
    )


def sealed(session: Session, data: bytes) -> bytes:
    datagram = session.seal(data)
    assert datagram is not None
    return datagram


# --- bytes, which another implementation has to make, too ---


@pytest.mark.parametrize("vector", VECTORS["keys"], ids=lambda vector: str(vector["name"]))
def test_keys(vector: Dict[str, str]) -> None:
    psk = bytes.fromhex(vector["psk"])
    assert handshake_key(psk).hex() == vector["handshake_key"]
    keys = session_keys(psk, bytes.fromhex(vector["initiator_session"]), bytes.fromhex(vector["responder_session"]))
    assert keys.initiator.hex() == vector["initiator_key"]
    assert keys.responder.hex() == vector["responder_key"]
    assert keys.selector.hex() == vector["selector"]


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=lambda vector: str(vector["name"]))
def test_messages(vector: Dict[str, Any]) -> None:
    key, cluster = handshake_key(bytes.fromhex(vector["psk"])), vector["cluster"].encode()
    kind: Any = {"init": Init, "retry": Retry, "accept": Accept}[vector["kind"]]
    message = kind(*map(bytes.fromhex, vector["fields"]))
    datagram = bytes.fromhex(vector["datagram"])
    assert write_message(message, key, cluster) == datagram
    assert read_message(datagram, key, cluster) == message


@pytest.mark.parametrize("vector", VECTORS["data"], ids=lambda vector: str(vector["name"]))
def test_data(vector: Dict[str, Any]) -> None:
    keys = session_keys(*(bytes.fromhex(vector[name]) for name in ("psk", "initiator_session", "responder_session")))
    cluster, data = vector["cluster"].encode(), bytes.fromhex(vector["data"])
    is_initiator = vector["sender"] == "initiator"
    sender = Session(keys, is_initiator=is_initiator, cluster=cluster)
    sender._number = vector["number"]
    assert sealed(sender, data).hex() == vector["datagram"]
    receiver = Session(keys, is_initiator=not is_initiator, cluster=cluster)
    assert receiver.open(bytes.fromhex(vector["datagram"])) == data


# --- sessions ---


def test_data_in_both_directions() -> None:
    one, two = pair(cluster=b"house")
    for data in (b"", b"x", b"x" * 60000):
        assert two.open(sealed(one, data)) == data
        assert one.open(sealed(two, data)) == data
        assert len(sealed(one, data)) == len(data) + OVERHEAD


def test_a_datagram_shows_nothing_of_its_data() -> None:
    one, _ = pair()
    assert b"secret" not in sealed(one, b"secret" * 9)
    assert sealed(one, b"secret")[13:] != sealed(one, b"secret")[13:]


def test_a_repeated_datagram_is_refused() -> None:
    one, two = pair()
    datagrams = [sealed(one, b"%d" % number) for number in range(20)]
    Random(1).shuffle(datagrams)
    assert all(two.open(datagram) is not None for datagram in datagrams)
    assert all(two.open(datagram) is None for datagram in datagrams * 2)


def test_a_reflected_datagram_is_refused() -> None:
    one, two = pair()
    assert one.open(sealed(one, b"x")) is None
    assert two.open(sealed(two, b"x")) is None


def test_every_flipped_bit_and_every_truncation_is_refused() -> None:
    one, two = pair(cluster=b"c")
    datagram = sealed(one, b"some data")
    for bit in range(8 * len(datagram)):
        altered = bytearray(datagram)
        altered[bit // 8] ^= 1 << bit % 8
        assert two.open(bytes(altered)) is None
    for size in range(len(datagram)):
        assert two.open(datagram[:size]) is None
    assert two.open(datagram + b"\0") is None
    assert two.open(datagram) == b"some data"  # and none of them has moved the window


@pytest.mark.parametrize("other", [{"other_psk": b"x" * 32}, {"other_cluster": b"other"}, {"other_cluster": b""}])
def test_another_key_or_cluster_is_refused(other: Dict[str, Any]) -> None:
    one, two = pair(cluster=b"c", **other)
    assert two.open(sealed(one, b"x")) is None
    assert one.open(sealed(two, b"x")) is None


def test_another_session_is_refused() -> None:
    """Either side's part makes another key, so what was sealed for a receiver before its restart is void."""
    one, _ = pair()
    for parts in ((b"i" * 16, b"R" * 16), (b"I" * 16, b"r" * 16), (b"r" * 16, b"i" * 16)):
        assert Session(session_keys(PSK, *parts), is_initiator=False, cluster=b"").open(sealed(one, b"x")) is None


def test_no_number_is_used_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "REKEY_AT", 4)
    one, two = pair()
    assert [one.is_worn for _ in range(8) if two.open(sealed(one, b"x")) is not None] == [False] * 3 + [True] * 5
    assert one.seal(b"x") is None
    assert one.seal(b"x") is None


def test_a_forged_number_does_not_move_the_window() -> None:
    one, two = pair()
    datagram = sealed(one, b"x")
    far = datagram[:5] + (2**63).to_bytes(8, "big") + datagram[13:]
    assert two.open(far) is None
    assert two.open(datagram) == b"x"


@given(st.lists(st.integers(0, 3 * WINDOW), max_size=200))
def test_the_window_accepts_each_number_once(numbers: List[int]) -> None:
    window, seen = ReplayWindow(), set()  # type: ReplayWindow, Set[int]
    for number in numbers:
        is_new = window.is_new(number)
        if number in seen:
            assert not is_new
        elif number > max(seen, default=-1) - WINDOW:
            assert is_new
        if is_new:
            window.note(number)
            seen.add(number)


def test_the_window_takes_constant_memory() -> None:
    window = ReplayWindow()
    for number in range(0, 100_000, 7):
        window.note(number)
    assert sys.getsizeof(window._seen) <= sys.getsizeof((1 << WINDOW) - 1)


# --- messages of the handshake ---


MESSAGES = [
    Init(b"i" * 16, b"e" * 8),
    Init(b"i" * 16, b"e" * 8, b"c" * 16),
    Retry(b"i" * 16, b"c" * 16),
    Accept(b"i" * 16, b"r" * 16, b"e" * 8),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_an_altered_message_is_refused(message: handshake.Message) -> None:
    key = handshake_key(PSK)
    datagram = write_message(message, key, b"c")
    assert read_message(datagram, key, b"c") == message
    for bit in range(8 * len(datagram)):
        altered = bytearray(datagram)
        altered[bit // 8] ^= 1 << bit % 8
        assert read_message(bytes(altered), key, b"c") is None
    for size in range(len(datagram)):
        assert read_message(datagram[:size], key, b"c") is None
    assert read_message(datagram + b"c", key, b"") is None
    assert read_message(datagram, key, b"d") is None
    assert read_message(datagram, handshake_key(b"x" * 32), b"c") is None


def test_no_reply_is_longer_than_its_message() -> None:
    sizes = [len(write_message(message, b"k" * 32, b"")) for message in MESSAGES]
    assert max(sizes) == sizes[0] == sizes[1]


@given(st.binary(max_size=100))
def test_bytes_that_are_no_message(datagram: bytes) -> None:
    assert read_message(datagram, handshake_key(PSK), b"") is None


# --- the pre-shared key ---


def test_a_key_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "psk"
    path.write_bytes(b"k" * 64 + b"\n")
    path.chmod(0o600)
    assert read_psk(path) == read_psk(str(path)) == b"k" * 64


def test_a_file_for_everybody_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "psk"
    path.write_bytes(b"k" * 32)
    path.chmod(stat.S_IRUSR | stat.S_IROTH)
    assert read_psk(path) == b"k" * 32
    assert "chmod 600" in caplog.text


@pytest.mark.parametrize("contents", [b"", b"k" * 31, b"k" * 31 + b"\n" * 9, b"k" * 5000])
def test_a_file_without_a_key(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "psk").write_bytes(contents)
    (tmp_path / "psk").chmod(0o600)
    with pytest.raises(scuttle.errors.ArgumentError, match="psk"):
        read_psk(tmp_path / "psk")


def test_a_key_that_is_too_short_or_missing(tmp_path: Path) -> None:
    for key in (b"", b"k" * 31):
        with pytest.raises(scuttle.errors.ArgumentError, match="32 or longer"):
            read_psk(key)
    with pytest.raises(scuttle.errors.ArgumentError, match="No such file"):
        read_psk(tmp_path / "none")


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(scuttle.HostError, match=r"pip install 'scuttle\[udp\]'"):
        handshake_key(PSK)
