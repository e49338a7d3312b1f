"""A node: a replica with a network, a store and a list of members around it, on asyncio.

    async with Node("ada", listen="127.0.0.1:7000", peers=["127.0.0.1:7001"], store="ada.store") as node:
        node["lamp"] = True

It is quiet unless logging is configured: the logger "scuttle.aio" has connections at INFO, and faults at WARNING.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ._addresses import Address
from ._errors import NotDurableError
from ._exposure import InsecureError
from ._log_lines import OneLine
from ._members import Member
from ._names import NameMismatchError
from ._node import Node
from ._peers import Peer
from ._saving import StoreInfo
from ._tls import TLS, TLSIdentity
from ._tls_files import TLSError
from ._watching import Change, Watch

__all__ = [
    "TLS",
    "Address",
    "Change",
    "InsecureError",
    "Member",
    "NameMismatchError",
    "Node",
    "NotDurableError",
    "Peer",
    "StoreInfo",
    "TLSError",
    "TLSIdentity",
    "Watch",
]

for _name in __all__:
    globals()[_name].__module__ = __name__  # the name for users, in tracebacks and pickles
del _name

if TYPE_CHECKING:
    from ._metrics import NodeCollector as NodeCollector
else:

    def __getattr__(name: str) -> object:
        """Returns `NodeCollector`, which needs prometheus-client, only if it is used."""
        if name == "NodeCollector":
            from ._metrics import NodeCollector

            return NodeCollector
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


logging.getLogger("scuttle.aio").addHandler(logging.NullHandler())
logging.getLogger("scuttle.aio").addFilter(OneLine())
