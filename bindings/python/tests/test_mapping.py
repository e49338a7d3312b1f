"""A replica behaves like a dict whose keys are in byte order."""

from __future__ import annotations

from collections.abc import ItemsView, KeysView, MutableMapping, ValuesView

import pytest
from support import refused

import scuttle
from scuttle import Replica


def test_it_is_a_mutable_mapping(replica: Replica) -> None:
    assert isinstance(replica, MutableMapping)


def test_set_and_get(replica: Replica) -> None:
    value = {"list": [1, 2.5, None, True, "ü\0\n"], "nested": {"": []}}
    replica["k"] = value
    assert replica["k"] == value
    assert replica["k"] is not value


@pytest.mark.parametrize(
    "value",
    [None, False, True, 0, -1, 2**63 - 1, -(2**63), 0.1, 1e308, "", "☃", '\x1f\\"', [], {}, [[[]]], {"a": {}}],
)
def test_values_come_back_as_they_were(replica: Replica, value: object) -> None:
    replica["k"] = value
    assert replica["k"] == value
    assert type(replica["k"]) is type(value)


def test_none_is_a_value_and_not_an_absence(replica: Replica) -> None:
    replica["k"] = None
    assert "k" in replica
    assert replica.get("k", "default") is None
    assert len(replica) == 1


def test_absent_keys(replica: Replica) -> None:
    with pytest.raises(KeyError, match="absent"):
        replica["absent"]
    assert "absent" not in replica
    assert replica.get("absent") is None
    assert replica.get("absent", 7) == 7
    with refused(replica, KeyError):
        del replica["absent"]
    with refused(replica, KeyError):
        replica.pop("absent")
    assert replica.pop("absent", 7) == 7
    assert replica.pop("absent", None) is None


def test_deleted_keys_are_absent(replica: Replica) -> None:
    replica["k"] = 1
    del replica["k"]
    assert "k" not in replica
    assert list(replica) == []
    assert len(replica) == 0
    with pytest.raises(KeyError):
        replica["k"]
    with refused(replica, KeyError):
        del replica["k"]
    replica["k"] = 2
    assert replica == {"k": 2}


def test_delete_is_fine_with_absent_keys_and_is_a_write(replica: Replica) -> None:
    assert replica.delete("absent") is True
    assert replica.version == 1


def test_order_is_that_of_bytes(replica: Replica) -> None:
    keys = ["b", "a", "é", "Z", "aa", "\U0001f600", "\uffff", "0"]
    for key in keys:
        replica[key] = key
    expected = sorted(keys, key=str.encode)
    assert list(replica) == list(replica.keys()) == list(replica.values()) == expected
    assert list(replica.items()) == list(zip(expected, expected))


def test_prefixes(replica: Replica) -> None:
    replica.update({"user/1": 1, "user/2": 2, "users": 3, "use": 4})
    assert list(replica.keys("user/")) == ["user/1", "user/2"]
    assert list(replica.values(prefix="user/")) == [1, 2]
    assert list(replica.items(prefix="user")) == [("user/1", 1), ("user/2", 2), ("users", 3)]
    assert list(replica.keys("x")) == []
    assert (len(replica.keys("user/")), len(replica.items("user")), len(replica.values(""))) == (2, 3, 4)


def test_views_are_views(replica: Replica) -> None:
    keys, items, values = replica.keys("a"), replica.items("a"), replica.values("a")
    assert isinstance(keys, KeysView)
    assert isinstance(items, ItemsView)
    assert isinstance(values, ValuesView)
    replica.update({"a": 1, "ab": [2], "b": 3})
    assert (len(keys), len(items), len(values)) == (2, 2, 2)
    assert "a" in keys and "b" not in keys and "ac" not in keys
    assert ("ab", [2]) in items and ("b", 3) not in items and ("a", 2) not in items
    assert "a" not in items and ("a",) not in items  # type: ignore[comparison-overlap]
    assert [2] in values and 3 not in values
    assert keys & {"a", "b"} == {"a"}
    assert keys | {"b"} == {"a", "ab", "b"}
    assert keys == {"a", "ab"}  # type: ignore[comparison-overlap]


def test_a_loop_runs_over_a_snapshot(replica: Replica) -> None:
    replica.update({"a": 1, "b": 2, "c": 3})
    seen = []
    for key, value in replica.items():
        seen.append((key, value))
        replica.clear()
        replica["d"] = 4
    assert seen == [("a", 1), ("b", 2), ("c", 3)]
    for key in replica:
        del replica[key]
    assert not replica


def test_pop_popitem_setdefault_clear_update(replica: Replica) -> None:
    replica.update({"b": 2, "a": 1}, c=3)
    assert replica.pop("b") == 2
    assert replica.setdefault("a", 9) == 1
    assert replica.setdefault("d", [4]) == [4]
    assert replica.setdefault("e") is None
    assert replica.popitem() == ("a", 1)
    assert replica == {"c": 3, "d": [4], "e": None}
    replica.clear()
    assert replica == {}
    with refused(replica, KeyError):
        replica.popitem()
    replica.update([("x", 1)])
    assert dict(replica) == {"x": 1}


def test_equality_is_that_of_mappings(replica: Replica) -> None:
    with Replica("b") as other:
        assert replica == other
        replica["k"] = 1
        assert replica != other
        other["k"] = 1
        assert replica == other == {"k": 1}


def test_a_returned_value_is_a_copy(replica: Replica) -> None:
    replica["k"] = [1]
    replica["k"].append(2)
    assert replica["k"] == [1]


def test_large_values_and_keys(replica: Replica) -> None:
    value, key = "x" * 1_000_000, "k" * 65_536
    replica[key] = value
    assert replica[key] == value
    assert list(replica) == [key]
    assert replica.lookup(key) == scuttle.Entry(value, "a", 1)
