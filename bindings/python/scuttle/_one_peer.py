"""The link of a replica with one peer, which needs no Link."""

from __future__ import annotations

from . import _abi
from ._bare_calls import scuttle_read
from ._handle import Handle
from ._library import library
from ._memory import WritableBuffer, to_read
from ._reading import read, read_into
from ._texts import Buffer, unsigned


class OnePeer:
    """The part of a replica that carries the bytes of one peer, on a link that the first use opens."""

    _handle: Handle

    def write(self, data: Buffer) -> bool:
        """Reads bytes from the peer of a replica with one peer: `Link.write`, on a link that the first use opens."""
        start, length, _kept = to_read(data)
        return self._handle.call(library.scuttle_write, start, length) != _abi.FULL

    def read(self, max_bytes: int = 65536) -> bytes:
        """Returns the next bytes for the peer of a replica with one peer: `Link.read`, on the link of `write`."""
        return self._handle.run(self._read, unsigned("max_bytes", max_bytes))

    def _read(self, _: int, max_bytes: int) -> bytes:
        return read(self._handle, scuttle_read, self._handle.argument, max_bytes)

    def readinto(self, buffer: WritableBuffer) -> int:
        """Fills a buffer with the next bytes for the peer of a replica with one peer: `Link.readinto`, on the link of `write`."""
        return self._handle.run(self._read_into, buffer)

    def _read_into(self, _: int, buffer: WritableBuffer) -> int:
        return read_into(self._handle, scuttle_read, self._handle.argument, buffer)
