"""The sessions of sealed datagrams with all peers, by address: who begins one, who joins one, and when a new one is due.

It does no I/O and reads no time: the endpoint passes both. A sender without the pre-shared key causes no state and no datagram.
A recorded message causes at most a datagram that is no longer than itself.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from . import _handshake as handshake
from ._handshake import Accept, Init, Retry
from ._psk import handshake_key, session_keys
from ._sealing import DATA, Session

Address = Tuple[Any, ...]

#: Seconds between the first two sendings of an Init; the pause doubles up to the second number.
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
#: Seconds for which a cookie is valid, at least.
COOKIE_PERIOD = 30.0
#: Seconds for which an offered session waits for its first datagram, and an old one for its last.
LINGER = 15.0
#: Seconds after which the initiator begins a new session; the responder does so a little later.
REKEY_AFTER = 3600.0
#: Offered sessions, of addresses that have returned a cookie; one more drops the oldest.
MAX_OFFERS = 256


class _Initiation(NamedTuple):
    session: bytes
    cookie: bytes
    due: float
    pause: float


class _Offer(NamedTuple):
    init_session: bytes
    accept: bytes
    session: Session
    expires: float


class Association:
    """What is known of one address."""

    __slots__ = ("current", "previous", "previous_until", "initiation", "is_initiator")

    def __init__(self) -> None:
        self.current: Optional[Session] = None
        self.previous: Optional[Session] = None
        self.previous_until = 0.0
        self.initiation: Optional[_Initiation] = None
        self.is_initiator = False

    def begin(self, session: Session, is_initiator: bool, now: float) -> None:
        """Makes a session the current one. The one before still opens datagrams for a while, which were on their way."""
        self.previous, self.previous_until = self.current, now + LINGER
        self.current = session
        self.initiation = None
        self.is_initiator = is_initiator


class Received(NamedTuple):
    """What a datagram was."""

    #: The opened data; None: the datagram had none, or was not authentic.
    data: Optional[bytes] = None
    #: A session with the sender has begun.
    has_begun: bool = False
    #: A datagram for the sender.
    reply: Optional[bytes] = None


_NOTHING = Received()


class Associations:
    """All sessions of one endpoint."""

    def __init__(self, psk: bytes, cluster: str = "", random: Callable[[int], bytes] = os.urandom) -> None:
        """Makes it.

        Args:
            psk: The pre-shared key: see `read_psk`.
            random: Returns so many random bytes.

        Raises:
            HostError: The package cryptography is not installed.
        """
        self._psk = psk
        self._cluster = cluster.encode()
        self._key = handshake_key(psk)
        self._random = random
        self._secret = random(32)
        self._endpoint = random(handshake.ENDPOINT_BYTES)
        self._by_address: Dict[Address, Association] = {}
        self._offers: Dict[Address, _Offer] = {}  # the oldest first

    def __len__(self) -> int:
        return len(self._by_address)

    @property
    def offers(self) -> int:
        """The sessions that wait for the first datagram of their initiator."""
        return len(self._offers)

    def begin(self, address: Address, now: float) -> None:
        """Begins a session with an address, beside one that there is: `due` has its datagrams. Nothing if one begins already."""
        association = self._by_address.setdefault(address, Association())
        if association.initiation is None:
            session = self._random(handshake.SESSION_BYTES)
            association.initiation = _Initiation(session, handshake.NO_COOKIE, now, FIRST_PAUSE)

    def end(self, address: Address) -> None:
        """Drops the sessions with an address."""
        self._by_address.pop(address, None)
        self._offers.pop(address, None)

    def has_session(self, address: Address) -> bool:
        """Returns whether there is a session with the address."""
        association = self._by_address.get(address)
        return association is not None and association.current is not None

    def seal(self, address: Address, data: bytes) -> Optional[bytes]:
        """Returns the sealed datagram; None if there is no session with the address, or the session is used up."""
        association = self._by_address.get(address)
        if association is None or association.current is None:
            return None
        return association.current.seal(data)

    def due(self, now: float) -> List[Tuple[bytes, Address]]:
        """Returns the messages that are to be sent now, and begins sessions in place of old ones. O(associations)."""
        for expired in [address for address, offer in self._offers.items() if offer.expires <= now]:
            del self._offers[expired]
        messages = []
        for address, association in self._by_address.items():
            session = association.current
            if session is not None:
                limit = REKEY_AFTER if association.is_initiator else REKEY_AFTER * 1.25
                if session.is_worn or now - session.started > limit:
                    self.begin(address, now)
            if association.previous is not None and association.previous_until <= now:
                association.previous = None
            message = self.next_init(address, now)
            if message is not None:
                messages.append((message, address))
        return messages

    def next_init(self, address: Address, now: float) -> Optional[bytes]:
        """Returns the message that begins a session with an address, if it is to be sent now."""
        association = self._by_address.get(address)
        initiation = association.initiation if association is not None else None
        if association is None or initiation is None or initiation.due > now:
            return None
        # A cookie may have expired, or its maker restarted: every other time the message goes out without it.
        association.initiation = initiation._replace(
            cookie=handshake.NO_COOKIE,
            due=now + initiation.pause * self._jitter(),
            pause=min(initiation.pause * 2, LONGEST_PAUSE),
        )
        return self._init(initiation)

    def receive(self, datagram: bytes, address: Address, now: float) -> Received:
        """Reads a datagram of anybody's. One that is not authentic changes nothing, and has no reply. O(bytes)."""
        if datagram[:1] == bytes([DATA]):
            return self._open(datagram, address, now)
        message = handshake.read_message(datagram, self._key, self._cluster)
        if isinstance(message, Init):
            return self._on_init(message, address, now)
        association = self._by_address.get(address)
        initiation = association.initiation if association is not None else None
        if message is None or association is None or initiation is None or message.session != initiation.session:
            return _NOTHING
        if isinstance(message, Retry):
            if message.cookie == initiation.cookie:
                return _NOTHING
            association.initiation = initiation._replace(cookie=message.cookie)
            return Received(reply=self._init(association.initiation))
        if message.endpoint == self._endpoint:
            return _NOTHING  # this endpoint's own message, sent back
        keys = session_keys(self._psk, initiation.session, message.own_session)
        session = Session(keys, is_initiator=True, cluster=self._cluster, now=now)
        association.begin(session, True, now)
        # The responder sends nothing before it has received something that this session has sealed.
        return Received(has_begun=True, reply=session.seal(b""))

    def _open(self, datagram: bytes, address: Address, now: float) -> Received:
        association = self._by_address.get(address)
        if association is not None:
            for session in (association.current, association.previous):
                data = session.open(datagram) if session is not None else None
                if data is not None:
                    return Received(data)
        offer = self._offers.get(address)
        data = offer.session.open(datagram) if offer is not None else None
        if offer is None or data is None:
            return _NOTHING
        del self._offers[address]
        self._by_address.setdefault(address, Association()).begin(offer.session, False, now)
        return Received(data, has_begun=True)

    def _on_init(self, message: Init, address: Address, now: float) -> Received:
        if message.endpoint == self._endpoint:
            return _NOTHING
        period = int(now / COOKIE_PERIOD)
        if message.cookie not in (self._cookie(period, address, message), self._cookie(period - 1, address, message)):
            retry = Retry(message.session, self._cookie(period, address, message))
            return Received(reply=handshake.write_message(retry, self._key, self._cluster))
        association = self._by_address.get(address)
        if association is not None and association.initiation is not None and self._endpoint > message.endpoint:
            return _NOTHING  # both begin at once: the session of the greater endpoint stands
        offer = self._offers.get(address)
        if offer is None or offer.init_session != message.session:
            own_session = self._random(handshake.SESSION_BYTES)
            keys = session_keys(self._psk, message.session, own_session)
            accept = Accept(message.session, own_session, self._endpoint)
            offer = _Offer(
                message.session,
                handshake.write_message(accept, self._key, self._cluster),
                Session(keys, is_initiator=False, cluster=self._cluster, now=now),
                now + LINGER,
            )
            self._offers.pop(address, None)
            while len(self._offers) >= MAX_OFFERS:
                del self._offers[next(iter(self._offers))]
            self._offers[address] = offer
        return Received(reply=offer.accept)

    def _init(self, initiation: _Initiation) -> bytes:
        message = Init(initiation.session, self._endpoint, initiation.cookie)
        return handshake.write_message(message, self._key, self._cluster)

    def _cookie(self, period: int, address: Address, message: Init) -> bytes:
        return handshake.cookie(self._secret, max(period, 0), repr(address[:2]).encode()[:255], message.session)

    def _jitter(self) -> float:
        return 0.75 + self._random(1)[0] / 512
