"""Requests of the control socket on a node in this process."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from scuttle.aio import Node
from scuttle.cli._control_format import Fields, RequestError
from scuttle.cli._operations import operations_of


async def ignore(item: Any) -> None:
    """Sends an item to nobody."""


@pytest.mark.parametrize("request_", [{"do": "set_many", "pairs": [["k", 1]]}, {"do": "set", "key": "k", "value": 1}])
def test_a_durable_write_to_a_node_without_a_store_sets_nothing(request_: Any) -> None:
    async def main() -> None:
        async with Node("a") as node:
            fields = Fields(json.dumps({**request_, "durable": True}).encode())
            with pytest.raises(RequestError, match="needs a store"):
                await operations_of(node)[fields.do](fields, ignore)
            assert "k" not in node

    asyncio.run(main())
