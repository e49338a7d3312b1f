"""A node: a replica with a network and a store around it."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any, Dict, Iterable, Optional, Type, Union

from .._callbacks import Accept, OnEvent, Resolve
from .._config import Limits, Resolver
from ..errors import ArgumentError
from ._addresses import Address, AddressLike, is_wildcard, parse_address
from ._endpoint import DEFAULT_MTU
from ._own_keys import accept_own_keys
from ._psk import PSK
from ._running import RunningNode
from ._saving import make_store
from ._tls import TLS
from ._transports import make_transport


class Node(RunningNode):
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
        super().__init__(name)
        self._listen = None if listen is None else parse_address(listen)
        self._dialled = [_dialable(parse_address(peer)) for peer in peers]
        self._advertise = None if advertise is None else str(_dialable(parse_address(advertise)))
        self._store = None if store is None else make_store(store)
        self._interval = float(gossip)
        self._member_ttl = float(member_ttl)
        self._on_event = on_event
        self._config = {
            "cluster": cluster,
            "resolve": resolve,
            "accept": None if accept is None else accept_own_keys(accept),
            "on_event": self._event,
            "limits": limits,
            "max_history": max_history,
        }
        limits_on_connections: Dict[str, Any] = {
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
            limits=limits_on_connections,
        )
        self._metrics = None
        if metrics is not None:
            from ._metrics_page import page_address  # which needs prometheus-client

            self._metrics = page_address(metrics)

    async def __aenter__(self) -> Node:
        await self.start()
        return self

    async def __aexit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        await self.close()


def _dialable(address: Address) -> Address:
    if not address.is_unix and (is_wildcard(address.host) or not address.port):
        raise ArgumentError(f"{str(address)!r} cannot be dialled: it needs a host and a port")
    return address
