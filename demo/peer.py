"""A replica in a process of its own, in Python: the same commands on standard input and the same replies as peer.c, and one more:

    classic PORT      silent      connects by a link in the classic dialect
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
import time

import scuttle

GOSSIP_EVERY = 0.1  # seconds


class Connection:
    """A link on a TCP socket."""

    def __init__(self, replica: scuttle.Replica, stream: socket.socket, classic: bool) -> None:
        stream.setblocking(False)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = stream
        self.link = replica.link(live=True, classic=classic)
        self.link.gossip()  # begin by comparing what both sides have
        self.unsent = b""  # read from the link, and not sent yet

    def receive(self) -> None:
        try:
            data = self.stream.recv(65536)
        except BlockingIOError:
            return
        if not data:
            raise ConnectionError("closed by the peer")
        self.link.write(data)

    def send(self) -> None:
        """Sends until the link has no more output or the socket has no more room."""
        while data := self.unsent or self.link.read(65536):
            try:
                self.unsent = data[self.stream.send(data) :]
            except BlockingIOError:
                self.unsent = data
                return

    def close(self) -> None:
        self.link.close()
        self.stream.close()


class Peer:
    def __init__(self, name: str) -> None:
        self.replica = scuttle.Replica(name)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.connections: list[Connection] = []
        self.commands = b""  # the last one may be incomplete
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.listener, selectors.EVENT_READ)
        self.selector.register(sys.stdin, selectors.EVENT_READ)

    # ---- connections ----

    def keep(self, stream: socket.socket, classic: bool = False) -> None:
        connection = Connection(self.replica, stream, classic)
        self.connections.append(connection)
        self.selector.register(stream, selectors.EVENT_READ, connection)

    def drop(self, connection: Connection) -> None:
        self.selector.unregister(connection.stream)
        self.connections.remove(connection)
        connection.close()

    def cut(self) -> int:
        count = len(self.connections)
        for connection in list(self.connections):
            self.drop(connection)
        return count

    # ---- commands ----

    def obey(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        if verb == "set":
            key, _, value = rest.partition(" ")
            self.replica[key] = json.loads(value)
        elif verb == "delete":
            self.replica.pop(rest, None)
        elif verb == "get":
            say(self.value(rest))
        elif verb in ("connect", "classic"):
            self.keep(socket.create_connection(("127.0.0.1", int(rest)), timeout=5), classic=verb == "classic")
        elif verb == "cut":
            say(f"cut {self.cut()}")
        elif verb == "status":
            clock = " ".join(f"{source}:{version}" for source, version in self.replica.clock.items())
            say(f"status {len(self.replica)} {self.replica.fingerprint:016x} {clock}")
        elif verb == "quit":
            sys.exit(0)
        else:
            say(f"error no such command: {verb}")

    def value(self, key: str) -> str:
        entry = self.replica.lookup(key)
        return f"value {entry.source or '-'} {entry.version} {json.dumps(entry.value, ensure_ascii=False)}"

    def read_commands(self) -> None:
        data = os.read(sys.stdin.fileno(), 65536)
        if not data:
            sys.exit(0)
        *lines, self.commands = (self.commands + data).split(b"\n")
        for line in lines:
            try:
                self.obey(line.decode())
            except (scuttle.ScuttleError, OSError, ValueError) as error:
                say(f"error {line.decode()}: {error}")

    # ---- the loop ----

    def run(self) -> None:
        say(f"listening {self.listener.getsockname()[1]}")
        due = time.monotonic()
        while True:
            if time.monotonic() >= due:
                self.replica.gossip()
                due = time.monotonic() + GOSSIP_EVERY
            self.turn(max(0.0, due - time.monotonic()))

    def turn(self, wait: float) -> None:
        ready = {key.fileobj for key, _ in self.selector.select(wait)}
        if self.listener in ready:
            self.keep(self.listener.accept()[0])
        if sys.stdin in ready:
            self.read_commands()
        for connection in list(self.connections):
            try:
                if connection.stream in ready:
                    connection.receive()
                connection.send()
            except (scuttle.ScuttleError, OSError) as error:
                say(f"closed {error}")
                self.drop(connection)
            else:
                wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if connection.unsent else 0)
                self.selector.modify(connection.stream, wanted, connection)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    Peer(sys.argv[1]).run()
