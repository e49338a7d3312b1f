"""A replica in a file: saving, opening, the lock. scuttle_store.h has the same in C."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, List, Tuple

import pytest
from file_stores import count, path, store
from support import LIBRARY, PACKAGE, sync

import scuttle
from scuttle import errors


# --- saving ---------------------------------------------------------------------------------------------------------


def test_a_replica_is_kept_over_a_restart(store: scuttle.FileStore) -> None:
    with store.open("ada", max_history=3) as replica:
        replica["lamp"] = {"on": True}
        replica["gone"] = 1
        replica.commit()
        del replica["gone"]
        replica.commit()
        vector, source = replica.clock, replica.id
    with store.open("ada") as replica:
        assert dict(replica) == {"lamp": {"on": True}}
        assert replica.id != source and replica.clock[source] == vector[source]
        assert replica.store_info.healed_bytes == 0 and not replica.torn


def test_closing_saves(store: scuttle.FileStore) -> None:
    with store.open("ada") as replica:
        replica["lamp"] = 1
    with store.open("ada") as replica:
        assert replica["lamp"] == 1
        replica.close()
        replica.close()
        assert replica.closed
        with pytest.raises(errors.ClosedError):
            replica.commit()


def test_restarts_do_not_write_everything(store: scuttle.FileStore) -> None:
    with store.open("ada") as replica:
        replica.update({f"k{number}": number for number in range(1, 1001)})
        replica.commit()
        size = replica.store_info.file_bytes
    for number in range(1001, 1011):
        with store.open("ada") as replica:
            assert count(replica) == number - 1
            replica[f"k{number}"] = number
    with store.open("ada") as replica:
        assert count(replica) == 1010
        assert size < replica.store_info.file_bytes < size + 10 * 3000


def test_a_save_without_a_change_writes_nothing(store: scuttle.FileStore) -> None:
    with store.open("ada") as replica:
        replica["lamp"] = 1
        replica.commit()
        before = replica.store_info
        for _ in range(10):
            replica.commit()
        assert replica.store_info == before


def test_what_a_peer_sent_is_saved(store: scuttle.FileStore) -> None:
    with scuttle.Replica("bob") as bob:
        bob["lamp"] = 1
        bob["gone"] = 1
        del bob["gone"]
        with store.open("ada") as ada:
            sync(ada, bob)
            ada.commit()
            assert ada["lamp"] == 1
        with store.open("ada") as ada:
            assert dict(ada) == dict(bob) and ada.clock[bob.id] == bob.clock[bob.id]


def test_the_policy_says_when_the_file_is_synchronised(tmp_path: Path) -> None:
    def behind(sync: Any) -> Tuple[bool, bool]:
        with scuttle.FileStore(tmp_path, sync=sync).open("ada") as replica:
            replica["lamp"] = str(sync)
            replica.commit()
            info = replica.store_info
            replica["lamp"] = 2
            replica.sync()
            synced = replica.store_info
            return info.synced_bytes < info.file_bytes, synced.synced_bytes < synced.file_bytes

    assert behind("always") == (False, False)
    assert behind(0) == (False, False)
    assert behind(None) == (True, False)
    assert behind(1000) == (True, False)
    for wrong in ("sometimes", -1, b"always"):
        with pytest.raises(ValueError):
            scuttle.FileStore(tmp_path, sync=wrong)  # type: ignore[arg-type]


def test_arguments(store: scuttle.FileStore, path: Path) -> None:
    for config in ({"state": b""}, {"state_store": None}, {"no_such_argument": 1}):
        with pytest.raises(TypeError):
            store.open("ada", **config)
    for name in ("", "ada~AAAAAAAA", "x" * 247):
        with pytest.raises(errors.IdError):
            store.open(name)
    with pytest.raises(errors.NulError):
        store.open("a\0b")
    assert not path.exists()
    assert repr(store).startswith("<scuttle.FileStore '")


def test_any_name_has_a_file_of_its_own(store: scuttle.FileStore, path: Path) -> None:
    names = ["ada", "Ada", "a/b", "a%2fb", "..", ".", "a.b", "-", "é", "a b", "x\ny", "/" * 246, "/" * 245 + "-", "CON"]
    for number, name in enumerate(names):
        with store.open(name) as replica:
            replica["which"] = number
    for number, name in enumerate(names):
        with store.open(name) as replica:
            assert replica["which"] == number and replica.name == name
    assert len([file for file in path.parent.iterdir() if file.suffix == ".scuttle"]) == len(names)


def test_a_missing_folder_is_made_but_not_its_parents(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scuttle.FileStore(tmp_path / "a" / "b").open("ada")
    scuttle.FileStore(tmp_path / "a").open("ada").close()
    assert (tmp_path / "a/ada.scuttle").stat().st_mode & 0o777 == 0o600


# --- the lock -------------------------------------------------------------------------------------------------------


def test_a_second_replica_is_locked_out(store: scuttle.FileStore, path: Path) -> None:
    with store.open("ada") as replica, store.open("bob"):
        with pytest.raises(errors.StoreLockedError, match=f"process {os.getpid()}"):
            store.open("ada")
        program = (
            "import sys, scuttle\n"
            "try:\n    scuttle.FileStore(sys.argv[1]).open('ada')\n"
            "except scuttle.errors.StoreLockedError:\n    sys.exit(7)\n"
        )
        environment = {**os.environ, "SCUTTLE_LIBRARY": LIBRARY, "PYTHONPATH": str(PACKAGE.parent)}
        assert subprocess.run([sys.executable, "-c", program, str(path.parent)], env=environment).returncode == 7
        replica["lamp"] = 1
    with store.open("ada") as replica:
        assert replica["lamp"] == 1


def test_a_replica_without_references_unlocks_its_file(store: scuttle.FileStore) -> None:
    replica = store.open("ada")
    replica["lamp"] = 1
    replica.commit()
    del replica
    with store.open("ada") as again:
        assert again["lamp"] == 1


def test_a_child_of_a_fork_leaves_the_file_alone(store: scuttle.FileStore, path: Path) -> None:
    replica = store.open("ada")
    replica["lamp"] = 1
    replica.commit()
    before = path.read_bytes()
    pid = os.fork()
    if pid == 0:
        result = 8
        try:
            for call in (replica.commit, replica.sync, replica.compact):
                try:
                    call()
                except errors.ForkedError:
                    continue
                os._exit(8)
            replica.close()
            result = 7
        finally:
            os._exit(result)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7
    assert path.read_bytes() == before
    with pytest.raises(errors.StoreLockedError):
        store.open("ada")
    replica["lamp"] = 2
    replica.close()
    with store.open("ada") as replica:
        assert replica["lamp"] == 2


def test_a_callback_cannot_save(store: scuttle.FileStore) -> None:
    raised: List[BaseException] = []
    replicas: List[scuttle.StoredReplica] = []

    def on_update(update: scuttle.Update) -> None:
        for call in (replicas[0].commit, replicas[0].sync, replicas[0].compact, replicas[0].close):
            try:
                call()
            except errors.BusyError as error:
                raised.append(error)

    with store.open("ada", on_update=on_update) as replica:
        replicas.append(replica)
        replica["lamp"] = 1
        assert len(raised) == 4
        replica.commit()


def test_threads_write_and_save(store: scuttle.FileStore) -> None:
    with store.open("ada") as replica:

        def work(name: int) -> None:
            for number in range(200):
                replica[f"{name}/{number}"] = number
                replica.commit()

        threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with store.open("ada") as replica:
        assert dict(replica) == {f"{name}/{number}": number for name in range(4) for number in range(200)}
