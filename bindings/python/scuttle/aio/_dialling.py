"""Which addresses are dialled, and when.

The addresses of `peers` are dialled always. Of the members that a node learns of it dials a few, chosen at random: a graph in which each node
has chosen three others at random is connected, so the cluster stays one if any of its nodes is gone. Now and then a node replaces one of
its choices, so that islands, should there be any, meet.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import time
from collections import OrderedDict
from typing import Any, List, Optional, Set

from ..errors import IdentityError, ScuttleError
from ._addresses import Address
from ._connecting import connect
from ._connection import Connection
from ._connections import Connections
from ._members import Member, Members, learnt_address
from ._resolving import Lookups

logger = logging.getLogger("scuttle.aio")

#: Members that a node dials besides its `peers`.
LEARNT = 3
#: Seconds before another try: from the first number, doubled up to the second one, of which a random half is left out.
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 30.0
#: Names that are resolved at a time: of `peers`, and of members, whose addresses are claims.
_LOOKUPS, _LEARNT_LOOKUPS = 8, 2
#: Tries of a learnt address, before another one is chosen.
_TRIES = 2
#: Seconds for which a learnt address that has failed is not chosen again, and the number of such addresses.
_REST_SECONDS, _MAX_RESTING = 60.0, 1024
#: Seconds after which one learnt address is replaced.
_REFRESH_SECONDS = 120.0


class Target:
    """An address that is dialled, by a task of its own."""

    def __init__(self, address: Address, is_learnt: bool) -> None:
        self.address = address
        self.is_learnt = is_learnt
        #: The source that was found there.
        self.source = ""
        self.connection: Optional[Connection] = None
        self.error: Optional[Exception] = None
        self.state = "waiting"
        self.since = time.time()
        self.task: Optional[asyncio.Task[None]] = None

    def become(self, state: str) -> None:
        """Changes the state."""
        if state != self.state:
            self.state, self.since = state, time.time()


class Dialler:
    """The tasks that dial."""

    def __init__(
        self, connections: Connections, members: Members, peers: List[Address], own: Optional[Address]
    ) -> None:
        """Describes what is dialled; dials nothing.

        Args:
            connections: The connections of the node.
            members: Its members.
            peers: The addresses that are dialled always.
            own: The Unix socket at which the node listens: only beside it are Unix sockets of members dialled.
        """
        self._connections = connections
        self._members = members
        self._targets = {str(address): Target(address, False) for address in peers}
        self._own = own
        #: Those of the targets, and of targets that were given up and have not ended yet.
        self._tasks: Set[asyncio.Task[None]] = set()
        self._lookups, self._learnt_lookups = Lookups(_LOOKUPS), Lookups(_LEARNT_LOOKUPS)
        self._resting: OrderedDict[str, float] = OrderedDict()
        self._refresh_at = 0.0
        #: Set whenever a connection has ended.
        self._changed = asyncio.Event()
        self._is_closed = False

    @property
    def targets(self) -> List[Target]:
        """The addresses that are dialled now, the connected ones included."""
        return list(self._targets.values())

    def start(self) -> None:
        """Begins to dial."""
        self._refresh_at = time.monotonic() + _jitter(_REFRESH_SECONDS)
        for target in self.targets:
            self._begin(target)

    def _begin(self, target: Target) -> None:
        target.task = asyncio.get_running_loop().create_task(self._keep(target))
        self._tasks.add(target.task)
        target.task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Dials no more. Connections stay."""
        self._is_closed = True
        tasks = list(self._tasks)
        while tasks:
            for task in tasks:
                task.cancel()
            # Once may not be enough: up to Python 3.11 `wait_for` loses a cancellation that comes together with its result.
            await asyncio.wait(tasks, timeout=0.05)
            tasks = [task for task in tasks if not task.done()]
        self._targets.clear()

    def down(self, connection: Connection) -> None:
        """Notes that a connection has ended."""
        self._changed.set()
        self._changed = asyncio.Event()

    # --- choosing members ---

    def consider(self) -> None:
        """Dials a member if fewer than a few are dialled, or if it is time to replace one. Called with each tick."""
        if self._is_closed:
            return
        now = time.monotonic()
        while self._resting and next(iter(self._resting.values())) <= now:
            self._resting.popitem(last=False)
        learnt = [target for target in self.targets if target.is_learnt]
        is_due = now >= self._refresh_at
        if len(learnt) >= LEARNT and not is_due:
            return
        choices = self._choices()
        random.shuffle(choices)
        for member, address in choices[: max(LEARNT - len(learnt), 0)]:
            self._dial_learnt(member, address)
        if is_due:
            self._refresh_at = now + _jitter(_REFRESH_SECONDS)
            if len(learnt) >= LEARNT and choices:
                self._dial_learnt(*choices[0])
                oldest = min(learnt, key=lambda target: target.since)
                self._drop(oldest)

    def _choices(self) -> List[Any]:
        up = {connection.name for connection in self._connections.up()}
        return [
            (member, address)
            for member in self._members.dialable()
            if member.name not in up
            for address in [learnt_address(member.address or "")]
            if address is not None
            and self._may_dial(address)
            and str(address) not in self._targets
            and str(address) not in self._resting
        ]

    def _may_dial(self, address: Address) -> bool:
        """Returns whether a learnt address is dialled. A Unix socket has to be beside the node's own, because others are services."""
        if not address.is_unix:
            return True
        return (
            self._own is not None
            and os.path.dirname(self._own.path) == os.path.dirname(address.path)
            and address != self._own
        )

    def _dial_learnt(self, member: Member, address: Address) -> None:
        target = self._targets[str(address)] = Target(address, True)
        logger.debug("%s: dials the member %s at %s", self._connections.replica.name, member.name, address)
        self._begin(target)

    def _drop(self, target: Target) -> None:
        self._targets.pop(str(target.address), None)
        if target.task is not None:
            target.task.cancel()
        if target.connection is not None:
            target.connection.close()

    def _rest(self, target: Target) -> None:
        self._targets.pop(str(target.address), None)
        self._resting[str(target.address)] = time.monotonic() + _REST_SECONDS
        if len(self._resting) > _MAX_RESTING:
            self._resting.popitem(last=False)

    # --- dialling one address ---

    async def _keep(self, target: Target) -> None:
        """Keeps a connection to one address, until the task is cancelled, or gives a learnt address up."""
        pause, tries = FIRST_PAUSE, 0
        while True:
            if self._connections.find(target.source) is not None:
                target.become("connected")
                await self._changed.wait()
                continue
            target.become("connecting")
            began = time.monotonic()
            try:
                is_good = await self._dial(target)
            except (OSError, ScuttleError, ValueError) as error:  # ValueError: UnicodeError of a name
                self._note(target, error)
                is_good = False
            if isinstance(
                target.error, IdentityError
            ):  # it leads to this node; the name may lead elsewhere later
                pause = LONGEST_PAUSE
            elif is_good and time.monotonic() - began > 4 * pause:
                pause, tries = FIRST_PAUSE, 0
            tries += 1
            if target.is_learnt and (tries >= _TRIES or is_good):
                self._rest(target) if not is_good else self._targets.pop(str(target.address), None)
                return
            target.become("waiting")
            if self._connections.find(target.source) is None:
                await asyncio.sleep(pause * (1 - random.random() / 2))
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _dial(self, target: Target) -> bool:
        """Dials an address, and stays with the connection until it ends.

        Returns:
            Whether the peer has said its hello.

        Raises:
            OSError: Nobody is there.
            ArgumentError: The address needs TLS.
        """
        connection = await connect(target.address, self._connections, self._lookups_for(target))
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        connection.on_end = lambda _: None if over.done() else over.set_result(None)
        if connection.is_closing and connection.transport is None:
            return False
        target.connection = connection
        try:
            if not connection.is_over:  # it may have ended before this task had its turn
                await over
        finally:
            target.connection = None
            connection.on_end = None
            if connection.source:
                target.source = connection.source
        if connection.error is not None or not connection.source:
            self._note(target, connection.error or self._connections.security.closed_early())
        return bool(connection.source)

    def _lookups_for(self, target: Target) -> Lookups:
        return self._learnt_lookups if target.is_learnt else self._lookups

    def _note(self, target: Target, error: Exception) -> None:
        """Notes why an address has no connection, and logs it if it is another reason than before."""
        if str(error) != str(target.error):
            level = logging.DEBUG if target.is_learnt else logging.INFO
            logger.log(level, "%s: %s: %s", self._connections.replica.name, target.address, error)
        target.error = error


def _jitter(seconds: float) -> float:
    return seconds * random.uniform(0.75, 1.25)
