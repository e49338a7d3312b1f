"""Names whose name servers do not reply: they keep neither the program, nor other names, nor the end of the node."""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any, Iterator, List

import pytest
from nodes import PATIENCE, asynchronous, pair, until

from scuttle.aio import Node, _resolving
from scuttle.aio._members import PREFIX

pytestmark = pytest.mark.usefixtures("loops")


class Silence:
    """A name server that does not reply for names that end with .example."""

    def __init__(self) -> None:
        self.tried: List[str] = []
        self._over = threading.Event()
        self._real = socket.getaddrinfo

    def getaddrinfo(self, host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> Any:
        """Returns the addresses of other names."""
        if str(host).endswith(".example") and not flags & socket.AI_NUMERICHOST:
            self.tried.append(str(host))
            self._over.wait()
            raise socket.gaierror(socket.EAI_AGAIN, "no reply")
        return self._real(host, port, family, type, proto, flags)

    def end(self) -> None:
        """Has all lookups end, and waits for their threads."""
        self._over.set()
        for thread in threading.enumerate():
            if thread.name == "scuttle-names":
                thread.join(PATIENCE)


@pytest.fixture
def silence(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silence]:
    """The name server of the test."""
    made = Silence()
    monkeypatch.setattr(socket, "getaddrinfo", made.getaddrinfo)
    monkeypatch.setattr(_resolving, "SECONDS", 0.05)
    yield made
    made.end()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@asynchronous
async def test_names_of_members_are_few_and_keep_nobody(transport: str, silence: Silence) -> None:
    async with pair(transport=transport) as (a, b):
        for number in range(40):
            a.replica[f"{PREFIX}evil{number}"] = {"address": f"evil{number}.example:1"}
        a.spread()
        await until(lambda: len(silence.tried) == 4 and len(b.members) == 42)
        for _ in range(4):  # nobody else waits: not the program for its threads, nor a node for the names of its peers
            assert await asyncio.get_running_loop().run_in_executor(None, lambda: 7) == 7
            await asyncio.sleep(0.5)
        assert len(silence.tried) == 4, silence.tried  # two for each of the nodes, which have given up others meanwhile
        async with Node("c", transport=transport, peers=[f"localhost:{a.addresses[0].port}"]) as c:
            await c.in_step(PATIENCE)
    silence.end()


@asynchronous
async def test_a_name_that_is_not_resolved_in_time_is_told_and_tried_again(silence: Silence) -> None:
    async with Node("a", peers=["a.example:1"]) as a:
        await until(lambda: len(silence.tried) > 1)
        assert "'a.example' was not resolved within" in str(a.peers[0].error)
    silence.end()
