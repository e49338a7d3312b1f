"""Completion in shells, and help."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import List

import pytest
from processes import COMMAND, PATIENCE, NodeProcess, environment, inside, node, scuttle

COMMANDS = "del doctor dump forget get history load ls node set status watch"


def bash(*words: str) -> List[str]:
    """Returns what bash would complete."""
    line = " ".join(["scuttle", *words])
    done = scuttle(_SCUTTLE_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(len(words)))
    assert done.error == "", done
    return sorted(done.out.split())


def test_bash_completes_commands_and_options() -> None:
    assert bash("") == COMMANDS.split()
    assert bash("st") == ["status"]
    assert {"--raw", "--socket", "--json"} <= set(bash("get", "--"))


def test_bash_completes_keys(node: NodeProcess) -> None:
    for key in ("lamp/1", "lamp/2", "other"):
        node.run("set", key, "1")
    assert bash("--socket", node.socket, "get", "lamp/") == ["lamp/1", "lamp/2"]
    assert bash("get", "--socket", node.socket, "oth") == ["other"]
    assert bash("--socket", "/nowhere/s", "get", "lamp/") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(shell: str) -> None:
    done = scuttle(_SCUTTLE_COMPLETE=f"source_{shell}")
    assert "scuttle" in done.out and "_SCUTTLE_COMPLETE" in done.out and done.error == "", done


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_bash_runs_the_script(tmp_path: Path) -> None:
    program = tmp_path / "scuttle"
    program.write_text(f'#!/bin/sh\nexec {" ".join(COMMAND)} "$@"\n')
    program.chmod(0o755)
    script = scuttle(_SCUTTLE_COMPLETE="source_bash").out
    session = f"""
{script}
COMP_WORDS=(scuttle wat) COMP_CWORD=1
function_of=$(complete -p scuttle | sed 's/.*-F \\([^ ]*\\).*/\\1/')
"$function_of" scuttle; printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", session], env=environment(PATH=path), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.stdout.split() == ["watch"], done


@pytest.mark.parametrize("command", COMMANDS.split())
def test_each_command_has_help(command: str) -> None:
    done = inside(command, "--help")
    assert done.code == 0 and done.out.startswith(f"Usage: scuttle {command} ") and done.error == ""
    assert "--json" in done.out and "--socket" in done.out


def test_mistakes_are_one_line_and_name_the_help() -> None:
    for words in (
        ("gte",),
        ("get",),
        ("get", "--nothing", "k"),
        ("ls", "--limit", "x"),
        ("set", "k", "1", "--confirmed", "-1"),
    ):
        done = inside(*words)
        assert done.code == 2 and done.error.count("\n") == 1 and "--help`" in done.error and done.out == "", done


def test_without_a_command_there_is_help() -> None:
    done = inside()
    assert done.code == 2 and "Commands:" in done.out
    assert inside("--version").out.startswith("scuttle ")
