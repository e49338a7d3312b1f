"""A replica."""

from __future__ import annotations

from ctypes import c_size_t, c_uint64, c_void_p
from types import TracebackType
from typing import Callable, Dict, List, MutableMapping, Optional, Tuple, Type, Union
from weakref import WeakValueDictionary

from . import _abi
from ._bare_calls import scuttle_read
from ._entrances import Outcomes
from ._handle import Handle
from ._library import library
from ._memory import WritableBuffer, to_read
from ._reading import read, read_into
from .callbacks import (
    Accept,
    Callbacks,
    Compaction,
    OnCompaction,
    OnDrain,
    OnError,
    OnEvent,
    OnUpdate,
    Resolve,
    Sort,
)
from .config import Limits, Resolver, State, c_text, make_config, state_lines
from .history import History
from .link import Link
from .mapping import EntryMapping
from .stores import StateStore, StoreCalls
from .texts import Buffer, decode_value, encode_text, milliseconds, text_at, unsigned
from .updates import Entry, Update, copy_update
from .visits import visit_clock, visit_lines


class Replica(EntryMapping):
    """A key-value map that is kept in step with its peers.

    It is a mapping from str to what JSON can hold; a deleted key is absent. `link` opens the conversation with a peer.

    Any thread may use it; one call runs at a time, and whoever comes second waits. Its callbacks, and what `visit`
    calls, may read it: keys, values and entries, `snapshot`, `visit`, `news`, `history`, `version` and `clock`. Anything
    else is BusyError there. A signal handler or a finalizer of yours may run in the middle of a call, so it may meet
    BusyError too.

    Close it when you are done: it is a context manager. Closing waits for calls of other threads, and closes the links
    too. Whatever is used afterwards raises ClosedError. A replica that is dropped is closed.
    """

    def __init__(
        self,
        name: str,
        *,
        mtu: int = 0,
        max_history: int = 0,
        max_tombstones: int = 0,
        keep_tombstones: bool = False,
        max_retired: int = 0,
        retire_after_ms: int = 0,
        max_refused: int = 0,
        resolve: Union[Resolver, Resolve] = Resolver.lww_vs_clock,
        sort: Optional[Sort] = None,
        on_update: Optional[OnUpdate] = None,
        on_compaction: Optional[OnCompaction] = None,
        on_drain: Optional[OnDrain] = None,
        on_event: Optional[OnEvent] = None,
        accept: Optional[Accept] = None,
        on_error: Optional[OnError] = None,
        exact_id: bool = False,
        unique_id: bool = False,
        cluster: str = "",
        protocol: Tuple[int, int] = (0, 0),
        seed: int = 0,
        limits: Limits = Limits(),
        state: State = b"",
        state_store: Optional[StateStore] = None,
    ) -> None:
        """Makes a replica.

        name             what you call the replica: 1 to 246 bytes of UTF-8, unique among the replicas that run at one
                         time. Each start is an incarnation and writes under a source of its own, `id`: the name, "~" and
                         8 random characters. A name must not end so itself
        mtu              messages, not bytes, in one batch, and the high-water mark of a link; 0: 10; sys.maxsize: no mark
        max_history      updates that the history remembers; 0: 10; sys.maxsize: all
        max_tombstones   more are forgotten, lowest version first, stable or not; 0: 2^20; sys.maxsize: no limit. No
                         effect with a `resolve` of yours
        keep_tombstones  forget no tombstone until `purge` or `max_tombstones` says so, not even a stable one
        max_retired      retired incarnations that are kept, 16 bytes each; beyond it the lowest versions are dropped; 0:
                         2^20; sys.maxsize: no limit
        retire_after_ms  retire a name that no replica has heard of for so many milliseconds, by the time of `tick`; 0:
                         never
        max_refused      refused updates that are remembered; 0: 1,024; sys.maxsize: no limit. One more ends its link
        resolve          which of two updates of a key stands: a Resolver, or a callable (update, current): whether the
                         update replaces the current one, which is None for a new key. It says yes for exactly one of
                         (a, b) and (b, a), and follows a total order, so that replicas agree: see `check_resolver`
        sort             order of the updates in `news`, and between sources in what a peer requests on a stream: a
                         callable (a, b) that returns a number below 0 where a comes first, above 0 where b does; by
                         version, then source id, without it. Live updates and datagrams keep their order
        on_update        called with an update that became the entry of its key, here or from a peer
        on_compaction    called with a list of updates, oldest first, that the history is about to forget, before it does.
                         `history.trim` removes what you choose, `history.keep` forgets nothing for now; what is over
                         `max_history` after that is forgotten, oldest first
        on_drain         called when `set` or another call has returned False, and no link is over its high-water mark
                         any more
        on_event         called with (link, event, error) when something has happened on a link, see `Event`. The link is
                         None if it is that of `write`; the error is None if the event speaks of none
        accept           called with (link, update) for each update of a peer that is news: whether it may be taken. False
                         refuses it: the rest goes on, and the peer is told, see `accept_again`. An update with `reset` is
                         an entry that a reset takes away; False keeps it. An exception refuses
        on_error         called with (name of a callback, its exception); without it they go to sys.unraisablehook
        exact_id         the name itself, of up to 255 bytes, is the source: for tests, and for hosts that make sure
                         themselves that no two starts write under one source, unless the later one starts from all that
                         the earlier one wrote
        unique_id        accepted, and does nothing: every start is an incarnation of its own
        cluster          up to 255 bytes of UTF-8: links join replicas of one cluster only. A classic link cannot check
        protocol         lowest and highest version of the extended dialect to speak; 0: what the library does
        seed             makes what is random reproducible; 0: random from the system
        limits           what is more than this is an error
        state            what to start from, as for `load`; `torn` says whether it was whole
        state_store      keeps the replica in a database, and starts from it: see `StateStore`. Not together with `state`

        Raises IdError, NulError, Utf8Error, ArgumentError, OutOfMemoryError, StoreError, and for a bad state as `load`.
        """
        encoded_name = c_text(name, "a name")
        config = make_config(
            mtu=mtu,
            max_history=max_history,
            max_tombstones=max_tombstones,
            keep_tombstones=keep_tombstones,
            max_retired=max_retired,
            retire_after_ms=retire_after_ms,
            max_refused=max_refused,
            seed=seed,
            exact_id=exact_id,
            unique_id=unique_id,
            cluster=cluster,
            protocol=protocol,
            limits=limits,
            state=state,
        )
        own_resolve = None
        if isinstance(resolve, Resolver):
            config.resolver = resolve
        else:
            own_resolve = resolve
        links: MutableMapping[int, Link] = WeakValueDictionary()
        compaction = Compaction()
        callbacks = Callbacks(
            own_resolve, sort, on_update, on_compaction, on_drain, on_event, accept, on_error, links, compaction
        )
        outcomes = Outcomes()
        callbacks.install(config, outcomes)
        store: Optional[StoreCalls] = None
        if state_store is not None:
            store = StoreCalls(state_store, callbacks.report)
            store.install(config, outcomes)
        self._handle = Handle(encoded_name, config, links, store, outcomes if outcomes.entrances else None)
        self._history = History(self._handle, compaction)
        self._id = self._handle.run(_read_text, library.scuttle_id)
        self._name = self._handle.run(_read_text, library.scuttle_name)

    @property
    def id(self) -> str:
        """The source that this replica writes under: its name and its incarnation. Known after closing too."""
        return self._id

    @property
    def name(self) -> str:
        """What the replica was called when it was made. Known after closing too."""
        return self._name

    def lookup(self, key: str) -> Entry:
        """What a key holds, who wrote it, and with which version; Entry(None, None, 0) for a key that holds nothing."""
        value, source, version = self._handle.run_reading(self._lookup, encode_text(key))
        return Entry(decode_value(value), source or None, version)

    def _lookup(self, _: int, key: bytes) -> Tuple[str, str, int]:
        text = self._handle.find(key)
        if text is None:
            return "null", "", 0
        return text, self._handle.scratch.source, self._handle.scratch.version

    def snapshot(self, prefix: str = "") -> List[Update]:
        """What each key that begins with `prefix` holds, and from whom, in byte order of keys.

        Deleted keys are left out, and nothing says what this replica has covered. To start another replica use `export`.
        """
        updates: List[Update] = []
        self.visit(updates.append, prefix)
        return updates

    def export(self) -> bytes:
        """All that the replica is, as lines: its source, its clock, its entries with their tombstones and what is
        left of their times to live.

        A replica that is made with them as `state` holds what this one does, and goes on as another incarnation. With
        `exact_id` it goes on under the same source, so this one must write no more.
        """
        lines: List[bytes] = []
        self._handle.run(lambda pointer: self._handle.check(visit_lines(library.scuttle_export, pointer, lines)))
        return b"".join(lines)

    def load(self, state: State) -> bool:
        """Starts from what was saved; only for a replica with which nothing has been done yet. It enters neither the
        history nor `on_update`. Returns whether it was whole; `torn` says it later.

        What `export` gave is the whole replica. Where it ends too soon, what is there becomes entries, and peers give
        what is missing. A replica whose own source is that of the export refuses a torn one (IdentityError); only
        `exact_id` or a fixed `seed` makes such a replica.

        Updates alone, all that `on_update` handed out or the last of each key, also as lines or dicts of the wire, set
        the clock to their versions. Of their lines the last may be torn.

        Raises ArgumentError for a replica that is not new, and for a bad line that is not a torn one as `Link.write`:
        nothing is taken then.
        """
        self._handle.run(self._load, state_lines(state))
        return not self.torn

    def _load(self, pointer: int, lines: bytes) -> None:
        self._handle.is_torn = self._handle.check(library.scuttle_import(pointer, lines, len(lines))) == _abi.TORN

    @property
    def torn(self) -> bool:
        """Whether what this replica started from, `state` or `load`, ended too soon: in the middle of a line, or an
        export before its end. Known after closing too."""
        return self._handle.is_torn

    def visit(self, visitor: Callable[[Update], object], prefix: str = "") -> None:
        """Calls visitor(update) for each key that begins with `prefix` and holds something, in byte order of keys: a
        `snapshot` without the list.

        A true result stops, and so does an exception, which comes out of here. The replica is held meanwhile: other
        threads wait, and the visitor may read it, and not change it (BusyError).
        """
        self._handle.run_reading(self._visit, encode_text(prefix, "a prefix"), lambda update: visitor(copy_update(update)))

    def news(self, source: str, version: int) -> List[Update]:
        """The updates of `source` above `version` that the history still has, in the order of `sort`."""
        return self._history.news(source, version)

    @property
    def history(self) -> History:
        """The updates that this replica remembers: read, write, trim and keep them."""
        return self._history

    @property
    def version(self) -> int:
        """The highest version seen anywhere, here or from peers; 0 before the first."""
        number = c_uint64()
        self._handle.call_reading(library.scuttle_version, number)
        return number.value

    @property
    def fingerprint(self) -> int:
        """A number that two replicas share exactly if they hold the same: keys, values, sources, versions. Deleted keys do
        not count, because replicas that agree forget them at different times. It takes time for what has arrived since the last
        call; for tests, and for showing convergence."""
        number = c_uint64()
        self._handle.call(library.scuttle_fingerprint, number)
        return number.value

    @property
    def clock(self) -> Dict[str, int]:
        """Every known source with the version up to which its updates are accounted for here; a dict of its own."""
        return self._handle.run_reading(self._clock)

    def _clock(self, pointer: int) -> Dict[str, int]:
        clock: Dict[str, int] = {}
        self._handle.check(visit_clock(library.scuttle_clock, pointer, clock))
        return clock

    def gossip(self) -> bool:
        """Asks every peer for what is new. In the extended dialect both sides get in step; in the classic one only this
        replica does.

        Call it when a link is new, and from time to time: what got lost is asked for again, and promises are renewed,
        which lets tombstones be forgotten. Returns False where it waits behind a link's high-water mark; nothing is
        dropped.
        """
        return self._handle.call(library.scuttle_gossip) != _abi.FULL

    def tick(self, now: float) -> bool:
        """Tells the replica what time it is, in seconds to the millisecond, and deletes the keys whose time to live is over.

        By any clock of yours that does not go back, such as `time.time()`; a smaller number than before counts as the
        one before. Only differences matter, so replicas may tick by different clocks. After a start from `export` under
        the same name, a first tick that is not below the saved time goes on from there. Returns as `set`.
        """
        time = milliseconds("now", now)
        # Between two calls other threads have their turn.
        while (code := self._handle.call(library.scuttle_tick, time)) == _abi.MORE:
            pass
        return code != _abi.FULL

    def link(
        self,
        *,
        read_only: bool = False,
        classic: bool = False,
        any: bool = False,
        history: bool = False,
        live: bool = False,
        datagram: bool = False,
    ) -> Link:
        """Opens a link to one peer. It speaks the extended dialect: the first line of a classic peer is ProtocolError,
        and ends the link. `classic` and `any` say otherwise.

        read_only  accept nothing from the peer: an update of it is ReadOnlyError; what it asks for is answered
        classic    speak the classic dialect only, simple-scuttle's own: never say hello
        any        speak the dialect of the peer: begin with a hello, and change to the classic dialect if the peer speaks
                   that; a peer that has said nothing by the second gossip is asked in both. A replica with a `cluster`
                   speaks the extended dialect only
        history    with `classic` or `any`: answers to digests include what the history has of superseded updates, as
                   those of simple-scuttle do
        live       after the first reconciliation send new updates without being asked
        datagram   each read makes one datagram, each write takes one; they may be lost, repeated, late and in any
                   order. The peer's link must be one too. Not with `classic`: ArgumentError
        """
        flags = _abi.LINK_READ_ONLY if read_only else 0
        flags |= _abi.LINK_CLASSIC if classic else 0
        flags |= _abi.LINK_ANY if any else 0
        flags |= _abi.LINK_HISTORY if history else 0
        flags |= _abi.LINK_LIVE if live else 0
        flags |= _abi.LINK_DATAGRAM if datagram else 0
        return Link(self._handle, self, flags)

    def write(self, data: Buffer) -> bool:
        """The short form for a replica with one peer: as `Link.write`, on a link that the first use opens."""
        start, length, _kept = to_read(data)
        return self._handle.call(library.scuttle_write, start, length) != _abi.FULL

    def read(self, max_bytes: int = 65536) -> bytes:
        """The short form for a replica with one peer: as `Link.read`, on the link of `write`."""
        return self._handle.run(self._read, unsigned("max_bytes", max_bytes))

    def _read(self, _: int, max_bytes: int) -> bytes:
        return read(self._handle, scuttle_read, self._handle.argument, max_bytes)

    def readinto(self, buffer: WritableBuffer) -> int:
        """The short form for a replica with one peer: as `Link.readinto`, on the link of `write`."""
        return self._handle.run(self._read_into, buffer)

    def _read_into(self, _: int, buffer: WritableBuffer) -> int:
        return read_into(self._handle, scuttle_read, self._handle.argument, buffer)

    def purge(self) -> int:
        """Forgets all tombstones that are accounted for here, stable or not, and returns how many.

        Replicas stay the same. But where a tombstone is not stable, a write that none who knew of the delete had seen
        may win over it. UnsupportedError with a `resolve` of yours: only you know what its tombstones beat.
        """
        purged = c_size_t()
        self._handle.call(library.scuttle_purge, purged)
        return purged.value

    def accept_again(self) -> None:
        """Drops all refusals: with the next gossip, peers send again what a limit or `accept` has refused."""
        self._handle.call(library.scuttle_accept_again)

    def forget(self, name: str) -> bool:
        """Says that a name will not be back: excludes it from tombstone garbage collection, here and at every replica
        that hears of it.

        The entries that it wrote stay. A replica that meets its own name so writes on above what was retired, and counts
        again. Forgetting the replica's own name is leaving: later writes raise UnsupportedError. False for a name that
        is unknown.
        """
        encoded = encode_text(name, "a name")
        return self._handle.call(library.scuttle_forget, encoded, len(encoded)) != _abi.NOT_FOUND

    @property
    def closed(self) -> bool:
        """Whether the replica has been closed."""
        return self._handle.is_closed

    def close(self) -> None:
        """Closes the replica and its links, once the calls of other threads are over. Again: nothing.

        From one of its callbacks: BusyError.
        """
        self._handle.close()

    def __enter__(self) -> Replica:
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<scuttle.Replica {self._id!r}{' closed' if self.closed else ''}>"


def _read_text(pointer: int, function: Callable[..., int]) -> str:
    address, length = c_void_p(), c_size_t()
    function(pointer, address, length)  # has no errors for a good pointer
    return text_at(address.value, length.value)
