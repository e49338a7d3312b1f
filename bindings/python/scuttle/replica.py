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
    """A key-value map that its peers keep in step.

    It is a mapping from str to JSON values; a deleted key is absent. `link` opens a link to one peer.

    Any thread may use it; one call runs at a time, and the others wait. Its callbacks, and the visitor of `visit`, may read it: keys,
    values and entries, `snapshot`, `visit`, `news`, `history`, `version` and `clock`. Any other use raises BusyError there. A signal
    handler or a finalizer may run in the middle of a call, so it may get BusyError, too.

    It is a context manager, which closes it at the end. Closing waits for calls of other threads, and closes the links. A closed
    replica raises ClosedError. A replica without references is closed.
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

        Args:
            name: The host's name for the replica: 1 to 246 bytes of UTF-8, unique among the replicas that run at one time. Each start
                is an incarnation and writes under a source of its own, `id`: the name, "~" and 8 random characters. A name must not
                end like that itself.
            mtu: Messages, not bytes: the size of the send buffer, and the number of pending messages at which a link becomes full. 0:
                10; sys.maxsize: a link never becomes full.
            max_history: Updates in the history. 0: 10; sys.maxsize: all.
            max_tombstones: Tombstones. Beyond it the replica purges those with the lowest versions, stable or not. 0: 2^20;
                sys.maxsize: no limit. No effect with a `resolve` of yours.
            keep_tombstones: Purge no stable tombstone; `purge` and `max_tombstones` still purge.
            max_retired: Retired sources, some 30 bytes each. Beyond it the replica drops those with the lowest versions. 0: 2^20;
                sys.maxsize: no limit.
            retire_after_ms: Milliseconds by `tick` after which the replica retires a silent name. 0: never.
            max_refused: Refused updates that the replica remembers. 0: 1,024; sys.maxsize: no limit. One more ends its link.
            resolve: Decides which of two updates of a key stands: a Resolver, or a callable (update, current) that returns whether the
                update replaces the current one, which is None for a new key. It returns true for exactly one of (a, b) and (b, a),
                and follows a total order, so that replicas agree: see `check_resolver`.
            sort: Orders the updates in `news`, and the sources in a delta that a peer requests on a stream: a callable (a, b) that
                returns a number below 0 if a comes first, above 0 if b does. None: by version, then source. Live updates and
                datagrams keep their order.
            on_update: Called with an update, local or received, that has become the entry of its key.
            on_compaction: Called with a list of updates, oldest first, before the history drops them. `history.trim` removes updates
                of your choice, `history.keep` keeps all for now; afterwards the history drops what exceeds `max_history`.
            on_drain: Called once after `set` or another call has returned False, and every link has drained.
            on_event: Called with (link, event, error): see `Event`. The link is None if it is that of `write`; the error is None if the
                event has none.
            accept: Called with (link, update) for each received update that the replica does not know yet. False refuses it: the rest
                goes on, and the peer's host learns of it, see `accept_again`. An update with `reset` is an entry that a reset
                removes; False keeps it. An exception refuses.
            on_error: Called with (name of a callback, its exception). None: exceptions of callbacks go to sys.unraisablehook.
            exact_id: The name itself, of up to 255 bytes, is the source. For tests, and for hosts that let no two starts write under
                one source, unless the later start begins with everything that the earlier one wrote.
            unique_id: Accepted without effect: every start is an incarnation of its own.
            cluster: Up to 255 bytes of UTF-8: links join replicas of one cluster only. A classic link cannot check it.
            protocol: Lowest and highest version of the extended dialect to speak. 0: those of the library.
            seed: Makes the random choices reproducible. 0: random from the system.
            limits: Limits on messages, keys and memory. An excess is an error.
            state: The state to start from, as for `load`; `torn` says whether it was truncated.
            state_store: Keeps the replica in a database, and starts from it: see `StateStore`. Not together with `state`.

        Raises:
            IdError, NulError, Utf8Error: The name or the cluster is not a valid one.
            ArgumentError: A number is negative or too large.
            OutOfMemoryError: The system gave no memory or randomness.
            StoreError: The `state_store` has failed.
            ScuttleError: The state is not valid: see `load`.
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
        """The source that this replica writes under: its name and its incarnation. Readable after closing, too."""
        return self._id

    @property
    def name(self) -> str:
        """The name that the replica was made with. Readable after closing, too."""
        return self._name

    def lookup(self, key: str) -> Entry:
        """Returns the entry of a key.

        Args:
            key: The key. It may be absent.

        Returns:
            Value, source and version; Entry(None, None, 0) for a key that holds no value.

        Raises:
            EmptyKeyError, KeyTooLongError, NulError, Utf8Error: The str can be no key.
        """
        value, source, version = self._handle.run_reading(self._lookup, encode_text(key))
        return Entry(decode_value(value), source or None, version)

    def _lookup(self, _: int, key: bytes) -> Tuple[str, str, int]:
        text = self._handle.find(key)
        if text is None:
            return "null", "", 0
        return text, self._handle.scratch.source, self._handle.scratch.version

    def snapshot(self, prefix: str = "") -> List[Update]:
        """Returns the entries of the keys that begin with a prefix, in byte order of keys.

        Deleted keys are left out, and so is the version vector. To start another replica use `export`.

        Args:
            prefix: Begins the keys. Empty: all keys.
        """
        updates: List[Update] = []
        self.visit(updates.append, prefix)
        return updates

    def export(self) -> bytes:
        """Returns the whole replica as lines: its source, its version vector, its entries with their tombstones and times to live.

        A replica with them as `state` holds the same, as another incarnation. With `exact_id` it writes under the same source, so this
        replica must not write any more.
        """
        lines: List[bytes] = []
        self._handle.run(lambda pointer: self._handle.check(visit_lines(library.scuttle_export, pointer, lines)))
        return b"".join(lines)

    def load(self, state: State) -> bool:
        """Starts from a save; only for a new replica. Loaded entries enter neither the history nor `on_update`.

        Lines of `export` are the whole replica. If they are truncated, their entries count, and peers send the rest. A replica whose own
        source is that of the export refuses a truncated one; only `exact_id` or a fixed seed makes such a replica.

        Updates alone, all that `on_update` got or the last of each key, also as lines or dicts of the wire, are entries without a version
        vector. The last of their lines may be truncated.

        Args:
            state: Lines as bytes or str, or an iterable of updates.

        Returns:
            Whether the save was whole; `torn` is the opposite.

        Raises:
            ArgumentError: The replica is not new.
            IdentityError: The export is truncated, and of this replica's own source.
            ScuttleError: A line is malformed, as for `Link.write`. Nothing is loaded then.
        """
        self._handle.run(self._load, state_lines(state))
        return not self.torn

    def _load(self, pointer: int, lines: bytes) -> None:
        self._handle.is_torn = self._handle.check(library.scuttle_import(pointer, lines, len(lines))) == _abi.TORN

    @property
    def torn(self) -> bool:
        """Whether the start, by `state` or `load`, was truncated: in the middle of a line, or before the end of an export.

        Readable after closing, too.
        """
        return self._handle.is_torn

    def visit(self, visitor: Callable[[Update], object], prefix: str = "") -> None:
        """Calls a visitor with the entry of each key that begins with a prefix, in byte order of keys: a `snapshot` without the list.

        The call holds the replica: other threads wait, and the visitor may read the replica, but not change it.

        Args:
            visitor: Called with an update. A true result stops; an exception stops, and comes out of this call.
            prefix: Begins the keys. Empty: all keys.
        """
        self._handle.run_reading(self._visit, encode_text(prefix, "a prefix"), lambda update: visitor(copy_update(update)))

    def news(self, source: str, version: int) -> List[Update]:
        """Returns the updates of a source above a version that the history holds, in the order of `sort`: see `History.news`."""
        return self._history.news(source, version)

    @property
    def history(self) -> History:
        """The history: the updates of the recent past, to read, write, trim and keep."""
        return self._history

    @property
    def version(self) -> int:
        """The highest version that the replica has seen, in its own updates or in those of peers; 0 before the first."""
        number = c_uint64()
        self._handle.call_reading(library.scuttle_version, number)
        return number.value

    @property
    def fingerprint(self) -> int:
        """A hash of the contents: two replicas share it exactly if they hold the same keys, values, sources and versions.

        Deleted keys do not count, because replicas in step purge tombstones at different times. For tests and for showing convergence. Cost:
        O(bytes of the entries that have arrived since the last call).
        """
        number = c_uint64()
        self._handle.call(library.scuttle_fingerprint, number)
        return number.value

    @property
    def clock(self) -> Dict[str, int]:
        """The version vector (vector clock, as the seed calls it): each known source with the version up to which its dots are
        accounted for. A new dict each time.
        """
        return self._handle.run_reading(self._clock)

    def _clock(self, pointer: int) -> Dict[str, int]:
        clock: Dict[str, int] = {}
        self._handle.check(visit_clock(library.scuttle_clock, pointer, clock))
        return clock

    def gossip(self) -> bool:
        """Starts a gossip on every open link. In the extended dialect both sides receive what they lack; in the classic one this
        replica does.

        Call it when a link is new, and every so often: it requests lost messages again, and renews this replica's low-water mark, which
        lets peers purge tombstones.

        Returns:
            False if the gossip waits behind the updates of a full link. Nothing is dropped.
        """
        return self._handle.call(library.scuttle_gossip) != _abi.FULL

    def tick(self, now: float) -> bool:
        """Tells the replica the time, and deletes the keys whose time to live is over.

        Only differences between ticks count, so hosts need no common time. After a start from `export` under the same name, a
        first tick that is not below the saved one continues from there.

        Args:
            now: Seconds, to the millisecond, by any clock of yours that does not go back, such as `time.time()`. A smaller number than
                before counts as the one before.

        Returns:
            False if a link is full, as for `set`.
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
        """Opens a link to one peer. Without `classic` and `any` it speaks the extended dialect only: the first line of a classic peer
        raises ProtocolError, and ends the link.

        Args:
            read_only: Accept nothing from the peer: its updates raise ReadOnlyError. Its requests are served.
            classic: Speak the classic dialect only, simple-scuttle's own: never send hello.
            any: Speak the peer's dialect: begin with a hello, and change to the classic dialect if the peer speaks that. If the peer is
                silent until the second gossip, that gossip uses both. A replica with a `cluster` speaks the extended dialect only.
            history: With `classic` or `any`: deltas include the superseded updates of the history, as those of simple-scuttle do.
            live: Send new updates at once after the first reconciliation.
            datagram: Exchange datagrams: each read makes one, each write reads one; they may be lost, repeated, reordered and late. The
                peer's link must be one, too.

        Raises:
            ArgumentError: `datagram` with `classic`, or `history` without `classic` and `any`.
            ClusterError: `classic` for a replica with a `cluster`.
            TooManyLinksError: The replica would have more links than `max_links`.
        """
        flags = _abi.LINK_READ_ONLY if read_only else 0
        flags |= _abi.LINK_CLASSIC if classic else 0
        flags |= _abi.LINK_ANY if any else 0
        flags |= _abi.LINK_HISTORY if history else 0
        flags |= _abi.LINK_LIVE if live else 0
        flags |= _abi.LINK_DATAGRAM if datagram else 0
        return Link(self._handle, self, flags)

    def write(self, data: Buffer) -> bool:
        """Reads bytes from the peer of a replica with one peer: `Link.write`, on a link that the first use opens."""
        start, length, _kept = to_read(data)
        return self._handle.call(library.scuttle_write, start, length) != _abi.FULL

    def read(self, max_bytes: int = 65536) -> bytes:
        """Returns the next bytes for the peer of a replica with one peer: `Link.read`, on the link of `write`."""
        return self._handle.run(self._read, unsigned("max_bytes", max_bytes))

    def _read(self, _: int, max_bytes: int) -> bytes:
        return read(self._handle, scuttle_read, self._handle.argument, max_bytes)

    def readinto(self, buffer: WritableBuffer) -> int:
        """Fills a buffer with the next bytes for the peer of a replica with one peer: `Link.readinto`, on the link of `write`."""
        return self._handle.run(self._read_into, buffer)

    def _read_into(self, _: int, buffer: WritableBuffer) -> int:
        return read_into(self._handle, scuttle_read, self._handle.argument, buffer)

    def purge(self) -> int:
        """Purges all tombstones whose dots are covered here, stable or not.

        Replicas stay the same as each other. If a tombstone was not stable, a write that no replica which knew of the delete had seen may
        win over it.

        Returns:
            The number of purged tombstones.

        Raises:
            UnsupportedError: With a `resolve` of yours: only you know which writes its tombstones beat.
        """
        purged = c_size_t()
        self._handle.call(library.scuttle_purge, purged)
        return purged.value

    def accept_again(self) -> None:
        """Drops all refusals: with the next gossip, peers send the refused updates again, and the limits and `accept` decide anew."""
        self._handle.call(library.scuttle_accept_again)

    def forget(self, name: str) -> bool:
        """Retires a name, here and at every replica that learns of it: excludes a departed name from tombstone garbage collection.

        The entries that it wrote stay. A replica of the name that returns after all writes on above the retirement, and counts
        again. To retire the replica's own name is to leave: later writes raise UnsupportedError.

        Args:
            name: The name of a replica that will not be back.

        Returns:
            False if the name is unknown.
        """
        encoded = encode_text(name, "a name")
        return self._handle.call(library.scuttle_forget, encoded, len(encoded)) != _abi.NOT_FOUND

    @property
    def closed(self) -> bool:
        """Whether the replica has been closed."""
        return self._handle.is_closed

    def close(self) -> None:
        """Closes the replica and its links, once the calls of other threads are over. A second call does nothing.

        Raises:
            BusyError: The call came from one of the replica's callbacks.
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
