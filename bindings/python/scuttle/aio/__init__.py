"""A node: a replica with a network, a store and security around it, on asyncio."""

from __future__ import annotations

from ._exposure import InsecureError
from ._names import NameMismatchError
from ._tls import TLS, TLSIdentity
from ._tls_files import TLSError

__all__ = ["TLS", "InsecureError", "NameMismatchError", "TLSError", "TLSIdentity"]
