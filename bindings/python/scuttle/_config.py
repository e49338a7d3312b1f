"""The configuration of a replica."""

from __future__ import annotations

import ctypes
from enum import IntEnum
from typing import Any, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple, Union

from . import _abi
from .errors import NulError
from ._texts import Buffer, encode_text, encode_value, positive, to_bytes
from ._updates import Update

#: A save to start from: lines of an export or of the wire, or updates, or dicts in the shape of the wire.
State = Union[str, Buffer, Iterable[Union[Update, Mapping[str, Any]]]]


class Resolver(IntEnum):
    """Decides which of two updates of one key stands. Each is a total order, so replicas agree whatever the order of arrival."""

    #: The default: the last writer wins. The greater timestamp (version, then source) stands; a covered dot changes nothing.
    LWW_VS_CLOCK = _abi.LWW_VS_CLOCK
    #: The seed's other name for the same outcome.
    LWW_VS_CURRENT_VERS = _abi.LWW_VS_CURRENT_VERS
    #: The greater value stands: null < false < true < numbers < strings < arrays < objects.
    STRICTLY_ORDER_VALUES = _abi.STRICTLY_ORDER_VALUES


class Limits(NamedTuple):
    """The limits of a replica. An excess is a LimitError of its own. None means the default; no limit is 0."""

    #: Bytes of a line, without its newline; default: enough for the largest key and value.
    max_message_bytes: Optional[int] = None
    #: Bytes of a key; default 64 KiB, at most 256 MiB.
    max_key_bytes: Optional[int] = None
    #: Bytes of a value's JSON text; default 1 MiB, at most 256 MiB.
    max_value_bytes: Optional[int] = None
    #: Nesting of arrays and objects in a value; default 64, at most 1,024; Python's own limit is about 900.
    max_depth: Optional[int] = None
    #: Sources, the replica's own included; default 65,536.
    max_sources: Optional[int] = None
    #: Open links; default 65,536.
    max_links: Optional[int] = None
    #: The most by which an update's version may exceed the highest version seen here; default 2^48.
    max_version_jump: Optional[int] = None
    #: Keys that hold a value, as `len(replica)` counts them; default: no limit. Overwrites and deletes always pass.
    max_keys: Optional[int] = None
    #: Bytes of memory for all that the replica holds, with all overhead; default: no limit. A replica without room for a peer's
    #: update refuses it, as one over `max_value_bytes`. See docs/reference/limits.md.
    max_bytes: Optional[int] = None

    def __repr__(self) -> str:
        given = [f"{name}={limit!r}" for name, limit in self._asdict().items() if limit is not None]
        return f"scuttle.Limits({', '.join(given)})"


def make_config(
    numbers: Mapping[str, Optional[int]],
    flags: int,
    cluster: str,
    protocol: Optional[Tuple[int, int]],
    limits: Limits,
    state: Optional[State],
) -> _abi.ConfigStruct:
    """Returns the library's struct, without the resolver and the callbacks. A number of None stays 0, the library's default."""
    config = _abi.ConfigStruct(ctypes.sizeof(_abi.ConfigStruct))
    config.flags = flags
    config.cluster = c_text(cluster, "a cluster")
    if protocol is not None:
        lowest, highest = protocol
        config.protocol_min = positive("protocol", lowest, bits=32)
        config.protocol_max = positive("protocol", highest, bits=32)
    for name, number in [*numbers.items(), *limits._asdict().items()]:
        if number is not None:
            setattr(config, name, positive(name, number))
    lines = b"" if state is None else state_lines(state)
    config.state = lines or None  # NULL, since there may be a `state_store`
    config.state_len = len(lines)
    return config


def c_text(text: str, what: str) -> bytes:
    """Returns a NUL-terminated text. Raises NulError if it has a NUL of its own."""
    encoded = encode_text(text, what)
    if b"\0" in encoded:
        raise NulError(f"{what} contains the character U+0000")
    return encoded


def state_lines(state: State) -> bytes:
    """Returns a state as lines."""
    if isinstance(state, str):
        return encode_text(state)
    if isinstance(state, (bytes, bytearray, memoryview)):
        return to_bytes(state)
    lines: List[bytes] = []
    gone: Set[str] = set()  # keys that a reset has removed: their updates are covered, and no entries
    for update in reversed(list(state)):
        if isinstance(update, Update):
            if update.reset:
                gone.add(update.key)
            lines.append(encode_text(update._replace(reset=update.key in gone).to_line()))
        elif isinstance(update, Mapping):
            lines.append(encode_value(dict(update)))
        else:
            raise TypeError(f"a state is made of updates, as on_update hands them out, not of {type(update).__name__}")
    return b"".join(line + b"\n" for line in reversed(lines))
