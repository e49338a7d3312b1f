"""What a node tells: its addresses, peers, members and figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, cast

from .._replica import Replica
from .._stats import Stats
from ..errors import ClosedError
from ._addresses import Address
from ._dialling import Dialler
from ._entries import NodeEntries
from ._members import Member, Members
from ._peers import Peer, list_peers
from ._saving import Saver, StoreInfo
from ._transports import Listening

if TYPE_CHECKING:
    from ._metrics import NodeCollector
    from ._metrics_page import MetricsPage
    from ._node import Node


class NodeTelling(NodeEntries):
    """The properties of a node, and the parts that they read."""

    _name: str
    _connections: Any
    _dialler: Dialler
    _members: Members
    _saver: Optional[Saver] = None
    _listener: Optional[Listening] = None
    _collector: Optional[NodeCollector] = None
    _page: Optional[MetricsPage] = None

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

            self._collector = NodeCollector(cast("Node", self))
        return self._collector

    @property
    def metrics_addresses(self) -> List[Address]:
        """The addresses at which `/metrics` is served, with the ports that the system has chosen."""
        return list(self._page.addresses) if self._page is not None else []

    def __repr__(self) -> str:
        if self._replica is None:
            return f"<scuttle.aio.Node {self._name!r} not started>"
        if self._replica.closed:
            return f"<scuttle.aio.Node {self._name!r} closed>"
        return f"<scuttle.aio.Node {self._replica.id!r} keys={len(self)} connections={len(self._connections)}>"

    def _open(self) -> Replica:
        replica = super()._open()
        if replica.closed:
            raise ClosedError("the node is closed")
        return replica
