"""The command node: settings, start, signals, end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from processes import COMMAND, PATIENCE, NodeProcess, environment, eventually, inside, scuttle

from scuttle.aio import Node
from scuttle.cli._config_file import find_line, read_config
from scuttle.cli._errors import CommandError
from scuttle.cli._settings import Settings


def start(*words: str, folder: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [*COMMAND, "node", *words],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_node_cleanly(tmp_path: Path, number: int) -> None:
    with start(
        "--name", "ada", "--listen", "127.0.0.1:0", "--socket", "s", "--store", "store", folder=tmp_path
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("ada is ready at 127.0.0.1:") and line.endswith(f", control socket {tmp_path}/s\n")
        assert inside("--socket", str(tmp_path / "s"), "set", "kept", "1").code == 0
        process.send_signal(signal.SIGHUP)  # without certificates there is nothing to read again
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == ""
    assert not (tmp_path / "s").exists()
    assert inside("dump", str(tmp_path / "store")).out == '{"key":"kept","value":1}\n'


def test_two_nodes_keep_in_step(tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "ada") as ada, NodeProcess(tmp_path, "bob", peers=[ada.address]) as bob:
        assert ada.run("set", "lamp", "true", "--confirmed", "1", "--timeout", "60s").code == 0
        eventually(lambda: bob.run("get", "lamp").code == 0)
        peer = bob.json("status")["peers"][0]
        assert (peer["name"], peer["address"], peer["is_outgoing"]) == ("ada", ada.address, True)
        eventually(lambda: set(ada.json("status")["members"]) == {"ada", "bob"})
        assert ada.run("doctor").code == 0
        assert bob.end() == 0
        assert ada.run("forget", "bob").code == 0
        assert ada.json("forget", "bob") == {"name": "bob", "retired": True}


def test_command_line_file_and_variable_in_this_order(tmp_path: Path) -> None:
    config = tmp_path / "node.toml"
    config.write_text(
        'name = "file"\nlisten = "127.0.0.1:0"\nsocket = "s"\nstore = "store"\ngossip = "200ms"\nlog_level = "info"\n'
    )
    with start("--config", str(config), "--name", "word", folder=Path("/")) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith("word is ready")
        assert inside("--socket", str(tmp_path / "s"), "status", "--json").documents[0]["name"] == "word"
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        assert "INFO scuttle.aio: word: started" in process.stderr.read()
    assert (tmp_path / "store" / "word.scuttle").exists()  # relative to the file's folder


SAMPLE = """\
name = "ada"
listen = "127.0.0.1:7000"
peers = ["127.0.0.1:7001", "[::1]:7002"]
insecure = true
gossip = 1.5

[tls]
ca = "ca.pem"
cert = "/etc/cert.pem"
key = "key.pem"

[limits]
max_keys = 1_000
"""


def test_a_configuration_file_is_settings(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(SAMPLE)
    assert read_config(str(tmp_path / "node.toml")) == Settings(
        name="ada",
        listen="127.0.0.1:7000",
        peers=("127.0.0.1:7001", "[::1]:7002"),
        insecure=True,
        gossip=1.5,
        tls_ca=f"{tmp_path}/ca.pem",
        tls_cert="/etc/cert.pem",
        tls_key=f"{tmp_path}/key.pem",
        limits={"max_keys": 1000},
    )


@pytest.mark.parametrize(
    "text, told",
    [
        ('name = "a"\npeer = ["b:1"]\n', "line 2: `peer` is unknown; did you mean `peers`?"),
        ('name = "a"\n[tls]\nca = "x"\ncertificate = "y"\n', "line 4: `certificate` in [tls] is unknown"),
        ('[tls]\nname = "a"\n', "line 2: `name` in [tls] belongs in front of all sections"),
        ("max_keys = 3\n", "line 1: `max_keys` belongs into [limits]"),
        ("# a comment\n\n[server]\nport = 1\n", "line 3: `server` is an unknown section; there are [tls], [limits]"),
        ('tls.ca = "x"\ntls.crt = "y"\n', "line 2: `crt` in [tls] is unknown"),
        ('"name" = 7\n', "line 1: `name` is 7; it must be a string"),
        ('name = "a"\npeers = "b:1"\n', "line 2: `peers` is 'b:1'; it must be an array of strings"),
        ("insecure = 1\n", "line 1: `insecure` is 1; it must be true or false"),
        ('gossip = "often"\n', "line 1: `gossip` has no time: 'often' is no time"),
        ("gossip = 1" + "0" * 400 + "\n", "line 1: `gossip` is 1000"),
        ("gossip = true\n", "line 1: `gossip` is True; it must be a number of seconds"),
        ("[limits]\nmax_keys = 0\n", "line 2: `max_keys` in [limits] is 0; it must be an integer above 0"),
        ("tls = 1\n", "line 1: `tls` is a section"),
        ('store = ""\n', "line 1: `store` is ''; it must be the path"),
        ('name = "a\n', "is no TOML file: "),
        ('name = "a"\nname = "b"\n', "is no TOML file: "),
        ("x = " + "[" * 5000, "is no TOML file: "),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "node.toml").write_text(text)
    done = inside("node", "--config", str(tmp_path / "node.toml"))
    assert done.code == 2 and told in done.error and done.error.count("\n") == 1, done
    assert f"{tmp_path}/node.toml" in done.error


def test_a_file_that_is_none(tmp_path: Path) -> None:
    assert "No such file" in inside("node", "--config", str(tmp_path / "absent")).error
    assert "directory" in inside("node", "--config", str(tmp_path)).error
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="is no TOML file"):
        read_config(str(tmp_path / "binary"))


def test_lines_of_keys_and_sections() -> None:
    text = 'a = """\nx"""\n[tls]\nca = 1\n  "key"=2\n[ limits ]\nca=1\n'
    assert find_line(text, "", "a") == 1
    assert find_line(text, "tls", "ca") == 4
    assert find_line(text, "tls", "key") == 5
    assert find_line(text, "limits", "ca") == 7
    assert find_line(text, "", "limits") == 6
    assert find_line(text, "", "absent") is None


LISTEN = ("--name", "ada", "--listen", "127.0.0.1:0")


@pytest.mark.parametrize(
    "words, code, told",
    [
        ((), 2, "a node needs a name"),
        (("--name", "ada"), 2, "give --listen HOST:PORT, --peer HOST:PORT, or both"),
        ((*LISTEN, "--transport", "sctp"), 2, "it must be tcp or udp"),
        ((*LISTEN, "--log-level", "loud"), 2, "it must be one of debug, info, warning, error"),
        ((*LISTEN, "--gossip", "0"), 2, "gossip is 0"),
        ((*LISTEN, "--gossip", "often"), 2, "--gossip: 'often' is no time"),
        ((*LISTEN, "--tls-ca", "ca.pem"), 2, "--tls-cert, --tls-key is missing"),
        ((*LISTEN, "--tls-ca", "/x/ca", "--tls-cert", "/x/c", "--tls-key", "/x/k"), 2, "/x/ca cannot be read"),
        ((*LISTEN, "--psk-file", "key"), 2, "protects UDP only"),
        (
            (*LISTEN, "--transport", "udp", "--tls-ca", "a", "--tls-cert", "b", "--tls-key", "c"),
            2,
            "TLS protects TCP only",
        ),
        (("--name", "ada", "--listen", "nowhere"), 2, "has no port"),
        (("--name", "ada", "--listen", "127.0.0.1:99999"), 2, "65535"),
        (("--name", "ada", "--listen", "0.0.0.0:0"), 2, "loopback"),
        (("--name", "ada", "--peer", "127.0.0.1"), 2, "has no port"),
        (("--name", "a" * 300, "--listen", "127.0.0.1:0"), 2, ""),
        (("--name", "ada", "--listen", "0.0.0.0:0"), 2, "set tls (ca, cert and key), listen on 127.0.0.1, or set insecure"),
        (("--name", "ada", "--listen", "192.0.2.1:7000", "--insecure"), 6, "assign requested address"),
        ((*LISTEN, "--store", "/proc/absent/store"), 6, "/proc/absent/store"),
        ((*LISTEN, "--cluster", "c" * 300), 2, ""),
        ((*LISTEN, "extra"), 2, "see `scuttle node --help`"),
        (("--nme", "ada"), 2, "--nme"),
    ],
)
def test_what_cannot_start_says_why(words: tuple[str, ...], code: int, told: str) -> None:
    done = inside("node", *words)
    assert done.code == code and told in done.error, done
    assert done.error.startswith("scuttle: ") and done.error.count("\n") == 1 and done.out == ""


def test_a_store_is_for_one_node(tmp_path: Path) -> None:
    for store in ("store", f"sqlite:///{tmp_path}/store.db"):
        with NodeProcess(tmp_path, "ada", "--store", store) as ada:
            path = store if "://" in store else str(tmp_path / store)
            done = scuttle("node", *LISTEN, "--store", path)
            assert done.code == 4 and "open in another" in done.error and done.error.count("\n") == 1
            assert ada.run("set", "k", "1", "--durable").code == 0


def test_an_address_is_for_one_node(tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "ada") as ada:
        done = scuttle("node", "--name", "bob", "--listen", ada.address, "--socket", str(tmp_path / "bob"))
        assert done.code == 6 and done.error.count("\n") == 1
        assert not os.path.exists(tmp_path / "bob")


@pytest.mark.parametrize("end", [">/dev/full", "> >(exit)", ">&-"])
def test_a_node_whose_output_nobody_reads_runs(tmp_path: Path, end: str) -> None:
    words = f"exec {' '.join(COMMAND)} node --name ada --listen 127.0.0.1:0 --socket {tmp_path}/s {end}"
    with subprocess.Popen(["bash", "-c", words], env=environment(), stderr=subprocess.PIPE) as process:
        eventually(lambda: inside("--socket", f"{tmp_path}/s", "get", "k").code == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0


@pytest.mark.skipif(not hasattr(Node, "metrics_addresses"), reason="this version has no metrics")
def test_metrics_are_served(tmp_path: Path) -> None:
    pytest.importorskip("prometheus_client")
    with NodeProcess(tmp_path, "ada", "--metrics", "127.0.0.1:0") as ada:
        ada.run("set", "k", "1")
        with urllib.request.urlopen(f"http://{ada.ready['metrics'][0]}/metrics", timeout=PATIENCE) as page:
            assert b"scuttle_keys" in page.read()
    done = inside("node", *LISTEN, "--metrics", "nowhere")
    assert done.code == 2 and done.error.count("\n") == 1


def test_an_extra_that_is_missing_is_named() -> None:
    program = "import sys; sys.modules['prometheus_client'] = None; from scuttle.cli import main; sys.exit(main(sys.argv[1:]))"
    words = [sys.executable, "-c", program, "node", *LISTEN, "--metrics", "127.0.0.1:0"]
    done = subprocess.run(words, env=environment(), capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "metrics" in done.stderr, done


def test_the_package_alone_loads_nothing_of_the_command_line() -> None:
    program = "import sys, scuttle; print([m for m in sys.modules if m.startswith(('scuttle.cli', 'scuttle.aio', 'typer', 'rich', 'asyncio'))])"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout == "[]\n", done


def test_without_typer_the_message_says_what_to_install() -> None:
    program = "import sys; sys.modules['typer'] = None; from scuttle.__main__ import main; sys.exit(main(['ls']))"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 2 and "pip install 'scuttle[cli]'" in done.stderr and "Traceback" not in done.stderr
