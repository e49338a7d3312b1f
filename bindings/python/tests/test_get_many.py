"""Reading many keys in one call."""

from __future__ import annotations

import threading
from typing import Any, Dict, List

import pytest
from scuttle import Replica
from scuttle.errors import EmptyKeyError, NulError, Utf8Error


def test_values_by_key() -> None:
    with Replica("a") as r:
        r["x"] = {"n": [1, None]}
        r["é"] = "ü"
        r["dead"] = 1
        del r["dead"]
        assert r.get_many(["é", "none", "x", "dead", "x"]) == {"é": "ü", "x": {"n": [1, None]}}
        assert list(r.get_many(iter(["é", "x"]))) == ["é", "x"]
        assert r.get_many([]) == {}


def test_many_keys() -> None:
    with Replica("a") as r:
        for n in range(0, 2000, 2):
            r[f"key-{n}"] = n
        assert r.get_many(f"key-{n}" for n in range(2000)) == {f"key-{n}": n for n in range(0, 2000, 2)}


@pytest.mark.parametrize(("key", "error"), [("", EmptyKeyError), ("a\0b", NulError), ("\ud800", Utf8Error)])
def test_a_str_that_can_be_no_key(key: str, error: type) -> None:
    with Replica("a") as r:
        r["x"] = 1
        with pytest.raises(error):
            r.get_many(["x", key])
        with pytest.raises(TypeError):
            r.get_many(["x", 7])  # type: ignore[list-item]
        assert r.get_many(["x"]) == {"x": 1}


def test_inside_of_a_callback() -> None:
    seen = []
    with Replica("a", on_update=lambda update: seen.append(r.get_many(["x", update.key]))) as r:
        r["x"] = 1
        r["y"] = 2
    assert seen == [{"x": 1}, {"x": 1, "y": 2}]


def test_from_many_threads() -> None:
    with Replica("a") as r:
        for n in range(500):
            r[f"key-{n}"] = n
        expected = {f"key-{n}": n for n in range(500)}
        results: List[Dict[str, Any]] = []
        threads = [threading.Thread(target=lambda: results.append(r.get_many(expected))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [expected] * 4
