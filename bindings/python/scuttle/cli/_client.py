"""The client of a control socket. It makes a connection for each request, so it keeps no state of the node."""

from __future__ import annotations

import json
import socket
from typing import Any, Dict, Iterator, Mapping, Optional

from ._control_format import REPLY_BYTES, encode_line
from ._errors import EXITS, CommandError, Exit

#: Seconds for connecting, and for each part of a reply, unless the request waits for something.
PATIENCE = 30.0


def given(**fields: Any) -> Dict[str, Any]:
    """Returns those fields of a request that are not None."""
    return {name: value for name, value in fields.items() if value is not None}


class Client:
    """Requests to the node that serves a control socket."""

    def __init__(self, path: str, patience: Optional[float] = PATIENCE) -> None:
        """Connects to nothing yet.

        Args:
            path: The path of the socket.
            patience: Seconds after which a silent node is an error.
        """
        self.path = path
        self._patience = patience

    def request(
        self, do: str, fields: Optional[Mapping[str, Any]] = None, *, wait: Optional[float] = 0.0
    ) -> Dict[str, Any]:
        """Makes a request, and returns its result.

        Args:
            do: The name of the request.
            fields: The fields of the request.
            wait: Seconds that the request itself may wait, in addition to the client's patience. None: for ever.

        Raises:
            CommandError: The node is not reachable, is silent, or returns an error.
        """
        result: Dict[str, Any] = {}
        for reply in self._replies({"do": do, **(fields or {})}, wait):
            if "ok" in reply:
                result = reply["ok"]
        return result

    def stream(
        self, do: str, fields: Optional[Mapping[str, Any]] = None, *, wait: Optional[float] = 0.0
    ) -> Iterator[Any]:
        """Makes a request, and yields its items as they arrive. Raises as `request`."""
        for reply in self._replies({"do": do, **(fields or {})}, wait):
            if "item" in reply:
                yield reply["item"]

    def _replies(self, request: Dict[str, Any], wait: Optional[float]) -> Iterator[Dict[str, Any]]:
        with self._connect() as connection:
            try:
                connection.sendall(encode_line(request))
            except BrokenPipeError:
                pass  # the node has refused the connection, and the reply says why
            except OSError as error:
                raise self._lost(error) from None
            is_endless = wait is None or self._patience is None
            connection.settimeout(None if is_endless else (self._patience or 0.0) + (wait or 0.0))
            with connection.makefile("rb") as file:
                while True:
                    reply = self._read(file)
                    if "error" in reply:
                        failure = reply["error"]
                        raise CommandError(str(failure.get("message")), EXITS.get(failure.get("kind"), Exit.REFUSED))
                    yield reply
                    if "ok" in reply:
                        return

    def _read(self, file: Any) -> Dict[str, Any]:
        try:
            line = file.readline(REPLY_BYTES + 1)
        except socket.timeout:
            message = f"the node at {self.path} has sent nothing for {self._patience:g} s; see its log, or try again"
            raise CommandError(message, Exit.TIMEOUT) from None
        except OSError as error:
            raise self._lost(error) from None
        if not line.endswith(b"\n"):
            raise self._lost(None)
        try:
            reply = json.loads(line)
        except ValueError:
            reply = None
        is_reply = isinstance(reply, dict) and (
            "item" in reply or isinstance(reply.get("ok"), dict) or isinstance(reply.get("error"), dict)
        )
        if not is_reply:
            raise CommandError(
                f"{self.path} is not the control socket of a scuttle node: check --socket", Exit.UNREACHABLE
            )
        return reply  # type: ignore[no-any-return]

    def _lost(self, error: Optional[OSError]) -> CommandError:
        why = f": {error.strerror}" if error is not None and error.strerror else ""
        message = f"the node at {self.path} has ended the connection{why}; check with `scuttle status` that it runs"
        return CommandError(message, Exit.UNREACHABLE)

    def _connect(self) -> socket.socket:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(self._patience)
        try:
            connection.connect(self.path)
        except OSError as error:
            connection.close()
            raise CommandError(_why_not(self.path, error), Exit.UNREACHABLE) from None
        return connection


def _why_not(path: str, error: OSError) -> str:
    """Returns why a socket cannot be connected to, and what to do."""
    if isinstance(error, FileNotFoundError):
        return (
            f"there is no control socket {path}: start a node with `scuttle node --socket {path}`, or correct --socket"
        )
    if isinstance(error, ConnectionRefusedError):
        return f"no node serves the control socket {path} any more: start it again"
    if isinstance(error, PermissionError):
        return f"the control socket {path} belongs to another user: run this as the user of the node"
    if isinstance(error, (socket.timeout, BlockingIOError)):
        return f"the node at {path} accepts no connection: see its log"
    return f"cannot connect to the control socket {path}: {error.strerror or error}"
