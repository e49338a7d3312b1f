"""The result of a check of `doctor`."""

from __future__ import annotations

from typing import NamedTuple

OK, WARN, FAIL = "ok", "warn", "fail"


class Check(NamedTuple):
    """One line of `doctor`."""

    level: str
    #: What was checked, in a word or two.
    subject: str
    #: What was found.
    text: str
    #: What to do; empty if nothing is to be done.
    advice: str = ""
