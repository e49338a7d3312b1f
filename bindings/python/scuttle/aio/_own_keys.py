"""Who may write the keys of nodes themselves, for a node whose user decides about all other keys."""

from __future__ import annotations

from typing import Optional

from .._callbacks import Accept
from .._link import Link
from .._updates import Update
from ..policies import name_of
from ._entries import OWN_PREFIX
from ._members import PREFIX

#: Bytes of a value: an address is shorter.
_MAX_VALUE = 2048


def accept_own_keys(accept: Accept) -> Accept:
    """Returns a policy that lets each name write its own member key, and leaves other keys to a policy of the user's."""

    def decide(link: Optional[Link], update: Update) -> object:
        if not update.key.startswith(OWN_PREFIX):
            return accept(link, update)
        return update.reset or (update.key == PREFIX + name_of(update.source) and len(update.json) <= _MAX_VALUE)

    return decide
