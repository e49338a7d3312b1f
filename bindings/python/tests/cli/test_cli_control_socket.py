"""The control socket: what a request is, and clients that are hostile, silent or gone."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
from contextlib import closing
from pathlib import Path
from typing import Any, Iterator, List

import pytest
from processes import NodeProcess, eventually, inside, node

from scuttle.cli._control_format import REQUEST_BYTES
from scuttle.cli._errors import CommandError
from scuttle.cli._socket_file import SocketFile


def connect(node: NodeProcess) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(60)
    connection.connect(node.socket)
    return connection


def replies(connection: socket.socket) -> Iterator[Any]:
    with connection.makefile("rb") as file:
        for line in file:
            yield json.loads(line)


def request(node: NodeProcess, line: bytes) -> Any:
    """Returns the reply to one line."""
    with closing(connect(node)) as connection:
        connection.sendall(line)
        return next(replies(connection))


def memory_of(process: int) -> int:
    """Returns the bytes of memory of a process."""
    fields = Path(f"/proc/{process}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")


def test_the_socket_is_its_owners_alone(node: NodeProcess) -> None:
    found = os.stat(node.socket)
    assert stat.S_ISSOCK(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o600


@pytest.mark.parametrize(
    "line",
    [
        b"garbage",
        b"\x00\xff\xfe",
        b"",
        b"[]",
        b"{}",
        b'{"do":1}',
        b'{"do":"nothing"}',
        b'{"do":"get"}',
        b'{"do":"get","key":1}',
        b'{"do":"get","key":null}',
        b'{"do":"get","key":"k","more":1}',
        b'{"do":"get","key":"\\ud800"}',
        b'{"do":"get","do":"ls"}',
        b'{"do":"set","key":"k"}',
        b'{"do":"set","key":"k","value":NaN}',
        b'{"do":"set","key":"k","value":1e999}',
        b'{"do":"set","key":"","value":1}',
        b'{"do":"set","key":"k","value":1,"ttl":-1}',
        b'{"do":"set","key":"k","value":1,"ttl":true}',
        b'{"do":"set","key":"k","value":1,"confirmed":-1}',
        b'{"do":"set","key":"k","value":1,"confirmed":1e99}',
        b'{"do":"set","key":"k","value":1,"durable":1}',
        b'{"do":"set","key":"k","value":"\\udc00"}',
        b'{"do":"set_many","pairs":{}}',
        b'{"do":"set_many","pairs":[["k"]]}',
        b'{"do":"set_many","pairs":[["k",1],[1,1]]}',
        b'{"do":"ls","limit":-1}',
        b'{"do":"ls","limit":1.5}',
        b'{"do":"watch","initial":"yes"}',
        b'{"do":"forget","name":""}',
        b'{"do":"set","key":"k","value":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"do":"set","key":"k","value":' + b"[" * 70 + b"]" * 70 + b"}",
    ],
    ids=repr,
)
def test_what_is_no_request_is_an_error_and_changes_nothing(node: NodeProcess, line: bytes) -> None:
    with closing(connect(node)) as connection:
        connection.sendall(line + b'\n{"do":"get","key":"absent"}\n')
        found = replies(connection)
        first = next(found)
        assert list(first) == ["error"], first
        assert first["error"]["kind"] in ("input", "refused", "absent") and first["error"]["message"]
        assert next(found)["error"]["kind"] == "absent"  # the connection goes on
    assert node.run("get", "k").code == 1


def test_one_bad_pair_sets_none(node: NodeProcess) -> None:
    line = json.dumps({"do": "set_many", "pairs": [["pair/1", 1], ["", 2]]}).encode()
    assert request(node, line + b"\n")["error"]["kind"] == "input"
    line = json.dumps({"do": "set_many", "pairs": [["pair/1", 1], ["~scuttle/member/x", 2]]}).encode()
    assert request(node, line + b"\n")["error"]["kind"] == "refused"
    assert node.run("get", "pair/1").code == 1


def test_an_endless_line_ends_its_connection(node: NodeProcess) -> None:
    before = memory_of(node.process.pid)
    with closing(connect(node)) as connection:
        sent = 0
        with pytest.raises(OSError):
            while sent < 20 * REQUEST_BYTES:
                sent += connection.send(b"x" * 65536)
        assert sent < 4 * REQUEST_BYTES
    assert memory_of(node.process.pid) - before < 6 * REQUEST_BYTES
    assert node.run("ls", "--limit", "0").code == 0


def test_the_longest_value_passes(node: NodeProcess) -> None:
    value = "é" * (1 << 19)  # 1 MiB, but for the quotes
    line = (
        json.dumps({"do": "set", "key": "long", "value": value[:-1]}).encode() + b"\n"
    )  # escaped, so three times as long
    assert len(line) < REQUEST_BYTES
    assert request(node, line) == {"ok": {}}
    assert node.json("get", "long")["value"] == value[:-1]
    over = json.dumps({"do": "set", "key": "long", "value": value}).encode() + b"\n"
    told = request(node, over)["error"]
    assert told["kind"] == "refused" and "max_value_bytes" in told["message"]


def test_a_client_that_never_reads_stalls_itself_alone(node: NodeProcess) -> None:
    node.run("load", input="".join(json.dumps({"key": f"large/{n}", "value": "x" * 50_000}) + "\n" for n in range(200)))
    stuck: List[socket.socket] = []
    before = memory_of(node.process.pid)
    try:
        for line in (b'{"do":"ls","values":true}\n', b'{"do":"watch","initial":true}\n', b'{"do":"export"}\n'):
            connection = connect(node)
            connection.sendall(line * 100)
            stuck.append(connection)
        assert node.run("set", "large/other", "1").code == 0
        assert len(node.run("ls", "large/").out.split()) == 201
        # An export is made as a whole; the others cost a value each.
        assert memory_of(node.process.pid) - before < 10 * 201 * 50_000
    finally:
        for connection in stuck:
            connection.close()


def test_a_client_that_goes_away_ends_its_request(node: NodeProcess) -> None:
    """Otherwise writes that nobody confirms would use up the clients that the node serves."""
    for _ in range(40):
        with closing(connect(node)) as connection:
            connection.sendall(b'{"do":"set","key":"waits","value":1,"confirmed":9}\n')
    eventually(lambda: node.run("get", "waits").code == 0)


def test_a_client_that_has_ended_its_requests_still_gets_its_reply(node: NodeProcess) -> None:
    with closing(connect(node)) as connection:
        connection.sendall(b'{"do":"set","key":"half","value":1,"confirmed":1,"timeout":1.2}\n')
        connection.shutdown(socket.SHUT_WR)
        assert next(replies(connection))["error"]["kind"] == "timeout"


def test_a_client_that_never_reads_its_last_reply_still_counts(node: NodeProcess) -> None:
    node.run("load", input="".join(json.dumps({"key": f"last/{n}", "value": "x" * 50_000}) + "\n" for n in range(20)))
    before = len(os.listdir(f"/proc/{node.process.pid}/fd"))
    clients: List[socket.socket] = []
    try:
        for _ in range(100):
            connection = connect(node)
            clients.append(connection)
            connection.sendall(b'{"do":"ls","prefix":"last/","values":true,"limit":6}\n')
            connection.shutdown(socket.SHUT_WR)
        assert node.run("get", "absent").code in (1, 4)
        assert len(os.listdir(f"/proc/{node.process.pid}/fd")) - before <= 33
    finally:
        for connection in clients:
            connection.close()
    eventually(lambda: node.run("get", "absent").code == 1)


def test_idle_clients_make_room_for_others(node: NodeProcess) -> None:
    idle = [connect(node) for _ in range(100)]
    try:
        assert node.run("set", "room", "1").code == 0
        assert node.run("get", "room").out == "1\n"
    finally:
        for connection in idle:
            connection.close()


def test_busy_clients_make_no_room(node: NodeProcess) -> None:
    busy = [connect(node) for _ in range(32)]
    try:
        for connection in busy:
            connection.sendall(b'{"do":"watch","prefix":"busy/","initial":true}\n')
        eventually(lambda: node.run("get", "absent").code == 4)
        assert "clients" in node.run("get", "absent").error
    finally:
        for connection in busy:
            connection.close()
    eventually(lambda: node.run("get", "absent").code == 1)


def test_a_node_with_stuck_clients_ends(tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "bob") as bob:
        bob.run("load", input="".join(json.dumps({"key": f"{n}", "value": "x" * 50_000}) + "\n" for n in range(100)))
        clients = [connect(bob) for _ in range(3)]
        clients[0].sendall(b'{"do":"ls","values":true}\n' * 10)
        clients[1].sendall(b'{"do":"watch"}\n')
        clients[2].sendall(b'{"do":')
        assert bob.end() == 0
        assert not os.path.exists(bob.socket)
        for client in clients:
            client.close()
        assert bob.log.read_text() == ""


def test_the_socket_of_a_killed_node_is_replaced(tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "bob") as bob:
        assert bob.end(9) == -9
    assert os.path.exists(bob.socket)
    gone = inside("--socket", bob.socket, "get", "k")
    assert gone.code == 3 and "start it again" in gone.error
    with NodeProcess(tmp_path, "bob") as bob:
        assert bob.run("get", "k").code == 1


def test_a_second_node_on_one_socket_is_refused(node: NodeProcess) -> None:
    done = inside("node", "--name", "bob", "--listen", "127.0.0.1:0", "--socket", node.socket)
    assert (
        done.code == 4
        and done.error
        == f"scuttle: another node serves the control socket {node.socket}: end it, or give another --socket\n"
    )
    assert node.run("get", "absent").code == 1  # the first goes on


def test_what_is_no_stale_socket_stays(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(CommandError, match="is no socket"):
        SocketFile(str(tmp_path / "file"))
    assert (tmp_path / "file").read_text() == "precious"
    with closing(socket.socket(socket.AF_UNIX)) as other:  # of a program that has no lock
        other.bind(str(tmp_path / "other"))
        other.listen(1)
        with pytest.raises(CommandError, match="another node serves"):
            SocketFile(str(tmp_path / "other"))
    with pytest.raises(CommandError, match="the system allows 107"):
        SocketFile("/" + "x" * 200)
    with pytest.raises(CommandError, match="No such file"):
        SocketFile(str(tmp_path / "no" / "folder"))


def test_of_many_that_start_at_once_one_gets_the_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(path)
    stale.close()
    files: List[SocketFile] = []
    refused: List[CommandError] = []

    def start() -> None:
        try:
            files.append(SocketFile(path))
        except CommandError as error:
            refused.append(error)

    threads = [threading.Thread(target=start) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(files) == 1 and len(refused) == 15
    os.unlink(path)
    other = SocketFileOfSomebodyElse(path)
    files[0].close()
    assert os.path.exists(path)  # it is not the one that was made
    other.close()


class SocketFileOfSomebodyElse:
    """A socket that has replaced another one."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)

    def close(self) -> None:
        self._socket.close()


@pytest.mark.parametrize(
    "reply", [b"HTTP/1.1 400 Bad Request\r\n", b"[]\n", b'{"ok":1}\n', b'{"error":"no"}\n', b"{}\n", b"\xff\n", b""]
)
def test_a_server_that_is_no_node_is_told_from_one(tmp_path: Path, reply: bytes) -> None:
    path = str(tmp_path / "other")
    with closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(path)
        listener.listen(1)

        def serve() -> None:
            connection, _ = listener.accept()
            with closing(connection):
                connection.recv(65536)
                connection.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        done = inside("--socket", path, "get", "k")
        thread.join()
    assert done.code == 3 and done.error.count("\n") == 1
