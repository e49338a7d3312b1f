"""The state of a link and its peer, as properties of the link."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from .errors import ScuttleError
    from ._link import Dialect, LinkInfo


class LinkProperties:
    """The part of a link that describes it. Each property is a call of its own: `info` returns all of one moment."""

    if TYPE_CHECKING:

        def info(self) -> LinkInfo:
            """See `Link.info`."""

        def _facts(self) -> LinkInfo:
            """Returns the fields up to `last_error`, which cost less; the others are 0."""

    @property
    def peer_name(self) -> Optional[str]:
        """The name that the peer claims: see `LinkInfo`."""
        return self._facts().peer_name

    @property
    def peer_source(self) -> Optional[str]:
        """The source that the peer writes under: its name and incarnation. None before its hello, and for classic peers."""
        return self._facts().peer_source

    @property
    def dialect(self) -> Dialect:
        """The dialect of the peer."""
        return self._facts().dialect

    @property
    def in_step(self) -> bool:
        """Whether both version vectors were equal when last compared."""
        return self._facts().in_step

    @property
    def live(self) -> bool:
        """Whether the link sends new updates at once."""
        return self._facts().live

    @property
    def ended(self) -> bool:
        """Whether the link has ended: see `Link`."""
        return self._facts().ended

    @property
    def last_error(self) -> Optional[ScuttleError]:
        """The last error of a call on this link, or the reason why it has ended; None: none."""
        return self._facts().last_error

    @property
    def lag(self) -> int:
        """The entries here that the peer is not known to have: see `LinkInfo`."""
        return self.info().lag

    @property
    def confirmed_version(self) -> int:
        """The version up to which the peer is known to have the writes of this replica: see `LinkInfo`."""
        return self.info().confirmed_version

    @property
    def bytes_in(self) -> int:
        """The bytes that `write` has received."""
        return self.info().bytes_in

    @property
    def bytes_out(self) -> int:
        """The bytes that were read, which count as sent."""
        return self.info().bytes_out

    @property
    def messages_in(self) -> int:
        """The whole lines among `bytes_in`."""
        return self.info().messages_in

    @property
    def messages_out(self) -> int:
        """The whole lines among `bytes_out`."""
        return self.info().messages_out
