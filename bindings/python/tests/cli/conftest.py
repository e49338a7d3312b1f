"""The fixtures of the tests of the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from processes import NodeProcess


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """A node with a store, for all tests of a module: each uses keys of its own."""
    folder: Path = tmp_path_factory.mktemp("node")
    with NodeProcess(folder, "ada", "--store", "store") as running:
        yield running
        assert running.end() == 0, running.log.read_text()
    assert running.log.read_text() == ""
