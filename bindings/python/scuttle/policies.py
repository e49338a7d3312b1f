"""Ready-made policies for `Replica(accept=…)`: who may write what.

    replica = Replica("hub", accept=policies.all_of(
        policies.own_prefix(), policies.only_writers("ada", "bob"), policies.max_keys(100), policies.resets_from("backup")))

A policy is a callable (link, update) like any `accept`. A writer is the name in an update's source, whoever has sent it. A
peer's name is the claim in its hello: a host admits only peers whose claim is the name that the connection has proved.
"""

from __future__ import annotations

import re
from typing import Optional

from ._callbacks import Accept
from ._link import Link
from ._updates import Update

__all__ = ["all_of", "max_keys", "name_of", "only_writers", "own_prefix", "resets_from"]

_INCARNATION = re.compile(r"~[A-Za-z0-9_-]{8}\Z")


def name_of(source: str) -> str:
    """Returns the name in a source, without its incarnation."""
    return _INCARNATION.sub("", source) if len(source) > 9 else source


def all_of(*policies: Accept) -> Accept:
    """Returns a policy that accepts an update if all the given policies accept it."""

    def accept(link: Optional[Link], update: Update) -> bool:
        return all(policy(link, update) for policy in policies)

    return accept


def own_prefix(separator: str = "/") -> Accept:
    """Returns a policy that restricts a writer to keys that begin with its name and the separator, as in "ada/colour". It accepts all
    resets."""

    def accept(_: Optional[Link], update: Update) -> bool:
        return update.reset or update.key.startswith(name_of(update.source) + separator)

    return accept


def only_writers(*names: str) -> Accept:
    """Returns a policy that admits writes and deletes of these names only. It accepts all resets."""
    listed = frozenset(names)

    def accept(_: Optional[Link], update: Update) -> bool:
        return update.reset or name_of(update.source) in listed

    return accept


def max_keys(count: int, separator: str = "/") -> Accept:
    """Returns a policy that limits the keys with one prefix, up to and with the separator: with `own_prefix`, the keys of a name.

    It refuses a key without the separator, and accepts overwrites and deletes. Not for the short form `Replica.write`, which names no
    link: there it refuses new keys. After deletes, `Replica.accept_again` lets peers send refused updates again. Cost: O(keys of the
    prefix), for a new key.
    """

    def accept(link: Optional[Link], update: Update) -> bool:
        replica = link.replica if link is not None else None
        if update.deleted or (replica is not None and update.key in replica):
            return True
        prefix, found, _ = update.key.partition(separator)
        return bool(found) and replica is not None and len(replica.keys(prefix + separator)) < count

    return accept


def resets_from(*names: str) -> Accept:
    """Returns a policy that lets a reset remove an entry only if the peer has one of these names. Otherwise the replica keeps the
    entry, and republishes it. A reset removes the entries that its sender lacks, whoever wrote them."""
    trusted = frozenset(names)

    def accept(link: Optional[Link], update: Update) -> bool:
        return not update.reset or (link is not None and link.peer_name in trusted)

    return accept
