"""The errors of a node that a replica does not have."""

from __future__ import annotations

from ..errors import HostError


class NotDurableError(HostError):
    """The store has failed to write a change to the disk. The change stands in memory, and spreads; a later commit tries again.
    `__cause__` is the error of the system or the database."""
