"""`update` of a replica accepts the arguments of dict.update, with the same effect."""

from __future__ import annotations

import threading
from collections import OrderedDict, UserDict
from typing import Any, Dict, Iterator, List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

import scuttle
from scuttle import Replica

#: More keys than `update` sets in two steps.
MANY = {f"k{number:04d}": number for number in range(600)}

ITEMS = st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 99)), max_size=9)


class WithKeys:
    """An object that is no mapping, with the methods that dict.update needs."""

    def __init__(self, items: Dict[str, Any]) -> None:
        self._items = items

    def keys(self) -> Any:
        return self._items.keys()

    def __getitem__(self, key: str) -> Any:
        return self._items[key]


KINDS: List[Any] = [
    list,
    tuple,
    iter,
    dict,
    OrderedDict,
    UserDict,
    lambda items: dict(items).items(),
    lambda items: WithKeys(dict(items)),
    lambda items: ([key, value] for key, value in items),
    lambda items: [iter(pair) for pair in items],
]


@pytest.mark.parametrize("kind", KINDS)
@given(items=ITEMS, more=st.dictionaries(st.sampled_from(["a", "z", "other", "self"]), st.integers(0, 9)))
def test_it_is_that_of_dict(kind: Any, items: List[Tuple[str, int]], more: Dict[str, int]) -> None:
    model: Dict[str, int] = {}
    model.update(kind(items), **more)
    writes: List[str] = []
    with Replica("a", on_update=lambda update: writes.append(update.key)) as replica:
        replica.update(kind(items), **more)
        assert replica == model
    if kind in (list, tuple, iter):
        assert writes == [key for key, _ in items] + list(more)  # each is a write, also one that a later one supersedes


@pytest.mark.parametrize("kind", KINDS)
def test_many(replica: Replica, kind: Any) -> None:
    replica.update(kind(list(MANY.items())))
    assert replica == MANY
    assert replica.version == 600


def test_nothing(replica: Replica) -> None:
    replica.update()
    replica.update({})
    replica.update([])
    replica.update(a=1)
    assert replica == {"a": 1}
    replica.close()
    replica.update({})


def test_another_replica_and_itself(replica: Replica) -> None:
    replica.update(MANY)
    with Replica("b") as other:
        other.update(replica)
        assert other == replica == MANY
    replica.update(replica)
    assert replica == MANY


BAD: List[Any] = [
    ("", 1, scuttle.errors.EmptyKeyError),
    ("a\0", 1, scuttle.errors.NulError),
    ("\ud800", 1, scuttle.errors.Utf8Error),
    ("k" * 70_000, 1, scuttle.errors.KeyTooLongError),
    (1, 1, TypeError),
    ("new", "\ud800", scuttle.errors.Utf8Error),
    ("new", float("nan"), scuttle.errors.JSONError),
    ("new", 10**400, scuttle.errors.NumberError),
    ("new", object(), TypeError),
    ("new", "x" * 1_048_577, scuttle.errors.ValueTooLongError),
]


@pytest.mark.parametrize("kind", [dict, list, iter, OrderedDict])
@pytest.mark.parametrize("place", [0, 1, 255, 256, 257, 599])
@pytest.mark.parametrize(
    ("key", "value", "error"), BAD, ids=[error.__name__ + str(i) for i, (*_, error) in enumerate(BAD)]
)
def test_an_error_leaves_the_keys_before_it_set(kind: Any, place: int, key: Any, value: Any, error: Any) -> None:
    items: List[Any] = list(MANY.items())
    items[place] = (key, value)
    with Replica("a") as replica:
        with pytest.raises(error):
            replica.update(kind(items))
        assert replica == dict(items[:place])
        assert replica.version == place


def test_of_two_errors_the_first_counts(replica: Replica) -> None:
    with pytest.raises(scuttle.errors.EmptyKeyError):  # the library finds it, later than the package would find the other
        replica.update({"a": 1, "": 1, "b": object()})
    assert replica == {"a": 1}


@pytest.mark.parametrize("pairs", [[("a", 1), ("b",)], [("a", 1), ("b", 1, 2)], [("a", 1), 7], 7, ["abc"]])
def test_elements_that_are_no_pairs(replica: Replica, pairs: Any) -> None:
    model: Dict[str, int] = {}
    with pytest.raises((TypeError, ValueError)):
        model.update(pairs)
    with pytest.raises((TypeError, ValueError)):
        replica.update(pairs)
    assert replica == model


def test_an_iterator_may_read_the_keys_before_it(replica: Replica) -> None:
    words = "a b a c b a".split() * 200
    replica.update((word, replica.get(word, 0) + 1) for word in words)
    assert replica == {"a": 600, "b": 400, "c": 200}


def test_an_iterator_that_fails(replica: Replica) -> None:
    def pairs() -> Iterator[Tuple[str, int]]:
        yield from MANY.items()
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        replica.update(pairs())
    assert replica == MANY


def test_a_value_that_is_encoded_by_the_host_may_use_the_replica(replica: Replica) -> None:
    class Host(Dict[str, int]):
        def items(self) -> Any:
            replica["seen"] = True
            return super().items()

    replica.update({"a": Host(b=1)})
    assert replica["a"] == {"b": 1}


def test_a_callback_may_not_use_the_replica(unraisable: List[Any]) -> None:
    with Replica("a", on_update=lambda update: replica.update({"x": 1})) as replica:
        replica.update({"a": 1})
        replica.update([("b", 1)])
        replica["c"] = 1
        assert replica == {"a": 1, "b": 1, "c": 1}
    assert [type(error) for error in unraisable] == [scuttle.errors.BusyError] * 3


def test_a_dict_that_changes_meanwhile(unraisable: List[Any]) -> None:
    items: Dict[str, int] = dict(MANY)
    with Replica("a", on_update=lambda update: items.pop("k0599", None)) as replica:
        with pytest.raises(RuntimeError, match="changed size"):
            replica.update(items)
        assert 0 < len(replica) < 600
    assert unraisable == []


def test_closed_meanwhile(replica: Replica) -> None:
    replica.close()
    for items in ({"a": 1}, [("a", 1)], iter([("a", 1)])):
        with pytest.raises(scuttle.errors.ClosedError):
            replica.update(items)


def test_others_come_in_between(replica: Replica) -> None:
    """Closing waits for one step of an update, and not for all of them."""
    started = threading.Event()

    def close() -> None:
        started.wait(60)
        replica.close()

    closer = threading.Thread(target=close)
    closer.start()
    started.set()
    with pytest.raises(scuttle.errors.ClosedError):
        while True:
            replica.update(MANY)
    closer.join(60)
    assert replica.closed


def test_dropped_links_are_closed_by_a_set(replica: Replica) -> None:
    with Replica("b", limits=scuttle.Limits(max_links=1)) as limited:
        for use in (lambda: limited.__setitem__("k", 1), lambda: limited.get("k"), lambda: limited.update({"k": 1})):
            limited.link()  # dropped at once
            use()
            limited.link().close()
