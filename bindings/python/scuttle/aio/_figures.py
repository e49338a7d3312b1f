"""What each figure of `Replica.stats` counts, as docs/reference/statistics.md says: tests/figures.py writes this file."""

from __future__ import annotations

from typing import Dict, Tuple

#: The name in `Stats`: "gauge" or "counter", and a sentence.
FIGURES: Dict[str, Tuple[str, str]] = {
    "keys": ("gauge", "Keys that hold a value, as scuttle_count."),
    "tombstones": ("gauge", "Deleted keys whose tombstone is not purged."),
    "bytes": ("gauge", "Bytes of memory, as max_bytes counts them."),
    "history": ("gauge", "Updates in the history."),
    "sources": ("gauge", "Sources that are not retired, this replica's own included."),
    "retired": ("gauge", "Retired sources."),
    "exceptions": ("gauge", "Updates that are refused or missing here, as max_refused counts them."),
    "out_of_order": (
        "gauge",
        "Entries that the version vector does not cover, because updates before them are on their way.",
    ),
    "links": ("gauge", "Open links, with those that have ended and are not closed."),
    "links_in_step": ("gauge", "Links whose version vectors were equal when last compared."),
    "links_full": ("gauge", "Links that signal backpressure."),
    "sets": ("counter", "Calls of scuttle_set and scuttle_set_ttl that have written."),
    "deletes": ("counter", "Calls of scuttle_delete that have written."),
    "expired": ("counter", "Keys that this replica has deleted at the end of a time to live."),
    "republished": ("counter", "Updates that this replica has given a new dot."),
    "purged": ("counter", "Tombstones that this replica has purged."),
    "resets": ("counter", "Resets of peers that were applied here."),
    "removed": ("counter", "Entries that resets of peers have removed here."),
    "received": ("counter", "Readable updates: applied, superseded, repeated and refused together."),
    "applied": ("counter", "Updates that have become the entry of their key."),
    "superseded": ("counter", "Updates that have lost to the entry of their key."),
    "repeated": ("counter", "Updates that were known: as entries, in the version vector, or as refused ones."),
    "refused": ("counter", "Updates that a limit or accept has refused, each once."),
    "rejected": ("counter", "Messages that were rejected with an error, refused updates included."),
    "refused_by_peers": ("counter", "Updates that peers have refused, or that fit no datagram: SCUTTLE_EVENT_REFUSED."),
    "corrupt": ("counter", "Equivocations: two contents under one timestamp, whichever stands."),
    "diverged": ("counter", "Differences of contents while vectors are equal: SCUTTLE_EVENT_DIVERGED with SCUTTLE_OK."),
    "twins": ("counter", "Two processes under one name at one time: SCUTTLE_EVENT_TWIN."),
    "gossips": ("counter", "Gossips: scuttle_gossip counts one for each link."),
    "requests": (
        "counter",
        "Version vectors that were sent as requests, classic gossips, and requests for contents. A hello may serve as a request, and does not count.",
    ),
    "deltas_log": ("counter", "Log deltas that were begun for a request."),
    "deltas_state": ("counter", "State deltas that were begun for a request."),
    "deltas_reset": ("counter", "Reset deltas that were begun for a request."),
    "deltas_early": ("counter", "Early deltas: updates of a replica that needs a reset itself."),
    "deltas_contents": ("counter", "Contents deltas that were begun for a request."),
    "full": ("counter", "Times that a link has become full."),
    "links_opened": ("counter", "Links that were opened."),
    "links_ended": ("counter", "Links that have ended with an error: SCUTTLE_EVENT_ENDED."),
    "bytes_in": ("counter", "Bytes that peers have sent, over all links, closed ones included."),
    "bytes_out": ("counter", "Bytes that were sent to peers, likewise over all links."),
    "messages_in": ("counter", "Whole lines that peers have sent."),
    "messages_out": ("counter", "Whole lines that were sent to peers."),
}
