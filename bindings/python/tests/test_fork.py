"""The child of a fork: each call on a replica of the parent is an error at once, whatever the parent's threads were doing."""

from __future__ import annotations

import pytest
from support import run_python

#: The first lines of the programs below.
BEGIN = """
import gc, os, signal, sys, threading
import scuttle

def forked(use):
    try:
        use()
    except scuttle.errors.ForkedError as error:
        assert "after a fork" in str(error)
        return
    raise AssertionError("no ForkedError")

def check(replica, link):
    "Expects in a child that each call is an error that waits for nothing, and that closing is quiet."
    for use in (
        lambda: replica.set("k", 1), lambda: replica.get("k"), lambda: "k" in replica, lambda: replica.lookup("k"),
        lambda: list(replica), lambda: len(replica), lambda: replica.update({"k": 1}), lambda: replica.export(),
        lambda: replica.clock, lambda: replica.version, lambda: list(replica.history), lambda: replica.gossip(),
        lambda: replica.read(), lambda: replica.write(b""), lambda: replica.link(), lambda: replica.tick(1),
        lambda: link.write(b""), lambda: link.read(), lambda: link.gossip(),
    ):
        forked(use)
    assert replica.name == "a" and replica.id.startswith("a~")
    link.close()
    replica.close()
    with replica, link:
        pass
    forked(lambda: replica.set("k", 1))
    with scuttle.Replica("own", on_update=lambda update: None) as own, own.link() as there:
        own["k"] = 1
        assert list(own.items()) == [("k", 1)]
        there.gossip()
        assert there.read_all()

def in_child(work):
    "Runs work in a child, to the end of its interpreter, and returns its status."
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        signal.alarm(30)
        work()
        sys.exit(0)
    return os.waitpid(child, 0)[1]
"""

PROGRAMS = {
    "one thread": """
        replica = scuttle.Replica("a", on_update=lambda update: None, sort=lambda a, b: 0)
        link = replica.link()
        replica["k"] = 1
        assert in_child(lambda: check(replica, link)) == 0
        replica["k"] = 2
        assert link.gossip() is True and replica["k"] == 2
        """,
    "threads in calls": """
        replica = scuttle.Replica("a", on_update=lambda update: None)
        link = replica.link()
        over = threading.Event()
        def work():
            while not over.is_set():
                replica.update({f"k{i}": "x" * 2000 for i in range(50)})
                list(replica.items())
                replica.export()
                link.gossip()
                link.read_all()
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(20):
            assert in_child(lambda: check(replica, link)) == 0
        over.set()
        for thread in threads:
            thread.join()
        assert len(replica) == 50
        """,
    "in a callback": """
        statuses = []
        def on_update(update):
            if not statuses:
                statuses.append(None)
                child = os.fork()
                if child == 0:
                    signal.alarm(30)
                    forked(lambda: replica.get("k"))
                    forked(lambda: replica.set("k", 1))
                    replica.close()
                    return  # to the call of the parent that is going on in the copy
                statuses[0] = os.waitpid(child, 0)[1]
        replica = scuttle.Replica("a", on_update=on_update)
        replica["k"] = 1
        if statuses[0] is None:
            forked(lambda: replica.get("k"))
            sys.exit(0)
        assert statuses == [0]
        replica["k"] = 2
        """,
    "in a visitor": """
        replica = scuttle.Replica("a")
        replica.update({"k": 1, "l": 2})
        def visitor(update):
            return in_child(lambda: forked(lambda: replica.get("k")))
        replica.visit(visitor)
        assert len(replica) == 2
        """,
    "collected": """
        class Owner:
            def __init__(self):
                self.replica = scuttle.Replica("a", on_update=self.on_update, on_drain=self.on_update)
                self.link = self.replica.link()
                self.replica["k"] = 1
            def on_update(self, *_):
                pass
        owner = Owner()
        def let_go():
            global owner
            owner = None
            gc.collect()
        assert in_child(let_go) == 0
        assert owner.replica["k"] == 1
        """,
    "multiprocessing": """
        import multiprocessing
        context = multiprocessing.get_context("fork")
        replica = scuttle.Replica("a")
        link = replica.link()
        def work():
            check(replica, link)
        children = [context.Process(target=work) for _ in range(3)]
        for child in children:
            child.start()
        for child in children:
            child.join(30)
            assert child.exitcode == 0
        replica["k"] = 1
        """,
    "a pool of workers that were forked before": """
        import concurrent.futures, multiprocessing
        replica = scuttle.Replica("a")
        own = None
        def begin():
            global own
            forked(lambda: replica.set("k", 1))
            own = scuttle.Replica(f"worker-{os.getpid()}")
        def work(number):
            forked(lambda: replica.set(f"k{number}", 1))
            own[f"k{number}"] = number
            return len(own) > 0
        context = multiprocessing.get_context("fork")
        with concurrent.futures.ProcessPoolExecutor(2, context, begin) as pool:
            assert all(pool.map(work, range(20)))
        assert len(replica) == 0
        replica["k"] = 1
        """,
    "a fork that Python knows nothing of": """
        import ctypes
        replica = scuttle.Replica("a")
        link = replica.link()
        replica["k"] = 1
        child = ctypes.PyDLL(None).fork()
        if child == 0:
            signal.alarm(30)
            for use in (lambda: replica.set("k", 1), lambda: replica.get("k"), lambda: list(replica),
                        lambda: link.gossip(), lambda: link.read()):
                forked(use)
            link.close()
            replica.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        replica["k"] = 2
        """,
    "a child of a child": """
        replica = scuttle.Replica("a")
        link = replica.link()
        def child():
            with scuttle.Replica("a") as second, second.link() as there:
                second["k"] = 1
                assert in_child(lambda: (check(replica, link), check(second, there))) == 0
                second["k"] = 2
        assert in_child(child) == 0
        """,
    "programs that are started": """
        import subprocess
        replica = scuttle.Replica("a")
        for _ in range(3):
            subprocess.run(["true"], check=True)
            subprocess.run(["true"], check=True, preexec_fn=lambda: None)
            replica["k"] = 1
        """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_fork(program: str) -> None:
    indented = "\n".join(line[8:] for line in program.splitlines())
    outcome = run_python(BEGIN + indented)
    assert (outcome.returncode, outcome.stderr) == (0, "")
