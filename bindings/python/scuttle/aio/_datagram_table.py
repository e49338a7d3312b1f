"""The links of an endpoint, by address: who gets one, who loses it, and whose peer is gone."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, Optional

from .._replica import Replica
from ..errors import ScuttleError
from ._datagram_link import DatagramLink
from ._exposure import shown
from ._reports import Reports
from ._senders import Address, Senders

#: Seconds without a datagram after which a link may make room for a new peer.
_ROOM_AFTER = 0.25

Told = Callable[[DatagramLink], None]


class DatagramTable:
    """A bounded number of links, each with what `Senders` knows of its address."""

    def __init__(
        self,
        replica: Replica,
        senders: Senders,
        reports: Reports,
        *,
        max_links: int,
        idle: float,
        on_up: Optional[Told],
        on_down: Optional[Told],
    ) -> None:
        """Makes an empty table.

        Args:
            max_links, idle, on_up, on_down: See `Endpoint`.
        """
        self._replica = replica
        self._senders = senders
        self._reports = reports
        self._max = max_links
        self._idle = idle
        self._on_up = on_up
        self._on_down = on_down
        self._links: Dict[Address, DatagramLink] = {}
        self._is_closed = False
        #: Whether new peers get a link.
        self.admits = True

    def __iter__(self) -> Iterator[DatagramLink]:
        return iter(list(self._links.values()))

    def __len__(self) -> int:
        return len(self._links)

    def __contains__(self, address: Address) -> bool:
        return address in self._links

    def get(self, address: Address) -> Optional[DatagramLink]:
        """Returns the link to an address, if there is one."""
        return self._links.get(address)

    def dial(self, address: Address, now: float) -> DatagramLink:
        """Returns the link to an address, made if there is none, and begins with the address.

        Raises:
            TooManyLinksError: The replica has as many links as it may.
        """
        link = self._links.get(address)
        if link is None:
            link = DatagramLink(self._replica, address, is_incoming=False, now=now)
        if not self._senders.has_session(address):
            self._senders.begin(address, now)
        if self._senders.has_session(address):
            link.open()
        self._links[address] = link
        link.dials += 1
        return link

    def hang_up(self, address: Address) -> None:
        """Undoes one call of `dial`. After the last one the link is dropped, unless the peer had begun it."""
        link = self._links.get(address)
        if link is not None:
            link.dials = max(0, link.dials - 1)
            if not link.is_outgoing and not link.is_incoming:
                self.remove(link)

    def admit(self, address: Address, now: float) -> Optional[DatagramLink]:
        """Returns a new link for a sender that has proved its address; None if there is no room."""
        if not self.admits:
            self._senders.end(address)
            return None
        if len(self._links) >= self._max:
            idle = [link for link in self._links.values() if not link.is_outgoing]
            oldest = min(idle, key=lambda link: link.last_in or 0.0, default=None)
            if oldest is None or now - (oldest.last_in or 0.0) < _ROOM_AFTER:
                self._refuse(address, f"there are {len(self._links)} links; max_links is {self._max}")
                return None
            self.remove(oldest)
        link = DatagramLink(self._replica, address, is_incoming=True, now=now)
        try:
            link.open()
        except ScuttleError as error:
            self._refuse(address, str(error))
            return None
        self._links[address] = link
        return link

    def remove(self, link: DatagramLink) -> None:
        """Drops a link."""
        del self._links[link.place]
        link.close()
        self.note(link)
        self._senders.end(link.place)

    def note(self, link: DatagramLink) -> None:
        """Tells the node whether the peer of a link is there, if that has changed."""
        if link.was_up == link.is_up:
            return
        link.was_up = not link.was_up
        told = self._on_up if link.was_up else self._on_down
        if told is not None and not self._is_closed:
            told(link)

    def tend(self, now: float) -> bool:
        """Drops idle links, probes silent peers, and begins anew with those that are gone. O(links).

        Returns:
            Whether a link has something to send.
        """
        has_probed = False
        for link in self:
            if not link.is_outgoing and now - (link.last_in or 0.0) > self._idle:
                self.remove(link)
                continue
            if link.is_silent(now) and not link.is_lost:
                link.is_lost = True
                self.note(link)
            has_session = self._senders.has_session(link.place)
            if has_session and link.wants_probe(now):
                link.probe()
                has_probed = True
            if link.is_outgoing and (link.is_lost or not has_session):
                self._senders.begin(link.place, now)  # the peer may have started anew, without this session
        return has_probed

    def close(self) -> None:
        """Closes all links."""
        self._is_closed = True
        for link in self:
            link.close()
        self._links.clear()

    def _refuse(self, address: Address, reason: str) -> None:
        self._reports.warning("a peer at %s was refused: %s", shown(address), reason)
        self._senders.end(address)
