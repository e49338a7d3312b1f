"""All connections of a node: who is let in, which of two stays, and who sends in a turn."""

from __future__ import annotations

import logging
import random
from collections import Counter, OrderedDict
from typing import Any, Callable, Dict, List, Optional, Set

from .._replica import Replica
from ..errors import IdentityError, ScuttleError
from ._connection import Connection, is_quiet
from ._owner import Owner
from ._reports import Reports
from ._security import Security
from ._turns import Turns

logger = logging.getLogger("scuttle.aio")

#: Addresses whose fault was logged as a warning; a later one is a matter for DEBUG.
_MAX_LOGGED = 1024


class Connections(Owner):
    """The open connections, and the rules for new ones."""

    def __init__(
        self,
        replica: Replica,
        security: Security,
        turns: Turns,
        *,
        max_connections: int,
        max_connections_per_host: int,
        hello_seconds: float,
    ) -> None:
        self.replica = replica
        self.security = security
        self.hello_seconds = hello_seconds
        self._turns = turns
        self._max = max_connections
        self._max_per_host = max_connections_per_host
        self._open: Set[Connection] = set()
        self._hosts: Counter[str] = Counter()
        self._logged: OrderedDict[str, None] = OrderedDict()
        self._reports = Reports(logger)
        self._is_closed = False
        #: Called with a connection once the peer has said its hello, and with one that is over.
        self.on_up: Callable[[Connection], None] = lambda connection: None
        self.on_down: Callable[[Connection], None] = lambda connection: None
        turns.add(self._spread)

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Any:
        return iter(list(self._open))

    def up(self) -> List[Connection]:
        """Returns the connections whose peer has said its hello."""
        return [connection for connection in self._open if connection.is_up]

    def incoming(self) -> Connection:
        """Makes a connection that a peer has dialled."""
        return Connection(self, is_outgoing=False)

    def outgoing(self, address: str) -> Connection:
        """Makes a connection that this node has dialled."""
        return Connection(self, is_outgoing=True, address=address)

    def find(self, source: str) -> Optional[Connection]:
        """Returns a connection to a source, if there is one."""
        return next((one for one in self._open if one.source == source and one.is_up), None) if source else None

    # --- calls of connections ---

    def admits(self, connection: Connection) -> Optional[str]:
        """Counts a new connection, or returns why it is not let in."""
        if self._is_closed:
            return "the node is closing"
        if not connection.is_outgoing:
            if len(self._open) >= self._max:
                return f"there are {len(self._open)} connections; max_connections is {self._max}"
            if connection.host and self._hosts[connection.host] >= self._max_per_host:
                return f"{connection.host} has {self._hosts[connection.host]} connections; max_connections_per_host is {self._max_per_host}"
            self._hosts[connection.host] += 1
        self._open.add(connection)
        return None

    def greeted(self, connection: Connection) -> None:
        """Ends the lesser one of two connections between the same two incarnations.

        Both sides know the rule: the one that the lesser source has dialled stays. Of two that one side has dialled, that side closes
        the later one, and the other side does nothing.
        """
        for other in self.up():
            if other is connection or other.source != connection.source:
                continue
            if other.is_outgoing != connection.is_outgoing:
                is_mine_kept = self.replica.id < connection.source
                loser = other if connection.is_outgoing == is_mine_kept else connection
            elif connection.is_outgoing:
                loser = connection
            else:
                continue
            logger.debug("%s: closes a second connection to %s, %s", self.replica.name, loser.source, loser.address)
            loser.send()  # its hello, so that the other side knows whom it has reached, and does not dial again
            loser.close()
        if connection.is_up:
            logger.info("%s: connected to %s at %s", self.replica.name, connection.name, connection.address)
            self.on_up(connection)

    def received(self, connection: Connection) -> None:
        """Spreads what has arrived."""
        self._turns.mark()

    def writable(self, connection: Connection) -> None:
        """Sends what has piled up."""
        self._turns.mark()

    def rejected(self, connection: Connection, error: Exception) -> None:
        """Logs a rejected line, once for each peer and kind of error."""
        self._warn(connection, error, "a line was rejected")

    def ended(self, connection: Connection) -> None:
        """Removes a connection."""
        if connection in self._open:
            self._open.discard(connection)
            if not connection.is_outgoing:
                self._hosts[connection.host] -= 1
                if not self._hosts[connection.host]:
                    del self._hosts[connection.host]
            if connection.source:
                logger.info(
                    "%s: connection to %s at %s ended%s",
                    self.replica.name,
                    connection.name,
                    connection.address,
                    _because(connection.error),
                )
        if connection.error is not None and not isinstance(connection.error, IdentityError) and not self._is_closed:
            if is_quiet(connection.error):
                logger.debug("%s: %s: %s", self.replica.name, connection.address, connection.error)
            else:
                self._warn(connection, connection.error, "connection closed")
        self.on_down(connection)
        self._turns.mark()

    def reached_itself(self, connection: Connection) -> None:
        """Ends the dialling end of a connection of this node to itself, so that its dialler learns why."""
        for other in list(self._open):
            here = (
                other.transport.get_extra_info("sockname")
                if other.is_outgoing and other.transport is not None
                else None
            )
            if isinstance(here, tuple) and here[0] == connection.host and here[:2] == connection.peer:
                other.abort(IdentityError("the address leads to this node itself"))

    def _warn(self, connection: Connection, error: Exception, what: str) -> None:
        """Logs a peer's fault, as a warning the first time. A peer may have another name each time, so warnings are limited, too."""
        place = connection.name or connection.host or connection.address
        kind = f"{place} {type(error).__name__}"
        log = logger.debug if kind in self._logged else self._reports.warning
        self._logged[kind] = None
        self._logged.move_to_end(kind)
        if len(self._logged) > _MAX_LOGGED:
            self._logged.popitem(last=False)
        who = f"{connection.name} at {connection.address}" if connection.name else connection.address
        log("%s: %s: %s: %s", self.replica.name, who, what, error)

    # --- calls of the node ---

    def _spread(self) -> bool:
        """Lets each connection send: a step of `Turns`."""
        is_again = False
        for connection in list(self._open):
            try:
                is_again |= connection.send()
            except ScuttleError as error:  # the system gives no memory
                connection.close(error)
        return is_again

    def gossip(self, most: Optional[int] = None) -> None:
        """Gossips on some connections that were chosen at random, or on all."""
        chosen = self.up()
        if most is not None and len(chosen) > most:
            chosen = random.sample(chosen, most)
        for connection in chosen:
            connection.gossip()
        if chosen:
            self._turns.mark()

    def close(self) -> None:
        """Lets no connection in any more, and closes those that are open. What their transports hold may still leave."""
        self._is_closed = True
        for connection in list(self._open):
            connection.close()

    def abort(self) -> None:
        """Ends all connections at once."""
        self._is_closed = True
        for connection in list(self._open):
            connection.abort()

    def lag(self) -> Dict[str, int]:
        """Returns the lag of each connected peer, by its source."""
        return {connection.source: connection.link.lag for connection in self.up() if connection.link is not None}


def _because(error: Optional[Exception]) -> str:
    return f": {error}" if error is not None else ""
