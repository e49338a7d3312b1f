"""Each bad argument is an error of its own class, and changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from support import facts, refused

import scuttle
from scuttle import Limits, Replica


@pytest.fixture(autouse=True)
def has_something(replica: Replica) -> None:
    replica.update({"k": 1, "l": 2})
    del replica["l"]


@pytest.mark.parametrize("key", [None, 1, b"k", ("k",), 1.5, object()])
def test_keys_are_strings(replica: Replica, key: Any) -> None:
    for use in (
        lambda: replica.set(key, 1),
        lambda: replica.__setitem__(key, 1),
        lambda: replica[key],
        lambda: replica.get(key),
        lambda: replica.lookup(key),
        lambda: key in replica,
        lambda: replica.delete(key),
        lambda: replica.pop(key, None),
        lambda: replica.setdefault(key, 1),
        lambda: list(replica.items(key)),
        lambda: replica.news(key, 0),
    ):
        with refused(replica, TypeError):
            use()
    with refused(replica, TypeError):
        del replica[key]


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("", scuttle.errors.EmptyKeyError),
        ("a\0b", scuttle.errors.NulError),
        ("\0", scuttle.errors.NulError),
        ("\ud800", scuttle.errors.Utf8Error),
        ("x\udfffx", scuttle.errors.Utf8Error),
        ("k" * 65_537, scuttle.errors.KeyTooLongError),
    ],
)
def test_bad_keys(replica: Replica, key: str, error: Any) -> None:
    for use in (
        lambda: replica.set(key, 1),
        lambda: replica[key],
        lambda: replica.lookup(key),
        lambda: replica.delete(key),
        lambda: replica.pop(key),
        lambda: replica.__delitem__(key),
        lambda: replica.setdefault(key, 1),
    ):
        with refused(replica, error):
            use()
    assert issubclass(error, ValueError)


@pytest.mark.parametrize("key", ["", "a\0b", "\ud800", "k" * 65_537])
def test_a_str_that_can_be_no_key_is_absent(replica: Replica, key: str) -> None:
    """Reads of a mapping find no such key; only calls that need the key raise an error."""
    before = facts(replica)
    assert (key in replica) is False
    assert (key in replica.keys()) is False
    assert (key in replica.keys("k")) is False
    assert ((key, 1) in replica.items()) is False
    assert replica.get(key) is None
    assert replica.get(key, 5) == 5
    assert replica.pop(key, 5) == 5
    assert replica.pop(key, None) is None
    assert replica.keys() & {key, "k"} == {"k"}
    assert replica.keys().isdisjoint({key})
    assert replica != {key: 1}
    assert facts(replica) == before


def test_a_key_that_is_too_long_is_absent() -> None:
    with Replica("a", limits=Limits(max_key_bytes=3)) as replica:
        assert "four" not in replica
        assert replica.get("four", 4) == 4


@pytest.mark.parametrize("key", ["__proto__", "constructor", "toString", " ", "\n", '"', "\\", "\x7f", "\ufeff", "key"])
def test_unusual_keys_are_valid(replica: Replica, key: str) -> None:
    replica[key] = key
    assert replica[key] == key
    assert key in replica
    assert ("é" in replica) is False


_circle: Any = []
_circle.append(_circle)


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


BAD_VALUES = {
    "nan": (float("nan"), scuttle.errors.JSONError),
    "infinity": (float("inf"), scuttle.errors.JSONError),
    "infinity-inside": ([-float("inf")], scuttle.errors.JSONError),
    "circle": (_circle, scuttle.errors.JSONError),
    "400-digits": ([10**400], scuttle.errors.NumberError),
    "10000-digits": (10**10_000, scuttle.errors.NumberError),
    "lone-surrogate": ("\ud800", scuttle.errors.Utf8Error),
    "lone-surrogate-in-a-name": ({"\udfff": 1}, scuttle.errors.Utf8Error),
    "one-name-twice": ({1: "a", "1": "b"}, scuttle.errors.DuplicateError),
    "one-name-twice-inside": ({"a": {None: 1, "null": 2}}, scuttle.errors.DuplicateError),
    "nul-in-a-name": ({"\0": 1}, scuttle.errors.NulError),
    "65-deep": (_nested(65), scuttle.errors.DepthError),
    "900-deep": (_nested(900), scuttle.errors.DepthError),
    "100000-deep": (_nested(100_000), scuttle.errors.DepthError),
    "too-long": ("x" * 1_048_577, scuttle.errors.ValueTooLongError),
}


@pytest.mark.parametrize(("value", "error"), BAD_VALUES.values(), ids=BAD_VALUES.keys())
def test_bad_values(replica: Replica, value: Any, error: Any) -> None:
    for key in ("k", "new"):
        with refused(replica, error):
            replica[key] = value
    assert issubclass(error, ValueError)


@pytest.mark.parametrize("value", [object(), {1, 2}, b"bytes", 1j, {("a",): 1}, [lambda: 1]])
def test_values_that_are_not_json(replica: Replica, value: Any) -> None:
    with refused(replica, TypeError):
        replica["k"] = value
    with refused(replica, TypeError):
        replica.setdefault("new", value)


def test_values_at_the_limit(replica: Replica) -> None:
    for value in (2**63 - 1, -(2**63), 2**63, -(10**300), _nested(64), 5e-324, -0.0):
        replica["k"] = value
        assert replica["k"] == value


@pytest.mark.parametrize(
    ("id", "error"),
    [
        ("", scuttle.errors.IdError),
        ("x" * 256, scuttle.errors.IdError),
        ("a\0b", scuttle.errors.NulError),
        ("\ud800", scuttle.errors.Utf8Error),
        (None, TypeError),
        (b"a", TypeError),
    ],
)
def test_bad_ids(id: Any, error: Any) -> None:
    with pytest.raises(error) as caught:
        Replica(id)
    assert str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        {"mtu": -1},
        {"mtu": 0},
        {"max_history": 0},
        {"max_tombstones": 0},
        {"max_retired": 0},
        {"retire_after_ms": 0},
        {"max_refused": 0},
        {"seed": 0},
        {"protocol": (0, 1)},
        {"limits": Limits(max_keys=0)},
        {"max_history": 2**64},
        {"seed": -1},
        {"limits": Limits(max_depth=-1)},
        {"limits": Limits(max_depth=1025)},
        {"limits": Limits(max_links=2**64 - 1)},
    ],
)
def test_numbers_that_do_not_fit(wrong: Any) -> None:
    with pytest.raises(scuttle.errors.ArgumentError):
        Replica("a", **wrong)


NOT_INTEGERS: Any = [{"mtu": 1.5}, {"seed": "1"}, {"limits": Limits(max_links=1.0)}]  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", NOT_INTEGERS)
def test_numbers_that_are_not_integers(wrong: Any) -> None:
    with pytest.raises(TypeError):
        Replica("a", **wrong)


def test_news_above_an_invalid_version(replica: Replica) -> None:
    with refused(replica, scuttle.errors.ArgumentError):
        replica.news("a", -1)
    assert replica.news("a", 2**64 - 1) == []


def test_messages_name_the_fault(replica: Replica) -> None:
    with pytest.raises(scuttle.errors.KeyTooLongError) as caught:
        replica["k" * 70_000] = 1
    assert "70000" in caught.value.message
    assert caught.value.code == -21
