"""Links: the bytes to and from a peer."""

from __future__ import annotations

import array

import pytest
from support import REQUEST_ALL, is_hello, line, pump, refused

import scuttle
from scuttle import Replica


def test_two_replicas_over_a_link(replica: Replica) -> None:
    with Replica("b") as other, replica.link() as here, other.link() as there:
        replica["k"] = {"a": 1}
        other["l"] = [2]
        here.gossip()
        there.gossip()
        pump(here, there)
        assert replica == other == {"k": {"a": 1}, "l": [2]}
        assert replica.fingerprint == other.fingerprint


def test_bytes_that_were_read_count_as_sent(replica: Replica) -> None:
    with replica.link() as link:
        link.gossip()
        assert is_hello(link.read())
        assert link.read() == b""


@pytest.mark.parametrize("size", [1, 2, 7, 100, 10**9])
def test_reads_of_any_size(replica: Replica, size: int) -> None:
    replica.update({f"k{i}": "x" * i for i in range(30)})
    with replica.link(classic=True) as link, replica.link(classic=True) as whole:
        link.write(REQUEST_ALL)
        whole.write(REQUEST_ALL)
        pieces = list(iter(lambda: link.read(size), b""))
        assert all(len(piece) <= size for piece in pieces)
        assert b"".join(pieces) == whole.read_all()


def test_read_nothing(replica: Replica) -> None:
    with replica.link() as link:
        link.gossip()
        assert link.read(0) == b""
        assert is_hello(link.read_all())


def test_all_kinds_of_bytes_can_be_written(replica: Replica) -> None:
    message = line("k", "1", "b", 1)
    for data in (
        message,
        bytearray(message),
        memoryview(message),
        memoryview(bytearray(message)),
        array.array("b", message),
    ):
        with Replica("c") as other, other.link(classic=True) as link:
            link.write(data)  # type: ignore[arg-type]
            assert other == {"k": 1}
    spread = bytearray(2 * len(message))
    spread[::2] = message
    with Replica("c") as other, other.link(classic=True) as link:
        link.write(memoryview(spread)[::2])
        link.write(b"")
        link.write(bytearray())
        assert other == {"k": 1}
    for unfit in ("text", 5, [1], None):
        with replica.link() as link, pytest.raises(TypeError):
            link.write(unfit)  # type: ignore[arg-type]


def test_a_written_buffer_is_free_again(replica: Replica) -> None:
    buffer = bytearray(line("k", "1", "b", 1) + b"{\n")
    with replica.link(classic=True) as link:
        try:
            link.write(buffer)
        except scuttle.errors.JSONError:
            buffer.clear()
    assert replica == {"k": 1}


def test_a_bad_line_does_not_stop_the_others(replica: Replica) -> None:
    with replica.link(classic=True) as link:
        with pytest.raises(scuttle.errors.VersionError):
            link.write(line("a", "1", "b", 1) + line("b", "2", "b", 0) + b"{\n" + line("c", "3", "b", 2))
        assert replica == {"a": 1, "c": 3}
        link.write(line("d", "4", "b", 3))
        assert replica["d"] == 4


def test_a_read_only_link(replica: Replica) -> None:
    replica["k"] = 1
    with replica.link(read_only=True, classic=True) as link:
        with refused(replica, scuttle.errors.ReadOnlyError):
            link.write(line("k", "2", "b", 5))
        link.write(REQUEST_ALL)
        assert link.read_all() == line("k", "1", "a", 1)


def test_a_classic_link(replica: Replica) -> None:
    with replica.link(classic=True) as link:
        link.gossip()
        assert link.read() == REQUEST_ALL


def test_a_classic_link_ignores_a_hello(replica: Replica) -> None:
    with Replica("b") as other, replica.link(classic=True) as here, other.link(any=True) as there:
        replica["k"] = 1
        there.gossip()
        here.write(there.read_all())
        assert here.read_all() == b""
        there.gossip()
        pump(here, there)
        assert other == {"k": 1}


def test_a_peer_with_the_replicas_own_id(replica: Replica) -> None:
    with replica.link(classic=True) as link, refused(replica, scuttle.errors.IdentityError):
        link.write(line("k", "1", "a", 1))


def test_sizes_are_checked(replica: Replica) -> None:
    with replica.link() as link:
        with pytest.raises(scuttle.errors.ArgumentError):
            link.read(-1)
        with pytest.raises(TypeError):
            link.read(1.0)  # type: ignore[arg-type]
