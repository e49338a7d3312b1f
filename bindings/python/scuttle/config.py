"""The configuration of a replica."""

from __future__ import annotations

import ctypes
from enum import IntEnum
from typing import Any, Iterable, List, Mapping, NamedTuple, Set, Tuple, Union

from . import _abi
from .errors import NulError
from .texts import Buffer, encode_text, encode_value, to_bytes, unsigned
from .updates import Update

#: A save to start from: lines of an export or of the wire, or updates, or dicts in the shape of the wire.
State = Union[str, Buffer, Iterable[Union[Update, Mapping[str, Any]]]]


class Resolver(IntEnum):
    """Decides which of two updates of one key stands. Each is a total order, so replicas agree whatever the order of arrival."""

    #: The default: the last writer wins. The greater timestamp (version, then source) stands; a covered dot changes nothing.
    lww_vs_clock = _abi.LWW_VS_CLOCK
    #: The seed's other name for the same outcome.
    lww_vs_current_vers = _abi.LWW_VS_CURRENT_VERS
    #: The greater value stands: null < false < true < numbers < strings < arrays < objects.
    strictly_order_values = _abi.STRICTLY_ORDER_VALUES


class Limits(NamedTuple):
    """The limits of a replica. An excess is an error of its own. 0 means the default."""

    #: Bytes of a line, without its newline; default: enough for the largest key and value.
    max_message_bytes: int = 0
    #: Bytes of a key; default 64 KiB, at most 256 MiB.
    max_key_bytes: int = 0
    #: Bytes of a value's JSON text; default 1 MiB, at most 256 MiB.
    max_value_bytes: int = 0
    #: Nesting of arrays and objects in a value; default 64, at most 1,024; Python's own limit is about 900.
    max_depth: int = 0
    #: Sources, the replica's own included; default 65,536.
    max_sources: int = 0
    #: Open links; default 65,536.
    max_links: int = 0
    #: The most by which an update's version may exceed the highest version seen here; default 2^48.
    max_version_jump: int = 0
    #: Keys that hold a value, as `len(replica)` counts them; default: no limit. Overwrites and deletes always pass.
    max_keys: int = 0
    #: Bytes of memory for all that the replica holds, with all overhead; default: no limit. A replica without room for a peer's
    #: update refuses it, as one over `max_value_bytes`. See docs/reference/limits.md.
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
    """Returns the library's struct, without the resolver and the callbacks."""
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
