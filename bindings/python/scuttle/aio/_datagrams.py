"""The links of a node over datagrams, in the place of connections."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import Any, Callable, Iterator, List, Optional, Tuple

from .._replica import Replica
from ..errors import ArgumentError
from ._addresses import Address
from ._datagram_link import DatagramLink
from ._endpoint import Endpoint, bind
from ._resolving import Lookups
from ._turns import Turns

logger = logging.getLogger("scuttle.aio")


class Datagrams:
    """One endpoint, which is bound when the node listens. It has the calls of `Connections`."""

    def __init__(self, replica: Replica, turns: Turns, **options: Any) -> None:
        """Makes it; binds nothing.

        Args:
            options: The options of `Endpoint`.
        """
        self.replica = replica
        self._turns = turns
        self._options = options
        self._endpoint: Optional[Endpoint] = None
        #: The addresses that are bound, if the node was told to listen.
        self.addresses: List[Address] = []
        self.on_up: Callable[[Any], None] = lambda link: None
        self.on_down: Callable[[Any], None] = lambda link: None
        turns.add(self._spread)

    async def start(self, listen: Optional[Address]) -> None:
        """Binds the socket: to the address, or to a free port if the node listens nowhere and only dials.

        Raises:
            InsecureError: The address needs a pre-shared key.
            OSError: The address is in use, or the system refuses it.
        """
        is_open = self._options["psk"] is not None or self._options["insecure"]
        wanted = listen or Address("0.0.0.0" if is_open else "127.0.0.1", 0)
        if wanted.is_unix:
            raise ArgumentError(f"transport='udp' cannot listen at {wanted}: it needs a host and a port")
        found = await asyncio.get_running_loop().getaddrinfo(
            wanted.host or "0.0.0.0", wanted.port, type=socket.SOCK_DGRAM, flags=socket.AI_PASSIVE
        )
        family, _, _, _, place = found[0]
        try:
            made = bind(place, family)
        except OSError as error:
            raise type(error)(error.errno, f"cannot listen at {wanted}: {error.strerror or error}") from None
        try:
            self._endpoint = Endpoint(
                self.replica, made, on_change=self._turns.mark, on_up=self._up, on_down=self._down, **self._options
            )
        except BaseException:
            made.close()
            raise
        if listen is not None:
            bound = made.getsockname()
            self.addresses.append(Address(str(place[0]), bound[1]))

    async def resolve(self, address: Address, lookups: Lookups) -> List[Tuple[Any, ...]]:
        """Returns the addresses of a name that the socket can reach.

        Raises:
            OSError: There are none.
        """
        assert self._endpoint is not None
        family = socket.AF_INET6 if len(self._endpoint.address) == 4 else socket.AF_INET
        found = await lookups.find(address.host, address.port, family=family, kind=socket.SOCK_DGRAM)
        return [place for *_, place in found]

    def dial(self, place: Tuple[Any, ...]) -> DatagramLink:
        """Speaks to an address from now on: see `Endpoint.dial`."""
        assert self._endpoint is not None
        return self._endpoint.dial(place)

    def hang_up(self, place: Tuple[Any, ...]) -> None:
        """Speaks to an address no more."""
        if self._endpoint is not None:
            self._endpoint.hang_up(place)

    def admit_no_more(self) -> None:
        """Opens no links for new peers any more."""
        if self._endpoint is not None:
            self._endpoint.admit_no_more()

    def __len__(self) -> int:
        return 0 if self._endpoint is None else len(self._endpoint)

    def __iter__(self) -> Iterator[Any]:
        return iter(()) if self._endpoint is None else iter(self._endpoint)

    def up(self) -> List[Any]:
        """Returns the links whose peer has said its hello, and is there."""
        return [link for link in self if link.is_up]

    def find(self, source: str) -> Optional[Any]:
        """Returns a link to a source, if there is one."""
        return next((link for link in self.up() if link.source == source), None) if source else None

    def gossip(self, most: Optional[int] = None) -> None:
        """Gossips on some links that were chosen at random, or on all."""
        if self._endpoint is not None:
            self._endpoint.gossip(most)

    def close(self) -> None:
        """Closes all links and the socket. A second call does nothing."""
        endpoint, self._endpoint = self._endpoint, None
        if endpoint is not None:
            endpoint.close()

    abort = close

    def _spread(self) -> bool:
        if self._endpoint is not None:
            self._endpoint.wake()
        return False

    def _up(self, link: DatagramLink) -> None:
        logger.info("%s: connected to %s at %s", self.replica.name, link.name, link.address)
        self.on_up(link)

    def _down(self, link: DatagramLink) -> None:
        logger.info("%s: the peer at %s is gone", self.replica.name, link.address)
        self.on_down(link)
        self._turns.mark()
