"""Ready-made answers for `Replica(accept=…)`: who may write what.

    replica = Replica("hub", accept=policies.all_of(
        policies.own_prefix(), policies.only_writers("ada", "bob"), policies.max_keys(100), policies.resets_from("backup")))

A policy is a callable (link, update) like any `accept`. A writer is the name in an update's source, whoever has sent it. A
peer's name is what its hello says: a host lets a peer say only the name that its connection has proved.
"""

from __future__ import annotations

import re
from typing import Optional

from .callbacks import Accept
from .link import Link
from .updates import Update

__all__ = ["all_of", "max_keys", "name_of", "only_writers", "own_prefix", "resets_from"]

_INCARNATION = re.compile(r"~[A-Za-z0-9_-]{8}\Z")


def name_of(source: str) -> str:
    """The name in a source, without its incarnation."""
    return _INCARNATION.sub("", source) if len(source) > 9 else source


def all_of(*policies: Accept) -> Accept:
    """What all of them accept."""

    def accept(link: Optional[Link], update: Update) -> bool:
        return all(policy(link, update) for policy in policies)

    return accept


def own_prefix(separator: str = "/") -> Accept:
    """A writer writes and deletes only keys that begin with its name and the separator, as in "ada/colour". Says nothing
    of resets."""

    def accept(_: Optional[Link], update: Update) -> bool:
        return update.reset or update.key.startswith(name_of(update.source) + separator)

    return accept


def only_writers(*names: str) -> Accept:
    """Only these names write and delete. Says nothing of resets."""
    listed = frozenset(names)

    def accept(_: Optional[Link], update: Update) -> bool:
        return update.reset or name_of(update.source) in listed

    return accept


def max_keys(count: int, separator: str = "/") -> Accept:
    """At most so many keys begin with one prefix up to and with the separator: with `own_prefix`, at most so many keys a
    name. A key without the separator is refused. Overwriting and deleting is accepted. Cost: O(keys of the prefix), for a key
    that is new. Not for the short form `Replica.write`, which names no link: there it refuses new keys.

    What was refused comes again once keys are gone and `Replica.accept_again` was called.
    """

    def accept(link: Optional[Link], update: Update) -> bool:
        replica = link.replica if link is not None else None
        if update.deleted or (replica is not None and update.key in replica):
            return True
        prefix, found, _ = update.key.partition(separator)
        return bool(found) and replica is not None and len(replica.keys(prefix + separator)) < count

    return accept


def resets_from(*names: str) -> Accept:
    """A reset takes an entry away only if the peer has one of these names. Otherwise the entry is kept, and written again.
    A reset removes what its sender does not have, whoever wrote it."""
    trusted = frozenset(names)

    def accept(link: Optional[Link], update: Update) -> bool:
        return not update.reset or (link is not None and link.peer_name in trusted)

    return accept
