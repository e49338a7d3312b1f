"""An import in a sub-interpreter is an error at once, because callbacks would wait for ever there."""

from __future__ import annotations

import textwrap

import pytest
from support import run_python

INSIDE = """
try:
    import scuttle
except ImportError as error:
    assert "main interpreter only" in str(error) and "mod_wsgi" in str(error), error
else:
    scuttle.Replica("a", on_update=lambda update: None)["k"] = 1
    raise AssertionError("imported")
"""

PROGRAM = """
    import importlib
    {first}
    INSIDE = {inside!r}
    for name in ("_interpreters", "_xxsubinterpreters"):
        try:
            interpreters = importlib.import_module(name)
            break
        except ImportError:
            pass
    else:
        raise SystemExit("none")
    try:
        interpreter = interpreters.create(isolated=False)
    except TypeError:  # Python 3.13 has configurations
        interpreter = interpreters.create("legacy")
    failure = interpreters.run_string(interpreter, INSIDE)
    assert failure is None, failure
    import scuttle
    with scuttle.Replica("a", on_update=lambda update: None) as replica:
        replica["k"] = 1
"""


@pytest.mark.parametrize("first", ["pass", "import scuttle"], ids=["first", "after the main interpreter"])
def test_an_import_is_an_error(first: str) -> None:
    outcome = run_python(textwrap.dedent(PROGRAM).format(first=first, inside=INSIDE))
    if outcome.stderr == "none\n":
        pytest.skip("this Python lets no program make interpreters")
    assert (outcome.returncode, outcome.stderr) == (0, "")
