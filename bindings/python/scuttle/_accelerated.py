"""The accelerator, if it is built, and otherwise classes in Python in its place.

The accelerator is bindings/python/accelerator in C: a class with `r[k]`, `r[k] = v` and `k in r`, and the lock that it needs. If it
cannot do a call at once, it calls the functions of `EntryMapping`, so these define what a call does. SCUTTLE_PURE=1 leaves it out.
"""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING, Any, List, Optional

from ._library import library
from ._texts import decode_text


_accelerator: Any = None
if not os.environ.get("SCUTTLE_PURE"):
    try:
        from . import _accelerator
    except ImportError:  # not built, or for another kind of machine
        pass

#: Whether the compiled accelerator is in use; otherwise all calls go through ctypes, and do the same more slowly.
is_accelerated: bool = _accelerator is not None

if TYPE_CHECKING:
    from ._accelerator import Gate as Gate, Keys as Keys
elif is_accelerated:
    Gate, Keys = _accelerator.Gate, _accelerator.Keys
else:
    from _thread import RLock

    class Gate(RLock):
        """The lock of a replica, which a thread may acquire several times."""

        def try_acquire(self) -> bool:
            """Acquires the lock unless another thread holds it. Returns whether it has."""
            return self.acquire(blocking=False)

        def open(self, replica: Optional[int], dropped_links: List[int], has_callbacks: bool, has_store: bool, /) -> None:
            """Tells the accelerator of a replica."""

        def shut(self) -> None:
            """Tells the accelerator that the replica is not used here any more."""

    class Keys:
        """Has no quick ways: see `EntryMapping`."""

        _gate: Gate


def use_for(mapping: Any, scuttle_set: Any = library.scuttle_set) -> None:
    """Makes the accelerator call the library that is loaded, and the functions of a class for what it cannot do itself.

    Args:
        mapping: The class.
        scuttle_set: The function in its place, for measurements.
    """
    if is_accelerated:
        addresses = (ctypes.cast(function, ctypes.c_void_p).value for function in (scuttle_set, library.scuttle_get))
        slow = (mapping.__getitem__, mapping.__setitem__, mapping.__delitem__, mapping.__contains__)
        _accelerator.use(*addresses, decode_text, *slow)
