"""The commands dump and load, of stores and of a node."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, Dict, List

import pytest
from processes import NodeProcess, inside, node, scuttle

import scuttle as package
from scuttle.aio._saving import make_store

CONTENT: Dict[str, Any] = {"a": 1, "b": None, "c": {"deep": ["é", "\u2028"]}, 'k"\n': "x" * 1000}


@pytest.fixture(params=["folder", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A store that has CONTENT, and a deleted key."""
    path = str(tmp_path / "store") if request.param == "folder" else f"sqlite:///{tmp_path}/store.db"
    fill(path, "ada", CONTENT)
    return path


def fill(store: str, name: str, content: Dict[str, Any]) -> None:
    opened = make_store(store)
    replica = opened.open(name)
    replica.update(content)
    replica["gone"] = 1
    del replica["gone"]
    opened.close()


def entries_in(full: str) -> List[str]:
    """Returns the lines of a full dump that are entries, tombstones included."""
    return [line for line in full.split("\n") if line.startswith('{"key"')]


def digest_of(folder: Path) -> Dict[str, str]:
    """Returns the bytes of all files, as hashes."""
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_a_dump_of_a_store_changes_nothing(store: str, tmp_path: Path) -> None:
    before = digest_of(tmp_path)
    done = inside("dump", store)
    assert done.code == 0 and {item["key"]: item["value"] for item in done.documents} == CONTENT
    full = inside("dump", store, "--full")
    assert full.code == 0
    with package.Replica("ada", state=full.out) as replica:
        assert dict(replica) == CONTENT and not replica.torn
    assert digest_of(tmp_path) == before


def test_a_dump_goes_into_a_new_store(store: str, tmp_path: Path) -> None:
    for number, target in enumerate((str(tmp_path / "new"), f"sqlite:///{tmp_path}/new.db")):
        done = inside("load", target, "--name", f"bob{number}", "--json", input=inside("dump", store).out)
        assert (done.code, done.documents) == (0, [{"keys": len(CONTENT)}]), done
        assert {item["key"]: item["value"] for item in inside("dump", target).documents} == CONTENT
        assert inside("load", target, input='{"key":"more","value":1}\n').code == 0  # its name is known by now
        assert len(inside("dump", target).documents) == len(CONTENT) + 1


def test_a_full_dump_continues_the_replica(store: str, tmp_path: Path) -> None:
    full = inside("dump", store, "--full").out
    for target in (str(tmp_path / "new"), f"sqlite:///{tmp_path}/new.db"):
        assert inside("load", target, input=full).code == 0
        again = inside("dump", target, "--full").out
        assert entries_in(again) == entries_in(full) and len(entries_in(full)) == len(CONTENT) + 1
        twice = inside("load", target, input=full)
        assert twice.code == 4 and "give a new STORE" in twice.error
    short = inside("load", str(tmp_path / "short"), input="".join(line + "\n" for line in full.split("\n")[:-2]))
    assert short.code == 6 and "end before the end" in short.error
    assert inside("load", str(tmp_path / "bad"), input=full.replace('"version":1', '"version":"x"')).code in (2, 6)


def test_a_node_is_dumped_and_loaded(tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "ada", "--store", "store") as ada:
        lines = "".join(json.dumps({"key": f"k{number:04}", "value": number}) + "\n" for number in range(2500))
        source = tmp_path / "lines"
        source.write_text(lines)
        assert ada.run("load", "--input", str(source), "--durable", "--json").documents == [{"keys": 2500}]
        assert ada.run("dump").out == lines.replace(": ", ":").replace(", ", ",")
        with package.Replica("ada", state=ada.run("dump", "--full").out) as replica:
            assert replica["k2499"] == 2499
        of_store = inside("dump", str(tmp_path / "store"))  # while the node has it open
        assert of_store.out == ada.run("dump").out
        locked = inside("load", str(tmp_path / "store"), input=lines)
        assert locked.code == 4 and "load through its control socket" in locked.error
        full = ada.run("load", input=ada.run("dump", "--full").out)
        assert full.code == 2 and "go into a new store" in full.error


def test_an_open_database_is_read_through_its_node(tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "ada", "--store", f"sqlite:///{tmp_path}/a.db") as ada:
        ada.run("set", "k", "1", "--durable")
        done = inside("dump", f"sqlite:///{tmp_path}/a.db")
        assert done.code == 4 and f"process {ada.process.pid} has" in done.error
        ada.end(9)
    assert os.path.exists(f"{tmp_path}/a.db-wal")  # a kill has left it, and it counts
    assert inside("dump", f"sqlite:///{tmp_path}/a.db").out == '{"key":"k","value":1}\n'


@pytest.mark.parametrize(
    "lines, told",
    [
        ("garbage\n", "line 1 cannot be loaded: it is no JSON"),
        ('{"key":"a","value":1}\n\n{"key":"b"}\n', "line 3 cannot be loaded: a line of a dump is"),
        ('{"key":"a","value":1,"version":2}\n', "a line of a dump is"),
        ('{"key":1,"value":1}\n', "a line of a dump is"),
        ("[1]\n", "a line of a dump is"),
        ('{"key":"a","value":NaN}\n', "JSON has no NaN"),
        ('{"key":"~scuttle/member/x","value":1}\n', "belongs to nodes"),
        ('{"key":"a","value":' + "[" * 100_000, "nested too deeply"),
    ],
)
def test_a_line_that_is_none_of_a_dump(tmp_path: Path, lines: str, told: str) -> None:
    done = inside("load", str(tmp_path / "s"), "--name", "ada", input=lines)
    assert done.code == 6 and told in done.error and done.error.count("\n") == 1 and len(done.error) < 400, done
    assert "0 keys before that are set" in done.error or told.startswith("line 3")


def test_what_was_loaded_before_a_mistake_stays(node: NodeProcess) -> None:
    lines = "".join(f'{{"key":"m{number:04}","value":1}}\n' for number in range(1200)) + "oops\n"
    done = node.run("load", input=lines)
    assert done.code == 6 and "line 1201" in done.error and "(1,000 keys before that are set)" in done.error
    assert len(node.run("ls", "m").out.split()) == 1000


def test_a_store_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("precious")
    (tmp_path / "alien").mkdir()
    (tmp_path / "alien" / "x.scuttle").write_text("precious, and longer than a head of a file")
    for store, code, told in (
        ("absent", 6, "there is no store"),
        ("empty", 6, "it is no store, or an empty one"),
        ("file", 6, "was not made by a file store"),
        ("alien", 6, "was not made by a file store"),
    ):
        done = inside("dump", str(tmp_path / store))
        assert done.code == code and told in done.error, done
    assert inside("dump", f"sqlite:///{tmp_path}/absent.db").code == 6
    done = inside("dump", f"sqlite:///{tmp_path}/file")
    assert done.code == 6 and "no SQLite database" in done.error
    done = inside("load", "--name", "ada", str(tmp_path / "file"), input="")
    assert done.code == 2 and f"give --input {tmp_path}/file" in done.error
    assert (tmp_path / "file").read_text() == "precious"
    assert inside("load", str(tmp_path / "new"), input='{"key":"a","value":1}\n').code == 2  # it has no name


def test_a_store_of_several_replicas_needs_a_name(tmp_path: Path) -> None:
    fill(str(tmp_path / "s"), "ada", {"a": 1})
    fill(str(tmp_path / "s"), "bob b", {"b": 1})
    assert "give --name" in inside("dump", str(tmp_path / "s")).error
    assert inside("dump", str(tmp_path / "s"), "--name", "bob b").out == '{"key":"b","value":1}\n'
    assert inside("dump", str(tmp_path / "s" / "ada.scuttle")).out == '{"key":"a","value":1}\n'
    assert inside("dump", str(tmp_path / "s"), "--name", "eve").code == 6


def test_pipes_between_processes(tmp_path: Path) -> None:
    fill(str(tmp_path / "s"), "ada", CONTENT)
    done = scuttle("dump", "s", folder=tmp_path)
    assert done.code == 0 and done.error == ""
    assert scuttle("load", "t", "--name", "bob", folder=tmp_path, input=done.out).code == 0
    assert scuttle("dump", "t", folder=tmp_path).out == done.out
