"""Checks of the running node, over its control socket."""

from __future__ import annotations

import time
from typing import Any, Dict, Iterator, Mapping

from .. import __version__, library_version
from ._checks import FAIL, OK, WARN, Check
from ._client import Client
from ._errors import CommandError
from ._settings import Settings

#: Seconds for one request beyond which the event loop of the node is busy.
_SLOW = 1.0
_PATIENCE = 5.0


def check_node(settings: Settings) -> Iterator[Check]:
    """Yields the checks."""
    begin = time.monotonic()
    try:
        status = Client(settings.socket or "", _PATIENCE).request("status")
    except CommandError as error:
        yield Check(FAIL, "control socket", error.message)
        return
    seconds = time.monotonic() - begin
    if seconds > _SLOW:
        advice = "see what keeps its process or its disk busy"
        yield Check(WARN, "control socket", f"the node needed {seconds:.1f} s for its status", advice)
    else:
        yield Check(OK, "control socket", f"node {status['name']!r} runs, process {status['pid']}")
    if settings.name is not None and settings.name != status["name"]:
        yield Check(
            FAIL,
            "name",
            f"the node at {settings.socket} is {status['name']!r}, and not {settings.name!r}",
            "correct --socket or --name",
        )
    yield _versions(status)
    ahead = status["time"] - time.time()
    if abs(ahead) > _PATIENCE + 1:
        yield Check(
            FAIL,
            "time",
            f"the node's time differs by {ahead:.0f} s from this command's",
            "see whether the node is in a container of its own time",
        )
    yield from _peers(status)


def _versions(status: Mapping[str, Any]) -> Check:
    here, there = (__version__, library_version()), (status["version"], status["library_version"])
    if here == there:
        return Check(OK, "node's version", f"as here, {there[1]}")
    return Check(
        WARN,
        "node's version",
        f"the node runs {there[0]} with library {there[1]}, and here is {here[0]} with {here[1]}",
        "start the node again",
    )


def _peers(status: Mapping[str, Any]) -> Iterator[Check]:
    peers = status["peers"]
    if not peers:
        yield Check(WARN, "peers", "the node has no peers", "give --peer, and check that peers reach its address")
        return
    states: Dict[str, int] = {}
    for peer in peers:
        states[peer["state"]] = states.get(peer["state"], 0) + 1
        if peer["error"]:
            yield Check(
                WARN, "peer", f"{peer['name'] or peer['address']}: {peer['error']}", "see the log of both nodes"
            )
    summary = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(states.items()))
    is_alone = not (states.get("in_step") or states.get("connected"))
    if is_alone:
        yield Check(
            FAIL, "peers", f"no peer is connected: {summary}", "check addresses, firewall, cluster and certificates"
        )
    else:
        yield Check(OK, "peers", summary)
    twins = status["stats"]["twins"]
    if twins:
        yield Check(WARN, "names", f"two nodes of one name were met {twins} times", "give each node a name of its own")
