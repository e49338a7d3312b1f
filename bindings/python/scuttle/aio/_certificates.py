"""The names in a certificate, and the replica names that they prove."""

from __future__ import annotations

from typing import Any, Callable, FrozenSet, Iterable, List, Mapping, Optional, Tuple, Union

#: Certificate names → replica names: a mapping from one certificate name to one or several replica names, or a callable with the
#: certificate names and the certificate, as `ssl.SSLSocket.getpeercert` returns it, that returns the replica names.
Names = Union[Mapping[str, Union[str, Iterable[str]]], Callable[[Tuple[str, ...], Mapping[str, Any]], Iterable[str]]]


def certificate_names(certificate: Mapping[str, Any]) -> Tuple[str, ...]:
    """Returns the DNS entries of subjectAltName; if there are none, the common name, if there is exactly one.

    Args:
        certificate: As `getpeercert` returns it, after the chain was verified.
    """
    entries = tuple(value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS")
    if entries:
        return entries
    common = [value for part in certificate.get("subject", ()) for kind, value in part if kind == "commonName"]
    return (common[0],) if len(common) == 1 else ()


def proven_names(certificate: Mapping[str, Any], names: Optional[Names] = None) -> FrozenSet[str]:
    """Returns the replica names that a verified certificate proves.

    Without `names` they are the certificate's names themselves, compared character by character. A wildcard proves nothing.
    """
    found = certificate_names(certificate)
    if names is None:
        return frozenset(name for name in found if "*" not in name and "\0" not in name)
    if callable(names):
        return frozenset(names(found, certificate))
    proven: List[str] = []
    for name in found:
        mapped = names.get(name, ())
        proven.extend([mapped] if isinstance(mapped, str) else mapped)
    return frozenset(proven)
