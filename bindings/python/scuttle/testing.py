"""Tries a resolver on updates that Hypothesis thinks of. For tests: it needs `pip install scuttle[testing]`.

    def test_my_resolver():
        assert scuttle.testing.find_flaw(my_resolver) is None
"""

from __future__ import annotations

import json
from typing import Any, List, Optional, Union

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from .callbacks import Resolve
from .checks import Flaw, check_resolver
from .config import Resolver
from .updates import Update

#: Some of each kind that JSON has; so few that two updates have the same now and then.
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, False, True, 0, 1, -1, 0.5, 10, "", "a", "aa", "b", [], [0], [0, 1], {}, {"a": 0}, {"a": 1, "b": 0}]
)

_KEY = "k"


def updates(values: st.SearchStrategy[Any] = VALUES, *, deletes: bool = True) -> st.SearchStrategy[Update]:
    """Writes of one key by a few replicas: their versions, values and sources are the same now and then.

    values   what is written
    deletes  whether some are deletes, whose value is None
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
    """Looks for updates of one key whose order, repetition or grouping changes which of them stands, and returns the
    smallest that it can find; None where `max_examples` sets of them show nothing.

    values   what is written: for a resolver that expects values of a certain shape
    deletes  whether some are deletes, whose value is None

    It judges what comes out, as `check_resolver` does, and not how the resolver does it. What the resolver raises comes
    out of here, and Hypothesis says for which updates. The same call finds the same.
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
