"""The server of a control socket, on the event loop of its node. It knows no node: it has a function for each request.

A client costs at most a line of `REQUEST_BYTES`, twice, while it sends, and one line of a reply while it does not read; there are at
most `max_clients`. Beyond that, the client that has been idle longest loses its connection. A client that reads nothing stalls itself
alone.
"""

from __future__ import annotations

import asyncio
import logging
import select
from typing import Any, Awaitable, Callable, Dict, Mapping, Optional, Set

from ._control_format import REQUEST_BYTES, Fields, RequestError, encode_line
from ._socket_file import SocketFile

log = logging.getLogger("scuttle.control")

#: Sends an item to the client, and waits while the client does not read.
Send = Callable[[Any], Awaitable[None]]
#: Serves a request: reads its fields, sends items, returns the result.
Operation = Callable[[Fields, Send], Awaitable[Dict[str, Any]]]

#: Seconds between two looks whether the client of a request that lasts has gone.
_LOOK = 0.5


class ControlServer:
    """Serves requests on a control socket."""

    def __init__(self, file: SocketFile, operations: Mapping[str, Operation], *, max_clients: int = 32) -> None:
        """Serves nothing yet.

        Args:
            file: The socket, which the server closes at its end.
            operations: A function for each request, by the request's name.
            max_clients: Connections at one time.
        """
        self._file = file
        self._operations = operations
        self._max_clients = max_clients
        self._clients: Set[_Connection] = set()
        self._server: Optional[asyncio.AbstractServer] = None
        self._is_closing = False

    async def start(self) -> None:
        """Begins to accept clients."""
        self._server = await asyncio.start_unix_server(self._serve, sock=self._file.socket, limit=REQUEST_BYTES)

    async def close(self) -> None:
        """Ends all connections, also in the middle of a request, and removes the socket."""
        self._is_closing = True
        if self._server is not None:
            self._server.close()
        clients = list(self._clients)
        for client in clients:
            client.end()
        if clients:
            await asyncio.wait([client.task for client in clients])
            await asyncio.sleep(0)  # the transports close their sockets in the next turn
        self._file.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if self._is_closing:
            writer.transport.abort()  # it was accepted in the turn of the end
            return
        if len(self._clients) >= self._max_clients and not self._evict():
            message = (
                f"the control socket has {self._max_clients} clients, as many as it serves at a time: try again later"
            )
            writer.write(encode_line({"error": {"kind": "refused", "message": message}}))
            writer.close()
            return
        client = _Connection(reader, writer, self._operations, task)
        self._clients.add(client)
        try:
            await client.run()
            writer.close()
            await writer.wait_closed()  # a client that does not read its last reply still counts
        except (asyncio.CancelledError, OSError):
            pass  # `end`, or the client has gone
        finally:
            self._clients.discard(client)
            writer.transport.abort()

    def _evict(self) -> bool:
        """Ends the connection that has been idle longest; returns whether there is one."""
        idle = [client for client in self._clients if client.idle_since is not None]
        if not idle:
            return False
        oldest = min(idle, key=lambda client: client.idle_since or 0.0)
        self._clients.discard(oldest)
        oldest.end()
        return True


class _Connection:
    """A client: one request after the other."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        operations: Mapping[str, Operation],
        task: asyncio.Task[None],
    ) -> None:
        self.task = task
        #: The time of the loop since which the client has sent no whole request; None during one.
        self.idle_since: Optional[float] = asyncio.get_running_loop().time()
        self._reader = reader
        self._writer = writer
        self._operations = operations

    def end(self) -> None:
        """Ends the connection at once; what the client has not read is lost."""
        self.task.cancel()

    async def run(self) -> None:
        while True:
            try:
                line = await self._reader.readuntil()
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                await self._send_error("input", f"a request is longer than {REQUEST_BYTES:,} bytes")
                return
            self.idle_since = None
            await self._serve(line)
            self.idle_since = asyncio.get_running_loop().time()

    async def _serve(self, line: bytes) -> None:
        try:
            fields = Fields(line)
            operation = self._operations.get(fields.do)
            if operation is None:
                names = ", ".join(sorted(self._operations))
                raise RequestError("input", f"there is no request {fields.do[:40]!r}; there are {names}")
            result = await self._while_there(operation(fields, self._send_item))
        except RequestError as error:
            await self._send_error(error.kind, error.message)
        except OSError:
            raise
        except Exception as error:
            log.exception("a request on the control socket has failed")
            await self._send_error("internal", f"{type(error).__name__}: {error}; the node's log has more")
        else:
            await self._send({"ok": result})

    async def _while_there(self, serving: Awaitable[Dict[str, Any]]) -> Dict[str, Any]:
        """Waits for a request, and cancels it if the client goes away: a watch, or a write that waits for peers, has no other end."""
        task = asyncio.ensure_future(serving)
        try:
            while not task.done():
                await asyncio.wait([task], timeout=_LOOK)
                if not task.done() and self._has_gone():
                    raise ConnectionResetError
            return task.result()
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()  # it is told, or nobody is there to tell

    def _has_gone(self) -> bool:
        """Returns whether the client has closed its connection. One that has ended its requests alone still reads."""
        handle = self._writer.get_extra_info("socket")
        if handle is None or handle.fileno() < 0:
            return True
        look = select.poll()
        look.register(handle.fileno(), 0)
        return any(events & (select.POLLHUP | select.POLLERR) for _, events in look.poll(0))

    async def _send_item(self, item: Any) -> None:
        await self._send({"item": item})

    async def _send_error(self, kind: str, message: str) -> None:
        await self._send({"error": {"kind": kind, "message": message}})

    async def _send(self, document: Any) -> None:
        self._writer.write(encode_line(document))
        await self._writer.drain()
