"""Pages with commands: their blocks, and one shell that runs them all."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional

from processes import COMMAND, PATIENCE, environment

ROOT = Path(__file__).resolve().parents[4]
BLOCK = re.compile(r"^(?:<!-- test: (?P<told>[^\n]*) -->\n)?```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Block:
    told: str  # by the comment in the line before it
    language: str
    code: str
    printed: Optional[str] = None  # the text block behind it


def blocks(page: Path, section: str = "") -> List[Block]:
    """Returns the blocks of a page, or of one section."""
    text = page.read_text(encoding="utf-8")
    if section:
        text = text.split(f"\n## {section}\n")[1].split("\n## ")[0]
    found: List[Block] = []
    for block in BLOCK.finditer(text):
        if block["language"] == "text" and found and found[-1].language == "sh" and not found[-1].told.startswith("file "):
            found[-1].printed = block["code"]
        else:
            found.append(Block(block["told"] or "", block["language"], block["code"]))
    return found


def code(page: Path, language: str) -> List[str]:
    """Returns the code of the blocks of one language."""
    return [block.code for block in blocks(page) if block.language == language]


class Shell:
    """One script of all blocks of a page. Ports 7000 to 7099 stand for free ones."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._ports: Dict[str, str] = {}

    def run(self, found: List[Block], **variables: str) -> List[str]:
        """Saves the files among the blocks, and runs the commands. Ends the nodes that they have started.

        Returns:
            What each block of commands has printed.
        """
        for block in found:
            if block.told.startswith("file "):
                (self._folder / block.told[len("file ") :]).write_text(self._with_free_ports(block.code))
        (self._folder / "bin").mkdir()
        program = self._folder / "bin/scuttle"
        program.write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
        program.chmod(0o755)
        commands = [block for block in found if is_command(block)]
        mark = "-- the end of a block --"
        script = "\n".join(f"{self._with_free_ports(block.code)}echo '{mark}'" for block in commands)
        with subprocess.Popen(
            ["bash", "-eu", "-c", f"trap 'kill $(jobs -p) 2>/dev/null && wait' EXIT\n{script}"],
            cwd=self._folder,
            env=environment(PATH=f"{self._folder}/bin:{environment()['PATH']}", **variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        ) as shell:
            try:
                shell.wait(3 * PATIENCE)
            except subprocess.TimeoutExpired:
                pass  # the output tells how far it has come
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)  # its nodes, if it has not ended them
            out, error = shell.communicate()
        assert shell.returncode == 0, (out, error)
        return out.split(f"{mark}\n")[:-1]

    def _with_free_ports(self, text: str) -> str:
        return re.sub(r"\b70\d\d\b", lambda port: self._ports.setdefault(port[0], _free_port()), text)


def is_command(block: Block) -> bool:
    """Whether the block is typed into a shell."""
    return block.language == "sh" and not block.told.startswith(("file ", "skip "))


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])
