"""The package encodes values as json.dumps does, by each of its encoders."""

from __future__ import annotations

import enum
import json
import math
from collections import OrderedDict
from typing import Any, Dict, List, NamedTuple, Optional
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import scuttle
from scuttle import _json_encoder
from scuttle._texts import decode_value, encode_text, encode_value


class Text(str):
    """A str whose methods return other text than its own."""

    def encode(self, *_: Any) -> bytes:
        return b"other"

    def __str__(self) -> str:
        return "other"

    def __repr__(self) -> str:
        return "other"


class Number(int):
    def __repr__(self) -> str:
        return "other"


class Real(float):
    def __repr__(self) -> str:
        return "other"


class Color(enum.IntEnum):
    red = 3


class Pair(NamedTuple):
    a: Any
    b: Any


#: All kinds of str: control characters, NUL, halves of surrogate pairs, characters of four bytes.
TEXTS = st.text() | st.text(st.characters(max_codepoint=0x7F)) | st.text(st.characters(categories=["Cs"]), max_size=3)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXTS
    | TEXTS.map(Text)
    | st.integers().map(Number)
    | st.floats().map(Real)
    | st.just(Color.red)
    | st.just(b"bytes")  # a value that JSON has not
)
NAMES = TEXTS | TEXTS.map(Text) | st.integers() | st.floats() | st.booleans() | st.none() | st.just(("a",))
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Pair, inner, inner)
        | st.dictionaries(NAMES, inner, max_size=3)
        | st.dictionaries(TEXTS, inner, max_size=3).map(OrderedDict)
    ),
    max_leaves=6,
)


def dumped(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def outcome(encode: Any, value: Any) -> Any:
    """Returns the bytes, or the error of the value. The package's errors are ValueErrors, too."""
    try:
        return encode(value)
    except TypeError as error:
        return TypeError, str(error)
    except ValueError as error:
        return ValueError, str(error)


@given(TEXTS | TEXTS.map(Text))
@example('\0\x1f\x7f\x80\x9f"\\/\u2028\u2029\ufeff\ufffe\uffff\U0001f600\U0010ffff')
@example("\ud83d\ude00")  # halves that would be a pair elsewhere
def test_strings(text: str) -> None:
    assert outcome(encode_value, text) == outcome(dumped, text)


@given(VALUES)
def test_values(value: Any) -> None:
    assert outcome(encode_value, value) == outcome(dumped, value)


@given(VALUES)
def test_values_without_the_encoder_in_c(value: Any) -> None:
    with mock.patch.object(_json_encoder, "_quick", None):
        assert outcome(encode_value, value) == outcome(dumped, value)


def test_it_is_the_encoder_in_c_that_is_used() -> None:
    assert json.encoder.c_make_encoder is None or _json_encoder._quick is not None  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, [math.nan], {"a": Real("inf")}])
def test_numbers_that_json_has_not(value: Any) -> None:
    with pytest.raises(scuttle.errors.JSONError, match="Out of range float values are not JSON compliant"):
        encode_value(value)


def _circle(kind: str) -> Any:
    a_list: List[Any] = []
    a_dict: Dict[str, Any] = {"a": a_list}
    a_list.append(a_dict if kind == "dict" else a_list)
    return a_list


@pytest.mark.parametrize("kind", ["list", "dict"])
def test_a_circle_is_named(kind: str) -> None:
    with pytest.raises(scuttle.errors.JSONError, match="Circular reference detected"):
        encode_value(_circle(kind))


def test_a_failure_leaves_nothing_behind() -> None:
    inner: List[Any] = [object()]
    value = [inner]
    for _ in range(3):
        with pytest.raises(TypeError, match="not JSON serializable"):
            encode_value(value)
    inner[0] = 1
    assert encode_value(value) == b"[[1]]"


def test_one_object_in_two_places_is_no_circle() -> None:
    shared = {"a": [1]}
    assert encode_value([shared, shared]) == b'[{"a":[1]},{"a":[1]}]'


@given(TEXTS | TEXTS.map(Text))
def test_keys(text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        with pytest.raises(scuttle.errors.Utf8Error, match="surrogates not allowed"):
            encode_text(text)
    else:
        assert encode_text(text) == str.encode(text)


@pytest.mark.parametrize("key", [None, 1, b"k", object()])
def test_a_key_that_is_no_str_is_named(replica: scuttle.Replica, key: Any) -> None:
    with pytest.raises(TypeError, match=f"a key is a str, not {type(key).__name__}"):
        replica[key] = 1


@given(st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])))
def test_there_and_back(value: Any) -> None:
    assert decode_value(str(encode_value(value), "utf-8")) == value


@pytest.mark.parametrize("length", [0, 1, 1021, 1022, 1023, 1024, 1025, 4093, 4094, 4095, 4096, 4097, 70_000])
@pytest.mark.parametrize("character", ["x", "\0", '"', "é", "\U0001f600"])
def test_texts_of_any_length(replica: scuttle.Replica, length: int, character: str) -> None:
    """Short and long texts use different functions, and so do values that fit the first buffer and longer ones."""
    value = character * length
    replica["k"] = value
    assert replica["k"] == replica.lookup("k").value == value
    assert replica.setdefault("k") == value
    assert "k" in replica
    assert replica.pop("k") == value
    replica["k"] = "small"
    assert replica["k"] == "small"


@pytest.mark.parametrize("length", [1023, 1024, 1025, 65_536])
def test_keys_of_any_length(replica: scuttle.Replica, length: int) -> None:
    key = "k" * length
    assert key not in replica
    assert replica.lookup(key) == scuttle.Entry(None, None, 0)
    replica[key] = length
    replica.update({key: length})
    assert replica[key] == length
    assert replica.lookup(key) == scuttle.Entry(length, "a", 2)
    with pytest.raises(scuttle.errors.NulError):
        replica[key[:-1] + "\0"] = 1
    with pytest.raises(scuttle.errors.NulError):
        replica[key[:-1] + "\0"]


def test_errors_say_the_same_however_long_the_text() -> None:
    limits = scuttle.Limits(max_key_bytes=10, max_value_bytes=20)
    messages: List[Optional[str]] = []
    with scuttle.Replica("a", limits=limits) as replica:
        for length in (100, 100_000):
            for use in (
                lambda key, value: replica.__setitem__(key, 1),
                lambda key, value: replica.__setitem__("k", value),
                lambda key, value: replica.update({key: 1}),
                lambda key, value: replica[key],
            ):
                with pytest.raises(scuttle.ScuttleError) as caught:
                    use("k" * length, "v" * length)
                messages.append(caught.value.message.replace(str(length + 2), "N+2").replace(str(length), "N"))
        assert len(replica) == 0
    assert messages[:4] == messages[4:]
