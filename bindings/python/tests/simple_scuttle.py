"""A model of simple-scuttle 3.0.2 on the wire, bug for bug; docs/reference/compatibility.md lists the bugs.

`test_simple_scuttle.py` replays the recorded sessions in Tests/Conformance/Vectors/recorded with it: each message, state, version vector
and history has to be the recorded one.
"""

from __future__ import annotations

import json
import math
import random
from collections import deque
from typing import Deque, Dict, Iterable, List, NamedTuple, Optional, Union

Message = Dict[str, object]

# ------------------------------------------------------------------------------------------- JSON as in JavaScript --


class Undefined:
    """The value of an absent member."""

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Undefined()


def number_text(number: float) -> str:
    """Returns the text of a number in JavaScript: the shortest digits of the same double."""
    if not math.isfinite(number):
        return "null"  # JSON.stringify has no other word for it
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, power = f"{abs(number)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{sign}{digits[0]}{rest}e{point - 1:+d}"


def string_text(string: str) -> str:
    """Returns the text of a string in JavaScript: it escapes only the characters that need it, and lone surrogates."""
    text = json.dumps(string, ensure_ascii=False)
    return "".join(f"\\u{ord(char):04x}" if "\ud800" <= char <= "\udfff" else char for char in text)


def is_index(name: str) -> bool:
    """Returns whether JavaScript keeps a member in front of the others, in order of its number."""
    return name.isascii() and name.isdigit() and name == str(int(name)) and int(name) < 2**32 - 1


def in_member_order(names: Iterable[str]) -> List[str]:
    """Returns names in the order in which JavaScript visits them as members of an object."""
    given = list(names)
    return sorted(filter(is_index, given), key=int) + [name for name in given if not is_index(name)]


def stringify(value: object) -> str:
    """JSON.stringify."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number_text(float(value))
    if isinstance(value, str):
        return string_text(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(stringify, value)) + "]"
    assert isinstance(value, dict), value
    members = {name: value[name] for name in in_member_order(value) if not isinstance(value[name], Undefined)}
    return "{" + ",".join(f"{string_text(name)}:{stringify(member)}" for name, member in members.items()) + "}"


def _number(text: str) -> float:
    return float(text)  # too large: infinity


def parse(text: Union[str, bytes]) -> object:
    """JSON.parse: every number is a double."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return json.loads(text, parse_int=_number, parse_float=_number)


def _string(value: object) -> str:
    """Returns the name of a member for a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number_text(float(value))
    return "undefined" if isinstance(value, Undefined) else "[object Object]" if isinstance(value, dict) else stringify(value)


def _as_number(value: object) -> float:
    """Returns the number that a comparison makes of a value."""
    if isinstance(value, bool) or value is None:
        return float(value or 0)
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return float(value.strip() or 0) if isinstance(value, str) else math.nan
    except ValueError:
        return math.nan


def is_truthy(value: object) -> bool:
    """Returns whether a value is true for `if`."""
    if isinstance(value, (list, dict)):
        return True
    return bool(value) and not isinstance(value, Undefined) and value == value


PROTOTYPE = {
    "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__", "__proto__", "constructor",
    "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString", "valueOf",
}  # fmt: skip
"""The keys that throw and wedge the stream."""

# --------------------------------------------------------------------------------------------------------- the peer --


class Update(NamedTuple):
    """One update in the history, which keeps no other part of a message."""

    key: object
    value: object
    source: str
    version: float

    @property
    def place(self) -> tuple[float, bytes]:
        """The key of the default `sort`; JavaScript compares strings by their UTF-16 units."""
        return self.version, self.source.encode("utf-16-be", "surrogatepass")

    @property
    def message(self) -> Message:
        return {"key": self.key, "value": self.value, "source_id": self.source, "version": self.version}


class State(NamedTuple):
    value: object
    version: float


DONE: Message = {"digest": True, "done": True}


class Pipe:
    """A connection of one peer: the output for it, and the incomplete line of its deserializer."""

    def __init__(self, peer: SimplePeer) -> None:
        self._peer = peer
        self._half = b""
        self._rest = b""
        self._output: Deque[bytes] = deque()

    def write(self, data: bytes) -> None:
        """Reads bytes of the peer, cut anywhere."""
        *lines, self._half = (self._half + data).split(b"\n")
        for line in lines:
            if line.strip():
                message = parse(line)
                assert isinstance(message, dict)
                self._peer.write(message)

    def read(self, max_bytes: int = 65536) -> bytes:
        """Returns the next bytes for the peer, cut anywhere; b"" if there are none."""
        while self._output and len(self._rest) < max_bytes:
            self._rest += self._output.popleft()
        data, self._rest = self._rest[:max_bytes], self._rest[max_bytes:]
        return data

    def read_line(self) -> bytes:
        """Returns the next message for the peer; b"" if there is none. Not together with `read`."""
        return self._output.popleft() if self._output else b""

    def put(self, line: bytes) -> None:
        self._output.append(line)

    def close(self) -> None:
        """Unpipes: bytes on their way are lost."""
        self._peer.unpipe(self)


class SimplePeer:
    """One Gossip object, which is ONE transform stream: each pushed message goes to every peer that it is piped to.

    `slow`: the reader gets messages by `drain` only, and messages beyond `mtu` are dropped.
    """

    sofar: List[str] = []
    """The sources that digests have named since the last done. All peers of a process share it: a bug of the program. A peer in a
    process of its own has a list of its own: `peer.sofar = []`."""

    def __init__(
        self,
        id: str,
        mtu: int = 10,
        max_history: Optional[int] = 10,
        *,
        rng: Optional[random.Random] = None,
        slow: bool = False,
    ) -> None:
        """Makes a peer.

        Args:
            id: The source of the peer.
            mtu: The messages that the buffer holds.
            max_history: The updates that the history holds. None: all.
            rng: Orders the digests. None: the order in which the sources have entered the version vector.
            slow: The reader gets messages by `drain` only.
        """
        self.id = id
        self.mtu = mtu
        self.max_history = max_history
        self.clock: Dict[str, float] = {id: 0}
        self.state: Dict[str, State] = {}
        self.history: List[Update] = []
        self.is_wedged = False
        self._rng = rng
        self._slow = slow
        self._pipes: List[Pipe] = []
        self._has_pushed = False
        self._input: Deque[Message] = deque()
        self._output: Deque[Message] = deque()

    # streams

    def pipe(self) -> Pipe:
        """Pipes the stream to one more peer, and that peer to it."""
        made = Pipe(self)
        self._pipes.append(made)
        self._flow()
        return made

    def unpipe(self, pipe: Pipe) -> None:
        if pipe in self._pipes:
            self._pipes.remove(pipe)

    def drain(self, most: int = 2**31) -> int:
        """Carries up to `most` messages of a slow peer, and returns their number."""
        count = 0
        while self._output and self._pipes and count < most:
            self._send(self._output.popleft())
            count += 1
            self._run()
        return count

    @property
    def waiting(self) -> int:
        """The number of messages that no reader has got."""
        return len(self._output)

    def _flow(self) -> None:
        if not self._slow:
            self.drain()

    def _send(self, message: Message) -> None:
        line = f"{stringify(message)}\n".encode()
        for pipe in self._pipes:
            pipe.put(line)

    def _push(self, message: Message) -> bool:
        """Returns whether the buffer has room for more."""
        if self._pipes and not self._slow and not self._output:
            self._send(message)
        else:
            self._output.append(message)
        return len(self._output) < self.mtu

    # calls of the host

    def set(self, key: object, value: object = UNDEFINED) -> None:
        self.write({"key": key, "value": value})

    def get(self, key: str) -> State:
        return self.state.get(key, State(None, -math.inf))

    def gossip(self) -> None:
        self._count(self.id, None)
        sources = in_member_order(self.clock)
        if self._rng:
            self._rng.shuffle(sources)
        for source in sources:
            if not self._push({"id": source, "version": self.clock[source], "digest": True}):
                return  # the done is dropped, too
        self._push(DONE)

    def write(self, message: Message) -> None:
        """Reads one message of a peer or of `set`. A stream whose reader is slow reads it later."""
        self._input.append(message)
        self._run()

    def _run(self) -> None:
        while self._input and not self.is_wedged:
            before = len(self._output)
            if before >= self.mtu and self._has_pushed:
                return  # a stream that is full goes on if the message before has pushed nothing
            self._transform(self._input.popleft())
            self._has_pushed = len(self._output) != before

    # messages

    def _transform(self, message: Message) -> None:
        is_digest = is_truthy(message.get("digest"))
        if is_digest and is_truthy(message.get("done")):
            self._serve_rest()
        elif is_digest:
            self._serve(message.get("id", UNDEFINED), message.get("version", UNDEFINED))
        else:
            self._apply(message)

    def _serve(self, source: object, version: object) -> None:
        self.sofar.append(_string(source))
        self._push_all(self._news(_string(source), _as_number(version)))

    def _serve_rest(self) -> None:
        for source in in_member_order(self.clock):
            if source not in self.sofar:
                self._push_all(self._news(source, -math.inf))
        self.sofar.clear()

    def _news(self, source: str, version: float) -> List[Update]:
        return [update for update in self.history if update.source == source and update.version > version]

    def _push_all(self, updates: List[Update]) -> None:
        for update in updates:
            if not self._push(update.message):
                return  # the rest is dropped

    def _apply(self, message: Message) -> None:
        key, value = message.get("key", UNDEFINED), message.get("value", UNDEFINED)
        source = _string(message.get("source_id", self.id))
        name = _string(key)
        if name in PROTOTYPE:
            self.is_wedged = True
            return
        given = message.get("version")
        counted = self._count(source, given)
        version = float(given) if isinstance(given, (int, float)) else counted
        self.history.append(Update(key, value, source, version))
        self.history.sort(key=lambda update: update.place)
        if self.max_history is not None and len(self.history) > self.max_history:
            del self.history[: len(self.history) - self.max_history]
        self.state[name] = State(value, version)

    def _count(self, source: str, version: object) -> float:
        """Counts as `vector-clock-class` does: a set, a gossip, and each copy of an update of this peer count one, an update of
        another peer counts if its version is not lower."""
        given = float(version) if isinstance(version, (int, float)) else 0.0
        own = self.clock[self.id]
        if source == self.id:
            self.clock[source] = max(own, given) + 1
        else:
            self.clock[source] = max(self.clock.get(source, 0), given)
            self.clock[self.id] = given + 1 if given >= own else own
        return self.clock[self.id]
