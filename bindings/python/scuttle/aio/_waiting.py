"""The calls of a node that wait: for the store, for peers, for changes."""

from __future__ import annotations

import asyncio
from typing import Any, Optional

from ..errors import ArgumentError, StateError
from ._conditions import Conditions
from ._telling import NodeTelling
from ._watching import Watch, Watchers


class NodeWaiting(NodeTelling):
    """The calls that wait."""

    _conditions: Conditions
    _watchers: Watchers

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

    def _hurry(self) -> None:
        """Has all peers say what they have, in the next turn."""
        raise NotImplementedError


async def _within(call: Any, timeout: Optional[float]) -> None:
    if timeout is None:
        await call
    else:
        await asyncio.wait_for(call, timeout)
