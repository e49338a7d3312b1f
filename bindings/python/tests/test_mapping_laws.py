"""Random operations have the same effect on a replica and on a dict."""

from __future__ import annotations

from typing import Any, Dict

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import scuttle

KEYS = st.sampled_from(["a", "ab", "b", "é", "\U0001f600", "__proto__", "toString", '"\\\n']) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=5
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abé", max_size=3), inner, max_size=3),
    max_leaves=6,
)


class DictMachine(RuleBasedStateMachine):
    """A replica beside a dict."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: Dict[str, scuttle.Update] = {}
        self.replica = scuttle.Replica("a", max_history=3, on_update=self.keep)
        self.model: Dict[str, Any] = {}

    def keep(self, update: scuttle.Update) -> None:
        self.kept[update.key] = update

    def teardown(self) -> None:
        self.replica.close()

    @rule(key=KEYS, value=VALUES)
    def set(self, key: str, value: Any) -> None:
        self.replica[key] = value
        self.model[key] = value

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        self.replica.delete(key)
        self.model.pop(key, None)

    @rule(key=KEYS, default=VALUES)
    def pop(self, key: str, default: Any) -> None:
        assert self.replica.pop(key, default) == self.model.pop(key, default)

    @rule(key=KEYS, default=VALUES)
    def setdefault(self, key: str, default: Any) -> None:
        assert self.replica.setdefault(key, default) == self.model.setdefault(key, default)

    @precondition(lambda self: self.model)
    @rule()
    def popitem(self) -> None:
        key, value = self.replica.popitem()
        assert key == min(self.model, key=str.encode)
        assert value == self.model.pop(key)

    @rule(items=st.dictionaries(KEYS, VALUES, max_size=4))
    def update(self, items: Dict[str, Any]) -> None:
        self.replica.update(items)
        self.model.update(items)

    @rule()
    def clear(self) -> None:
        self.replica.clear()
        self.model.clear()

    @rule(key=KEYS)
    def look(self, key: str) -> None:
        assert (key in self.replica) == (key in self.model)
        assert self.replica.get(key, self) == self.model.get(key, self)
        assert self.replica.lookup(key).value == self.model.get(key)

    @rule(prefix=KEYS | st.just(""))
    def look_at_a_prefix(self, prefix: str) -> None:
        expected = sorted((key for key in self.model if key.startswith(prefix)), key=str.encode)
        assert list(self.replica.keys(prefix)) == expected
        assert list(self.replica.items(prefix)) == [(key, self.model[key]) for key in expected]
        assert len(self.replica.values(prefix)) == len(expected)

    @rule()
    def start_again_from_what_was_kept(self) -> None:
        with scuttle.Replica("a", state=self.kept.values()) as other:
            assert other == self.model
            assert other.fingerprint == self.replica.fingerprint
            assert other.version == self.replica.version

    @invariant()
    def is_the_same(self) -> None:
        assert len(self.replica) == len(self.model)
        assert bool(self.replica) == bool(self.model)
        assert list(self.replica.items()) == sorted(self.model.items(), key=lambda item: item[0].encode())


TestDictMachine = DictMachine.TestCase
