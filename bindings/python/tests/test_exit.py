"""The interpreter ends while replicas are alive, in use, or in a circle: quietly, with status 0."""

from __future__ import annotations

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
