"""The interpreter ends quietly, with status 0, while replicas are open, in use, or in a reference cycle."""

from __future__ import annotations

import signal
import textwrap

import pytest
from support import run_python

PROGRAMS = {
    "alive": """
        import scuttle
        replica = scuttle.Replica("a", on_update=print, on_drain=lambda: print("drained"))
        link = replica.link()
        """,
    "over the mark": """
        import scuttle
        replica = scuttle.Replica("a", mtu=1, on_update=lambda u: None, on_drain=lambda: replica)
        replica.update({"k": 1, "l": 2})
        link = replica.link(classic=True)
        link.write(b'{"digest":true,"done":true}\\n')
        """,
    "circle": """
        import scuttle
        class Owner:
            def __init__(self):
                self.replica = scuttle.Replica("a", mtu=1, on_update=self.on_update, on_drain=self.on_drain)
                self.link = self.replica.link(classic=True)
                self.replica.update({"k": 1, "l": 2})
                self.link.write(b'{"digest":true,"done":true}\\n')
            def on_update(self, update):
                self.last = update
            def on_drain(self):
                self.drained = True
        owner = Owner()
        owner.myself = owner
        """,
    "known to a module": """
        import sys, scuttle
        sys.replica = scuttle.Replica("a", on_update=lambda u: None)
        sys.link = sys.replica.link()
        sys.modules["later"] = sys.link
        """,
    "leaked": """
        import ctypes, scuttle
        replica = scuttle.Replica("a", on_update=lambda u: None)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(replica))
        """,
    "used at exit": """
        import atexit, scuttle
        replica = scuttle.Replica("a")
        atexit.register(lambda: replica.close())
        atexit.register(lambda: replica.set("k", 1))
        """,
    "used in a finalizer": """
        import scuttle
        class User:
            def __init__(self):
                self.replica = scuttle.Replica("a", on_update=lambda update: None)
            def __del__(self):
                self.replica["k"] = 1
                self.replica.close()
        user = User()
        """,
    "daemon thread": """
        import threading, scuttle
        replica = scuttle.Replica("a")
        started = threading.Event()
        def work():
            while True:
                for i in range(100):
                    replica[f"k{i}"] = i
                list(replica.items())
                started.set()
        threading.Thread(target=work, daemon=True).start()
        started.wait()
        """,
    "daemon thread in a callback": """
        import threading, time, scuttle
        inside = threading.Event()
        def on_update(update):
            inside.set()
            time.sleep(0.2)
        replica = scuttle.Replica("a", on_update=on_update)
        def work():
            while True:
                replica["k"] = 1
        threading.Thread(target=work, daemon=True).start()
        inside.wait()
        """,
    "daemon thread that has gone": """
        import threading, time, scuttle
        inside = threading.Event()
        def on_update(update):
            inside.set()
            time.sleep(0.01)
        replica = scuttle.Replica("a", on_update=on_update)
        def work():
            while True:
                replica["k"] = 1
        threading.Thread(target=work, daemon=True).start()
        inside.wait()
        class Late:
            def __del__(self):
                time.sleep(0.1)
        late = Late()
        """,
    "daemon thread in a visitor": """
        import threading, time, scuttle
        inside = threading.Event()
        replica = scuttle.Replica("a")
        replica["k"] = 1
        def visitor(update):
            inside.set()
            time.sleep(0.2)
        def work():
            while True:
                replica.visit(visitor)
        threading.Thread(target=work, daemon=True).start()
        inside.wait()
        """,
    "all callbacks and a store": """
        import sys
        import scuttle
        class Store:
            def load(self):
                return []
            def __getattr__(self, name):
                return lambda *_: None
        class Owner:
            def __init__(self):
                tell = {name: getattr(self, "answer") for name in (
                    "resolve", "sort", "accept", "on_update", "on_compaction", "on_drain", "on_event", "on_error")}
                self.replica = scuttle.Replica("a", mtu=1, max_history=1, state_store=Store(), **tell)
                self.link = self.replica.link(live=True)
                self.replica.update({"k": 1, "l": 2})
            def answer(self, *_):
                return 1
            def __del__(self):
                self.replica["m"] = 1
                list(self.replica.items())
        owner = Owner()
        owner.myself = owner
        sys.owner = Owner()
        """,
    "a fork at the end": """
        import atexit, os, scuttle
        replica = scuttle.Replica("a", on_update=lambda update: None)
        replica["k"] = 1
        def fork():
            child = os.fork()
            if child:
                assert os.waitpid(child, 0)[1] == 0
                replica["k"] = 2
        atexit.register(fork)
        """,
    "daemon thread in a store": """
        import threading, time, scuttle
        inside = threading.Event()
        class Store:
            def load(self):
                return []
            def commit(self):
                inside.set()
                time.sleep(0.2)
            def __getattr__(self, name):
                return lambda *_: None
        replica = scuttle.Replica("a", state_store=Store(), sort=lambda a, b: 0)
        def work():
            while True:
                replica["k"] = 1
                list(replica.history)
        threading.Thread(target=work, daemon=True).start()
        inside.wait()
        """,
    "sys.exit in a callback": """
        import sys, scuttle
        replica = scuttle.Replica("a", on_update=lambda update: sys.exit(3), on_error=lambda *_: None)
        replica["k"] = 1
        """,
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
def test_a_quiet_end(program: str) -> None:
    outcome = run_python(program)
    assert (outcome.returncode, outcome.stderr) == (0, "")


ENDS = {
    "main": "",
    "a thread": """
        def work():
            while True:
                replica["k"] = 1
                list(replica.items())
                replica.export()
        threading.Thread(target=work, daemon=True).start()
        """,
    "finalizers": """
        class Owner:
            def __init__(self):
                self.replica = scuttle.Replica("b", on_update=tell, sort=lambda a, b: 0)
                self.myself = self
            def __del__(self):
                for number in range(200):
                    self.replica["k"] = number
                    list(self.replica.history)
        owners = [Owner() for _ in range(5)]
        """,
}


@pytest.mark.parametrize("error", ["KeyboardInterrupt", "OSError"])
@pytest.mark.parametrize("work", ENDS.values(), ids=ENDS.keys())
def test_an_end_with_signals(work: str, error: str) -> None:
    """Python may report exceptions that come too late to be raised, but the process ends and does not crash."""
    program = """
        import signal, threading, scuttle
        def handle(number, frame):
            raise {error}
        def tell(update):
            sum(range(50))
        replica = scuttle.Replica("a", mtu=1, max_history=1, on_update=tell, on_compaction=tell, on_drain=lambda: None)
        link = replica.link(live=True)
        replica.update({{"k": 1, "l": 2}})
        {work}
        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.0{delay}, 0.0003)
        try:
            while True:
                replica["k"] = 1
        except {error}:
            pass
        """
    for delay in ("01", "02", "05"):
        lines = textwrap.dedent(program).format(error=error, delay=delay, work="pass").splitlines()
        place = lines.index("pass")
        outcome = run_python("\n".join([*lines[:place], textwrap.dedent(work), *lines[place + 1 :]]))
        # Python ends by SIGINT after a KeyboardInterrupt, and by SIGALRM once it has restored the handlers.
        assert outcome.returncode in (0, 1, 130, -signal.SIGINT, -signal.SIGALRM), outcome.stderr


def test_unhandled_callback_errors_are_seen() -> None:
    outcome = run_python(
        """
        import scuttle
        def bad_callback(update):
            raise LookupError("here")
        replica = scuttle.Replica("a", on_update=bad_callback)
        replica["k"] = 1
        """
    )
    assert outcome.returncode == 0
    assert "LookupError: here" in outcome.stderr
    assert "in bad_callback" in outcome.stderr
    assert "scuttle" in outcome.stderr.splitlines()[0]
