"""What the tests of nodes share: an event loop that has to be empty at the end, and peers that speak by hand."""

from __future__ import annotations

import asyncio
import functools
import gc
import os
import threading
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator, Callable, Coroutine, List, Set

import scuttle
from scuttle.aio import Node

#: Makes the event loop of a test; the fixture in conftest.py replaces it.
new_event_loop: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop

#: Seconds that a test may wait for something, on a slow machine.
PATIENCE = 60.0


def descriptors() -> Set[str]:
    """Returns what the open descriptors of this process are."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        try:
            found.add(f"{number} {os.readlink(f'/proc/self/fd/{number}')}")
        except OSError:
            pass  # that of the listing
    return found


def asynchronous(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Runs a test in an event loop, and expects that it leaves no task, descriptor or thread, and no error in a callback."""

    @functools.wraps(test)
    def run(*arguments: Any, **fixtures: Any) -> None:
        gc.collect()
        before, threads = descriptors(), set(threading.enumerate())
        faults: List[Any] = []
        loop = new_event_loop()
        loop.set_exception_handler(lambda _, context: faults.append(context))
        try:
            asyncio.set_event_loop(loop)
            loop.run_until_complete(asyncio.wait_for(test(*arguments, **fixtures), 2 * PATIENCE))
            left = asyncio.all_tasks(loop)
            assert not left, left
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            for task in asyncio.all_tasks(loop):  # those of a test that has failed, because a loop in use is not closed
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
            asyncio.set_event_loop(None)
            loop.close()
        gc.collect()
        assert not faults, faults
        assert set(threading.enumerate()) <= threads
        assert descriptors() <= before, descriptors() - before

    return run


async def until(condition: Callable[[], object], what: str = "", seconds: float = PATIENCE) -> None:
    """Returns once a condition holds; fails if it does not for long."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while not condition():
        assert loop.time() < end, what or "the condition does not hold"
        await asyncio.sleep(0.005)


@asynccontextmanager
async def pair(**config: Any) -> AsyncIterator[List[Node]]:
    """Two nodes, of which the second has dialled the first, in step."""
    async with Node("a", listen="127.0.0.1:0", **config) as a:
        async with Node("b", listen="127.0.0.1:0", peers=[a.addresses[0]], **config) as b:
            await b.in_step(PATIENCE)
            yield [a, b]


class HandPeer:
    """A peer with a replica, whose socket is used by hand."""

    def __init__(self, name: str = "hand", **config: Any) -> None:
        self.replica = scuttle.Replica(name, **config)
        self.link = self.replica.link()

    async def dial(self, node: Node) -> HandPeer:
        """Connects to a node."""
        address = node.addresses[0]
        if address.is_unix:
            self.reader, self.writer = await asyncio.open_unix_connection(address.path)
        else:
            self.reader, self.writer = await asyncio.open_connection(address.host, address.port)
        return self

    async def talk(self) -> None:
        """Sends what the link has, and reads what there is, once."""
        self.writer.write(self.link.read_all())
        await self.writer.drain()
        try:
            self.link.write(await asyncio.wait_for(self.reader.read(65536), 0.2))
        except asyncio.TimeoutError:
            pass

    async def greet(self) -> HandPeer:
        """Gossips until the replicas are in step."""
        self.link.gossip()
        while not self.link.in_step:
            await self.talk()
        return self

    async def is_closed(self) -> bool:
        """Reads until the node has closed the connection."""
        try:
            while await asyncio.wait_for(self.reader.read(65536), PATIENCE):
                pass
        except ConnectionError:
            pass
        return True

    async def close(self) -> None:
        """Closes the connection."""
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except ConnectionError:
            pass
        self.replica.close()
