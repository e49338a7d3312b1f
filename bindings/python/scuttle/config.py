"""What a replica is made with."""

from __future__ import annotations

import ctypes
from enum import IntEnum
from typing import Any, Iterable, List, Mapping, NamedTuple, Set, Tuple, Union

from . import _abi
from .errors import NulError
from .texts import Buffer, encode_text, encode_value, to_bytes, unsigned
from .updates import Update

#: What to start from: lines of an export or of the wire, or updates, or dicts in the shape of the wire.
State = Union[str, Buffer, Iterable[Union[Update, Mapping[str, Any]]]]


class Resolver(IntEnum):
    """Which of two updates of one key stands. All are total orders, so that replicas agree whatever order updates
    arrive in."""

    #: The default: what the clock has not covered is news; of two, the greater (version, source id) stands.
    lww_vs_clock = _abi.LWW_VS_CLOCK
    #: The greater (version, source id) stands: the same outcome.
    lww_vs_current_vers = _abi.LWW_VS_CURRENT_VERS
    #: The greater value stands: null < false < true < numbers < strings < arrays < objects.
    strictly_order_values = _abi.STRICTLY_ORDER_VALUES


class Limits(NamedTuple):
    """What is more than this is an error of its own. 0 stands for the default."""

    #: A line of a peer, without its newline; default: what the largest key and value can need.
    max_message_bytes: int = 0
    #: Default 64 KiB, at most 256 MiB.
    max_key_bytes: int = 0
    #: A value's JSON text; default 1 MiB, at most 256 MiB.
    max_value_bytes: int = 0
    #: Nesting of arrays and objects in a value; default 64, at most 1,024; Python's own limit is about 900.
    max_depth: int = 0
    #: Replicas that this one has heard of, itself included; default 65,536.
    max_sources: int = 0
    #: Default 65,536.
    max_links: int = 0
    #: How far an update's version may be ahead of the highest seen here; default 2^48.
    max_version_jump: int = 0
    #: Keys that hold a value, as `len(replica)` counts them; default: no limit. Overwrites and deletes always pass.
    max_keys: int = 0
    #: Memory for all that the replica holds, with all overhead; default: no limit. An update of a peer that there is no room
    #: for is refused, as one over `max_value_bytes` is. See docs/reference/limits.md.
    max_bytes: int = 0


def make_config(
    mtu: int,
    max_history: int,
    max_tombstones: int,
    keep_tombstones: bool,
    max_retired: int,
    retire_after_ms: int,
    max_refused: int,
    seed: int,
    exact_id: bool,
    unique_id: bool,
    cluster: str,
    protocol: Tuple[int, int],
    limits: Limits,
    state: State,
) -> _abi.ConfigStruct:
    """The library's struct, but for the resolver and the callbacks."""
    config = _abi.ConfigStruct(ctypes.sizeof(_abi.ConfigStruct))
    config.flags = _abi.UNIQUE_ID if unique_id else 0
    config.flags |= _abi.EXACT_ID if exact_id else 0
    config.flags |= _abi.KEEP_TOMBSTONES if keep_tombstones else 0
    config.mtu = unsigned("mtu", mtu)
    config.max_history = unsigned("max_history", max_history)
    config.max_tombstones = unsigned("max_tombstones", max_tombstones)
    config.max_retired = unsigned("max_retired", max_retired)
    config.retire_after_ms = unsigned("retire_after_ms", retire_after_ms)
    config.max_refused = unsigned("max_refused", max_refused)
    config.cluster = c_text(cluster, "a cluster")
    lowest, highest = protocol
    config.protocol_min = unsigned("protocol", lowest, bits=32)
    config.protocol_max = unsigned("protocol", highest, bits=32)
    config.seed = unsigned("seed", seed)
    for name, limit in limits._asdict().items():
        setattr(config, name, unsigned(name, limit))
    lines = state_lines(state)
    config.state = lines or None  # NULL, since there may be a `state_store`
    config.state_len = len(lines)
    return config


def c_text(text: str, what: str) -> bytes:
    """A text for the library to measure. NulError where it would take it to end too soon."""
    encoded = encode_text(text, what)
    if b"\0" in encoded:
        raise NulError(f"{what} contains the character U+0000")
    return encoded


def state_lines(state: State) -> bytes:
    """A state as lines."""
    if isinstance(state, str):
        return encode_text(state)
    if isinstance(state, (bytes, bytearray, memoryview)):
        return to_bytes(state)
    lines: List[bytes] = []
    gone: Set[str] = set()  # what a reset has taken away counts for the clock only
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
