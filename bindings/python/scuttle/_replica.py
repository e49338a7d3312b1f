"""A replica: how it is made, its links and history, and its end."""

from __future__ import annotations

from ctypes import c_size_t, c_void_p
from types import TracebackType
from typing import Callable, List, MutableMapping, Optional, Tuple, Type, Union
from weakref import WeakValueDictionary

from . import _abi
from ._accelerated import Keys
from ._entrances import Outcomes
from ._batches import Batches
from ._handle import Handle
from ._library import library
from ._stats import Figures
from ._changes import Watching
from ._callbacks import (
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
from ._config import Limits, Resolver, State, c_text, make_config
from ._entries import Entries
from ._history import History
from ._link import Link
from ._one_peer import OnePeer
from ._saves import Saves
from ._stores import StateStore, StoreCalls
from ._texts import text_at
from ._updates import Update
from ._upkeep import Upkeep


class Replica(Keys, Entries, Batches, Watching, Saves, OnePeer, Upkeep, Figures):
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
        mtu: Optional[int] = None,
        max_history: Optional[int] = None,
        max_tombstones: Optional[int] = None,
        keep_tombstones: bool = False,
        max_retired: Optional[int] = None,
        retire_after_ms: Optional[int] = None,
        max_refused: Optional[int] = None,
        resolve: Union[Resolver, Resolve] = Resolver.LWW_VS_CLOCK,
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
        protocol: Optional[Tuple[int, int]] = None,
        seed: Optional[int] = None,
        limits: Limits = Limits(),
        state: Optional[State] = None,
        state_store: Optional[StateStore] = None,
    ) -> None:
        """Makes a replica.

        Args:
            name: The host's name for the replica: 1 to 246 bytes of UTF-8, unique among the replicas that run at one time. Each start
                is an incarnation and writes under a source of its own, `id`: the name, "~" and 8 random characters. A name must not
                end like that itself.
            mtu: Messages, not bytes: the size of the send buffer, and the number of pending messages at which a link becomes full. None:
                10; sys.maxsize: a link never becomes full.
            max_history: Updates in the history. None: 10; sys.maxsize: all.
            max_tombstones: Tombstones. Beyond it the replica purges those with the lowest versions, stable or not. None: 2^20;
                sys.maxsize: no limit. No effect with a `resolve` of yours.
            keep_tombstones: Purge no stable tombstone; `purge` and `max_tombstones` still purge.
            max_retired: Retired sources, some 30 bytes each. Beyond it the replica drops those with the lowest versions. None:
                2^20; sys.maxsize: no limit.
            retire_after_ms: Milliseconds by `tick` after which the replica retires a silent name. None: never.
            max_refused: Refused updates that the replica remembers. None: 1,024; sys.maxsize: no limit. One more ends its link.
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
            protocol: Lowest and highest version of the extended dialect to speak. None: those of the library.
            seed: Makes the random choices reproducible. None: random from the system.
            limits: Limits on messages, keys and memory. An excess is a LimitError.
            state: The state to start from, as for `load`; `torn` says whether it was truncated.
            state_store: Keeps the replica in a database, and starts from it: see `StateStore`. Not together with `state`.

        Raises:
            IdError, NulError, Utf8Error: The name or the cluster is not a valid one.
            ArgumentError: A number is negative, 0 or too large.
            OutOfMemoryError: The system gave no memory or randomness.
            StoreError: The `state_store` has failed.
            ScuttleError: The state is not valid: see `load`.
        """
        encoded_name = c_text(name, "a name")
        numbers = {
            "mtu": mtu,
            "max_history": max_history,
            "max_tombstones": max_tombstones,
            "max_retired": max_retired,
            "retire_after_ms": retire_after_ms,
            "max_refused": max_refused,
            "seed": seed,
        }
        flags = _abi.UNIQUE_ID if unique_id else 0
        flags |= _abi.EXACT_ID if exact_id else 0
        flags |= _abi.KEEP_TOMBSTONES if keep_tombstones else 0
        config = make_config(numbers, flags, cluster, protocol, limits, state)
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
        self._gate = self._handle.gate
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

    def news(self, source: str, version: int) -> List[Update]:
        """Returns the updates of a source above a version that the history holds, in the order of `sort`: `History.news`.

        Args:
            source: The source: an `id`, or one of `clock`.
            version: The version below the first update.
        """
        return self._history.news(source, version)

    @property
    def history(self) -> History:
        """The history: the updates of the recent past, to read, write, trim and keep."""
        return self._history

    def gossip(self) -> bool:
        """Starts a gossip on every open link. In the extended dialect both sides receive what they lack; in the classic one this
        replica does.

        Call it when a link is new, and every so often: it requests lost messages again, and renews this replica's low-water mark, which
        lets peers purge tombstones.

        Returns:
            False if the gossip waits behind the updates of a full link. Nothing is dropped.
        """
        return self._handle.call(library.scuttle_gossip) != _abi.FULL

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

        Any thread may call it, and the link is for any thread.

        Args:
            read_only: Accept nothing from the peer: its updates raise ReadOnlyError. Its requests are served.
            classic: Speak the classic dialect only, simple-scuttle's own: never send hello.
            any: Speak the peer's dialect: begin with a hello, and change to the classic dialect if the peer speaks that. If the peer is
                silent until the second gossip, that gossip uses both. A replica with a `cluster` speaks the extended dialect only.
            history: With `classic` or `any`: deltas include the superseded updates of the history, as those of simple-scuttle do.
            live: Send new updates at once after the first reconciliation.
            datagram: Exchange datagrams: each read makes one, each write reads one; they may be lost, repeated, reordered and late. The
                peer's link must be one, too.

        Returns:
            The link. Close it when the connection ends.

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
        if self.closed:
            return f"<scuttle.Replica {self._id!r} closed>"
        keys = self._handle.try_reading(self._keys_held)
        return f"<scuttle.Replica {self._id!r}{'' if keys is None else f' keys={keys}'} links={len(self._handle.links)}>"

    def _keys_held(self, pointer: int) -> int:
        count = c_size_t()
        self._handle.check(library.scuttle_count(pointer, count))
        return count.value


def _read_text(pointer: int, function: Callable[..., int]) -> str:
    address, length = c_void_p(), c_size_t()
    function(pointer, address, length)  # has no errors for a good pointer
    return text_at(address.value, length.value)
