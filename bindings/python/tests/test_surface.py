"""The public names: few of them, each with a docstring, and internals that look internal."""

from __future__ import annotations

import enum
import inspect
import pickle
import threading
from pathlib import Path
from typing import Any, List, Tuple, Type

import pytest
from support import line, pump

import scuttle
from scuttle import Event, Replica, Update, errors

BASES = (scuttle.InputError, scuttle.LimitError, scuttle.PeerError, scuttle.StateError, scuttle.HostError)
PUBLIC_MODULES = {"errors.py", "policies.py", "testing.py"}


def test_the_surface_fits_on_a_page() -> None:
    assert len(scuttle.__all__) <= 34
    assert list(scuttle.__all__) == sorted(scuttle.__all__)
    here = Path(inspect.getfile(scuttle)).parent
    assert {path.name for path in here.glob("*.py") if not path.name.startswith("_")} == PUBLIC_MODULES


def public_objects() -> List[Tuple[str, Any]]:
    """Returns the public classes and functions, and the public attributes of the classes, by their names."""
    found: List[Tuple[str, Any]] = []
    for name in scuttle.__all__:
        value = getattr(scuttle, name)
        if not inspect.ismodule(value) and not isinstance(value, str):
            found.append((name, value))
        if inspect.isclass(value) and not issubclass(value, (enum.Enum, tuple)):
            found += [
                (f"{name}.{attribute}", getattr(value, attribute))
                for attribute in dir(value)
                if not attribute.startswith("_") and callable(getattr(value, attribute)) and not issubclass(value, Exception)
            ]
    return found


@pytest.mark.parametrize("name, value", public_objects(), ids=[name for name, _ in public_objects()])
def test_every_public_name_has_a_docstring(name: str, value: Any) -> None:
    assert inspect.getdoc(value)


@pytest.mark.parametrize("name", ["Replica", "Link", "Update", "Event", "Limits", "check_resolver"])
def test_a_class_is_known_by_its_public_name(name: str) -> None:
    assert getattr(scuttle, name).__module__ == "scuttle"


def test_what_users_keep_can_be_pickled() -> None:
    update = Update("k", "[1]", "a", 3, deleted=False, local=True)
    for kept in (update, scuttle.Entry(1, "a", 1), scuttle.Limits(max_keys=3), Event.TWIN, errors.BusyError("busy")):
        again = pickle.loads(pickle.dumps(kept))
        assert type(again) is type(kept) and repr(again) == repr(kept)
    assert b"_updates" not in pickle.dumps(update)


def kinds() -> List[Type[scuttle.ScuttleError]]:
    return [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, scuttle.ScuttleError)]


def test_every_error_has_one_base() -> None:
    for kind in kinds():
        if kind is not scuttle.ScuttleError and kind not in BASES:
            assert sum(issubclass(kind, base) for base in BASES) == 1, kind


def test_a_base_catches_its_group(replica: Replica) -> None:
    with pytest.raises(scuttle.InputError):
        replica[""] = 1
    with pytest.raises(scuttle.LimitError):
        replica["k" * 70_000] = 1
    with pytest.raises(scuttle.PeerError), replica.link() as link:
        link.write(line("k", "1", "b", 2))  # of a classic peer, on an extended link
    replica.close()
    with pytest.raises(scuttle.StateError):
        replica["k"] = 1


def test_other_attributes_do_not_exist() -> None:
    for name in ("NoSuchError", "lww", "Exception", "LWW_VS_CLOCK"):
        with pytest.raises(AttributeError, match=name):
            getattr(scuttle, name)


def test_enums_have_upper_case_members() -> None:
    kinds = [value for value in vars(scuttle).values() if inspect.isclass(value) and issubclass(value, enum.Enum)]
    assert len(kinds) == 5
    for kind in kinds:
        assert all(name.isupper() for name in kind.__members__)


def test_reprs(replica: Replica) -> None:
    replica.update(a=1, b=2)
    with replica.link() as link, Replica("b", exact_id=True, seed=2) as other, other.link() as peer:
        assert repr(link) == "<scuttle.Link>"
        for end in (link, peer):
            end.gossip()
            pump(link, peer)
        assert repr(link) == "<scuttle.Link to 'b' extended in step>"
        assert repr(replica) == "<scuttle.Replica 'a' keys=2 links=1>"
        assert repr(replica.history) == "<scuttle.History updates=2>"
    assert repr(scuttle.Limits()) == "scuttle.Limits()"
    assert repr(scuttle.Limits(max_keys=3)) == "scuttle.Limits(max_keys=3)"


@pytest.mark.parametrize(
    "update",
    [
        Update("k", "1", "a", 1),
        Update("k", "null", "a", 1, deleted=True, expired=True),
        Update("k", '"x"', "a", 1, local=True, dot_source="b", dot_version=7),
    ],
)
def test_the_repr_of_an_update_makes_it_again(update: Update) -> None:
    assert eval(repr(update)) == update
    assert repr(Update("k", "1", "a", 1)) == "scuttle.Update('k', '1', 'a', 1)"


def test_repr_does_not_wait_for_another_thread() -> None:
    shown: List[str] = []

    def show(_: Update) -> None:
        thread = threading.Thread(target=lambda: shown.append(repr(replica)))
        thread.start()
        thread.join(30)
        shown.append(repr(replica))

    with Replica("a", exact_id=True, on_update=show) as replica:
        replica["k"] = 1
    assert shown == ["<scuttle.Replica 'a' links=0>", "<scuttle.Replica 'a' keys=1 links=0>"]


def test_entries_are_an_iterator(replica: Replica) -> None:
    replica.update({"a/1": 1, "a/2": 2, "b": 3})
    entries = replica.entries("a/")
    assert next(entries).key == "a/1"
    replica["a/3"] = 3  # the loop is over a snapshot
    assert [update.key for update in entries] == ["a/2"]
    assert list(replica.entries()) == replica.snapshot()


def test_none_means_the_default() -> None:
    nothing: Any = dict.fromkeys(("mtu", "max_history", "max_tombstones", "max_retired", "retire_after_ms", "max_refused", "protocol"))
    with Replica("a", seed=None, state=None, **nothing) as replica:
        for number in range(20):
            replica[str(number)] = number
        assert len(replica.history) == 10
