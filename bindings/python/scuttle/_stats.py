"""The figures of a replica, and the peers that have its writes."""

from __future__ import annotations

import ctypes
from typing import NamedTuple, Optional

from . import _abi
from ._handle import Handle
from ._library import library
from ._texts import unsigned


class Stats(NamedTuple):
    """The figures of a replica: see `Replica.stats`. Counters begin with 0 when the replica is made, and grow."""

    #: Gauge: keys that hold a value, as `len(replica)`.
    keys: int
    #: Gauge: deleted keys whose tombstone is not purged.
    tombstones: int
    #: Gauge: bytes of memory, as `Limits.max_bytes` counts them.
    bytes: int
    #: Gauge: updates in the history.
    history: int
    #: Gauge: sources that are not retired, this replica's own included.
    sources: int
    #: Gauge: retired sources.
    retired: int
    #: Gauge: updates that are refused or missing here, as `max_refused` counts them.
    exceptions: int
    #: Gauge: entries that the version vector does not cover, because updates before them are on their way.
    out_of_order: int
    #: Gauge: open links, with those that have ended and are not closed.
    links: int
    #: Gauge: links that are in step.
    links_in_step: int
    #: Gauge: full links.
    links_full: int

    #: Counter: keys that were set.
    sets: int
    #: Counter: deletes.
    deletes: int
    #: Counter: keys that this replica has deleted at the end of a time to live.
    expired: int
    #: Counter: updates that this replica has republished.
    republished: int
    #: Counter: tombstones that this replica has purged.
    purged: int
    #: Counter: resets of peers that were applied.
    resets: int
    #: Counter: entries that those resets have removed.
    removed: int

    #: Counter: readable updates of peers: the sum of the next four.
    received: int
    #: Counter: updates of peers that have become the entry of their key.
    applied: int
    #: Counter: updates of peers that have lost to the entry of their key.
    superseded: int
    #: Counter: updates of peers that were known.
    repeated: int
    #: Counter: updates of peers that a limit or `accept` has refused, each once.
    refused: int
    #: Counter: messages of peers that were rejected with an error, refused updates included.
    rejected: int
    #: Counter: `Event.REFUSED`: updates that peers have refused, or that fit no datagram.
    refused_by_peers: int
    #: Counter: equivocations, whichever content stands.
    corrupt: int
    #: Counter: `Event.DIVERGED` without an error.
    diverged: int
    #: Counter: `Event.TWIN`.
    twins: int

    #: Counter: gossips; `Replica.gossip` counts one for each link.
    gossips: int
    #: Counter: version vectors that were sent as requests; classic gossips; requests for contents.
    requests: int
    #: Counter: log deltas that were begun for a request.
    deltas_log: int
    #: Counter: state deltas.
    deltas_state: int
    #: Counter: reset deltas.
    deltas_reset: int
    #: Counter: early deltas.
    deltas_early: int
    #: Counter: contents deltas.
    deltas_contents: int
    #: Counter: times that a link has become full.
    full: int
    #: Counter: links that were opened.
    links_opened: int
    #: Counter: `Event.ENDED`.
    links_ended: int
    #: Counter: bytes that peers have sent, over all links, closed ones included.
    bytes_in: int
    #: Counter: bytes that were sent to peers.
    bytes_out: int
    #: Counter: messages that peers have sent.
    messages_in: int
    #: Counter: messages that were sent to peers.
    messages_out: int


_EVERY_WRITE = (1 << 64) - 1


class Figures:
    """The part of a replica that tells its operator how it does."""

    _handle: Handle

    @property
    def stats(self) -> Stats:
        """The figures of this moment. Callbacks may read them. Cost: O(links)."""
        struct = _abi.StatsStruct(ctypes.sizeof(_abi.StatsStruct))
        self._handle.call_reading(library.scuttle_stats, struct)
        return Stats._make(getattr(struct, name) for name in Stats._fields)

    def confirmed(self, version: Optional[int] = None) -> int:
        """Returns the number of peers on open links that are known to have this replica's writes up to a version.

        Only what a peer has said counts, so gossip after the write, and exchange what the links send, before you call this. Two links to one
        name count once. A classic peer confirms nothing. Callbacks may call it. Cost: O(links).

        Args:
            version: `Replica.version` behind the write. None: all writes so far.
        """
        wanted = _EVERY_WRITE if version is None else unsigned("version", version)
        links = ctypes.c_size_t()
        self._handle.call_reading(library.scuttle_confirmed, wanted, links)
        return links.value
