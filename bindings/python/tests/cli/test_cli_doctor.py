"""The command doctor: what it finds, and that it changes nothing."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any, Dict, List

import pytest
from processes import NodeProcess, inside, node, scuttle

from scuttle.aio._saving import make_store
from scuttle.cli import _doctor_node, _doctor_package, _doctor_store
from scuttle.cli._saved_time import saved_time


def levels(*words: str) -> Dict[str, str]:
    """Returns the level of each subject; the exit code fits them."""
    done = inside("doctor", "--json", *words)
    checks: List[Dict[str, Any]] = done.documents
    assert done.code == (1 if any(check["level"] == "fail" for check in checks) else 0), done
    assert all(check["text"] for check in checks)
    assert all(check["advice"] or check["level"] != "warn" for check in checks)
    return {check["subject"]: check["level"] for check in checks}


def made(store: str) -> str:
    opened = make_store(store)
    replica = opened.open("ada")
    replica.tick(1_700_000_000.0)
    replica.update({f"k{number}": "x" * 1000 for number in range(200)})
    replica.set_ttl("short", 1, 1e9)
    opened.sync()
    replica.update({"later": 1})
    opened.close()
    return store


def bytes_of(folder: Path) -> Dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", ["folder", "sqlite"])
def test_a_store_that_is_well(tmp_path: Path, kind: str) -> None:
    store = made(str(tmp_path / "s") if kind == "folder" else f"sqlite:///{tmp_path}/s.db")
    before = bytes_of(tmp_path)
    found = levels("--store", store, "--name", "ada")
    assert bytes_of(tmp_path) == before
    assert {found.pop("disk", "ok")} <= {"ok", "warn"}
    assert found == {"versions": "ok", "lock": "ok", "checksums": "ok", "content": "ok", "ticks": "ok"}


def test_a_truncated_end_is_a_warning_and_damage_a_failure(tmp_path: Path) -> None:
    store = Path(made(str(tmp_path / "s")))
    file = store / "ada.scuttle"
    whole = file.read_bytes()
    file.write_bytes(whole[:-5])
    assert levels("--store", str(store))["end"] == "warn"
    file.write_bytes(whole[:5000] + b"\x00" + whole[5001:])
    found = levels("--store", str(store))
    assert found["checksums"] == "fail" and "content" not in found
    file.write_bytes(b"\x89" + whole[:10])
    assert levels("--store", str(store))["store"] == "fail"
    file.write_bytes(b"alien")
    assert levels("--store", str(store))["store"] == "fail"
    file.unlink()
    assert levels("--store", str(store))["store"] == "fail"


def test_a_damaged_database_is_a_failure(tmp_path: Path) -> None:
    store = made(f"sqlite:///{tmp_path}/s.db")
    with sqlite3.connect(tmp_path / "s.db") as database:
        database.execute("UPDATE scuttle_piece SET checksum = checksum + 1")
    database.close()
    assert levels("--store", store)["checksums"] == "fail"
    (tmp_path / "s.db").write_bytes(b"x" * 5000)
    assert levels("--store", store)["store"] == "fail"
    with sqlite3.connect(tmp_path / "other.db") as database:
        database.execute("CREATE TABLE t (x)")
    database.close()
    assert levels("--store", f"sqlite:///{tmp_path}/other.db")["store"] == "fail"
    assert levels("--store", f"sqlite:///{tmp_path}/absent.db")["store"] == "fail"
    assert not (tmp_path / "absent.db").exists()


@pytest.mark.parametrize("kind", ["folder", "sqlite"])
def test_a_running_node_is_well(tmp_path: Path, kind: str) -> None:
    store = "store" if kind == "folder" else f"sqlite:///{tmp_path}/s.db"
    with (
        NodeProcess(tmp_path, "ada", "--store", store) as ada,
        NodeProcess(tmp_path, "bob", peers=[ada.address]) as bob,
    ):
        bob.run("set", "k", "1", "--confirmed", "1")
        path = str(tmp_path / "store") if kind == "folder" else store
        found = levels("--store", path, "--socket", ada.socket, "--name", "ada")
        assert found["lock"] == found["control socket"] == found["node's version"] == found["peers"] == "ok"
        told = inside("doctor", "--store", path).out
        assert f"process {ada.process.pid} " in told
        assert levels("--socket", ada.socket, "--name", "eve")["name"] == "fail"
        assert bob.run("doctor").code == 0
    assert levels("--socket", ada.socket)["control socket"] == "fail"


def test_a_node_without_peers_and_one_that_reaches_none(tmp_path: Path) -> None:
    with NodeProcess(tmp_path, "ada") as ada:
        assert levels("--socket", ada.socket)["peers"] == "warn"
        with NodeProcess(tmp_path, "bob", peers=["127.0.0.1:1"]) as bob:
            found = levels("--socket", bob.socket)
            assert found["peers"] == "fail"


def test_a_configuration_file_is_checked(tmp_path: Path) -> None:
    made(str(tmp_path / "s"))
    config = tmp_path / "node.toml"
    config.write_text('name = "ada"\nlisten = "127.0.0.1:0"\nstore = "s"\nsocket = "socket"\n')
    found = levels("--config", str(config))
    assert (found["configuration"], found["content"], found["control socket"]) == ("ok", "ok", "fail")
    config.write_text('listen = "127.0.0.1:0"\n')
    assert levels("--config", str(config))["configuration"] == "fail"
    config.write_text("nme = 1\n")
    assert inside("doctor", "--config", str(config)).code == 2


def test_versions_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    for library, level in (("0.2.0", "ok"), ("0.2.9", "warn"), ("1.0.0", "fail")):
        monkeypatch.setattr(_doctor_package, "__version__", "0.2.0")
        monkeypatch.setattr(_doctor_package, "library_version", lambda library=library: library)
        assert {check.subject: check.level for check in _doctor_package.check_package()} == {"versions": level}
    monkeypatch.setattr("time.time", lambda: 1000.0)
    assert [check.level for check in _doctor_package.check_package()][1:] == ["fail"]


def test_a_node_of_another_version_is_a_warning(node: NodeProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doctor_node, "__version__", "9.0.0")
    assert levels("--socket", node.socket)["node's version"] == "warn"


def test_a_saved_time_ahead_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = made(str(tmp_path / "s"))
    monkeypatch.setattr("time.time", lambda: 1_600_000_000.0)
    assert [check.level for check in _doctor_store.check_store(store, None) if check.subject == "ticks"] == ["warn"]


def test_saved_times() -> None:
    line = b'{"digest":true,"export":{"source":"a","lamport":1,"incarnation":2,"now":1500}}\n'
    assert saved_time(line) == 1.5
    assert saved_time(line + line.replace(b"1500", b"2500")) == 2.5
    assert saved_time(line.replace(b',"now":1500', b"")) is None
    assert saved_time(b"") is None and saved_time(b'x{"digest":true,"export":{}}\n') is None


def test_for_people(tmp_path: Path) -> None:
    done = scuttle("doctor")
    assert done.code == 0 and "\x1b" not in done.out
    lines = done.out.splitlines()
    assert lines[0].startswith("ok    versions: ") and lines[-1].startswith("warn  scope: only the package")
    assert json.loads(scuttle("doctor", "--json").out.splitlines()[0])["level"] == "ok"
