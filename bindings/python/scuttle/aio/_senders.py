"""What an endpoint needs to know of the senders of datagrams: who has proved its address, and how its datagrams are opened."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Protocol, Tuple

Address = Tuple[Any, ...]


class Received(NamedTuple):
    """What a datagram was."""

    #: The data for the link; None: there is none, or the datagram was dropped.
    data: Optional[bytes] = None
    #: The sender has proved its address, and may have a link from now on.
    has_begun: bool = False
    #: A datagram for the sender.
    reply: Optional[bytes] = None

    @property
    def is_dropped(self) -> bool:
        """Whether the datagram was nothing that counts."""
        return self.data is None and not self.has_begun and self.reply is None


NOTHING = Received()


class Senders(Protocol):
    """Sealed datagrams (`Associations`) or plain ones (`PlainSenders`)."""

    #: Bytes that `seal` adds.
    overhead: int

    def receive(self, datagram: bytes, address: Address, now: float) -> Received:
        """Reads a datagram of anybody's."""

    def begin(self, address: Address, now: float) -> None:
        """Begins with an address that the node dials."""

    def end(self, address: Address) -> None:
        """Drops what is known of an address."""

    def has_session(self, address: Address) -> bool:
        """Returns whether data can be sent to an address."""

    def seal(self, address: Address, data: bytes) -> Optional[bytes]:
        """Returns the datagram for data; None if there cannot be one now."""

    def next_init(self, address: Address, now: float) -> Optional[bytes]:
        """Returns the message that begins with an address, if one is to be sent now."""

    def due(self, now: float) -> List[Tuple[bytes, Address]]:
        """Returns the messages that are to be sent now."""
