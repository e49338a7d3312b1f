"""The addresses of names, by threads of their own.

The event loop's own `getaddrinfo` shares the threads of the default executor with the program. A name server that never replies keeps a
thread for half a minute, also after the caller has given up, and a peer may claim an address whose name has such a server. So the
threads here are bounded, those for claims of peers apart from those for the node's own, and nobody waits for them at the end.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from typing import Any, List, Optional

#: Seconds until a name counts as one that cannot be resolved.
SECONDS = 5.0


class Lookups:
    """A limited number of lookups at a time. One that nobody waits for any more counts until its thread has ended."""

    def __init__(self, most: int) -> None:
        """Makes it, on the running loop."""
        self._room = asyncio.Semaphore(most)

    async def find(self, host: str, port: int, *, family: int = 0, kind: int) -> List[Any]:
        """Returns the addresses of a name, as `socket.getaddrinfo` does. An IP address needs no thread.

        Raises:
            OSError: There are none, or the name was not resolved in time.
            UnicodeError: The host can be no name.
        """
        try:
            return socket.getaddrinfo(host, port, family, kind, 0, socket.AI_NUMERICHOST | socket.AI_NUMERICSERV)
        except socket.gaierror:
            pass  # a name
        try:
            return await asyncio.wait_for(self._find(host, port, family, kind), SECONDS)
        except asyncio.TimeoutError:  # no OSError before Python 3.11
            raise TimeoutError(f"the name {host!r} was not resolved within {SECONDS:g} seconds") from None

    async def _find(self, *wanted: Any) -> List[Any]:
        await self._room.acquire()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[List[Any]] = loop.create_future()

        def end(found: List[Any], error: Optional[Exception]) -> None:
            self._room.release()
            if future.done():
                return  # nobody waits for it
            if error is None:
                future.set_result(found)
            else:
                future.set_exception(error)

        def look() -> None:
            found: List[Any] = []
            error: Optional[Exception] = None
            try:
                found = socket.getaddrinfo(*wanted)
            except Exception as caught:
                error = caught
            try:
                loop.call_soon_threadsafe(end, found, error)
            except RuntimeError:
                pass  # the loop is closed

        try:
            threading.Thread(target=look, name="scuttle-names", daemon=True).start()
        except RuntimeError as error:  # the system gives no thread
            self._room.release()
            raise OSError(str(error)) from None
        return await future
