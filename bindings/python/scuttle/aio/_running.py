"""How a node runs: its parts are opened, work in turns and rounds, and are closed."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union

from .._callbacks import Event, OnEvent
from .._link import Link
from .._replica import Replica
from ..errors import ClosedError, ScuttleError, StateError
from ._addresses import Address
from ._conditions import Conditions
from ._connection import Connection
from ._gossip import Rounds
from ._loop_lag import LoopLag
from ._members import Members
from ._own_address import own_address
from ._reports import Reports
from ._saving import Folder, Saver
from ._transports import Transport
from ._turns import Turns
from ._waiting import NodeWaiting
from ._watching import Watchers

if TYPE_CHECKING:
    from ._sqlite import SQLiteStore

logger = logging.getLogger("scuttle.aio")

#: Seconds that `close` gives peers to receive the last writes, and connections to end.
_GOODBYE_SECONDS, _END_SECONDS = 0.4, 0.2


class RunningNode(NodeWaiting):
    """The start and the end of a node, and what it does between them."""

    #: What `Node` was given.
    _listen: Optional[Address]
    _dialled: List[Address]
    _advertise: Optional[str]
    _store: Optional[Union[Folder, SQLiteStore]]
    _interval: float
    _member_ttl: float
    _on_event: Optional[OnEvent]
    _config: Dict[str, Any]
    _transport: Transport
    _metrics: Optional[Address]

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._lag: Optional[LoopLag] = None
        self._is_started = False
        #: Done once the start is over, whatever its outcome.
        self._starting: Optional[asyncio.Future[None]] = None
        self._closing: Optional[asyncio.Task[None]] = None
        self._rounds: Optional[asyncio.Task[None]] = None
        self._turns = Turns()
        self._watchers = Watchers()
        self._conditions = Conditions(self._hurry)
        self._is_hurried = False
        self._reports = Reports(logger)
        #: Set if `close` was cancelled: then nobody waits for peers any more.
        self._is_hasty = False

    async def start(self) -> None:
        """Opens the store, listens, and begins to dial. `async with` calls it. A node starts once.

        Raises:
            OSError: The address is in use, or the system refuses it or the store.
            FileStoreError: The store is locked, damaged, or that of another node.
            ClosedError: The node was closed before, or meanwhile.
            ScuttleError: As for `Replica`.
        """
        if self._is_started:
            raise StateError("a node starts once: make another one")
        if self._closing is not None:
            raise ClosedError("the node was closed before its start")
        self._is_started = True
        self._starting = asyncio.get_running_loop().create_future()
        try:
            await self._start()
            if self._closing is not None:  # it waits for this
                raise ClosedError("the node was closed during its start")
        except BaseException:
            self._starting.set_result(None)
            await self._finish_closing(hurry=True)
            raise
        self._starting.set_result(None)

    async def _start(self) -> None:
        loop = asyncio.get_running_loop()
        if self._store is None:
            self._replica = replica = Replica(self._name, **self._config)
        else:
            saver = Saver(self._store)
            self._replica = replica = await saver.open(self._name, **self._config)
            self._saver = saver
        self._members = Members(replica, self._member_ttl)
        self._turns.add(self._gossip_at_once)
        self._connections = self._transport.connections(replica, self._turns)
        self._turns.add(self._conditions.look)
        self._turns.add(self._watchers.wake)
        if self._saver is not None:
            self._turns.add(self._saver.note)
        self._dialler = self._transport.dialler(self._connections, self._members, self._dialled, self._listen)
        self._connections.on_up = self._up
        self._connections.on_down = self._dialler.down
        self._turns.start(loop)
        rounds = Rounds(replica, self._connections, self._turns, self._interval, self._tick)
        rounds.tick()
        self._listener = await self._transport.listen(self._connections, self._listen)
        self._members.say(self._own_address())
        self._members.catch_up()
        self._loop = loop
        if self._metrics is not None:
            from ._metrics_page import MetricsPage

            self._measure_lag()
            self._page = MetricsPage(self.collector)
            await self._page.start(self._metrics)
        self._dialler.start()
        self._rounds = loop.create_task(rounds.run())
        where = ", ".join(map(str, self.addresses)) or "nowhere"
        logger.info("%s: started as %s, listens at %s", self._name, replica.id, where)

    async def close(self) -> None:
        """Ends the node, within about a second: lets peers that read receive the last writes, commits them to the store, and closes all.

        A second call waits for the first, and one during the start for its end. A call that is cancelled closes all at once, and says no goodbye.

        Raises:
            NotDurableError: The store has failed to write the last changes. All is closed.
        """
        await self._finish_closing(hurry=False)

    async def _finish_closing(self, hurry: bool) -> None:
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close(hurry))
        cancelled: Optional[BaseException] = None
        while not self._closing.done():
            try:
                await asyncio.wait([self._closing])
            except asyncio.CancelledError as error:
                cancelled = error
                self._is_hasty = True  # the task is not cancelled, because it has to close the store
                self._mark()
        if cancelled is not None:
            raise cancelled
        if not self._closing.cancelled() and not hurry:
            self._closing.result()

    async def _close(self, hurry: bool) -> None:
        if self._starting is not None and not self._starting.done():
            await asyncio.wait([self._starting])
        if self._replica is None:
            return
        try:
            self._conditions.close()
            if self._listener is not None:
                self._listener.close()
            if hasattr(self, "_dialler"):
                await self._dialler.close()
                if not hurry and self._rounds is not None:
                    await self._say_goodbye()
        finally:
            await self._end()

    async def _say_goodbye(self) -> None:
        """Has the peers receive the last writes, as long as they do not keep this node waiting."""
        self._members.leave()
        version = self._open().version
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _GOODBYE_SECONDS
        steps = 0
        while not self._is_hasty and loop.time() < deadline:
            links = [one.link for one in self._connections.up()]
            if all(link is None or link.confirmed_version >= version for link in links):
                return
            if steps % 20 == 0:
                self._hurry()
            steps += 1
            await asyncio.sleep(0.005)

    async def _end(self) -> None:
        """Closes all that is open. Nothing but the store makes it wait, and connections for a moment."""
        if self._rounds is not None:
            self._rounds.cancel()
            await asyncio.wait([self._rounds])
        self._watchers.close()
        if self._lag is not None:
            self._lag.stop()
        try:
            if self._page is not None:
                await self._page.close()
            if hasattr(self, "_connections"):
                await self._end_connections()
        finally:
            self._turns.stop()
            try:
                if self._saver is not None:
                    await self._saver.close()
            finally:
                assert self._replica is not None
                self._replica.close()
                logger.info("%s: closed", self._name)

    async def _end_connections(self) -> None:
        try:
            self._connections.close()
            if self._listener is not None:
                await self._listener.wait_closed()
            loop = asyncio.get_running_loop()
            deadline = loop.time() + _END_SECONDS
            while len(self._connections) and loop.time() < deadline and not self._is_hasty:
                await asyncio.sleep(0.005)
        finally:
            self._connections.abort()
            await asyncio.sleep(0)  # the transports close their sockets in the next turns
            await asyncio.sleep(0)

    # --- steps ---

    def spread(self) -> None:
        """Spreads, saves and shows to watchers what was written to `replica`, in the next turn of the event loop."""
        self._open()
        self._mark()

    def _mark(self) -> None:
        self._turns.mark()

    def _measure_lag(self) -> LoopLag:
        """Returns the figures of the event loop, and begins to measure if nobody has wanted them before."""
        if self._lag is None:
            assert self._loop is not None
            self._lag = LoopLag(self._loop)
        return self._lag

    def _hurry(self) -> None:
        """Has all peers say what they have, in the next turn."""
        self._is_hurried = True
        self._turns.mark()

    def _gossip_at_once(self) -> bool:
        if self._is_hurried:
            self._is_hurried = False
            self._connections.gossip()
        return False

    def _tick(self) -> None:
        self._members.look()
        self._members.keep()
        self._dialler.consider()

    def _up(self, connection: Connection) -> None:
        self._members.say(self._own_address(connection))
        self._mark()

    def _own_address(self, connection: Optional[Connection] = None) -> Optional[str]:
        """Returns the address under which others dial this node; None if it knows none."""
        if self._advertise is not None or not self.addresses:
            return self._advertise
        transport = connection.transport if connection is not None else None
        here = transport.get_extra_info("sockname") if transport is not None else None
        return own_address(self.addresses[0], self._members.own_address, here)

    def _event(self, link: Optional[Link], event: Event, error: Optional[ScuttleError]) -> None:
        """Logs an event, and passes it on."""
        if event is Event.TWIN:
            self._reports.warning("%s: two processes of one name run", self._name)
        elif event is Event.REFUSED:
            logger.info("%s: a peer has refused an update: %s", self._name, error)
        if self._on_event is not None:
            self._on_event(link, event, error)
