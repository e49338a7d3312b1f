"""Buffers: `write` reads and `readinto` fills any object with bytes, without a copy if possible."""

from __future__ import annotations

import array
import mmap
from typing import Any, Callable, List

import pytest
from support import REQUEST_ALL, is_hello, line

import scuttle
from scuttle import Replica
from scuttle._memory import to_read

LINE = line("k", '"value"', "b", 1)


def _mapped(data: bytes) -> mmap.mmap:
    made = mmap.mmap(-1, len(data))
    made[:] = data
    return made


KINDS: List[Callable[[bytes], Any]] = [
    bytes,
    bytearray,
    memoryview,
    _mapped,
    lambda data: array.array("B", data),
    lambda data: memoryview(b"<" + data + b">")[1:-1],
    lambda data: memoryview(bytearray(b"<" + data + b">"))[1:-1],
    lambda data: memoryview(bytearray(data)).toreadonly(),
    lambda data: memoryview(data[::-1])[::-1],
    lambda data: memoryview(bytes(byte for pair in zip(data, data) for byte in pair))[::2],
    type("Bytes", (bytes,), {}),
]


@pytest.mark.parametrize("kind", KINDS)
def test_write_accepts_any_object_with_bytes(replica: Replica, kind: Callable[[bytes], Any]) -> None:
    with replica.link(classic=True) as link:
        link.write(kind(LINE))
    assert replica["k"] == "value"
    with Replica("other") as other:
        with pytest.raises(scuttle.errors.ProtocolError):  # the link of the short form speaks the extended dialect
            other.write(kind(LINE))


@pytest.mark.parametrize("empty", [b"", bytearray(), memoryview(b""), memoryview(b"abc")[3:]])
def test_write_accepts_no_bytes(replica: Replica, empty: Any) -> None:
    assert replica.write(empty) is True
    with replica.link() as link:
        assert link.write(empty) is True


@pytest.mark.parametrize("wrong", [None, "text", 7, [1], object()])
def test_write_rejects_other_objects(replica: Replica, wrong: Any) -> None:
    with replica.link() as link:
        for use in (link.write, replica.write, link.readinto, replica.readinto):
            with pytest.raises(TypeError):
                use(wrong)


def test_bytes_are_not_copied() -> None:
    data = bytes(range(100))
    assert to_read(data)[0] is data
    first, rest = to_read(memoryview(data)), to_read(memoryview(data)[10:])
    assert rest[0] - first[0] == 10
    assert (first[1], rest[1]) == (100, 90)


def test_a_memoryview_is_released() -> None:
    part = memoryview(LINE)
    with Replica("a") as replica:
        replica.link(classic=True).write(part)
        part.release()  # BufferError if anything still has it
        bad = memoryview(b"bad\n")
        try:
            replica.write(bad)
        except scuttle.errors.JSONError:
            bad.release()  # nor has the error


def test_a_bytearray_may_change_meanwhile(unraisable: List[Any]) -> None:
    data = bytearray(LINE + line("l", "2", "b", 2))
    with Replica("a", on_update=lambda update: data.clear()) as replica:
        replica.link(classic=True).write(data)
        assert replica == {"k": "value", "l": 2}
    assert data == b"" and unraisable == []


def filled(replica: Replica) -> scuttle.Link:
    replica.update({f"k{number}": "x" * number for number in range(50)})
    link = replica.link(classic=True)
    link.write(REQUEST_ALL)
    return link


WRITABLE: List[Callable[[int], Any]] = [
    bytearray,
    lambda size: memoryview(bytearray(size)),
    lambda size: memoryview(bytearray(size + 2))[1:-1],
    lambda size: array.array("B", bytes(size)),
]


@pytest.mark.parametrize("size", [1, 2, 7, 100, 65_536])
@pytest.mark.parametrize("kind", WRITABLE)
def test_readinto_returns_the_bytes_of_read(kind: Callable[[int], Any], size: int) -> None:
    with Replica("a", mtu=100, max_history=100, seed=1) as replica:
        with filled(replica) as link:
            expected = link.read_all()
        buffer, got = kind(size), b""
        with filled(Replica("a", mtu=100, max_history=100, seed=1)) as link:
            while count := link.readinto(buffer):
                assert count <= size
                got += bytes(buffer[:count])
    assert got == expected


@pytest.mark.parametrize("size", [0, 1, 2, 100, 65_536, 1 << 21])
def test_read_returns_at_most_max_bytes(replica: Replica, size: int) -> None:
    with filled(replica) as link:
        data = link.read(size)
        assert type(data) is bytes and len(data) <= size
        assert bool(data) == (size > 0)
        if size > 1:
            assert data == b'{"key":'[:size] or data.startswith(b"{")


def test_bytes_stay_after_the_next_read(replica: Replica) -> None:
    with filled(replica) as link:
        pieces = [link.read(1) for _ in range(20)] + [link.read(10) for _ in range(20)]
        copies = [bytes(bytearray(piece)) for piece in pieces]
        link.read_all()
        assert pieces == copies
        assert len({hash(piece) for piece in pieces}) > 5
    assert b"".join(pieces).startswith(b'{"key":"k')


def test_readinto_leaves_the_rest_of_the_buffer(replica: Replica) -> None:
    buffer = bytearray(b"-" * 100_000)
    with filled(replica) as link:
        count = link.readinto(buffer)
    assert 0 < count < 100_000
    assert buffer[count:] == b"-" * (100_000 - count)
    buffer.clear()  # BufferError if the library still had it


def test_readinto_on_the_short_form(replica: Replica) -> None:
    replica.gossip()
    buffer = bytearray(1000)
    count = replica.readinto(buffer)
    assert is_hello(bytes(buffer[:count]))
    assert replica.readinto(buffer) == 0


def test_readinto_of_a_datagram() -> None:
    with Replica("a") as replica, replica.link(datagram=True) as link:
        link.gossip()
        buffer = bytearray(5)
        with pytest.raises(scuttle.errors.SpaceError):
            link.readinto(buffer)
        buffer.extend(bytes(1200))  # BufferError if the error still had it
        assert link.readinto(buffer) > 5


def test_readinto_an_empty_buffer(replica: Replica) -> None:
    with filled(replica) as link:
        assert link.readinto(bytearray()) == 0
        assert link.read() != b""


@pytest.mark.parametrize("wrong", [b"bytes", memoryview(b"bytes"), memoryview(bytearray(10))[::2]])
def test_readinto_an_object_that_cannot_be_filled(replica: Replica, wrong: Any) -> None:
    with filled(replica) as link:
        with pytest.raises(TypeError):
            link.readinto(wrong)
        assert link.read() != b""


def test_readinto_after_closing(replica: Replica) -> None:
    link = replica.link()
    link.close()
    with pytest.raises(scuttle.errors.ClosedError):
        link.readinto(bytearray(10))
    replica.close()
    with pytest.raises(scuttle.errors.ClosedError):
        replica.readinto(bytearray(10))
