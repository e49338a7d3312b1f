"""The bytes of a file store's file: a head, and frames. docs/reference/file-store.md specifies them; bindings/c/store has the same in C."""

from __future__ import annotations

import re
import struct
from typing import Iterator, NamedTuple, Optional, Tuple
from zlib import crc32

VERSION = 1
#: As in PNG's signature: no text, and damaged by a change of line ends.
MAGIC = b"\x89scut\r\n\x1a"
#: Bytes of a payload.
PAYLOAD = 65536

FIRST, LAST, WHOLE = 1, 2, 4

_HEAD = struct.Struct("<8sIIQI")  # magic, version, length of the name, salt, reserved
_FRAME = struct.Struct("<IIQQI")  # length, flags, number, synced, checksum of the payload
_CRC = struct.Struct("<I")
_PLACE = struct.Struct("<QQ")
_FRAME_BYTES = _FRAME.size + _CRC.size
_HEAD_BYTES = _HEAD.size + _CRC.size
#: The second word of a frame: flags, of which three are in use.
_FLAGS = re.compile(rb"[\x00-\x07]\x00\x00\x00", re.DOTALL)


def make_head(name: bytes, salt: int) -> bytes:
    """Returns the head of a file."""
    fields = _HEAD.pack(MAGIC, VERSION, len(name), salt, 0)
    return fields + _CRC.pack(crc32(name, crc32(fields))) + name


class Head(NamedTuple):
    """What a file is, and whose."""

    salt: int
    name: bytes
    #: The bytes of the head.
    end: int


def read_head(data: bytes) -> Optional[Head]:
    """Returns the head of a file, None if no file store has made it.

    Raises:
        LookupError: The file has the format of a later version.
    """
    if len(data) < _HEAD_BYTES or data[: len(MAGIC)] != MAGIC:
        return None
    _, version, length, salt, _ = _HEAD.unpack_from(data)
    if version > VERSION:
        raise LookupError
    end = _HEAD_BYTES + length
    name = data[_HEAD_BYTES:end]
    if length > 255 or crc32(name, crc32(data[: _HEAD.size])) != _CRC.unpack_from(data, _HEAD.size)[0]:
        return None
    return Head(salt, name, end)


class Frame(NamedTuple):
    """A frame of a file: a save is one or more of them."""

    flags: int
    #: The number of the save: ascending in the file.
    number: int
    #: The bytes of the file that were on the disk when the frame was written.
    synced: int
    #: The offsets of the payload and of what is behind it.
    begin: int
    end: int


def make_frames(
    payload: bytes, salt: int, offset: int, number: int, synced: int, first: int, last: int
) -> Iterator[bytes]:
    """Yields the frames of a save, or of a part of one, from an offset of the file on. `first` and `last` are flags of these frames."""
    for begin in range(0, len(payload), PAYLOAD):
        part = payload[begin : begin + PAYLOAD]
        flags = (first if begin == 0 else 0) | (last if begin + PAYLOAD >= len(payload) else 0)
        fields = _FRAME.pack(len(part), flags, number, synced, crc32(part))
        yield b"".join((fields, _CRC.pack(_crc_of(fields, salt, offset)), part))
        offset += _FRAME_BYTES + len(part)


def _crc_of(fields: bytes, salt: int, offset: int) -> int:
    """Salt and offset are in the checksum, so that neither a block of an earlier file nor a frame in a payload counts as a frame of
    this one."""
    return crc32(fields, crc32(_PLACE.pack(salt, offset)))


def read_frame(data: memoryview, salt: int, offset: int) -> Optional[Frame]:
    """Returns the frame at an offset, None if it is not whole."""
    begin = offset + _FRAME_BYTES
    if begin > len(data):
        return None
    fields = data[offset : offset + _FRAME.size]
    length, flags, number, synced, crc = _FRAME.unpack(fields)
    if flags > FIRST | LAST | WHOLE or length > len(data) - begin:
        return None
    if _crc_of(bytes(fields), salt, offset) != _CRC.unpack_from(data, offset + _FRAME.size)[0]:
        return None
    return Frame(flags, number, synced, begin, begin + length) if crc32(data[begin : begin + length]) == crc else None


class Saves(NamedTuple):
    """The whole saves of a file."""

    #: The lines of the last whole save and of the later ones.
    state: bytes
    #: The bytes of the head and of all saves.
    end: int
    #: The bytes of the last whole save.
    whole: int
    #: The number of the last save.
    number: int
    #: The offset of the first byte that was on the disk and has changed since; None if there is none.
    damaged_at: Optional[int]


def read_saves(data: bytes, head: Head) -> Saves:
    """Reads the saves behind a head, until the first frame that is not whole."""
    view = memoryview(data)
    at = end = begin = head.end
    whole = number = 0
    saves: list[bytes] = []  # the payloads of whole saves
    parts: list[memoryview] = []  # those of the save that is being read
    while True:
        frame = read_frame(view, head.salt, at)
        if frame is None or not _follows(frame, bool(parts), number):
            break
        number, at = frame.number, frame.end
        parts.append(view[frame.begin : frame.end])
        if not frame.flags & LAST:
            continue
        if frame.flags & WHOLE:
            saves.clear()
            whole = at - begin
        saves.append(b"".join(parts))
        parts.clear()
        begin = end = at
    damaged_at = at if at < len(data) and _is_damage(data, head, at) else None
    return Saves(b"".join(saves), end, whole, number, damaged_at)


def _follows(frame: Frame, is_inside: bool, number: int) -> bool:
    """Returns whether a frame goes on with a save of which some frames are read, or begins one."""
    is_first = bool(frame.flags & FIRST)
    return not is_first and frame.number == number if is_inside else is_first and frame.number > number


def _is_damage(data: bytes, head: Head, at: int) -> bool:
    """Returns whether a frame behind `at` says that the bytes at `at` were on the disk. Without one, they are the truncated end."""
    view, place = memoryview(data), at + 5
    while (found := _FLAGS.search(data, place)) is not None:
        frame = read_frame(view, head.salt, found.start() - 4)
        if frame is not None and frame.synced > at:
            return True
        place = found.start() + 1
    return False


def file_names(raw: bytes) -> Tuple[str, str]:
    """Returns the name of the file of a replica, given by its name in UTF-8, and that of its lock."""
    stem = "".join(
        chr(byte) if _is_plain(byte) or (byte == 0x2E and 0 < place < len(raw) - 1) else f"%{byte:02x}"
        for place, byte in enumerate(raw)
    )
    if len(stem) > 200:
        # As in C, so that no escape is cut.
        length = 168
        while stem[length - 1] == "%" or stem[length - 2] == "%":
            length -= 1
        stem = f"{stem[:length]}%-{_hash_of(raw):016x}"
    return f"{stem}.scuttle", f"{stem}.scuttle.lock"


def _is_plain(byte: int) -> bool:
    return byte < 128 and (chr(byte).isalnum() or byte in b"-_")


def _hash_of(name: bytes) -> int:
    """FNV-1a, to tell long names apart."""
    value = 0xCBF29CE484222325
    for byte in name:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value
