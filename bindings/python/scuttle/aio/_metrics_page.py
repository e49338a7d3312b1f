"""The page /metrics: HTTP/1.1, one request a connection, for a Prometheus server or a person."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Dict, List

from ..errors import ArgumentError
from ._addresses import Address, parse_address
from ._metrics import NodeCollector, encoder

logger = logging.getLogger("scuttle.aio")

PATH = "/metrics"
#: Connections at one time, bytes of a request, and seconds for all of an exchange: what a client can cost.
MAX_CONNECTIONS, MAX_REQUEST, MAX_SECONDS = 16, 8192, 5.0


def page_address(given: Any) -> Address:
    """Returns the address of `Node(metrics=…)`. A port alone is one of this machine's loopback interface.

    Raises:
        ArgumentError: It is none.
    """
    if isinstance(given, int) and not isinstance(given, bool):
        given = ("127.0.0.1", given)
    address = parse_address(given)
    if address.is_unix:
        raise ArgumentError(f"metrics is {str(address)!r}; Prometheus reads from a host and a port")
    return address


class MetricsPage:
    """Serves the metrics of a node, on its event loop.

    Each exchange has a limit in time, and the number of exchanges is limited, so a slow client costs a page of memory for some seconds.
    One connection too many is closed at once.
    """

    def __init__(self, collector: NodeCollector) -> None:
        """Makes a page that is not served yet."""
        self._collector = collector
        self._server: Any = None
        self._exchanges: Dict[asyncio.Task[Any], asyncio.StreamWriter] = {}
        #: The addresses that are bound, with the ports that the system has chosen.
        self.addresses: List[Address] = []

    async def start(self, address: Address) -> None:
        """Listens.

        Raises:
            OSError: The address is in use, or the system refuses it; the message has the address.
        """
        try:
            self._server = await asyncio.start_server(
                self._serve, address.host or None, address.port, limit=MAX_REQUEST
            )
        except OSError as error:
            raise type(error)(error.errno, f"cannot serve metrics at {address}: {error.strerror or error}") from None
        self.addresses = [Address(*made.getsockname()[:2]) for made in self._server.sockets]

    async def close(self) -> None:
        """Ends all exchanges, and listens no more. A second call does nothing."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        exchanges = list(self._exchanges)
        for writer in self._exchanges.values():
            writer.transport.abort()  # and not cancelled, because asyncio reports cancelled exchanges as faults
        if exchanges:
            await asyncio.wait(exchanges)
        await server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self._exchanges) >= MAX_CONNECTIONS or self._server is None:
            writer.transport.abort()
            return
        self._exchanges[task] = writer
        try:
            await asyncio.wait_for(self._exchange(reader, writer), MAX_SECONDS)
        except (asyncio.TimeoutError, OSError, EOFError):
            pass  # a client that is slow, or gone
        finally:
            del self._exchanges[task]
            writer.transport.abort()  # nothing, if all has left

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            writer.write(_response("431 Request Header Fields Too Large", "text/plain", b"", True))
        else:
            writer.write(self._respond(request.decode("latin-1")))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _respond(self, request: str) -> bytes:
        line, *fields = request.split("\r\n")
        words = line.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            return _response("400 Bad Request", "text/plain", b"", True)
        method, target, _ = words
        if method not in ("GET", "HEAD"):
            return _response("405 Method Not Allowed", "text/plain", b"", True, "Allow: GET, HEAD\r\n")
        if target.partition("?")[0] != PATH:
            return _response("404 Not Found", "text/plain", f"The metrics are at {PATH}\n".encode(), method == "GET")
        accepted = ",".join(
            value for name, _, value in (field.partition(":") for field in fields) if name.lower() == "accept"
        )
        encode, kind = encoder(accepted)
        try:
            body = encode(self._collector)
        except Exception:
            logger.exception("metrics cannot be written")
            return _response("500 Internal Server Error", "text/plain", b"", True)
        return _response("200 OK", kind, body, method == "GET")


def _response(status: str, kind: str, body: bytes, has_body: bool, fields: str = "") -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n{fields}\r\n"
    )
    return head.encode("latin-1") + (body if has_body else b"")
