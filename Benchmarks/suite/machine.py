"""The machine and the commit that results belong to."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def first_line(*command: str) -> str:
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8")
    return done.stdout.splitlines()[0].strip() if done.returncode == 0 and done.stdout else "unknown"


def found(path: str, pattern: str) -> str:
    try:
        match = re.search(pattern, Path(path).read_text(encoding="utf-8"))
    except OSError:
        return "unknown"
    return match[1].strip() if match else "unknown"


def machine() -> dict[str, object]:
    """Returns the machine and its tools, the same as long as neither changes."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "architecture": platform.machine(),
        "compiler": first_line(os.environ.get("CC", "cc"), "--version"),
        "cores": os.cpu_count(),
        "libc": " ".join(platform.libc_ver()),
        "memory_gib": round(memory / 2**30),
        "processor": found("/proc/cpuinfo", r"model name\s*:\s*(.*)"),
        "python": platform.python_version(),
        "system": found("/etc/os-release", r'PRETTY_NAME="(.*)"'),
    }


def commit() -> str:
    """Returns the commit, with "+" if files differ from it."""
    changed = first_line("git", "status", "--porcelain", "--untracked-files=no")
    return first_line("git", "rev-parse", "--short=12", "HEAD") + ("" if changed == "unknown" else "+")


def load() -> float:
    """Returns the average number of processes that wanted a core in the last minute, the suite included."""
    return round(os.getloadavg()[0], 2)
