"""The node of the examples in C, tls_node.c, beside nodes of this package: they meet, and from a wrong peer nothing gets in."""

from __future__ import annotations

import asyncio
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Awaitable, Callable, List, Optional

import pytest
from authority import Authority, Issued
from nodes import PATIENCE, until
from support import LIBRARY, PACKAGE

from scuttle.aio import TLS, NameMismatchError, Node

_ROOT = PACKAGE.parents[2]
_EXAMPLES = _ROOT / "bindings/c/examples"

if not (_EXAMPLES / "tls_node.c").exists():
    pytest.skip("the examples are there in a source checkout only", allow_module_level=True)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example, with the sanitizers of the compiler."""
    if shutil.which("cc") is None or subprocess.run(["pkg-config", "--exists", "openssl >= 3"]).returncode != 0:
        pytest.skip("there is no C compiler, or no OpenSSL 3 for it")
    built = tmp_path_factory.mktemp("c") / "tls_node"
    sources = [_EXAMPLES / "tls_node.c", *sorted((_ROOT / "bindings/c/store").glob("*.c"))]
    library = Path(LIBRARY).resolve()
    subprocess.run(
        ["cc", "-std=c99", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
        + [f"-I{_ROOT / 'include'}", f"-I{_ROOT / 'bindings/c/store'}", *map(str, sources), "-o", str(built)]
        + [str(library), f"-Wl,-rpath,{library.parent}", "-lssl", "-lcrypto"],
        check=True,
    )
    return built


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def tls_of(authority: Authority, issued: Issued, claims: Optional[List[str]] = None) -> TLS:
    """Returns what a node needs. With `claims` it lets itself claim these names, whatever its certificate says."""
    names = None if claims is None else lambda entries, certificate: claims
    return TLS(ca=authority.ca, cert=issued.cert, key=issued.key, names=names)


class NodeInC:
    """A running program."""

    def __init__(self, program: Path, folder: Path, name: str, *peers: str, listen: str = "127.0.0.1:0") -> None:
        self._log, self._out = folder / f"{name}.log", folder / f"{name}.out"
        with self._log.open("wb") as log, self._out.open("wb") as out:
            self.process = subprocess.Popen(
                [str(program), name, listen, *peers], cwd=folder, stdin=subprocess.PIPE, stdout=out, stderr=log
            )
        end = time.monotonic() + PATIENCE
        while "listens on port" not in self.log:
            assert self.process.poll() is None and time.monotonic() < end, self.log
            time.sleep(0.01)
        self.address = "127.0.0.1:" + self.log.split("listens on port ")[1].split()[0]

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def lines(self) -> List[str]:
        """The whole lines that it has printed."""
        return self._out.read_text().split("\n")[:-1]

    @property
    def has_refused(self) -> bool:
        """Whether a connection has stood and ended without a hello."""
        ended = [line for line in self.log.splitlines() if " is over: " in line and "Connection refused" not in line]
        return any(line.startswith(("the connection from a stranger", "the connection to")) for line in ended)

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    async def reply(self, line: str) -> str:
        """Returns the next line that it prints after a command; no peer may write meanwhile."""
        before = len(self.lines)
        self.type(line)
        await until(lambda: len(self.lines) > before, f"no reply to {line}: {self.log}")
        return self.lines[before]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> NodeInC:
        return self

    def __exit__(self, *error: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()  # which is its end
        try:
            if self.process.returncode != -signal.SIGKILL:
                assert self.process.wait(PATIENCE) == 0, self.log
        finally:
            self.kill()
        assert "Sanitizer" not in self.log and "runtime error" not in self.log, self.log


def free_address() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def run(main: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(main(), 2 * PATIENCE))


def test_it_meets_nodes_and_survives_a_kill(program: Path, authority: Authority, tmp_path: Path) -> None:
    for name in ("ada", "bob", "cyn"):
        authority.issue(name)

    async def main() -> None:
        ada_tls, bob_tls = (TLS(ca=authority.ca, cert=tmp_path / f"{n}.pem", key=tmp_path / f"{n}.key") for n in ("ada", "bob"))
        async with Node("ada", listen="127.0.0.1:0", tls=ada_tls) as ada:
            address = str(ada.addresses[0])
            async with Node("bob", peers=[address], tls=bob_tls) as bob:
                with NodeInC(program, tmp_path, "cyn", address) as cyn:
                    await until(lambda: "connected to ada" in cyn.log)
                    await bob.set("lamp", {"on": "\u00e9\u2603 \\u0068"}, confirmed=1, timeout=PATIENCE)
                    await until(lambda: any(line.startswith("lamp = ") for line in cyn.lines))
                    assert await cyn.reply('set door "open"') == "ok"
                    await until(lambda: bob.get("door") == "open")
                    big = "x" * 1_000_000  # many records of TLS, and more than the socket has room for
                    await ada.set("big", big, confirmed=2, timeout=PATIENCE)
                    assert await cyn.reply("del door") == "ok"
                    assert "~scuttle/member/bob" in ada.replica and not any("~scuttle" in line for line in cyn.lines)
                    assert await cyn.reply('set window "open"') == "ok"
                    cyn.kill()  # at once: the peers may not have it
                bob["lamp"] = "off"
                with NodeInC(program, tmp_path, "cyn") as cyn:  # alone
                    assert await cyn.reply("get window") == '"open"'
                    assert await cyn.reply("get door") == "nothing"
                    assert await cyn.reply("get big") == f'"{big}"'
                with NodeInC(program, tmp_path, "cyn", address) as cyn:
                    await until(lambda: 'lamp = "off"' in cyn.lines and bob.get("window") == "open")
                    assert "door" not in bob

    run(main)


@pytest.mark.parametrize("names", [("ada", "zoe"), ("zoe", "ada")], ids=["the lesser in Python", "the lesser in C"])
def test_of_two_connections_one_stays(program: Path, authority: Authority, tmp_path: Path, names: List[str]) -> None:
    """Each dials the other, and both know which connection stays, so none is dialled again and again."""
    in_python, in_c = names
    authority.issue(in_c)
    there = free_address()

    async def main() -> None:
        tls = tls_of(authority, authority.issue(in_python))
        async with Node(in_python, listen="127.0.0.1:0", peers=[there], tls=tls) as one:
            with NodeInC(program, tmp_path, in_c, str(one.addresses[0]), listen=there) as other:
                await until(lambda: [peer.state for peer in one.peers] in (["connected"], ["in_step"]))
                await asyncio.sleep(1)  # the longer pauses of both are over
                since, (log, peers) = one.peers[0].since, (other.log, [peer.state for peer in one.peers])
                await asyncio.sleep(1.5)
                assert other.log == log and one.peers[0].since == since and len(peers) == 1, other.log
                assert await other.reply("set lamp 1") == "ok"
                await until(lambda: one.get("lamp") == 1)

    run(main)


def test_two_in_c_keep_one_connection(program: Path, authority: Authority, tmp_path: Path) -> None:
    authority.issue("ada")
    authority.issue("bob")
    there = free_address()

    async def main() -> None:
        with NodeInC(program, tmp_path, "ada", there) as ada:
            with NodeInC(program, tmp_path, "bob", ada.address, listen=there) as bob:
                await until(lambda: "connected to ada" in bob.log and "connected to bob" in ada.log)
                await asyncio.sleep(1)
                logs = ada.log, bob.log
                assert await bob.reply("set lamp 1") == "ok"
                await until(lambda: "lamp = 1" in ada.lines)
                await asyncio.sleep(1)
                assert (ada.log, bob.log) == logs
                assert all(log.count("connected to") - log.count("the connection with") == 1 for log in logs), logs

    run(main)


def foreign(authority: Authority) -> Issued:
    folder = authority.folder / "foreign"
    folder.mkdir()
    return Authority(folder).issue("eve")


@pytest.mark.parametrize("dials", ["python", "c"])
def test_a_name_that_is_not_proven_gets_nothing_from_it(
    program: Path, authority: Authority, tmp_path: Path, dials: str
) -> None:
    authority.issue("cyn")

    async def main() -> None:
        eve = tls_of(authority, authority.issue("eve"), claims=["ada", "cyn"])
        there = free_address()
        with NodeInC(program, tmp_path, "cyn", *([there] if dials == "c" else [])) as cyn:
            assert await cyn.reply("set secret 1") == "ok"
            peers = [] if dials == "c" else [cyn.address]
            async with Node("ada", listen=there, peers=peers, tls=eve) as liar:
                liar["lamp"] = "stolen"
                await until(lambda: "the peer's certificate does not prove the name ada" in cyn.log)
                assert dict(liar) == {"lamp": "stolen"}
                assert "cyn" not in str(liar.replica.clock) and list(liar.members) == ["ada"]
            assert await cyn.reply("get lamp") == "nothing"

    run(main)


@pytest.mark.parametrize("dials", ["python", "c"])
def test_it_gets_nothing_with_a_certificate_for_another_name(
    program: Path, authority: Authority, tmp_path: Path, dials: str
) -> None:
    authority.issue("eve", file="cyn")

    async def main() -> None:
        there = free_address()
        with NodeInC(program, tmp_path, "cyn", *([there] if dials == "c" else [])) as cyn:
            assert await cyn.reply('set lamp "stolen"') == "ok"
            peers = [] if dials == "c" else [cyn.address]
            async with Node("ada", listen=there, peers=peers, tls=tls_of(authority, authority.issue("ada"))) as ada:
                ada["secret"] = 1
                if dials == "c":
                    await until(lambda: cyn.has_refused)
                else:  # whoever dials says hello first, so it is ada that ends the connection
                    await until(lambda: any(isinstance(peer.error, NameMismatchError) for peer in ada.peers))
                assert "lamp" not in ada and "cyn" not in str(ada.replica.clock)
                assert await cyn.reply("get secret") == "nothing"

    run(main)


@pytest.mark.parametrize("dials", ["python", "c"])
def test_another_authority_gets_nothing(program: Path, authority: Authority, tmp_path: Path, dials: str) -> None:
    authority.issue("cyn")
    issued = foreign(authority)

    async def main() -> None:
        there = free_address()
        with NodeInC(program, tmp_path, "cyn", *([there] if dials == "c" else [])) as cyn:
            assert await cyn.reply("set secret 1") == "ok"
            peers = [] if dials == "c" else [cyn.address]
            tls = TLS(ca=issued.cert.parent / "ca.pem", cert=issued.cert, key=issued.key)
            async with Node("eve", listen=there, peers=peers, tls=tls) as eve:
                eve["lamp"] = "stolen"
                await until(lambda: cyn.has_refused)
                assert dict(eve) == {"lamp": "stolen"}
            assert await cyn.reply("get lamp") == "nothing"

    run(main)


def test_it_names_what_is_wrong(program: Path, authority: Authority, tmp_path: Path) -> None:
    def ends(*words: str) -> str:
        done = subprocess.run([str(program), *words], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 1 and not done.stdout
        return done.stderr

    assert ends("cyn") == "usage: tls_node NAME ADDRESS:PORT [PEER'S-ADDRESS:PORT]...\n"
    assert ends("cyn", "127.0.0.1:0") == "no TLS: cyn.pem: No such file or directory\n"
    authority.issue("cyn")
    authority.issue("bob").key.rename(tmp_path / "cyn.key")
    assert ends("cyn", "127.0.0.1:0") == "no TLS: cyn.key: key values mismatch\n"
    authority.issue("bob", file="cyn")
    assert ends("cyn", "localhost:7001").endswith("localhost:7001: not an address such as 127.0.0.1:7001\n")
    with NodeInC(program, tmp_path, "cyn") as cyn:
        assert "cyn.pem does not prove the name cyn, so peers will refuse this node\n" in cyn.log
        said = ends("cyn", "127.0.0.1:0")
        assert f"cyn: ./cyn.scuttle is open in another store, of process {cyn.process.pid}\n" in said


def test_a_silent_peer_and_a_long_first_line(program: Path, authority: Authority, tmp_path: Path) -> None:
    """Whoever dials it gets no byte before a hello, and has little memory and time for it."""
    authority.issue("cyn")
    issued = authority.issue("ada")
    context = ssl.create_default_context(cafile=str(authority.ca))
    context.check_hostname = False
    context.load_cert_chain(issued.cert, issued.key)

    async def main() -> None:
        with NodeInC(program, tmp_path, "cyn") as cyn:
            host, port = cyn.address.split(":")
            reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
            assert await cyn.reply('set lamp "on"') == "ok"
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(reader.read(1), 1.5)  # longer than the time between two gossips
            _, long = await asyncio.open_connection(host, int(port), ssl=context)
            long.write(b'"' + b"x" * 20_000)
            await until(lambda: "a line is too long" in cyn.log)
            assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
            assert "no hello in time" in cyn.log
            for one in (writer, long):
                one.close()

    run(main)


def test_it_dials_with_growing_pauses(program: Path, authority: Authority, tmp_path: Path) -> None:
    """A peer that ends each connection at once is dialled less and less often, and the log has one line about it."""
    authority.issue("cyn")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(PATIENCE)
        with NodeInC(program, tmp_path, "cyn", "127.0.0.1:%d" % listener.getsockname()[1]) as cyn:
            times = []
            for _ in range(5):
                listener.accept()[0].close()
                times.append(time.monotonic())
            pauses = [later - earlier for earlier, later in zip(times, times[1:])]
            assert pauses[-1] > 1.5 and pauses[-1] > pauses[0], pauses
            assert 1 <= cyn.log.count("is over") <= 2, cyn.log
