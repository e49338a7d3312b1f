"""Checks whether a resolver makes replicas agree."""

from __future__ import annotations

import ctypes
from enum import IntEnum
from typing import Iterable, List, NamedTuple, Optional, Tuple, Union

from . import _abi
from ._entrances import Outcomes
from ._library import describe, library
from ._callbacks import Callbacks, Resolve
from ._config import Resolver
from ._codes import error_of
from ._updates import Update, lend_update


class FlawKind(IntEnum):
    """The kinds of a flaw."""

    #: Not commutative: a, then b, has another outcome than b, then a.
    ORDER = _abi.FLAW_ORDER
    #: Not idempotent: a, b, and one of them once more, has another outcome than a, then b.
    REPETITION = _abi.FLAW_REPETITION
    #: Not associative: (a, b), then c, has another outcome than a, then (b, c).
    GROUPING = _abi.FLAW_GROUPING


_SENTENCES = {
    FlawKind.ORDER: "a, then b, has another outcome than b, then a",
    FlawKind.REPETITION: "a, b, and one of them once more, has another outcome than a, then b",
    FlawKind.GROUPING: "(a, b), then c, has another outcome than a, then (b, c)",
}


class Flaw(NamedTuple):
    """A flaw of a resolver: updates that show that replicas with it may end up different. As a str: the sentence, and the updates."""

    kind: FlawKind
    #: a and b, or a, b and c.
    updates: Tuple[Update, ...]

    def __str__(self) -> str:
        rows = [f"  {name} = {update.to_line()}" for name, update in zip("abc", self.updates)]
        return "\n".join([f"{self.kind.name.lower()}: {_SENTENCES[self.kind]}", *rows])


def check_resolver(resolve: Union[Resolver, Resolve], updates: Iterable[Update]) -> Optional[Flaw]:
    """Checks a resolver on updates of one key, up to 1,000: in another order, repeated, or grouped otherwise.

    `scuttle.testing.find_flaw` generates the updates itself. Cost: O(n^3) calls of the resolver.

    Args:
        resolve: A Resolver, or a callable as for `Replica`.
        updates: Writes of one key; their keys do not matter. Of two with one timestamp only the first counts.

    Returns:
        The first flaw, with two updates if two are enough to show it; None if these updates show none.

    Raises:
        ArgumentError: There are too many updates.
        IdError, VersionError: A source or a version is not valid.
        ScuttleError: A value is not valid, as for `Replica.set`.
        Exception: The resolver's own.
    """
    samples = list(updates)
    texts: List[bytes] = []
    given = (_abi.UpdateStruct * len(samples))(*(lend_update(update, texts) for update in samples))
    failures: List[BaseException] = []
    outcomes = Outcomes()
    config = _abi.ConfigStruct(ctypes.sizeof(_abi.ConfigStruct))
    if isinstance(resolve, Resolver):
        config.resolver = resolve
    else:
        _until_failure(resolve, failures).install(config, outcomes)
    flaw = _abi.FlawStruct()
    code = library.scuttle_check_resolver(config, given, len(samples), flaw)
    raised = outcomes.take()
    outcomes.release()
    if raised is not None or failures:
        raise raised or failures[0]
    if code == _abi.E_RESOLVER:
        return Flaw(FlawKind(flaw.kind), tuple(samples[place] for place in (flaw.a, flaw.b, flaw.c)[: flaw.count]))
    if code < 0:
        raise error_of(code, describe(code))
    return None


def _until_failure(resolve: Resolve, failures: List[BaseException]) -> Callbacks:
    """Returns the resolver, which is not called any more once it has raised."""
    if not callable(resolve):
        raise TypeError(f"resolve is not callable: {resolve!r}")

    def ask(update: Update, current: Optional[Update]) -> object:
        return not failures and resolve(update, current)

    def on_error(_: str, error: BaseException) -> None:
        failures.append(error)

    return Callbacks(resolve=ask, on_error=on_error)
