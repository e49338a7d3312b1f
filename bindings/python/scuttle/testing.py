"""Checks a resolver on updates that Hypothesis generates. For tests: it needs `pip install scuttle[testing]`.

    def test_my_resolver():
        assert scuttle.testing.find_flaw(my_resolver) is None
"""

from __future__ import annotations

import json
from typing import Any, List, Optional, Union

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from ._callbacks import Resolve
from ._checks import Flaw, check_resolver
from ._config import Resolver
from ._updates import Update

#: Some values of each JSON type, and so few that two updates often have the same one.
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, False, True, 0, 1, -1, 0.5, 10, "", "a", "aa", "b", [], [0], [0, 1], {}, {"a": 0}, {"a": 1, "b": 0}]
)

_KEY = "k"


def updates(values: st.SearchStrategy[Any] = VALUES, *, deletes: bool = True) -> st.SearchStrategy[Update]:
    """Returns a strategy for writes of one key by a few replicas. Often two have the same version, value or source.

    Args:
        values: A strategy for the written values.
        deletes: Whether some writes are deletes, whose value is None.
    """

    def update(value: Any, source: str, version: int, deleted: bool) -> Update:
        text = "null" if deleted else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
        return Update(_KEY, text, source, version, deleted)

    deleted = st.booleans() if deletes else st.just(False)
    return st.builds(update, values, st.sampled_from(["a", "b", "c"]), st.integers(1, 5), deleted)


def find_flaw(
    resolve: Union[Resolver, Resolve],
    values: st.SearchStrategy[Any] = VALUES,
    *,
    deletes: bool = True,
    max_examples: int = 300,
) -> Optional[Flaw]:
    """Searches for the smallest updates of one key that show a flaw of a resolver.

    It judges the outcome, as `check_resolver` does, and not the decisions. The same call finds the same flaw.

    Args:
        resolve: A Resolver, or a callable as for `Replica`.
        values: A strategy for the written values, for a resolver that expects values of a certain shape.
        deletes: Whether some writes are deletes, whose value is None.
        max_examples: The number of sets of updates to try.

    Returns:
        The flaw; None if no set of updates shows one.

    Raises:
        Exception: The resolver's own; Hypothesis reports the updates.
    """
    few = st.lists(updates(values, deletes=deletes), min_size=2, max_size=4, unique_by=lambda u: (u.source, u.version))
    settings = hypothesis.settings(
        max_examples=max_examples,
        database=None,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    def has_flaw(some: List[Update]) -> bool:
        return check_resolver(resolve, some) is not None

    try:
        return check_resolver(resolve, hypothesis.find(few, has_flaw, settings=settings))
    except NoSuchExample:
        return None
