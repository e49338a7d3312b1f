"""The pages about the command line: their commands run, their files are valid, their tables are complete."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from pages import ROOT, Shell, blocks, code, is_command
from processes import PATIENCE, NodeProcess, environment, node

from scuttle.cli._config_file import _KEYS, read_config
from scuttle.cli._errors import EXITS, Exit
from scuttle.cli._operations import Operations
from scuttle.cli._settings import Settings

DOCS = ROOT / "docs"
HOW_TO = DOCS / "how-to/run-a-node.md"
REFERENCE = DOCS / "reference/command-line.md"
CONTROL = DOCS / "reference/control-socket.md"

if not REFERENCE.exists():
    pytest.skip("the pages are there in a source checkout only", allow_module_level=True)


def test_the_commands_of_the_how_to_run(tmp_path: Path) -> None:
    printed = "".join(Shell(tmp_path).run(blocks(HOW_TO)))
    assert 'lamp/kitchen\t{"on":true}\n' in printed and "absent: exit code 1" in printed
    assert printed.count(" is ready at 127.0.0.1:") == 2


def test_the_commands_of_the_first_page_run(tmp_path: Path) -> None:
    assert '{"on":true}\n' in "".join(Shell(tmp_path).run(blocks(ROOT / "README.md", "A node in three lines")))


@pytest.mark.skipif(not (ROOT / "build/lib/libscuttle-store.so").exists(), reason="make store")
def test_the_tutorial(tmp_path: Path) -> None:
    """Three nodes, one of them a C program: each block prints what the page shows behind it."""
    (tmp_path / "scuttle-store.pc").write_text(
        f"Name: scuttle-store\nDescription: in the checkout\nVersion: 0\nCflags: -I{ROOT}/include -I{ROOT}/bindings/c/store\n"
        f"Libs: -L{ROOT}/build/lib -lscuttle-store -lscuttle\n"
    )
    found = blocks(DOCS / "tutorial-nodes.md")
    printed = Shell(tmp_path).run(
        found,
        SCUTTLE=str(ROOT),
        LD_LIBRARY_PATH=f"{ROOT}/build/lib",
        PKG_CONFIG_PATH=":".join(filter(None, (str(tmp_path), os.environ.get("PKG_CONFIG_PATH")))),
    )
    commands = [block for block in found if is_command(block)]
    assert len(printed) == len(commands) and sum(block.printed is not None for block in commands) >= 12
    for block, out in zip(commands, printed):
        expected = block.printed
        if expected is not None and "numbers" in block.told:  # they are others each time
            expected, out = (re.sub(r"\d+", "0", text) for text in (expected, out))
        assert expected is None or out == expected, block


def test_the_sample_configuration_is_valid(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_text(code(HOW_TO, "toml")[0])
    settings = read_config(str(tmp_path / "node.toml"))
    for path in (settings.tls_ca, settings.tls_cert, settings.tls_key):
        assert path is not None
        Path(path).touch()
    settings.check()
    assert settings.name == "ada" and settings.tls_ca == str(tmp_path / "ca.pem")


def test_the_unit_is_valid(tmp_path: Path) -> None:
    text = code(HOW_TO, "ini")[0]
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string(text)
    service = unit["Service"]
    assert service["ExecStart"].split()[1:] == ["node", "--config", "/etc/scuttle/node.toml"]
    assert [int(code) for code in service["RestartPreventExitStatus"].split()] == [Exit.USAGE, Exit.REFUSED]
    if shutil.which("systemd-analyze"):
        # A program and a user that are there, because the check looks for them.
        (tmp_path / "scuttle.service").write_text(
            text.replace("/usr/local/bin/scuttle", "/bin/true").replace("User=scuttle", "User=root")
        )
        done = subprocess.run(
            ["systemd-analyze", "verify", str(tmp_path / "scuttle.service")],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert "scuttle.service" not in done.stderr, done


def test_the_reference_has_each_command_and_option() -> None:
    program = ROOT / "docs/site/command-line"
    done = subprocess.run(
        [sys.executable, str(program), "--check"], env=environment(), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr


def test_the_reference_has_each_exit_code_and_setting() -> None:
    text = REFERENCE.read_text(encoding="utf-8")
    codes = text.split("## Exit codes")[1].split("##")[0]
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", codes, re.MULTILINE)] == sorted(Exit)
    table = text.split("## The configuration file")[1].split("\n## ")[0]
    first = " ".join(line.split("|")[1] for line in table.splitlines() if line.startswith("|"))
    for section, keys in _KEYS.items():
        if section != "limits":
            assert set(keys) <= set(re.findall(r"`(\w+)`", first))
    settings = {setting for section in ("", "tls") for setting, _ in _KEYS[section].values()} | {"limits"}
    assert settings == {field.name for field in fields(Settings)}


def test_the_page_of_the_socket_has_each_request_and_kind() -> None:
    text = CONTROL.read_text(encoding="utf-8")
    requests = re.findall(r"^\| `(\w+)` \| [^|]*\| [^|]*\| [^|]*\|$", text.split("## Errors")[0], re.MULTILINE)
    served = [name for name in vars(Operations) if not name.startswith("_")]
    assert sorted(requests) == sorted(name if name != "delete" else "del" for name in served)
    kinds = re.findall(r"^\| `(\w+)` \| .* \| (\d+) \|$", text.split("## Errors")[1], re.MULTILINE)
    assert {kind: int(code) for kind, code in kinds} == EXITS


def test_the_session_of_the_page_is_so(node: NodeProcess) -> None:
    lines = code(CONTROL, "text")[0].splitlines()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(node.socket)
        with connection.makefile("rw", encoding="utf-8") as file:
            for line in lines:
                if line.startswith('{"do"'):
                    file.write(line + "\n")
                    file.flush()
                else:
                    assert file.readline() == line + "\n"
