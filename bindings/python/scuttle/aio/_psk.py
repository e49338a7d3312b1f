"""The pre-shared key of datagrams, and the keys that follow from it."""

from __future__ import annotations

import logging
import os
from typing import Any, NamedTuple, Type, Union

from ..errors import ArgumentError, HostError

_logger = logging.getLogger("scuttle.aio")

#: Bytes of a key, or the path of a file that holds them.
PSK = Union[bytes, str, "os.PathLike[str]"]

MIN_BYTES = 32
_MAX_BYTES = 4096


class SessionKeys(NamedTuple):
    """The keys of one session."""

    #: Seals the datagrams of the initiator.
    initiator: bytes
    #: Seals the datagrams of the responder.
    responder: bytes
    #: Names the session in its datagrams.
    selector: bytes


class Library(NamedTuple):
    """What this package uses of the package cryptography."""

    #: ChaCha20Poly1305
    cipher: Any
    #: HKDF
    hkdf: Any
    #: SHA256
    sha256: Any
    #: The exception of a datagram that is not authentic.
    invalid_tag: Type[Exception]


def library() -> Library:
    """Returns the parts of the package cryptography, which is loaded at the first call.

    Raises:
        HostError: It is not installed.
    """
    try:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF
    except ImportError as error:
        raise HostError(f"psk= needs the package cryptography: pip install 'scuttle[udp]' ({error})") from None
    return Library(ChaCha20Poly1305, HKDF, SHA256, InvalidTag)


def read_psk(psk: PSK) -> bytes:
    """Returns the bytes of a pre-shared key.

    Args:
        psk: The key itself, or the path of a file whose bytes are the key; white space at the end of the file does not count.

    Raises:
        ArgumentError: The key is shorter than 32 bytes, or the file cannot be read or is longer than 4,096 bytes.
    """
    if isinstance(psk, (bytes, bytearray)):
        return _checked(bytes(psk), "psk")
    path = os.fspath(psk)
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ArgumentError(f"psk={path!r} cannot be read: {error.strerror or error}") from None
    if len(data) > _MAX_BYTES:
        raise ArgumentError(f"psk={path!r} is longer than {_MAX_BYTES:,} bytes")
    if mode & 0o077:
        _logger.warning("psk=%r can be read by other users of this machine: chmod 600", path)
    return _checked(data.rstrip(), f"the key in psk={path!r}")


def _checked(key: bytes, what: str) -> bytes:
    if len(key) < MIN_BYTES:
        raise ArgumentError(
            f"{what} is {len(key)} bytes long, and has to be {MIN_BYTES} or longer: openssl rand -hex 32 makes one"
        )
    return key


def handshake_key(psk: bytes) -> bytes:
    """Returns the key that authenticates handshakes."""
    return _derive(psk, b"", b"scuttle datagrams 1 handshake", 32)


def session_keys(psk: bytes, initiator_session: bytes, responder_session: bytes) -> SessionKeys:
    """Returns the keys of a session. Either side's part is random, so no two sessions have a key in common."""
    derived = _derive(psk, initiator_session + responder_session, b"scuttle datagrams 1 session", 68)
    return SessionKeys(derived[:32], derived[32:64], derived[64:])


def _derive(psk: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    found = library()
    return bytes(found.hkdf(algorithm=found.sha256(), length=length, salt=salt, info=info).derive(psk))
