"""A node is the mapping that its replica is, without the keys of nodes."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from nodes import asynchronous

import scuttle
from scuttle.aio import Node

pytestmark = pytest.mark.usefixtures("loops")

OWN = "~scuttle/member/a"


@asynchronous
async def test_it_does_what_a_dict_does() -> None:
    model: dict[str, Any] = {}
    async with Node("a") as node:
        for mapping in (model, node):
            mapping["b"] = [1]
            mapping.update({"c": 2, "z": None}, d="x")
            mapping.update([("e", 3)])
            assert mapping.pop("e") == 3 and mapping.pop("e", 7) == 7
            assert mapping.setdefault("f", 1) == 1 and mapping.setdefault("f", 2) == 1
            del mapping["d"]
        assert node == model and sorted(node) == sorted(model) and len(node) == len(model)
        assert dict(node.items()) == model and list(node.keys("c")) == ["c"] and list(node.values("b")) == [[1]]
        assert "b" in node and "d" not in node and node.get("d", 5) == 5 and node.get_many(["b", "d"]) == {"b": [1]}
        assert node.lookup("b").source == node.id and [update.key for update in node.snapshot("c")] == ["c"]
        assert node.popitem() == ("b", [1])
        node.clear()
        assert not node and OWN in node.replica


@asynchronous
async def test_the_keys_of_nodes_are_not_visible() -> None:
    async with Node("a") as node:
        node["~"], node["~scuttlf"] = 1, 2
        assert OWN in node.replica
        assert OWN not in node and node.get(OWN) is None and node.get_many([OWN]) == {} and node.pop(OWN, 3) == 3
        assert node.lookup(OWN).source is None
        for prefix, keys in (
            ("", ["~", "~scuttlf"]),
            ("~", ["~", "~scuttlf"]),
            ("~scuttle/", []),
            (OWN, []),
            ("~scuttlf", ["~scuttlf"]),
        ):
            assert list(node.keys(prefix)) == keys == [key for key, _ in node.items(prefix)]
            assert len(node.keys(prefix)) == len(keys) and len(node.snapshot(prefix)) == len(keys)


@pytest.mark.parametrize(
    "write",
    [
        lambda node: node.__setitem__(OWN, 1),
        lambda node: node.setdefault(OWN, 1),
        lambda node: node.update({"k": 1, OWN: 1}),
        lambda node: node.update(**{OWN: 1}),
    ],
)
@asynchronous
async def test_a_write_of_such_a_key_is_an_error_and_changes_nothing(write: Callable[[Node], None]) -> None:
    async with Node("a") as node:
        before = node.replica[OWN]
        with pytest.raises(scuttle.InputError, match="the node's own"):
            write(node)
        for call in (node.set(OWN, 1), node.delete(OWN)):
            with pytest.raises(scuttle.InputError):
                await call
        for absent in (node.pop, node.__getitem__, node.__delitem__):
            with pytest.raises(KeyError):
                absent(OWN)
        assert node.replica[OWN] == before and not node


@asynchronous
async def test_errors_are_those_of_a_replica() -> None:
    async with Node("a", limits=scuttle.Limits(max_keys=2)) as node:
        with pytest.raises(scuttle.errors.EmptyKeyError):
            node[""] = 1
        with pytest.raises(TypeError):
            node["k"] = {1}
        with pytest.raises(KeyError):
            node["k"]
        with pytest.raises(scuttle.errors.TooManyKeysError):
            node.update({"k": 1, "l": 2})
        assert node == {"k": 1}
