"""The members of a cluster: keys that the nodes renew, and that end with them."""

from __future__ import annotations

import logging
from typing import Any, Dict, List, NamedTuple, Optional

from .._changes import Cursor
from .._replica import Replica
from ..errors import ArgumentError, ScuttleError, UnsupportedError
from ..policies import name_of
from ._addresses import Address, parse_address
from ._entries import OWN_PREFIX

logger = logging.getLogger("scuttle.aio")

PREFIX = OWN_PREFIX + "member/"

#: Members that a node keeps an eye on. Beyond it, further ones are members, and are not dialled by this node.
MAX_MEMBERS = 4096
#: Changes that one look reads at most; the rest follows with the next ones.
_MAX_CHANGES = 512


class Member(NamedTuple):
    """A node of the cluster, from the key that it renews. The key is a claim of whoever wrote it."""

    #: The name.
    name: str
    #: The address at which it can be dialled, as text; None if it listens nowhere.
    address: Optional[str]
    #: The source that wrote the key: the name and the incarnation.
    source: str


class Members:
    """The member keys, read by a cursor, so that a look costs what has changed."""

    def __init__(self, replica: Replica, ttl: float) -> None:
        self._replica = replica
        self._ttl = ttl
        self._cursor: Optional[Cursor] = None
        self._found: Dict[str, Member] = {}
        self._address: Optional[str] = None
        self._is_said = False
        #: Why the own key could not be written the last time; "" if it was.
        self._fault = ""
        #: Whether the own key is not to be written any more: the node leaves, or its resolver allows no time to live.
        self._is_over = False

    @property
    def cursor(self) -> Optional[Cursor]:
        """The position behind the latest look."""
        return self._cursor

    @property
    def found(self) -> Dict[str, Member]:
        """The members as of the latest look, this node included; not to be changed."""
        return self._found

    @property
    def own_address(self) -> Optional[str]:
        """The address in this node's own key."""
        return self._address

    def say(self, address: Optional[str]) -> None:
        """Writes this node's own key, if it says something else. Its time to live is renewed by ticks."""
        if not self._is_said or address != self._address:
            self._address = address
            self._write()

    def keep(self) -> None:
        """Writes this node's own key again if a peer has deleted or replaced it, or a limit has refused it. Called with each tick.

        A key that another process of the same name has written stays: otherwise the two would write in turn.
        """
        found = self._replica.lookup(self._key)
        if not self._is_said or found.source is None or name_of(found.source) != self._replica.name:
            self._write()

    def _write(self) -> None:
        if self._is_over:
            return
        try:
            self._replica.set_ttl(self._key, {"address": self._address}, self._ttl, renew=True)
        except UnsupportedError:
            self._is_over = True
            logger.info("%s: its resolver allows no time to live, so it is on no list of members", self._replica.name)
        except ScuttleError as error:  # a limit; the map itself goes on
            self._is_said = False
            if str(error) != self._fault:
                self._fault = str(error)
                logger.warning("%s: it is on no list of members, and tries again with each tick: %s", self._replica.name, error)
        else:
            self._is_said, self._fault = True, ""

    @property
    def _key(self) -> str:
        return PREFIX + self._replica.name

    def leave(self) -> None:
        """Deletes this node's own key, for good."""
        self._is_over = True
        try:
            if self._key in self._replica:
                self._replica.delete(self._key)
        except ScuttleError as error:
            logger.debug("%s: its member key stays: %s", self._replica.name, error)

    def catch_up(self) -> None:
        """Looks until nothing is left, so that `cursor` is the present."""
        while self.look():
            pass

    def look(self) -> bool:
        """Reads what has changed; returns whether more is left."""
        changes = self._replica.changes(self._cursor, PREFIX, limit=_MAX_CHANGES)
        self._cursor = changes.cursor
        if changes.gap:
            self._found.clear()
        for update in changes:
            name = update.key[len(PREFIX) :]
            member = None if update.deleted else _member(name, update.value, update.source)
            if member is None:
                self._found.pop(name, None)
            elif name in self._found or len(self._found) < MAX_MEMBERS:
                self._found[name] = member
        return len(changes) == _MAX_CHANGES

    def dialable(self) -> List[Member]:
        """Returns the other members that have an address."""
        return [one for one in self._found.values() if one.address is not None and one.name != self._replica.name]


def _member(name: str, value: Any, source: str) -> Optional[Member]:
    """Returns the member that a value describes; None if it describes none. Anybody may have written it."""
    if not name or not isinstance(value, dict) or not isinstance(value.get("address"), (str, type(None))):
        return None
    text = value.get("address")
    return Member(name, None if text is None or learnt_address(text) is None else text, source)


def learnt_address(text: str) -> Optional[Address]:
    """Returns the address in a member's key; None if it is none that can be dialled."""
    try:
        address = parse_address(text)
    except ArgumentError:
        return None
    return address if address.is_unix or (address.host and address.port) else None
