"""Links over datagrams: one socket for all peers, paced, and closed to senders that have proved nothing."""

from __future__ import annotations

import asyncio
import errno
import logging
import random
import socket
from typing import Any, Callable, Dict, Iterator, Optional

from .._replica import Replica
from ..errors import ScuttleError
from ._associations import Associations
from ._challenge import Challenger
from ._datagram_link import Address, DatagramLink
from ._exposure import advice, check, is_allowed, shown
from ._pacing import PacedSender
from ._psk import PSK, read_psk
from ._reports import Reports
from ._sealing import OVERHEAD

_logger = logging.getLogger("scuttle.aio")

#: Datagrams that are read in one turn of the event loop.
_READS = 64
_MAX_DATAGRAM = 65536
#: Seconds between two looks at silent, idle and new peers.
_UPKEEP = 0.25
#: Bytes of a datagram, at least: an echo and the largest message without content fit.
MIN_MTU = 600
#: Of one packet of Ethernet, less the headers of IPv6, UDP and a tunnel.
DEFAULT_MTU = 1200


class Endpoint:
    """One socket and the links of all peers that it exchanges datagrams with, on the thread of its loop.

    With a pre-shared key datagrams are sealed, and only a peer that has the key gets a link. Without one, an unknown sender gets a link
    after it has echoed a token. So a false address costs neither memory nor traffic here.
    """

    def __init__(
        self,
        replica: Replica,
        sock: socket.socket,
        *,
        psk: Optional[PSK] = None,
        cluster: str = "",
        insecure: bool = False,
        mtu: int = DEFAULT_MTU,
        max_links: int = 1024,
        idle: float = 60.0,
        rate: float = 12_500_000.0,
        on_change: Optional[Callable[[], None]] = None,
        on_up: Optional[Callable[[DatagramLink], None]] = None,
        on_down: Optional[Callable[[DatagramLink], None]] = None,
        reports: Optional[Reports] = None,
    ) -> None:
        """Begins to receive.

        Args:
            sock: A bound socket for datagrams. The endpoint owns it, unless this raises.
            psk: The pre-shared key, or its file: see `read_psk`. None: plain datagrams.
            cluster: The replica's cluster.
            insecure: Exchange plain datagrams with addresses that are not loopback addresses, too.
            mtu: Bytes of a datagram at most, as UDP carries it.
            max_links: Links at most. The one that has been idle for longest makes room for a new one, unless it was dialled.
            idle: Seconds without a datagram after which a link is dropped that was not dialled.
            rate: Bytes a second that the socket sends, at most.
            on_change: Called after datagrams have reached links.
            on_up: Called with a link once its peer has said its hello, and again after it was lost.
            on_down: Called with such a link once its peer is lost, or the link is dropped.

        Raises:
            InsecureError: The socket is bound to another address than a loopback address, without `psk` and `insecure`.
            ArgumentError: The key is too short, or its file cannot be read.
            HostError: The package cryptography is missing.
            ValueError: A number is out of range.
        """
        if not MIN_MTU <= mtu <= 65507:
            raise ValueError(f"mtu={mtu} is not in {MIN_MTU} ... 65507")
        if max_links < 1 or not idle > 0 or not rate > 0:
            raise ValueError(f"max_links={max_links}, idle={idle} and rate={rate} have to be above 0")
        check(sock.getsockname(), "listen on", is_encrypted=psk is not None, insecure=insecure, is_datagram=True)
        self._sealing = Associations(read_psk(psk), cluster) if psk is not None else None
        self._challenger = Challenger()
        self._replica = replica
        self._insecure = insecure
        self._capacity = mtu - (OVERHEAD if psk is not None else 0)
        self._max_links = max_links
        self._idle = idle
        self._on_change = on_change
        self._on_up = on_up
        self._on_down = on_down
        self._reports = reports or Reports(_logger)
        self._links: Dict[Address, DatagramLink] = {}
        self._loop = asyncio.get_running_loop()
        self._sock = sock
        sock.setblocking(False)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            sock.setsockopt(socket.SOL_SOCKET, option, 1 << 20)  # the system may give less
        self._buffer = bytearray(_MAX_DATAGRAM)
        self._sender = PacedSender(sock, rate, mtu, self._next_datagram, self._has_failed)
        self._is_closed = False
        #: Datagrams that were read and dropped: of unknown senders, not authentic, or repeated.
        self.dropped = 0
        self._loop.add_reader(sock.fileno(), self._receive_some)
        self._upkeep = self._loop.call_later(0, self._look_after)

    # --- for the node ---

    @property
    def address(self) -> Any:
        """The address that the socket is bound to."""
        return self._sock.getsockname()

    @property
    def is_sealed(self) -> bool:
        """Whether datagrams are sealed with a pre-shared key."""
        return self._sealing is not None

    def __iter__(self) -> Iterator[DatagramLink]:
        """Yields the links."""
        return iter(list(self._links.values()))

    def __len__(self) -> int:
        return len(self._links)

    def dial(self, address: Address) -> DatagramLink:
        """Speaks to an address from now on. A second call for an address returns the same link.

        Args:
            address: A resolved address of the socket's family, as `getaddrinfo` returns it.

        Raises:
            InsecureError: The address needs a pre-shared key.
            TooManyLinksError: The replica has as many links as it may.
        """
        check(address, "connect to", is_encrypted=self.is_sealed, insecure=self._insecure, is_datagram=True)
        link = self._links.get(address)
        if link is None:
            link = DatagramLink(self._replica, address, is_outgoing=True, now=self._loop.time())
            if self._sealing is None:
                link.open()
            self._links[address] = link
        link.is_outgoing = True
        if self._sealing is not None and not self._sealing.has_session(address):
            now = self._loop.time()
            self._sealing.begin(address, now)
            message = self._sealing.next_init(address, now)
            if message is not None:
                self._sender.send_now(message, address)
        self.wake()
        return link

    def hang_up(self, address: Address) -> None:
        """Speaks to an address no more, unless the peer begins anew."""
        link = self._links.pop(address, None)
        if link is not None:
            link.close()
            self._note(link)
        if self._sealing is not None:
            self._sealing.end(address)

    def gossip(self, most: Optional[int] = None) -> None:
        """Gossips on some links that were chosen at random, or on all."""
        chosen = [link for link in self._links.values() if self._can_send(link)]
        if most is not None and len(chosen) > most:
            chosen = random.sample(chosen, most)
        for link in chosen:
            link.gossip()
        self.wake()

    def wake(self) -> None:
        """Sends what the links have, from the next turn of the loop on: call it after each change of the replica."""
        self._sender.mark(self._links.values())

    def close(self) -> None:
        """Closes the socket and all links. A second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._upkeep.cancel()
        self._sender.close()
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        for link in self._links.values():
            link.close()
        self._links.clear()

    # --- receiving ---

    def _receive_some(self) -> None:
        now = self._loop.time()
        has_data = False
        for _ in range(_READS):
            try:
                count, address = self._sock.recvfrom_into(self._buffer)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:  # of an earlier datagram, which its receiver's machine has sent back
                continue
            has_data |= self._receive(bytes(memoryview(self._buffer)[:count]), address, now)
        if has_data and not self._is_closed:
            self.wake()
            if self._on_change is not None:
                self._on_change()

    def _receive(self, datagram: bytes, address: Address, now: float) -> bool:
        """Reads one datagram. Returns whether a link has read data."""
        if not is_allowed(address, is_encrypted=self.is_sealed, insecure=self._insecure):
            self.dropped += 1
            self._reports.warning(
                "a datagram from %s was refused, because this node has no psk: %s", shown(address), advice(True)
            )
            return False
        link = self._links.get(address)
        has_begun = False
        data: Optional[bytes] = datagram
        if self._sealing is not None:
            received = self._sealing.receive(datagram, address, now)
            if received.reply is not None:
                self._sender.send_now(received.reply, address)
            data, has_begun = received.data, received.has_begun
            if received == (None, False, None):
                self._drop(address, "it is not sealed with this node's psk and cluster, or late or repeated")
                return False
        elif link is None:
            has_begun, reply = self._challenger.receive(datagram, address)
            if reply is not None:
                self._sender.send_now(reply, address)
            if not has_begun:
                self.dropped += reply is None
                return False
        if link is None and has_begun:
            link = self._admit(address, now)
        if link is None:
            return False
        if has_begun:
            self._open(link)
        is_good = not data or link.write(data)
        if is_good or self.is_sealed:
            link.note_in(len(datagram), now)
        if not is_good:
            self._reports.warning("a datagram from %s was rejected: %s", link.address, link.error)
        self._note(link)
        return bool(data) or has_begun

    def _admit(self, address: Address, now: float) -> Optional[DatagramLink]:
        """Returns a new link for a sender that has proved its address; None if there is no room."""
        if len(self._links) >= self._max_links:
            idle = [link for link in self._links.values() if not link.is_outgoing]
            oldest = min(idle, key=lambda link: link.last_in or 0.0, default=None)
            if oldest is None or now - (oldest.last_in or 0.0) < _UPKEEP:
                self._refuse(address, f"there are {len(self._links)} links; max_links is {self._max_links}")
                return None
            self.hang_up(oldest.place)
        link = DatagramLink(self._replica, address, is_outgoing=False, now=now)
        if not self._open(link):
            self._refuse(address, str(link.error))
            return None
        self._links[address] = link
        return link

    def _note(self, link: DatagramLink) -> None:
        """Tells the node whether the peer of a link is there, if that has changed."""
        if link.was_up == link.is_up:
            return
        link.was_up = not link.was_up
        told = self._on_up if link.was_up else self._on_down
        if told is not None and not self._is_closed:
            told(link)

    def _open(self, link: DatagramLink) -> bool:
        try:
            link.open()
        except ScuttleError as error:
            link.error = error
            return False
        return True

    def _refuse(self, address: Address, reason: str) -> None:
        self._reports.warning("a peer at %s was refused: %s", shown(address), reason)
        if self._sealing is not None:
            self._sealing.end(address)

    def _drop(self, address: Address, reason: str) -> None:
        self.dropped += 1
        if address not in self._links:  # a network repeats datagrams of peers, too
            self._reports.warning("a datagram from %s was dropped: %s", shown(address), reason)

    # --- sending ---

    def _can_send(self, link: DatagramLink) -> bool:
        return self._sealing is None or self._sealing.has_session(link.place)

    def _next_datagram(self, link: DatagramLink) -> Optional[bytes]:
        """Returns the next datagram of a link; None if there is none now."""
        if self._links.get(link.place) is not link or not self._can_send(link):
            return None
        data = link.read(self._capacity)
        if not data:
            return None
        datagram = self._sealing.seal(link.place, data) if self._sealing is not None else data
        if datagram is not None:  # otherwise the session is used up, and another one begins
            link.note_out(len(datagram), self._loop.time())
        return datagram

    def _has_failed(self, address: Address, size: int, error: OSError) -> None:
        link = self._links.get(address)
        if link is not None:
            link.error = error
        if error.errno == errno.EMSGSIZE:
            self._reports.warning(
                "a datagram of %d bytes is too large for the way to %s: lower mtu", size, shown(address)
            )

    # --- upkeep ---

    def _look_after(self) -> None:
        """Begins sessions, probes silent peers, and drops idle ones."""
        now = self._loop.time()
        for link in list(self._links.values()):
            if not link.is_outgoing and now - (link.last_in or 0.0) > self._idle:
                self.hang_up(link.place)
                continue
            if link.is_silent(now):
                link.is_lost = True
                self._note(link)
            if self._can_send(link):
                if link.wants_probe(now):
                    link.gossip()
                    self.wake()
                if self._sealing is not None and link.is_outgoing and link.is_lost:
                    self._sealing.begin(link.place, now)  # the peer may have started anew, without this session
            elif self._sealing is not None and link.is_outgoing:
                self._sealing.begin(link.place, now)
        self._hand_shake()
        self._upkeep = self._loop.call_later(_UPKEEP, self._look_after)

    def _hand_shake(self) -> None:
        if self._sealing is not None:
            for datagram, address in self._sealing.due(self._loop.time()):
                self._sender.send_now(datagram, address)


def bind(address: Address, family: int = socket.AF_INET) -> socket.socket:
    """Returns a bound socket for datagrams.

    Raises:
        OSError: The address is in use or not this machine's.
    """
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        sock.setblocking(False)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock
