"""Policies: the name of a peer, and the keys that a writer may write."""

from __future__ import annotations

from typing import Any, List, Optional

import pytest
import scuttle
from scuttle import policies

from test_refusals import converse


def pair(**config: Any) -> Any:
    """Makes a hub with this configuration, and a guest."""
    return scuttle.Replica("hub", **config), scuttle.Replica("ada")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("ada~abcdEF19", "ada"),
        ("ada~abcd-_19", "ada"),
        ("ada", "ada"),
        ("ada~abcdEF1", "ada~abcdEF1"),
        ("~abcdEF19", "~abcdEF19"),
        ("a~x~abcdEF19", "a~x"),
        ("größe~abcdEF19", "größe"),
        ("ada~abcdEF19\n", "ada~abcdEF19\n"),
    ],
)
def test_names(source: str, name: str) -> None:
    assert policies.name_of(source) == name


def test_a_replicas_own_name() -> None:
    ada = scuttle.Replica("ada")
    assert policies.name_of(ada.id) == "ada"


def test_the_name_of_the_peer() -> None:
    seen: List[Optional[str]] = []

    def accept(link: Any, _: Any) -> bool:
        seen.append(link.peer_name)
        return True

    hub, ada = pair(accept=accept)
    to_ada, to_hub = hub.link(live=True), ada.link()
    assert to_ada.info() == scuttle.LinkInfo(None, None, scuttle.Dialect.UNKNOWN, False, False, False, None)
    ada["k"] = 1
    converse(to_ada, to_hub)
    assert seen == ["ada"]
    info = to_ada.info()
    assert (info.peer_name, info.peer_source, info.dialect) == ("ada", ada.id, scuttle.Dialect.EXTENDED)
    assert not info.ended and info.last_error is None
    converse(to_ada, to_hub)
    assert to_ada.info().in_step
    assert to_ada.replica is hub
    with pytest.raises(scuttle.errors.RejectedError):
        to_ada.write(b'{"digest":true,"reject":{"reason":"cluster"}}\n')
    info = to_ada.info()
    assert info.ended and isinstance(info.last_error, scuttle.errors.RejectedError)
    to_ada.close()
    with pytest.raises(scuttle.errors.ClosedError):
        to_ada.info()


def test_own_prefix() -> None:
    hub, ada = pair(accept=policies.own_prefix())
    for key in ("ada/1", "adam/1", "ada", "bob/1"):
        ada[key] = 1
    converse(hub.link(), ada.link())
    assert list(hub) == ["ada/1"]


def test_only_writers() -> None:
    hub, ada = pair(accept=policies.only_writers("bob"))
    bob = scuttle.Replica("bob")
    ada["x"] = 1
    bob["y"] = 1
    converse(ada.link(), bob.link())
    converse(hub.link(), ada.link())
    assert list(hub) == ["y"], "what bob wrote, though ada brings it"


def test_max_keys() -> None:
    hub, ada = pair(accept=policies.max_keys(2))
    for key in ("ada/1", "ada/2", "ada/3", "bob/1", "free"):
        ada[key] = 1
    links = hub.link(), ada.link()
    converse(*links)
    assert list(hub) == ["ada/1", "ada/2", "bob/1"]
    ada["ada/1"] = 2
    del ada["ada/2"]
    converse(*links)
    assert dict(hub) == {"ada/1": 2, "bob/1": 1}
    hub.accept_again()
    converse(*links)
    assert dict(hub) == {"ada/1": 2, "ada/3": 1, "bob/1": 1}


@pytest.mark.parametrize("trusted", [False, True])
def test_resets(trusted: bool) -> None:
    hub, ada = pair(accept=policies.resets_from("ada" if trusted else "bob"))
    ada["gone"] = ada["stays"] = 1
    converse(hub.link(), ada.link())
    del ada["gone"]
    ada.purge()
    converse(hub.link(), ada.link())
    assert list(hub) == (["stays"] if trusted else ["gone", "stays"])
    converse(hub.link(), ada.link())
    assert hub.fingerprint == ada.fingerprint


def test_together() -> None:
    accept = policies.all_of(policies.own_prefix(), policies.only_writers("ada"), policies.max_keys(1), policies.resets_from())
    hub, ada = pair(accept=accept)
    eve = scuttle.Replica("eve")
    ada["ada/1"] = ada["ada/2"] = eve["eve/1"] = eve["ada/9"] = 1
    converse(hub.link(), ada.link())
    converse(hub.link(), eve.link())
    assert list(hub) == ["ada/1"]
