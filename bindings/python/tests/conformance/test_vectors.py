"""The message vectors, which the tests of the C interface run, too: bytes in; a code, entries and bytes out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support import line

import scuttle
from scuttle import Replica, _abi

VECTORS = Path(__file__).resolve().parents[4] / "Tests" / "Conformance" / "Vectors" / "messages"
CASES = sorted(f"{path.parent.parent.name}/{path.parent.name}" for path in VECTORS.glob("*/*/input"))

CODE_NAMES = {value: f"SCUTTLE_{name}" for name, value in vars(_abi).items() if name.startswith("E_")}


def take(link: scuttle.Link, data: bytes, size: int) -> str:
    """Writes bytes in pieces of a size; returns the name of the first error's code, or that of the last code."""
    news, errors = "SCUTTLE_OK", []
    for start in range(0, len(data), size):
        try:
            news = "SCUTTLE_OK" if link.write(data[start : start + size]) else "SCUTTLE_FULL"
        except scuttle.ScuttleError as error:
            errors.append(error.code)
    return CODE_NAMES[errors[0]] if errors else news


def shown(replica: Replica) -> str:
    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)[1:-1]

    return "".join(f"{quoted(u.key)}\t{u.json}\t{quoted(u.source)}\t{u.version}\n" for u in replica.snapshot())


@pytest.mark.skipif(not CASES, reason="the vectors are there in a source checkout only")
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
@pytest.mark.parametrize("case", CASES)
def test_vector(case: str, size: int) -> None:
    folder = VECTORS / case
    data = (folder / "input").read_bytes()
    code, entries = (folder / "expect").read_bytes().decode().split("\n", 1)
    output = folder / "output"
    with Replica("local", exact_id=True, seed=1) as replica, replica.link(any=True) as link:
        assert take(link, data, size) == code
        assert shown(replica) == entries
        sent = link.read_all()
        if output.exists():
            assert sent == output.read_bytes()
        if data.endswith(b"\n"):
            link.write(line("after the vector", "1", "a source of its own", 1))
            assert replica["after the vector"] == 1
