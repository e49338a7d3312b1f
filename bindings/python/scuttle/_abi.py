"""include/scuttle.h in ctypes, name for name: codes, structs, functions. A test holds it against the header."""

from __future__ import annotations

import ctypes
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_int,
    c_int32,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
    py_object,
)
from typing import Any, Dict, List, Tuple

OK = 0
FULL = 1
NOT_FOUND = 2
TORN = 3
GAP = 4
MORE = 5
CONFLICT = 6

E_ARGUMENT = -1
E_MEMORY = -2
E_BUSY = -3
E_UNSUPPORTED = -4
E_STRUCT_SIZE = -5
E_SPACE = -6
E_ID = -7
E_KEY = -8
E_NUL = -9
E_UTF8 = -10
E_JSON = -11
E_DUPLICATE = -12
E_NUMBER = -13
E_DEPTH = -14
E_MESSAGE = -15
E_VERSION = -16
E_VERSION_JUMP = -17
E_IDENTITY = -18
E_READ_ONLY = -19
E_MESSAGE_SIZE = -20
E_KEY_SIZE = -21
E_VALUE_SIZE = -22
E_SOURCES = -23
E_LINKS = -24
E_EXHAUSTED = -25
E_CLUSTER = -26
E_PROTOCOL = -27
E_REJECTED = -28
E_DATAGRAM = -29
E_CORRUPT = -30
E_RESOLVER = -31
E_UNASKED = -32
E_REFUSED = -33
E_KEYS = -34
E_BYTES = -35
E_TTL = -36
E_STORE = -37
E_FORKED = -38

NTS = c_size_t(-1).value
TTL_RENEW = 1 << 63

UPDATE_DELETED = 1
UPDATE_LOCAL = 2
UPDATE_EXPIRED = 4
UPDATE_RESET = 8

LWW_VS_CLOCK = 0
LWW_VS_CURRENT_VERS = 1
STRICTLY_ORDER_VALUES = 2

UNIQUE_ID = 1
KEEP_TOMBSTONES = 2
EXACT_ID = 4

ROW_ENTRY = 1
ROW_SOURCE = 2
ROW_REPLICA = 3

EVENT_HELLO = 1
EVENT_IN_STEP = 2
EVENT_ENDED = 3
EVENT_DIVERGED = 4
EVENT_REFUSED = 5
EVENT_TWIN = 6

PROTOCOL_LOWEST = 1
PROTOCOL_HIGHEST = 1

FLAW_ORDER = 1
FLAW_REPETITION = 2
FLAW_GROUPING = 3

LINK_LIVE = 1
LINK_DATAGRAM = 2
LINK_READ_ONLY = 4
LINK_CLASSIC = 8
LINK_ANY = 16
LINK_HISTORY = 32

DIALECT_UNKNOWN = 0
DIALECT_CLASSIC = 1
DIALECT_EXTENDED = 2

# A text is an address and a length: c_char_p would measure it, and most are not NUL-terminated.
_Text = c_void_p


class EntryStruct(Structure):
    """scuttle_entry_t"""

    _fields_ = [
        ("value", _Text),
        ("value_len", c_size_t),
        ("source", _Text),
        ("source_len", c_size_t),
        ("version", c_uint64),
    ]


class WriteStruct(Structure):
    """scuttle_write_t"""

    # The array that has these fields keeps their texts alive.
    _fields_ = [
        ("key", c_char_p),
        ("key_len", c_size_t),
        ("json", c_char_p),
        ("json_len", c_size_t),
        ("ttl_ms", c_uint64),
    ]


class UpdateStruct(Structure):
    """scuttle_update_t"""

    _fields_ = [
        ("key", _Text),
        ("key_len", c_size_t),
        ("value", _Text),
        ("value_len", c_size_t),
        ("source", _Text),
        ("source_len", c_size_t),
        ("version", c_uint64),
        ("flags", c_uint32),
        ("reserved", c_uint32),
        ("dot_source", _Text),
        ("dot_source_len", c_size_t),
        ("dot_version", c_uint64),
    ]


class RowStruct(Structure):
    """scuttle_row_t"""

    _fields_ = [
        ("kind", c_uint32),
        ("reserved", c_uint32),
        ("id", _Text),
        ("id_len", c_size_t),
        ("line", _Text),
        ("line_len", c_size_t),
        ("update", POINTER(UpdateStruct)),
    ]


class KeyStruct(Structure):
    """scuttle_key_t"""

    _fields_ = [("key", c_char_p), ("key_len", c_size_t)]


class CursorStruct(Structure):
    """scuttle_cursor_t"""

    _fields_ = [("incarnation", c_uint64), ("position", c_uint64)]


class SpanStruct(Structure):
    """scuttle_span_t"""

    _fields_ = [("data", c_void_p), ("len", c_size_t)]


# `void *context` is declared as a Python object: ctypes then hands a callback the object itself, and needs no table to
# find it by.
_Context = py_object
_UpdateRef = POINTER(UpdateStruct)

VisitFunction = CFUNCTYPE(c_int, _Context, _UpdateRef)
EntryFunction = CFUNCTYPE(c_int, _Context, c_size_t, c_void_p)
LineFunction = CFUNCTYPE(c_int, _Context, _Text, c_size_t)
ClockFunction = CFUNCTYPE(c_int, _Context, _Text, c_size_t, c_uint64)
ResolveFunction = CFUNCTYPE(c_int, _Context, _UpdateRef, _UpdateRef)
SortFunction = CFUNCTYPE(c_int, _Context, _UpdateRef, _UpdateRef)
UpdateFunction = CFUNCTYPE(None, _Context, _UpdateRef)
CompactionFunction = CFUNCTYPE(None, _Context, POINTER(_UpdateRef), c_size_t)
DrainFunction = CFUNCTYPE(None, _Context)
EventFunction = CFUNCTYPE(None, _Context, c_void_p, c_int, c_int)
AcceptFunction = CFUNCTYPE(c_int, _Context, c_void_p, _UpdateRef)

# `take` is a function of the library: its context is an address.
TakeFunction = CFUNCTYPE(c_int, c_void_p, _Text, c_size_t)
LoadFunction = CFUNCTYPE(c_int, _Context, TakeFunction, c_void_p)
TransactionFunction = CFUNCTYPE(c_int, _Context)
RowFunction = CFUNCTYPE(c_int, _Context, POINTER(RowStruct))
RollbackFunction = CFUNCTYPE(None, _Context)


class StateStoreStruct(Structure):
    """scuttle_state_store_t"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("context", _Context),
        ("load", LoadFunction),
        ("begin", TransactionFunction),
        ("put", RowFunction),
        ("remove", RowFunction),
        ("commit", TransactionFunction),
        ("rollback", RollbackFunction),
    ]


class ConfigStruct(Structure):
    """scuttle_config_t"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("flags", c_uint32),
        ("resolver", c_uint32),
        ("mtu", c_size_t),
        ("max_history", c_size_t),
        ("seed", c_uint64),
        ("context", _Context),
        ("resolve", ResolveFunction),
        ("sort", SortFunction),
        ("on_update", UpdateFunction),
        ("on_compaction", CompactionFunction),
        ("on_drain", DrainFunction),
        ("state", c_char_p),
        ("state_len", c_size_t),
        ("max_message_bytes", c_size_t),
        ("max_key_bytes", c_size_t),
        ("max_value_bytes", c_size_t),
        ("max_depth", c_size_t),
        ("max_sources", c_size_t),
        ("max_links", c_size_t),
        ("max_version_jump", c_uint64),
        ("cluster", c_char_p),
        ("max_tombstones", c_size_t),
        ("protocol_min", c_uint32),
        ("protocol_max", c_uint32),
        ("on_event", EventFunction),
        ("max_retired", c_size_t),
        ("retire_after_ms", c_uint64),
        ("accept", AcceptFunction),
        ("max_refused", c_size_t),
        ("state_store", POINTER(StateStoreStruct)),
        ("max_keys", c_size_t),
        ("max_bytes", c_size_t),
    ]


class FlawStruct(Structure):
    """scuttle_flaw_t"""

    _fields_ = [("kind", c_uint32), ("count", c_uint32), ("a", c_size_t), ("b", c_size_t), ("c", c_size_t)]


class LinkInfoStruct(Structure):
    """scuttle_link_info_t"""

    _fields_ = [
        ("struct_size", c_size_t),
        ("peer_name", c_char_p),
        ("peer_source", c_char_p),
        ("dialect", c_uint32),
        ("in_step", c_uint32),
        ("live", c_uint32),
        ("ended", c_uint32),
        ("last_error", c_int32),
        ("reserved", c_uint32),
        ("lag_updates", c_uint64),
        ("confirmed_version", c_uint64),
        ("bytes_in", c_uint64),
        ("bytes_out", c_uint64),
        ("messages_in", c_uint64),
        ("messages_out", c_uint64),
    ]


class StatsStruct(Structure):
    """scuttle_stats_t"""

    _fields_ = [("struct_size", c_size_t)] + [
        (name, c_uint64)
        for name in (
            "keys tombstones bytes history sources retired exceptions out_of_order links links_in_step links_full "
            "sets deletes expired republished purged resets removed "
            "received applied superseded repeated refused rejected refused_by_peers corrupt diverged twins "
            "gossips requests deltas_log deltas_state deltas_reset deltas_early deltas_contents "
            "full links_opened links_ended bytes_in bytes_out messages_in messages_out"
        ).split()
    ]


class LinkConfigStruct(Structure):
    """scuttle_link_config_t"""

    _fields_ = [("struct_size", c_size_t), ("flags", c_uint32), ("reserved", c_uint32)]


STRUCTS: Dict[str, Any] = {
    "scuttle_entry_t": EntryStruct,
    "scuttle_write_t": WriteStruct,
    "scuttle_cursor_t": CursorStruct,
    "scuttle_update_t": UpdateStruct,
    "scuttle_key_t": KeyStruct,
    "scuttle_span_t": SpanStruct,
    "scuttle_row_t": RowStruct,
    "scuttle_state_store_t": StateStoreStruct,
    "scuttle_config_t": ConfigStruct,
    "scuttle_flaw_t": FlawStruct,
    "scuttle_link_config_t": LinkConfigStruct,
    "scuttle_link_info_t": LinkInfoStruct,
    "scuttle_stats_t": StatsStruct,
}

_Handle = c_void_p
_Key = c_char_p
_Bytes = c_void_p
_SizeRef = POINTER(c_size_t)
_Uint64Ref = POINTER(c_uint64)

FUNCTIONS: Dict[str, Tuple[Any, List[Any]]] = {
    "scuttle_strerror": (c_char_p, [c_int]),
    "scuttle_library_version": (c_char_p, []),
    "scuttle_new": (c_int, [c_char_p, POINTER(ConfigStruct), POINTER(_Handle)]),
    "scuttle_free": (None, [_Handle]),
    "scuttle_errmsg": (c_char_p, [_Handle]),
    "scuttle_errmsg_copy": (c_int, [_Handle, c_char_p, c_size_t]),
    "scuttle_id": (c_int, [_Handle, POINTER(_Text), _SizeRef]),
    "scuttle_name": (c_int, [_Handle, POINTER(_Text), _SizeRef]),
    "scuttle_set": (c_int, [_Handle, _Key, c_size_t, c_char_p, c_size_t]),
    "scuttle_delete": (c_int, [_Handle, _Key, c_size_t]),
    "scuttle_set_ttl": (c_int, [_Handle, _Key, c_size_t, c_char_p, c_size_t, c_uint64]),
    "scuttle_tick": (c_int, [_Handle, c_uint64]),
    "scuttle_set_many": (c_int, [_Handle, POINTER(WriteStruct), c_size_t]),
    "scuttle_set_if": (c_int, [_Handle, _Key, c_size_t, c_char_p, c_size_t, POINTER(EntryStruct)]),
    "scuttle_get": (c_int, [_Handle, _Key, c_size_t, POINTER(EntryStruct)]),
    "scuttle_get_copy": (c_int, [_Handle, _Key, c_size_t, _Bytes, c_size_t, _SizeRef, POINTER(EntryStruct)]),
    "scuttle_get_many": (c_int, [_Handle, POINTER(KeyStruct), c_size_t, EntryFunction, _Context]),
    "scuttle_count": (c_int, [_Handle, _SizeRef]),
    "scuttle_state": (c_int, [_Handle, c_char_p, c_size_t, VisitFunction, _Context]),
    "scuttle_news": (c_int, [_Handle, c_char_p, c_size_t, c_uint64, VisitFunction, _Context]),
    "scuttle_history": (c_int, [_Handle, VisitFunction, _Context]),
    "scuttle_history_write": (c_int, [_Handle, POINTER(UpdateStruct)]),
    "scuttle_history_trim": (c_int, [_Handle, VisitFunction, _Context, _SizeRef]),
    "scuttle_history_keep": (c_int, [_Handle, c_size_t]),
    "scuttle_version": (c_int, [_Handle, _Uint64Ref]),
    "scuttle_export": (c_int, [_Handle, LineFunction, _Context]),
    "scuttle_save": (c_int, [_Handle, POINTER(CursorStruct), LineFunction, _Context]),
    "scuttle_changes": (c_int, [_Handle, _Bytes, c_size_t, POINTER(CursorStruct), VisitFunction, _Context]),
    "scuttle_import": (c_int, [_Handle, _Bytes, c_size_t]),
    "scuttle_clock": (c_int, [_Handle, ClockFunction, _Context]),
    "scuttle_fingerprint": (c_int, [_Handle, _Uint64Ref]),
    "scuttle_gossip": (c_int, [_Handle]),
    "scuttle_purge": (c_int, [_Handle, _SizeRef]),
    "scuttle_accept_again": (c_int, [_Handle]),
    "scuttle_forget": (c_int, [_Handle, c_char_p, c_size_t]),
    "scuttle_check_resolver": (
        c_int,
        [POINTER(ConfigStruct), POINTER(UpdateStruct), c_size_t, POINTER(FlawStruct)],
    ),
    "scuttle_link_info": (c_int, [_Handle, POINTER(LinkInfoStruct)]),
    "scuttle_confirmed": (c_int, [_Handle, c_uint64, _SizeRef]),
    "scuttle_stats": (c_int, [_Handle, POINTER(StatsStruct)]),
    "scuttle_link_open": (c_int, [_Handle, POINTER(LinkConfigStruct), POINTER(_Handle)]),
    "scuttle_link_close": (None, [_Handle]),
    "scuttle_link_gossip": (c_int, [_Handle]),
    "scuttle_link_write": (c_int, [_Handle, _Bytes, c_size_t]),
    "scuttle_link_read": (c_int, [_Handle, _Bytes, c_size_t, _SizeRef]),
    "scuttle_link_peek": (c_int, [_Handle, POINTER(SpanStruct), c_size_t, _SizeRef]),
    "scuttle_link_consume": (c_int, [_Handle, c_size_t]),
    "scuttle_event_update": (c_int, [_Handle, POINTER(_UpdateRef)]),
    "scuttle_write": (c_int, [_Handle, _Bytes, c_size_t]),
    "scuttle_read": (c_int, [_Handle, _Bytes, c_size_t, _SizeRef]),
}


def declare(library: ctypes.CDLL) -> None:
    """Sets the types of each function. Raises AttributeError if the library lacks one."""
    for name, (result, arguments) in FUNCTIONS.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
