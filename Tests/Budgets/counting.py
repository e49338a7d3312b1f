"""Builds a program that counts with meter.c, and reads the counts of callgrind. Shared by the stages `gates` and `attacks`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LIBRARY = ROOT / "build/lib"
METER = ROOT / "Tests/Budgets/meter.c"
SHARED = [ROOT / "Benchmarks/c" / name for name in ("inputs.c", "options.c", "replicas.c", "sample.c")]
FLAGS = ["-std=c99", "-D_POSIX_C_SOURCE=200809L", "-O2", "-g", "-Wall", "-Wextra", "-Werror"]


def compile_program(out: Path, sources: list[Path]) -> None:
    compiler = os.environ.get("CC", "cc")
    out.parent.mkdir(parents=True, exist_ok=True)
    folders = [ROOT / "include", ROOT / "Benchmarks/c", METER.parent, *{source.parent for source in sources}]
    include = [f"-I{folder}" for folder in folders]
    link = [f"-L{LIBRARY}", f"-Wl,-rpath,{LIBRARY}", "-lscuttle", "-ldl"]
    names = [str(source) for source in (*sources, METER, *SHARED)]
    subprocess.run([compiler, *FLAGS, *include, *names, "-o", str(out), *link], check=True)


def instructions(program: Path, *options: str) -> dict[str, tuple[int, int]]:
    """Returns the instructions and the operations of each part that the program names."""
    counted: dict[str, tuple[int, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        tool = ["--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={folder}/out", *options]
        subprocess.run(["valgrind", "-q", *tool, str(program)], check=True, stdout=subprocess.DEVNULL, cwd=folder)
        for dump in Path(folder).glob("out.*"):
            text = dump.read_text(encoding="utf-8")
            label = re.search(r"^desc: Trigger: Client Request: (\S+) (\d+)$", text, re.M)
            total = re.search(r"^(?:totals|summary): (\d+)", text, re.M)
            if label and total:
                counted[label[1]] = (int(total[1]), int(label[2]))
    return counted


def require_valgrind(stage: str) -> None:
    from shutil import which

    if which("valgrind") is None:
        sys.exit(f"{stage}: there is no valgrind; scripts/dependencies test installs it")
