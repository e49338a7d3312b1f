"""The figures of nodes as metrics of Prometheus. It needs prometheus-client, the extra `metrics`."""

from __future__ import annotations

import asyncio
import concurrent.futures
import platform
from typing import TYPE_CHECKING, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Tuple, Union

try:
    from prometheus_client.core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        InfoMetricFamily,
        Metric,
    )
    from prometheus_client.exposition import choose_encoder
    from prometheus_client.registry import Collector
except ImportError as error:
    raise ImportError(
        "metrics need prometheus-client: pip install 'scuttle[metrics]'", name="prometheus_client"
    ) from error

from .. import __version__, is_accelerated
from .._library import library_version
from .._stats import Stats
from ..errors import StateError
from ._figures import FIGURES
from ._loop_lag import BOUNDS, Lateness
from ._peers import Peer
from ._saving import StoreInfo

if TYPE_CHECKING:
    from ._node import Node

#: Seconds that another thread waits for the event loop of a node.
_PATIENCE = 5.0
_STATES = ("connecting", "connected", "in_step", "waiting")


class Reading(NamedTuple):
    """All that a scrape shows of a node, read in one turn of its event loop."""

    name: str
    stats: Stats
    peers: List[Peer]
    members: int
    store: Optional[StoreInfo]
    lateness: Lateness
    max_keys: Optional[int]
    max_bytes: Optional[int]


class NodeCollector(Collector):
    """A collector of prometheus-client for nodes. `node.collector` is the one of a node; a registry with several nodes has one for all.

        prometheus_client.REGISTRY.register(NodeCollector(kitchen, garage))

    Each series has the label `node`, the name. Those of a peer have `peer`, the name that it claims; at most `max_peers` of them, the
    others are counted in `scuttle_peers_unlisted`. A node that is not started, or closed, has no series. Any thread may collect: another one than
    that of a node waits for the node's event loop, and leaves the node out if it does not come round within 5 seconds.
    """

    def __init__(self, *nodes: Node, max_peers: int = 100) -> None:
        """Makes a collector.

        Args:
            nodes: The nodes, each of its own name.
            max_peers: Peers of a node that have series of their own.
        """
        self._nodes = nodes
        self._max_peers = max_peers

    def describe(self) -> Iterable[Metric]:
        """Returns the families without series, so that a registry knows the names."""
        return _families([], 0)

    def collect(self) -> Iterable[Metric]:
        """Returns the families of this moment. Cost: O(connections) for each node."""
        readings = [reading for reading in map(_read, self._nodes) if reading is not None]
        return _families(readings, self._max_peers)


def encoder(accepted: str) -> Tuple[Callable[[Collector], bytes], str]:
    """Returns what writes the format that a client accepts, OpenMetrics or Prometheus' text, and its content type."""
    try:
        return choose_encoder(accepted)
    except Exception:  # a header that nobody sends by mistake, such as version=x
        return choose_encoder("")


def _read(node: Node) -> Optional[Reading]:
    """Reads a node on the thread of its event loop. Returns None if that is not possible."""
    loop = node._loop
    if loop is None:
        return None
    try:
        is_here = asyncio.get_running_loop() is loop
    except RuntimeError:
        is_here = False
    try:
        if is_here:
            return _read_here(node)
        done: concurrent.futures.Future[Optional[Reading]] = concurrent.futures.Future()
        loop.call_soon_threadsafe(_deliver, node, done)
        return done.result(_PATIENCE)
    except (RuntimeError, concurrent.futures.TimeoutError):  # the loop is closed, or busy
        return None


def _deliver(node: Node, done: concurrent.futures.Future[Optional[Reading]]) -> None:
    try:
        done.set_result(_read_here(node))
    except BaseException as error:
        done.set_exception(error)


def _read_here(node: Node) -> Optional[Reading]:
    if node._closing is not None:
        return None
    try:
        limits = node._config["limits"]
        return Reading(
            node.name,
            node.stats,
            node.peers,
            len(node.members),
            node.store_info,
            node._measure_lag().read(),
            limits.max_keys,
            limits.max_bytes,
        )
    except StateError:  # it is closed, or closing
        return None


# --- families: a name, a text, and the series of a reading ---


def _families(readings: List[Reading], max_peers: int) -> Iterator[Metric]:
    for name, (kind, text) in FIGURES.items():
        family = _family(f"scuttle_{name}", text, kind == "counter", ["node"])
        for reading in readings:
            family.add_metric([reading.name], getattr(reading.stats, name))
        yield family
    listed = [(reading.name, _by_name(reading.peers)) for reading in readings]
    yield from _of_peers(readings, listed, max_peers)
    yield from _of_nodes(readings)
    yield from _of_stores(readings)
    yield _lateness(readings)
    build = InfoMetricFamily("scuttle_build", "What runs: the package, the library, the interpreter.", labels=["node"])
    for reading in readings:
        build.add_metric([reading.name], _BUILD)
    yield build


_BUILD: Dict[str, str] = {
    "version": __version__,
    "library": library_version(),
    "accelerated": "true" if is_accelerated else "false",
    "python": f"{platform.python_implementation()} {platform.python_version()}",
}


def _family(name: str, text: str, is_counter: bool, labels: List[str]) -> Union[CounterMetricFamily, GaugeMetricFamily]:
    if is_counter:
        return CounterMetricFamily(name, text, labels=labels)
    return GaugeMetricFamily(name, text, labels=labels)


def _by_name(peers: Iterable[Peer]) -> List[Peer]:
    """Returns the connected peers, one for each name: during a reconnect a name has two connections, and the newer one counts."""
    found = {peer.name: peer for peer in peers if peer.name}
    return list(found.values())


_PEER_SERIES: Tuple[Tuple[str, str, bool, Callable[[Peer], float]], ...] = (
    ("lag_updates", "Entries that the peer is not known to have.", False, lambda peer: peer.lag),
    (
        "in_step",
        "1 if both held the same when last compared, otherwise 0.",
        False,
        lambda peer: peer.state == "in_step",
    ),
    ("since_timestamp_seconds", "When the connection began, in seconds since 1970.", False, lambda peer: peer.since),
    ("bytes_in", "Bytes that the peer has sent over this connection.", True, lambda peer: peer.bytes_in),
    ("bytes_out", "Bytes that were sent to the peer over this connection.", True, lambda peer: peer.bytes_out),
)


def _of_peers(readings: List[Reading], listed: List[Tuple[str, List[Peer]]], max_peers: int) -> Iterator[Metric]:
    states = GaugeMetricFamily(
        "scuttle_peers", "Connections, and addresses that are dialled, by their state.", labels=["node", "state"]
    )
    unlisted = GaugeMetricFamily(
        "scuttle_peers_unlisted",
        "Names of connected peers without series, because there are too many.",
        labels=["node"],
    )
    for reading in readings:
        for state in _STATES:
            states.add_metric([reading.name, state], sum(peer.state == state for peer in reading.peers))
    for name, peers in listed:
        unlisted.add_metric([name], max(0, len(peers) - max_peers))
    yield states
    yield unlisted
    for suffix, text, is_counter, value in _PEER_SERIES:
        family = _family(f"scuttle_peer_{suffix}", text, is_counter, ["node", "peer"])
        for name, peers in listed:
            for peer in peers[:max_peers]:
                family.add_metric([name, peer.name], value(peer))
        yield family


def _of_nodes(readings: List[Reading]) -> Iterator[Metric]:
    members = GaugeMetricFamily("scuttle_members", "Nodes that renew their keys, this one included.", labels=["node"])
    keys = GaugeMetricFamily(
        "scuttle_limit_keys", "The limit of scuttle_keys: max_keys, if there is one.", labels=["node"]
    )
    size = GaugeMetricFamily(
        "scuttle_limit_bytes", "The limit of scuttle_bytes: max_bytes, if there is one.", labels=["node"]
    )
    for reading in readings:
        members.add_metric([reading.name], reading.members)
        for family, limit in ((keys, reading.max_keys), (size, reading.max_bytes)):
            if limit is not None:
                family.add_metric([reading.name], limit)
    yield from (members, keys, size)


_STORE_SERIES: Tuple[Tuple[str, str, bool, Callable[[StoreInfo], float]], ...] = (
    ("file_bytes", "Bytes of the saves, before the next compaction.", False, lambda store: store.file_bytes),
    ("error", "1 if the latest commit has failed, otherwise 0.", False, lambda store: store.error is not None),
    ("commits", "Commits that have written something.", True, lambda store: store.commits),
    ("compactions", "Compactions of the saves.", True, lambda store: store.compactions),
)


def _of_stores(readings: List[Reading]) -> Iterator[Metric]:
    for suffix, text, is_counter, value in _STORE_SERIES:
        family = _family(f"scuttle_store_{suffix}", text, is_counter, ["node", "kind"])
        for reading in readings:
            if reading.store is not None:
                family.add_metric([reading.name, reading.store.kind], value(reading.store))
        yield family


def _lateness(readings: List[Reading]) -> Metric:
    family = HistogramMetricFamily(
        "scuttle_event_loop_lag_seconds", "How late the event loop calls a timer, twice a second.", labels=["node"]
    )
    for reading in readings:
        buckets, count = [], 0
        for bound, here in zip([*map(str, BOUNDS), "+Inf"], reading.lateness.counts):
            count += here
            buckets.append((bound, float(count)))
        family.add_metric([reading.name], buckets, reading.lateness.total)
    return family
