"""Links over datagrams: one socket for all peers, paced, and closed to senders that have proved nothing."""

from __future__ import annotations

import asyncio
import errno
import logging
import random
import socket
from typing import Any, Callable, Iterator, Optional

from .._replica import Replica
from ._associations import Associations
from ._challenge import PlainSenders
from ._datagram_link import DatagramLink
from ._datagram_table import DatagramTable
from ._exposure import advice, check, is_allowed, shown
from ._pacing import PacedSender
from ._psk import PSK, read_psk
from ._reports import Reports
from ._senders import Address, Senders

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
        self._is_sealed = psk is not None
        self._senders: Senders = Associations(read_psk(psk), cluster) if psk is not None else PlainSenders()
        self._insecure = insecure
        self._capacity = mtu - self._senders.overhead
        self._on_change = on_change
        self._reports = reports or Reports(_logger)
        self._links = DatagramTable(
            replica, self._senders, self._reports, max_links=max_links, idle=idle, on_up=on_up, on_down=on_down
        )
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

    def __iter__(self) -> Iterator[DatagramLink]:
        """Yields the links."""
        return iter(self._links)

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
        check(address, "connect to", is_encrypted=self._is_sealed, insecure=self._insecure, is_datagram=True)
        now = self._loop.time()
        link = self._links.dial(address, now)
        message = self._senders.next_init(address, now)
        if message is not None:
            self._sender.send_now(message, address)
        self.wake()
        return link

    def hang_up(self, address: Address) -> None:
        """Undoes one call of `dial`. After the last one the link is dropped, unless the peer had begun it."""
        self._links.hang_up(address)

    def admit_no_more(self) -> None:
        """Opens no links for new peers any more."""
        self._links.admits = False

    def gossip(self, most: Optional[int] = None) -> None:
        """Gossips on some links that were chosen at random, or on all."""
        chosen = [link for link in self._links if self._senders.has_session(link.place)]
        if most is not None and len(chosen) > most:
            chosen = random.sample(chosen, most)
        for link in chosen:
            link.gossip()
        self.wake()

    def wake(self) -> None:
        """Sends what the links have, from the next turn of the loop on: call it after each change of the replica."""
        self._sender.mark(self._links)

    def close(self) -> None:
        """Closes the socket and all links. A second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        self._upkeep.cancel()
        self._sender.close()
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        self._links.close()

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
        if not is_allowed(address, is_encrypted=self._is_sealed, insecure=self._insecure):
            self.dropped += 1
            self._reports.warning(
                "a datagram from %s was refused, because this node has no psk: %s", shown(address), advice(True)
            )
            return False
        data, has_begun, reply = received = self._senders.receive(datagram, address, now)
        if reply is not None:
            self._sender.send_now(reply, address)
        if received.is_dropped:
            self._drop(address)
        link = self._links.get(address)
        if link is None and has_begun:
            link = self._links.admit(address, now)
        if link is None or (data is None and not has_begun):
            return False
        if has_begun:
            link.gossip()
        is_good = not data or link.write(data)
        if is_good or self._is_sealed:
            link.note_in(len(datagram), now)
        if not is_good:
            self._reports.warning("a datagram from %s was rejected: %s", link.address, link.error)
        self._links.note(link)
        return bool(data) or has_begun

    def _drop(self, address: Address) -> None:
        self.dropped += 1
        if self._is_sealed and address not in self._links:  # a network repeats datagrams of peers, too
            self._reports.warning(
                "a datagram from %s was dropped: it is not sealed with this node's psk and cluster, or late or repeated",
                shown(address),
            )

    # --- sending ---

    def _next_datagram(self, link: DatagramLink) -> Optional[bytes]:
        """Returns the next datagram of a link; None if there is none now."""
        if self._links.get(link.place) is not link or not self._senders.has_session(link.place):
            return None
        data = link.read(self._capacity)
        if not data:
            return None
        datagram = self._senders.seal(link.place, data)
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
        if self._links.tend(now):
            self.wake()
        for datagram, address in self._senders.due(now):
            self._sender.send_now(datagram, address)
        self._upkeep = self._loop.call_later(_UPKEEP, self._look_after)


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
