"""The socket that a node listens at."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import stat
from typing import Any, Callable, List, Optional

from ._accepting import Acceptor
from ._addresses import Address
from ._security import Security

_BACKLOG = 256


class Listener:
    """Sockets that accept connections. A Unix socket's file is removed at the end."""

    def __init__(self, address: Address, security: Security) -> None:
        self._address = address
        self._security = security
        self._acceptors: List[Acceptor] = []
        self._ended: List[Acceptor] = []
        self._file: Optional[os.stat_result] = None
        #: The addresses that are bound.
        self.addresses: List[Address] = []

    async def start(self, factory: Callable[[], asyncio.BaseProtocol]) -> None:
        """Listens.

        Raises:
            OSError: The address is in use, or the system refuses it; the message has the address.
            ArgumentError: The address needs TLS.
        """
        for made in await self._bind(asyncio.get_running_loop()):
            self._acceptors.append(Acceptor(made, factory, tls=self._security.tls, insecure=self._security.insecure))

    async def _bind(self, loop: asyncio.AbstractEventLoop) -> List[socket.socket]:
        made: List[socket.socket] = []
        try:
            if self._address.is_unix:
                made.append(self._bind_unix())
            else:
                port = self._address.port
                unusable: Optional[OSError] = None
                for family, kind, protocol, _, where in await self._resolve(loop):
                    self._security.check(where, "listen at")
                    # With port 0 all sockets get the port of the first.
                    place = (where[0], port, *where[2:])
                    try:
                        made.append(_bind_tcp(family, kind, protocol, place))
                    except OSError as error:
                        # Names have an IPv6 address also on a machine, or in a container, without IPv6.
                        if family != socket.AF_INET6 or error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                            raise
                        unusable = error
                        continue
                    port = made[0].getsockname()[1]
                    self.addresses.append(Address(where[0], made[-1].getsockname()[1]))
                if unusable is not None and not made:
                    raise unusable
        except OSError as error:
            for one in made:
                one.close()
            raise type(error)(error.errno, f"cannot listen at {self._address}: {error.strerror or error}") from None
        except BaseException:
            for one in made:
                one.close()
            raise
        return made

    async def _resolve(self, loop: asyncio.AbstractEventLoop) -> List[Any]:
        found = await loop.getaddrinfo(
            self._address.host or None, self._address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        return list(dict.fromkeys(found))

    def _bind_unix(self) -> socket.socket:
        path = self._address.path
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            _remove_stale(path)
            made.bind(path)
            made.listen(_BACKLOG)
            self._file = os.stat(path)
        except BaseException:
            made.close()
            raise
        self.addresses.append(self._address)
        return made

    async def wait_closed(self) -> None:
        """Ends the handshakes that are in progress, after `close`."""
        for acceptor in self._ended:
            await acceptor.wait_closed()

    def close(self) -> None:
        """Listens no more. A second call does nothing."""
        self._ended += self._acceptors
        self._acceptors = []
        for acceptor in self._ended:
            acceptor.close()
        kept, self._file = self._file, None
        if kept is not None:
            try:
                now = os.stat(self._address.path)
                if (now.st_dev, now.st_ino) == (kept.st_dev, kept.st_ino):
                    os.unlink(self._address.path)
            except OSError:
                pass  # somebody else has removed it


def _bind_tcp(family: int, kind: int, protocol: int, where: Any) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    try:
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(where)
        made.listen(_BACKLOG)  # here, because only this notices that another socket listens
    except BaseException:
        made.close()
        raise
    return made


def _remove_stale(path: str) -> None:
    """Removes the socket of a process that is gone. OSError if a process listens, or if the file is no socket."""
    try:
        if not stat.S_ISSOCK(os.stat(path).st_mode):
            raise OSError(errno.EADDRINUSE, "the file is no socket")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except OSError:
            pass
    raise OSError(errno.EADDRINUSE, "another process listens there")
