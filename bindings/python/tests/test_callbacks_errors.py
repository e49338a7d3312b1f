"""Exceptions of callbacks: they go to `on_error` or to sys.unraisablehook."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

import pytest
from all_callbacks import NAMES, Failure, exercise, fail

from scuttle import Replica, Update, _abi


@pytest.mark.parametrize("name", [name for name in NAMES if name != "sort"])
def test_exceptions_go_to_on_error(name: str, unraisable: List[Any]) -> None:
    errors: List[Tuple[str, BaseException]] = []
    callbacks: Dict[str, Any] = {name: fail}
    with Replica("a", mtu=1, max_history=1, on_error=lambda *e: errors.append(e), **callbacks) as replica:
        exercise(replica)
        assert replica.version == 11
    assert errors
    assert {where for where, _ in errors} == {name}
    assert {type(error) for _, error in errors} == {Failure}
    assert unraisable == []


def test_exceptions_of_a_sort_go_to_on_error(unraisable: List[Any]) -> None:
    errors: List[Tuple[str, BaseException]] = []
    with Replica("a", exact_id=True, sort=fail, on_error=lambda *e: errors.append(e)) as replica:
        replica.update({"x": 1, "y": 2})
        assert sorted(update.key for update in replica.news("a", 0)) == ["x", "y"]
    assert errors[0][0] == "sort"
    assert unraisable == []


@pytest.mark.parametrize("kind", [Failure, KeyboardInterrupt, SystemExit])
def test_exceptions_go_to_unraisablehook_else(kind: Any, unraisable: List[Any]) -> None:
    def raiser(update: Update) -> None:
        raise kind

    with Replica("a", on_update=raiser) as replica:
        assert replica.set("k", 1) is True
        assert replica["k"] == 1
    assert [type(error) for error in unraisable] == [kind]


def test_an_on_error_that_fails_is_reported_too(unraisable: List[Any]) -> None:
    with Replica("a", on_update=lambda _: 1 / 0, on_error=fail) as replica:
        replica["k"] = 1
    assert [type(error) for error in unraisable] == [Failure]
    assert isinstance(unraisable[0].__context__, ZeroDivisionError)


def test_a_resolver_that_raises_decides_no(unraisable: List[Any]) -> None:
    with Replica("a", resolve=fail) as replica:
        replica["k"] = 1
        assert "k" not in replica
        assert replica.version == 1
    assert len(unraisable) == 1


def test_a_result_without_a_truth_is_an_exception(unraisable: List[Any]) -> None:
    class Undecided:
        def __bool__(self) -> bool:
            raise Failure

    with Replica("a", exact_id=True, resolve=lambda update, current: Undecided()) as replica:
        replica["k"] = 1
        assert "k" not in replica
    with Replica("a", exact_id=True, sort=lambda a, b: "first") as replica:  # type: ignore[arg-type, return-value]
        replica.update({"x": 1, "y": 2})
        assert len(replica.news("a", 0)) == 2
    assert [type(error) for error in unraisable[:2]] == [Failure, TypeError]


def test_exceptions_of_on_event_go_to_on_error() -> None:
    errors: List[Tuple[str, BaseException]] = []
    with Replica("a", on_event=fail, on_error=lambda *e: errors.append(e)) as replica:
        config = replica._handle._config
        assert config is not None
        config.on_event(config.context, None, _abi.EVENT_TWIN, _abi.OK)
    assert [(name, type(error)) for name, error in errors] == [("on_event", Failure)]
