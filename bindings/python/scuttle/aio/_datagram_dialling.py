"""Which addresses a node speaks to by datagrams: those of `peers`, and a few members."""

from __future__ import annotations

import asyncio
import random
from typing import Any, List, Optional, Tuple, cast

from ..errors import ArgumentError, ScuttleError
from ._addresses import Address
from ._connection import Connection
from ._connections import Connections
from ._datagram_link import DatagramLink
from ._datagrams import Datagrams
from ._dialling import FIRST_PAUSE, LONGEST_PAUSE, Dialler, Target
from ._members import Members

#: Seconds between two looks at a link, and after which a name is resolved anew.
_LOOK_SECONDS, _RESOLVE_SECONDS = 0.5, 30.0
#: Seconds that a learnt address has to say its hello.
_HELLO_SECONDS = 10.0


class DatagramDialler(Dialler):
    """The tasks that resolve names, and keep a link for each address."""

    def __init__(self, datagrams: Datagrams, members: Members, peers: List[Address], own: Optional[Address]) -> None:
        """Describes what is dialled; dials nothing.

        Raises:
            ArgumentError: A peer has the path of a Unix socket.
        """
        for peer in peers:
            if peer.is_unix:
                raise ArgumentError(f"transport='udp' cannot dial {peer}: it needs a host and a port")
        super().__init__(cast(Connections, datagrams), members, peers, own)
        self._datagrams = datagrams

    def _may_dial(self, address: Address) -> bool:
        return not address.is_unix

    async def _keep(self, target: Target) -> None:
        pause = FIRST_PAUSE
        while True:
            target.become("connecting")
            try:
                places = await self._datagrams.resolve(target.address, self._lookups_for(target))
                link = self._datagrams.dial(places[0])
            except (OSError, ScuttleError, ValueError) as error:  # ValueError: UnicodeError of a name
                self._note(target, error)
                if target.is_learnt:
                    self._rest(target)
                    return
                target.become("waiting")
                await asyncio.sleep(pause * (1 - random.random() / 2))
                pause = min(2 * pause, LONGEST_PAUSE)
                continue
            pause = FIRST_PAUSE
            is_good = await self._stay(target, link)
            if target.is_learnt:
                if is_good:
                    self._targets.pop(str(target.address), None)
                else:
                    self._rest(target)
                return

    async def _stay(self, target: Target, link: DatagramLink) -> bool:
        """Stays with a link: until the name has another address; for a learnt address until its peer is lost.

        Returns:
            Whether the peer has said its hello.
        """
        target.connection = cast(Connection, link)
        loop = asyncio.get_running_loop()
        began = resolved = loop.time()
        is_good = False
        try:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                if link.is_up:
                    is_good, target.source = True, link.source
                elif target.is_learnt and (is_good or loop.time() - began > _HELLO_SECONDS):
                    return is_good
                if loop.time() - resolved > _RESOLVE_SECONDS:
                    resolved = loop.time()
                    if link.place not in await self._places(target, link.place):
                        return is_good
        finally:
            target.connection = None
            if not self._is_closed:  # otherwise the link stays for the last writes
                self._datagrams.hang_up(link.place)

    async def _places(self, target: Target, present: Tuple[Any, ...]) -> List[Tuple[Any, ...]]:
        """Returns the addresses of a name; the present one if it cannot be resolved now."""
        try:
            return await self._datagrams.resolve(target.address, self._lookups_for(target))
        except (OSError, ValueError) as error:
            self._note(target, error)
            return [present]
