"""A node: a replica with a network and a store around it."""

from __future__ import annotations

import asyncio
import logging
import os
from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Optional, Type, Union

from .._callbacks import Accept, Event, OnEvent, Resolve
from .._config import Limits, Resolver
from .._link import Link
from .._replica import Replica
from .._stats import Stats
from ..errors import ArgumentError, ClosedError, ScuttleError, StateError
from ._addresses import Address, AddressLike, is_loopback, is_wildcard, parse_address
from ._conditions import Conditions
from ._connection import Connection
from ._endpoint import DEFAULT_MTU
from ._entries import NodeEntries
from ._gossip import Rounds
from ._loop_lag import LoopLag
from ._members import Member, Members
from ._own_keys import accept_own_keys
from ._peers import Peer, list_peers
from ._psk import PSK
from ._reports import Reports
from ._saving import Saver, StoreInfo, make_store
from ._tls import TLS
from ._transports import Listening, make_transport
from ._turns import Turns
from ._watching import Watch, Watchers

if TYPE_CHECKING:
    from ._metrics import NodeCollector
    from ._metrics_page import MetricsPage

logger = logging.getLogger("scuttle.aio")

#: Seconds that `close` gives peers to receive the last writes, and connections to end.
_GOODBYE_SECONDS, _END_SECONDS = 0.4, 0.2


class Node(NodeEntries):
    """A replica that its peers keep in step over the network: a mapping from str to JSON values.

        async with Node("ada", listen="127.0.0.1:7000", peers=["127.0.0.1:7001"], store="ada.store") as node:
            node["lamp"] = True
            await node.set("door", "open", durable=True, confirmed=1)

    It belongs to the event loop in which it was started, and to its thread: another thread uses `loop.call_soon_threadsafe`.
    """

    def __init__(
        self,
        name: str,
        *,
        listen: Optional[AddressLike] = None,
        peers: Iterable[AddressLike] = (),
        transport: str = "tcp",
        store: Optional[Union[str, os.PathLike[str]]] = None,
        cluster: str = "",
        tls: Optional[TLS] = None,
        psk: Optional[PSK] = None,
        insecure: bool = False,
        mtu: int = DEFAULT_MTU,
        gossip: float = 0.5,
        advertise: Optional[AddressLike] = None,
        metrics: Optional[Union[int, AddressLike, Address]] = None,
        member_ttl: float = 30.0,
        resolve: Union[Resolver, Resolve] = Resolver.LWW_VS_CLOCK,
        accept: Optional[Accept] = None,
        on_event: Optional[OnEvent] = None,
        limits: Limits = Limits(),
        max_history: int = 1024,
        max_connections: int = 1024,
        max_connections_per_host: int = 256,
        hello_timeout: float = 5.0,
    ) -> None:
        """Describes a node; opens nothing.

        Args:
            name: As for `Replica`: 1 to 246 bytes, unique in the cluster.
            listen: The address at which peers connect: ("host", port), "host:port", "[v6]:port" or "unix:/path"; port 0: a free one. None: nowhere.
            peers: Addresses that the node keeps dialling, of nodes that know others. Names are resolved anew each time.
            transport: "tcp", for TCP and Unix sockets, or "udp". Both sides need the same.
            store: A folder, as of `FileStore`, or "sqlite:///path". None: in memory only.
            cluster: Nodes of one cluster only exchange anything.
            tls: Certificates for "tcp". The certificate has to prove `name`: see `TLS`.
            psk: A key for "udp" that all nodes share: 32 bytes or more, or the path of a file that holds them.
            insecure: Use addresses outside this machine without `tls` or `psk`. Whoever reaches the port can then read and write all.
            mtu: Bytes of a datagram at most, with "udp". An update that fits none does not spread.
            gossip: Seconds between two gossips, on average; live updates do not depend on it.
            advertise: The address at which others reach this node, if it is not that of `listen`.
            metrics: The address at which Prometheus reads `/metrics`: ("host", port), "host:port", or a port of 127.0.0.1; port 0: a free one. It needs
                prometheus-client, the extra `metrics`. The page has no password, so leave it on a loopback address, or behind a proxy.
            member_ttl: Seconds after which a node that is gone is no member any more; after half as long again at most.
            resolve: As for `Replica`. With another than the last-writer resolvers there are no members.
            accept: As for `Replica`, for all keys but those of nodes.
            on_event: As for `Replica`.
            limits: As for `Replica`.
            max_history: Updates that a live link may be behind before it sends entries instead.
            max_connections: Connections, those that peers have dialled. One more is closed at once.
            max_connections_per_host: Of these, from one IP address.
            hello_timeout: Seconds in which a peer has to say its hello.

        Raises:
            ArgumentError: An address or a number is not a valid one.
        """
        for what, number in (("gossip", gossip), ("member_ttl", member_ttl), ("hello_timeout", hello_timeout)):
            if not isinstance(number, (int, float)) or not 0 < number < 1e9:
                raise ArgumentError(f"{what} is {number!r}, which is no positive number of seconds")
        for what, number in (
            ("max_connections", max_connections),
            ("max_connections_per_host", max_connections_per_host),
        ):
            if not isinstance(number, int) or number < 1:
                raise ArgumentError(f"{what} is {number!r}; it must be at least 1")
        self._name = name
        self._listen = None if listen is None else parse_address(listen)
        self._dialled = [_dialable(parse_address(peer)) for peer in peers]
        self._advertise = None if advertise is None else str(_dialable(parse_address(advertise)))
        self._store = None if store is None else make_store(store)
        self._interval = float(gossip)
        self._member_ttl = float(member_ttl)
        self._on_event = on_event
        self._config: Dict[str, Any] = {
            "cluster": cluster,
            "resolve": resolve,
            "accept": None if accept is None else accept_own_keys(accept),
            "on_event": self._event,
            "limits": limits,
            "max_history": max_history,
        }
        self._limits_on_connections: Dict[str, Any] = {
            "max_connections": max_connections,
            "max_connections_per_host": max_connections_per_host,
            "hello_seconds": float(hello_timeout),
        }
        self._transport = make_transport(
            transport,
            tls=tls,
            psk=psk,
            insecure=insecure,
            cluster=cluster,
            mtu=mtu,
            max_line=limits.max_message_bytes,
            limits=self._limits_on_connections,
        )
        self._metrics: Optional[Address] = None
        if metrics is not None:
            from ._metrics_page import page_address  # which needs prometheus-client

            self._metrics = page_address(metrics)
        self._loop: Optional[asyncio.AbstractEventLoop] = None
        self._lag: Optional[LoopLag] = None
        self._collector: Optional[NodeCollector] = None
        self._page: Optional[MetricsPage] = None
        self._is_started = False
        #: Done once the start is over, whatever its outcome.
        self._starting: Optional[asyncio.Future[None]] = None
        self._closing: Optional[asyncio.Task[None]] = None
        self._saver: Optional[Saver] = None
        self._listener: Optional[Listening] = None
        self._rounds: Optional[asyncio.Task[None]] = None
        self._turns = Turns()
        self._watchers = Watchers()
        self._conditions = Conditions(self._hurry)
        self._is_hurried = False
        self._reports = Reports(logger)
        #: Set if `close` was cancelled: then nobody waits for peers any more.
        self._is_hasty = False

    # --- start and end ---

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

    async def __aenter__(self) -> Node:
        await self.start()
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.close()

    # --- calls that wait ---

    async def set(
        self,
        key: str,
        value: Any,
        *,
        ttl: Optional[float] = None,
        durable: bool = False,
        confirmed: int = 0,
        timeout: Optional[float] = None,
    ) -> None:
        """Sets a key, and waits for what is wanted. The key is set at once, and stays set whatever happens afterwards.

        Args:
            key: The key.
            value: What JSON can hold.
            ttl: Seconds after which the key is deleted: see `Replica.set_ttl`.
            durable: Wait until the store has the write on the disk.
            confirmed: Wait until as many peers on open connections have said that they have the write.
            timeout: The most seconds to wait. None: as long as it needs.

        Raises:
            asyncio.TimeoutError: The time was over. The write stays, and spreads.
            NotDurableError: The store has failed. The write stays in memory, and spreads.
            ClosedError: The node was closed meanwhile.
            StateError: `durable` for a node without a store.
            ScuttleError: As for `Replica.set`; nothing was set.
        """
        replica = self._writable(key)
        self._check_wishes(durable, confirmed)
        if ttl is None:
            replica.set(key, value)
        else:
            replica.set_ttl(key, value, ttl)
        self._mark()
        await self._fulfil(replica.version, durable, confirmed, timeout)

    async def delete(
        self, key: str, *, durable: bool = False, confirmed: int = 0, timeout: Optional[float] = None
    ) -> None:
        """Deletes a key, also an absent one, and waits as `set` does."""
        replica = self._writable(key)
        self._check_wishes(durable, confirmed)
        replica.delete(key)
        self._mark()
        await self._fulfil(replica.version, durable, confirmed, timeout)

    def _check_wishes(self, durable: bool, confirmed: int) -> None:
        if durable and self._saver is None:
            raise StateError("durable=True needs a store: pass store=… to the node")
        if not isinstance(confirmed, int) or confirmed < 0:
            raise ArgumentError(f"confirmed is {confirmed!r}; it is a number of peers")

    async def _fulfil(self, version: int, durable: bool, confirmed: int, timeout: Optional[float]) -> None:
        if not durable and not confirmed:
            await asyncio.sleep(0)  # so that a loop of writes leaves others their turn
            return
        await _within(self._wait(version, durable, confirmed), timeout)

    async def _wait(self, version: int, durable: bool, confirmed: int) -> None:
        replica = self._open()
        if confirmed:
            self._hurry()
        if durable and self._saver is not None:
            await self._saver.durable()
        if confirmed:
            await self._conditions.wait(lambda: replica.confirmed(version) >= confirmed)

    async def in_step(self, timeout: Optional[float] = None) -> None:
        """Waits until this node and all its connected peers hold the same, and at least one is connected if there is any to dial.

        Writes of others may follow at any time, so it tells of a moment.

        Raises:
            asyncio.TimeoutError: The time was over.
            ClosedError: The node was closed meanwhile.
        """
        self._open()
        await _within(self._conditions.wait(self._is_in_step), timeout)

    def _is_in_step(self) -> bool:
        links = [one.link for one in self._connections.up()]
        if not links:
            return not self._dialler.targets
        return all(link is None or link.in_step for link in links)

    def watch(self, prefix: str = "", initial: bool = False) -> Watch:
        """Returns the changes of the keys that begin with a prefix, to be read by `async for`.

        Args:
            prefix: The first characters of the keys.
            initial: Begin with the keys that hold a value.
        """
        replica = self._open()
        replica.keys(prefix)  # raises for a prefix that can be none
        self._members.catch_up()
        present = self._members.cursor
        return Watch(self._watchers, self._open, prefix, None if initial else present, present)

    # --- what it tells ---

    @property
    def replica(self) -> Replica:
        """The replica. What is written there spreads with the next tick, half a second later at most; call `spread` for at once."""
        return self._open()

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def id(self) -> str:
        """The source that this node writes under: its name and its incarnation."""
        return self._open().id

    @property
    def addresses(self) -> List[Address]:
        """The addresses that the node listens at, with the ports that the system has chosen."""
        return list(self._listener.addresses) if self._listener is not None else []

    @property
    def peers(self) -> List[Peer]:
        """The connections, and the addresses that are dialled."""
        self._open()
        return list_peers(self._connections, self._dialler)

    @property
    def members(self) -> Dict[str, Member]:
        """The nodes of the cluster that renew their keys, by name, this one included."""
        self._open()
        self._members.catch_up()
        return dict(self._members.found)

    @property
    def stats(self) -> Stats:
        """The figures of the replica."""
        return self._open().stats

    @property
    def store_info(self) -> Optional[StoreInfo]:
        """The state of the store; None without one."""
        self._open()
        return None if self._saver is None else self._saver.info

    @property
    def collector(self) -> NodeCollector:
        """A collector of the node's metrics, for a registry of prometheus-client that shows other figures, too. See `NodeCollector`.

        Raises:
            ImportError: prometheus-client is missing, the extra `metrics`.
        """
        if self._collector is None:
            from ._metrics import NodeCollector

            self._collector = NodeCollector(self)
        return self._collector

    @property
    def metrics_addresses(self) -> List[Address]:
        """The addresses at which `/metrics` is served, with the ports that the system has chosen."""
        return list(self._page.addresses) if self._page is not None else []

    def spread(self) -> None:
        """Spreads, saves and shows to watchers what was written to `replica`, in the next turn of the event loop."""
        self._open()
        self._mark()

    def __repr__(self) -> str:
        if self._replica is None:
            return f"<scuttle.aio.Node {self._name!r} not started>"
        if self._replica.closed:
            return f"<scuttle.aio.Node {self._name!r} closed>"
        return f"<scuttle.aio.Node {self._replica.id!r} keys={len(self)} connections={len(self._connections)}>"

    # --- steps ---

    def _open(self) -> Replica:
        replica = super()._open()
        if replica.closed:
            raise ClosedError("the node is closed")
        return replica

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
        """Returns the address under which others dial this node. One that listens at all addresses of the machine learns its own from
        its connections."""
        if self._advertise is not None or not self.addresses:
            return self._advertise
        address = self.addresses[0]
        if address.is_unix or not is_wildcard(address.host):
            return str(address)
        known = self._members.own_address
        here = (
            connection.transport.get_extra_info("sockname") if connection is not None and connection.transport else None
        )
        if not isinstance(here, tuple) or (known is not None and is_loopback(str(here[0]))):
            return known
        return str(Address(str(here[0]), address.port))

    def _event(self, link: Optional[Link], event: Event, error: Optional[ScuttleError]) -> None:
        """Logs an event, and passes it on."""
        if event is Event.TWIN:
            self._reports.warning("%s: two processes of one name run", self._name)
        elif event is Event.REFUSED:
            logger.info("%s: a peer has refused an update: %s", self._name, error)
        if self._on_event is not None:
            self._on_event(link, event, error)


def _dialable(address: Address) -> Address:
    if not address.is_unix and (is_wildcard(address.host) or not address.port):
        raise ArgumentError(f"{str(address)!r} cannot be dialled: it needs a host and a port")
    return address


async def _within(call: Any, timeout: Optional[float]) -> None:
    if timeout is None:
        await call
    else:
        await asyncio.wait_for(call, timeout)
