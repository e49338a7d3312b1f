"""Addresses as users write them, as values, and as text."""

from __future__ import annotations

import ipaddress
import os
from typing import NamedTuple, Optional, Tuple, Union

from ..errors import ArgumentError

#: ("host", port), "host:port", "[v6]:port", or "unix:/path".
AddressLike = Union[str, Tuple[str, int], "Address"]

_MAX_TEXT = 512
#: What the system allows in the path of a Unix socket, with its NUL.
_MAX_PATH = 107


class Address(NamedTuple):
    """An address to listen at or to dial: a host and a port, or the path of a Unix socket.

    Attributes:
        host: A name or an IP address; "" for all addresses of the machine, to listen at. "" for a Unix socket.
        port: The port; 0 for a free one, to listen at.
        path: The path of a Unix socket; "" for TCP and UDP.
    """

    host: str
    port: int
    path: str = ""

    @property
    def is_unix(self) -> bool:
        """Whether it is a Unix socket."""
        return bool(self.path)

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(given: AddressLike) -> Address:
    """Returns an address as a value.

    Raises:
        ArgumentError: It is none; the message has it.
        TypeError: It is neither a str nor a pair.
    """
    if isinstance(given, Address):
        given = str(given)
    if isinstance(given, str):
        return _parse_text(given)
    if isinstance(given, (tuple, list)) and len(given) == 2 and isinstance(given[0], str):
        return _checked(given[0], given[1], given)
    raise TypeError(f'an address is ("host", port), "host:port" or "unix:/path", not {given!r}')


def _parse_text(text: str) -> Address:
    if len(text) > _MAX_TEXT:
        raise ArgumentError(f"an address is {len(text)} characters long; {_MAX_TEXT} is the limit")
    if text.startswith("unix:"):
        path = text[len("unix:") :]
        try:
            size = len(os.fsencode(path)) if "\0" not in path else 0
        except UnicodeError:  # the system's encoding has not all characters
            size = 0
        if not 0 < size <= _MAX_PATH:
            raise ArgumentError(f"{text!r} has no path of 1 to {_MAX_PATH} bytes")
        return Address("", 0, path)
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdecimal()):
        raise ArgumentError(f"{text!r} has no port: write host:port")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ArgumentError(f"{text!r} is not clear: write an IPv6 address as [{host}]:{port}")
    return _checked(host, int(port), text)


def _checked(host: str, port: object, given: object) -> Address:
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65535:
        raise ArgumentError(f"the port of {given!r} is not in 0 ... 65535")
    if len(host) > _MAX_TEXT or not host.isprintable() or any(mark in host for mark in " /@[]"):
        raise ArgumentError(f"the host of {given!r} is no name and no IP address")
    return Address("" if host == "*" else host, port)


def is_wildcard(host: str) -> bool:
    """Returns whether a host to listen at stands for all addresses of the machine."""
    try:
        return not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Returns whether an IP address stays on this machine. False for a name."""
    address = ip_of(host)
    return address is not None and address.is_loopback


def ip_of(host: str) -> Optional[Union[ipaddress.IPv4Address, ipaddress.IPv6Address]]:
    """Returns an IP address without its zone; an IPv4 address inside an IPv6 address counts as itself. None for a name."""
    try:
        found = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
