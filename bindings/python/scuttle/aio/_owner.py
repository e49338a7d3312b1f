"""What a connection needs of its node."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

from .._replica import Replica
from ._security import Security

if TYPE_CHECKING:
    from ._connection import Connection


class Owner:
    """A node, as a connection sees it: `Connections` is one."""

    replica: Replica
    security: Security
    hello_seconds: float

    def admits(self, connection: Connection) -> Optional[str]:
        """Returns why a new connection is not let in; None: it is."""
        raise NotImplementedError

    def greeted(self, connection: Connection) -> None:
        """The peer has said its hello."""
        raise NotImplementedError

    def reached_itself(self, connection: Connection) -> None:
        """The peer is this node."""

    def received(self, connection: Connection) -> None:
        """The link has read bytes of the peer."""
        raise NotImplementedError

    def writable(self, connection: Connection) -> None:
        """The transport accepts bytes again."""
        raise NotImplementedError

    def rejected(self, connection: Connection, error: Exception) -> None:
        """The peer has sent a line that was rejected."""
        raise NotImplementedError

    def ended(self, connection: Connection) -> None:
        """The connection is over."""
        raise NotImplementedError
