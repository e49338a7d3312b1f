"""The accelerator makes the same bytes and values as json, and its lock works as RLock; all other tests run on it, too."""

from __future__ import annotations

import gc
import json
import math
import signal
import sys
import threading
import weakref
from typing import Any, Callable, Dict, List

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore
from support import run_python

import scuttle
from scuttle import Replica
from scuttle._accelerated import Gate

needs_accelerator = pytest.mark.skipif(not scuttle.is_accelerated, reason="the accelerator is not built, or left out")

INTEGERS = st.integers() | st.integers(-(2**64), 2**64)
SCALARS = st.none() | st.booleans() | INTEGERS | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=4), v, max_size=4))

#: Values that only the encoder in Python knows, or rejects.
OTHERS: List[Any] = [
    math.nan,
    math.inf,
    "\ud800",
    ["\udfff"],
    {1: 2},
    {None: 2},
    2**64,
    object(),
    b"bytes",
    {"k": {1}},
    type("Text", (str,), {})("text"),
    type("Number", (int,), {})(7),
    type("Table", (dict,), {})(k=1),
    "long" * 300,
    list(range(100)),
]


def dumps(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


@needs_accelerator
@given(VALUES)
def test_the_text_is_that_of_json(value: Any) -> None:
    from scuttle import _accelerator

    text = _accelerator.encode(value)
    assert text in (None, dumps(value))
    assert text is not None or len(dumps(value)) > 16  # large integers


@needs_accelerator
@pytest.mark.parametrize("value", [chr(code) for code in [*range(0, 256), 0x2028, 0xFFFF, 0x10FFFF]])
def test_every_escape(value: str) -> None:
    from scuttle import _accelerator

    assert _accelerator.encode(value) == dumps(value)
    assert _accelerator.encode({value: f"a{value}b{value}"}) == dumps({value: f"a{value}b{value}"})


@needs_accelerator
@pytest.mark.parametrize("value", [0.0, -0.0, 0.1, 1e16, 1e-5, 5e-324, 1.7976931348623157e308, 1e22, 123456789.0, -(2**63), 2**63 - 1, True, ()])
def test_numbers(value: Any) -> None:
    from scuttle import _accelerator

    text = _accelerator.encode(value)
    assert text == dumps(value)
    again = _accelerator.decode(text)
    assert repr(again) == repr(json.loads(text))


@needs_accelerator
@pytest.mark.parametrize("value", OTHERS, ids=[str(number) for number in range(len(OTHERS))])
def test_other_values_are_left_to_python(value: Any) -> None:
    from scuttle import _accelerator

    assert _accelerator.encode(value) is None


@needs_accelerator
@given(VALUES, st.booleans())
def test_the_value_is_that_of_json(value: Any, is_ascii: bool) -> None:
    from scuttle import _accelerator

    text = json.dumps(value, separators=(",", ":"), ensure_ascii=is_ascii)
    assert repr(_accelerator.decode(text.encode("utf-8", "surrogatepass"))) == repr(json.loads(text))


@needs_accelerator
@pytest.mark.parametrize("text", ["-0", "-0.0", "1E5", "1e-7", "0.1e+1", "123456789012345678", "1234567890123456789", "9" * 70, "0." + "1" * 70])
def test_spellings_of_numbers(text: str) -> None:
    from scuttle import _accelerator

    assert repr(_accelerator.decode(text.encode())) == repr(json.loads(text))


def test_deep_and_circular_values(replica: Replica) -> None:
    deep: List[Any] = []
    for _ in range(50):
        deep = [deep]
    replica["deep"] = deep
    assert replica["deep"] == deep
    circle: List[Any] = []
    circle.append(circle)
    with pytest.raises(scuttle.InputError):
        replica["circle"] = circle


def test_keys_of_all_lengths(replica: Replica) -> None:
    for length in (1, 2, 1023, 1024, 1025, 65536):
        for value in ("v" * length, {"n": length}):
            replica["k" * length] = value
            assert replica["k" * length] == value and "k" * length in replica
    with pytest.raises(KeyError) as caught:
        replica["absent"]
    assert caught.value.args == ("absent",)
    with pytest.raises(KeyError):
        del replica["absent"]


def test_a_subclass_may_replace_each_method() -> None:
    class Counting(Replica):
        def __setitem__(self, key: str, value: Any) -> None:
            super().__setitem__(key, [value])

        def __getitem__(self, key: str) -> Any:
            return super().__getitem__(key)[0]

    with Counting("a") as replica:
        replica["k"] = 1
        assert replica["k"] == 1 == replica.get("k") and dict(replica.items()) == {"k": [1]}


def test_a_replica_with_callbacks_calls_them() -> None:
    seen: List[str] = []
    with Replica("a", on_update=lambda update: seen.append(update.key)) as replica:
        replica["k"] = 1
        replica.set("l", 1)
        replica.update({"m": 1})
    assert seen == ["k", "l", "m"]


def test_a_store_has_every_write(store: MemoryStore) -> None:
    with Replica("a", state_store=store) as replica:
        replica["k"] = 1
        assert replica["k"] == 1 and "k" in replica
    with Replica("a", state_store=store) as replica:
        assert dict(replica) == {"k": 1}


def test_an_update_stops_at_the_first_wrong_pair(replica: Replica) -> None:
    pairs: Any = [("a", 1), ("b", math.nan), ("c", 3)]
    with pytest.raises(scuttle.errors.JSONError):
        replica.update(pairs)
    with pytest.raises(TypeError):
        replica.update([("d", 1), 7, ("e", 1)])  # type: ignore[list-item]
    replica.update([["f", 1], ("g", "long" * 1000)])  # type: ignore[list-item]
    assert set(replica) == {"a", "d", "f", "g"}


def test_a_replica_is_freed_without_the_collector() -> None:
    gc.disable()
    try:
        replica = Replica("a")
        replica["k"] = {"deep": [1]}
        assert replica["k"] and "k" in replica
        gone = weakref.ref(replica)
        del replica
        assert gone() is None
    finally:
        gc.enable()


def test_without_references_left_behind(replica: Replica) -> None:
    value: Dict[str, Any] = {"a": [1, "two"]}
    key = "a key that is used once"
    before = [sys.getrefcount(one) for one in (key, value, replica)]
    for _ in range(1000):
        replica[key] = value
        replica[key]
        replica.set(key, value)
        replica.update([(key, value)])
        assert key in replica and "absent" not in replica
        with pytest.raises(TypeError):
            replica[7]  # type: ignore[index]
    assert [sys.getrefcount(one) for one in (key, value, replica)] == before


def test_the_lock_is_one_threads() -> None:
    gate, log = Gate(), []  # type: Gate, List[Any]
    with gate:
        with gate:
            assert gate._is_owned()
        thread = threading.Thread(target=lambda: log.append((gate.try_acquire(), gate._is_owned())))
        thread.start()
        thread.join()
        assert log == [(False, False)] and gate.try_acquire()
        gate.release()
    assert not gate._is_owned()
    with pytest.raises(RuntimeError):
        gate.release()


def test_the_lock_lets_one_thread_in() -> None:
    gate, inside, most = Gate(), [0], [0]

    def work() -> None:
        for _ in range(2000):
            with gate:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] and gate.try_acquire()


def test_a_signal_ends_a_wait_for_the_lock() -> None:
    class Alarm(Exception):
        pass

    def handle(*_: object) -> None:
        raise Alarm

    gate, is_held, may_end = Gate(), threading.Event(), threading.Event()

    def hold() -> None:
        with gate:
            is_held.set()
            may_end.wait(60)

    thread = threading.Thread(target=hold)
    thread.start()
    before = signal.signal(signal.SIGALRM, handle)
    try:
        assert is_held.wait(60)
        with pytest.raises(Alarm):
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            with gate:
                pytest.fail("another thread holds it")
        assert not gate._is_owned()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        may_end.set()
        thread.join()
    with gate:
        assert gate._is_owned()


def test_threads_that_read_and_set_beside_long_calls(replica: Replica) -> None:
    failures: List[BaseException] = []

    def repeat(step: Callable[[int], object]) -> None:
        try:
            for number in range(300):
                step(number)
        except BaseException as failure:
            failures.append(failure)

    def write(number: int) -> None:
        replica[f"k{number % 7}"] = {"number": number}

    steps: List[Callable[[int], object]] = [
        write,
        lambda number: replica.get(f"k{number % 7}"),
        lambda number: list(replica.items()),  # releases the GIL while it holds the replica
        lambda number: replica.export(),
        lambda number: replica.update({f"l{number % 7}": "x" * 5000}),
    ]
    threads = [threading.Thread(target=repeat, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert failures == [] and len(replica) == 14


def test_it_can_be_left_out() -> None:
    outcome = run_python("import scuttle; print(scuttle.is_accelerated); r = scuttle.Replica('a'); r['k'] = 1; print(r['k'])", SCUTTLE_PURE="1")
    assert outcome.stdout.split() == ["False", "1"], outcome.stderr
