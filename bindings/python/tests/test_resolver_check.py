"""Checks of resolvers: good ones pass, and flaws are found."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, Optional

import pytest
from hypothesis import strategies as st
from support import run_python

import scuttle
import scuttle.testing
from scuttle import Flaw, FlawKind, Resolver, Update, check_resolver

Resolve = Callable[[Update, Optional[Update]], object]


def total(order: Callable[[Update], Any]) -> Resolve:
    """The update with the greater value stands."""
    return lambda update, current: current is None or order(update) > order(current)


def stamp(update: Update) -> Any:
    return update.version, update.source


def beats_the_next(update: Update, current: Optional[Update]) -> bool:
    """Rock, paper, scissors, and otherwise the later update: one of any two stands, and three have no greatest."""
    if current is None:
        return True
    ahead = (len(update.json) - len(current.json)) % 3
    return ahead == 1 if ahead else stamp(update) > stamp(current)


BAD: Dict[str, Resolve] = {
    "always yes": lambda update, current: True,
    "never yes": lambda update, current: current is None,
    "compares versions only": total(lambda update: update.version),
    "compares sources only": total(lambda update: update.source),
    "compares values only": total(lambda update: update.json),
    "compares with or equal": lambda update, current: current is None or update.json >= current.json,
    "not transitive": beats_the_next,
    "likes local ones": lambda update, current: current is None or update.version > current.version + 1,
}

GOOD: Dict[str, Resolve] = {
    "later": total(stamp),
    "earlier": lambda update, current: current is None or stamp(update) < stamp(current),
    "longer, then later": total(lambda update: (len(update.json), stamp(update))),
    "deletes stand": total(lambda update: (update.deleted, stamp(update))),
}

SOME = [
    Update("k", value, source, version)
    for value, source, version in [
        ("1", "a", 1),
        ("1", "b", 1),
        ("1", "a", 2),
        ("22", "b", 2),
        ("22", "b", 5),
        ("333", "c", 3),
        ("4444", "c", 4),
    ]
]


@pytest.mark.parametrize("resolve", BAD.values(), ids=BAD.keys())
def test_bad_resolvers(resolve: Resolve) -> None:
    flaw = check_resolver(resolve, SOME)
    assert flaw is not None
    assert check_resolver(resolve, flaw.updates) is not None
    assert len(flaw.updates) == (3 if flaw.kind is FlawKind.GROUPING else 2)


@pytest.mark.parametrize("resolve", [*GOOD.values(), *Resolver], ids=[*GOOD.keys(), *(r.name for r in Resolver)])
def test_good_resolvers(resolve: Any) -> None:
    assert check_resolver(resolve, SOME) is None


def test_each_flaw_is_named() -> None:
    one, other = Update("k", "1", "a", 1), Update("k", "2", "b", 2)
    assert check_resolver(BAD["never yes"], [one, other]) == Flaw(FlawKind.ORDER, (one, other))
    flaw = check_resolver(BAD["always yes"], [one, other])
    assert flaw is not None and flaw.kind in (FlawKind.ORDER, FlawKind.REPETITION)
    three = [Update("k", json.dumps("x" * i), "a", i + 1) for i in range(3)]
    assert all(check_resolver(beats_the_next, [a, b]) is None for a in three for b in three)
    flaw = check_resolver(beats_the_next, three)
    assert flaw is not None and flaw.kind is FlawKind.GROUPING
    assert set(flaw.updates) == set(three)


def test_a_flaw_shows_its_updates() -> None:
    one, other = Update("k", "1", "a", 1), Update("k", "null", "b", 2, deleted=True)
    flaw = check_resolver(BAD["never yes"], [one, other])
    assert str(flaw).splitlines() == [
        "order: a, then b, has another outcome than b, then a",
        '  a = {"key":"k","value":1,"source_id":"a","version":1}',
        '  b = {"key":"k","value":null,"source_id":"b","version":2,"deleted":true}',
    ]


def test_the_resolver_gets_the_updates() -> None:
    given = [
        Update("é\0", '{"x":1.50}', "é", 1, local=True),
        Update("", "null", "b", 2**53 - 1, deleted=True),
    ]
    seen: List[Optional[Update]] = []

    def keep(update: Update, current: Optional[Update]) -> bool:
        seen.extend([update, current])
        return current is None or stamp(update) > stamp(current)

    assert check_resolver(keep, iter(given)) is None
    assert set(filter(None, seen)) == set(given)


def test_one_source_and_version_counts_once() -> None:
    assert check_resolver(BAD["always yes"], [SOME[0], SOME[0]._replace(json="7")]) is None
    assert check_resolver(BAD["always yes"], []) is None
    assert check_resolver(BAD["always yes"], SOME[:1]) is None
    flaw = check_resolver(BAD["never yes"], [SOME[0], SOME[0], SOME[1]])
    assert flaw is not None and set(flaw.updates) == {SOME[0], SOME[1]}


def test_an_exception_of_a_resolver_comes_out() -> None:
    def fails(update: Update, current: Optional[Update]) -> bool:
        asked.append(update)
        raise LookupError(update.json)

    asked: List[Update] = []
    with pytest.raises(LookupError):
        check_resolver(fails, SOME)
    assert len(asked) == 1
    with pytest.raises(LookupError):
        scuttle.testing.find_flaw(fails)


@pytest.mark.parametrize(
    ("update", "error"),
    [
        (Update("k", "{", "a", 1), scuttle.errors.JSONError),
        (Update("k", "1", "", 1), scuttle.errors.IdError),
        (Update("k", "1", "x" * 256, 1), scuttle.errors.IdError),
        (Update("k", "1", "a", 0), scuttle.errors.VersionError),
        (Update("k", "1", "a", 2**53), scuttle.errors.VersionError),
        (Update("k", "1", "a", -1), scuttle.errors.ArgumentError),
        (Update("k", "\ud800", "a", 1), scuttle.errors.Utf8Error),
        ({"key": "k"}, TypeError),
    ],
)
def test_bad_updates(update: Any, error: Any) -> None:
    with pytest.raises(error):
        check_resolver(scuttle.Resolver.LWW_VS_CLOCK, [SOME[0], update])


def test_bad_arguments() -> None:
    with pytest.raises(TypeError):
        check_resolver("yes", SOME)  # type: ignore[arg-type]
    with pytest.raises(scuttle.errors.ArgumentError):
        check_resolver(scuttle.Resolver.LWW_VS_CLOCK, [Update("k", "1", "a", i + 1) for i in range(1001)])


@pytest.mark.parametrize("resolve", BAD.values(), ids=BAD.keys())
def test_hypothesis_finds_bad_resolvers(resolve: Resolve) -> None:
    flaw = scuttle.testing.find_flaw(resolve)
    assert flaw is not None
    assert check_resolver(resolve, flaw.updates) is not None


@pytest.mark.parametrize("resolve", [*GOOD.values(), *Resolver], ids=[*GOOD.keys(), *(r.name for r in Resolver)])
def test_hypothesis_passes_good_resolvers(resolve: Any) -> None:
    assert scuttle.testing.find_flaw(resolve, max_examples=150) is None


def test_the_smallest_is_found() -> None:
    flaw = scuttle.testing.find_flaw(BAD["compares values only"])
    assert flaw == Flaw(FlawKind.ORDER, (Update("k", "null", "a", 1), Update("k", "null", "a", 2)))
    assert scuttle.testing.find_flaw(BAD["compares values only"]) == flaw


def test_values_of_a_certain_shape() -> None:
    def by_rank(update: Update, current: Optional[Update]) -> bool:
        return current is None or update.value["rank"] > current.value["rank"]

    def by_rank_and_stamp(update: Update, current: Optional[Update]) -> bool:
        return current is None or (update.value["rank"], stamp(update)) > (current.value["rank"], stamp(current))

    ranks = st.fixed_dictionaries({"rank": st.integers(0, 2)})
    flaw = scuttle.testing.find_flaw(by_rank, ranks, deletes=False)
    assert flaw is not None and flaw.updates[0].value == flaw.updates[1].value == {"rank": 0}
    assert scuttle.testing.find_flaw(by_rank_and_stamp, ranks, deletes=False, max_examples=150) is None
    with pytest.raises(TypeError):
        scuttle.testing.find_flaw(by_rank_and_stamp, ranks)  # a delete has no rank


def test_the_package_needs_no_hypothesis() -> None:
    outcome = run_python("import sys; sys.modules['hypothesis'] = None; import scuttle; print(scuttle.check_resolver)")
    assert outcome.returncode == 0, outcome.stderr
