"""A node's status as tables for a terminal."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ._values import shown

_STYLES = {"in_step": "green", "connected": "yellow", "connecting": "yellow", "waiting": "red"}


def view(document: Mapping[str, Any], before: Optional[Mapping[str, Any]]) -> RenderableType:
    """Returns the tables of a status.

    Args:
        document: The status.
        before: An earlier status of the same node, for rates; None: none are shown.
    """
    seconds = document["uptime"] - before["uptime"] if before is not None and before["id"] == document["id"] else 0.0
    return Group(_node(document, before, seconds), Text(""), _peers(document, before, seconds))


def _node(document: Mapping[str, Any], before: Optional[Mapping[str, Any]], seconds: float) -> Table:
    table = Table.grid(padding=(0, 2))
    stats, old = document["stats"], before["stats"] if before is not None else {}
    rows: Dict[str, str] = {
        "node": f"{shown(document['name'])}, up {_span(document['uptime'])}, process {document['pid']}",
        "addresses": ", ".join(map(shown, document["addresses"])) or "none",
        "keys": f"{document['keys']:,}, {stats['tombstones']:,} tombstones, {_size(stats['bytes'])}",
        "store": _store(document["store"]),
        "writes": f"{stats['sets'] + stats['deletes']:,} own{_rate(stats, old, seconds, 'sets', 'deletes')}, "
        f"{stats['applied']:,} of peers{_rate(stats, old, seconds, 'applied')}",
        "traffic": f"{_size(stats['bytes_in'])} in{_flow(stats, old, seconds, 'bytes_in')}, "
        f"{_size(stats['bytes_out'])} out{_flow(stats, old, seconds, 'bytes_out')}",
        "members": ", ".join(map(shown, sorted(document["members"]))) or "none",
    }
    for name, text in rows.items():
        table.add_row(Text(name, style="dim"), Text(text))
    return table


def _peers(document: Mapping[str, Any], before: Optional[Mapping[str, Any]], seconds: float) -> RenderableType:
    peers = document["peers"]
    if not peers:
        return Text("no peers")
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("peer", "address", "state", "lag", "in", "out", "since", "error"):
        table.add_column(heading, justify="right" if heading in ("lag", "in", "out") else "left", overflow="fold")
    for peer in peers:
        old = _same(peer, before)
        table.add_row(
            Text(shown(peer["name"] or "?")),
            Text(shown(str(peer["address"]))),
            Text(str(peer["state"]).replace("_", " "), style=_STYLES.get(peer["state"], "")),
            Text(f"{peer['lag']:,}" if peer["lag"] is not None else ""),
            Text(f"{_size(peer['bytes_in'])}{_flow(peer, old, seconds, 'bytes_in')}"),
            Text(f"{_size(peer['bytes_out'])}{_flow(peer, old, seconds, 'bytes_out')}"),
            Text(_since(peer.get("since"), document["time"])),
            Text(shown(str(peer["error"])) if peer.get("error") else ""),
        )
    return table


def _same(peer: Mapping[str, Any], before: Optional[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Returns the peer in an earlier status; without figures if it is not in there."""
    for old in before["peers"] if before is not None else ():
        if (old["source"], old["address"], old.get("since")) == (peer["source"], peer["address"], peer.get("since")):
            return old  # type: ignore[no-any-return]
    return {}


def _store(store: Optional[Mapping[str, Any]]) -> str:
    if store is None:
        return "none: in memory only"
    size = store.get("file_bytes")
    path = store.get("path")
    return (
        ", ".join(part for part in (shown(path) if path else "", _size(size) if size is not None else "") if part)
        or "open"
    )


def _rate(now: Mapping[str, Any], old: Mapping[str, Any], seconds: float, *names: str) -> str:
    if seconds <= 0 or any(name not in old for name in names):
        return ""
    return f" ({sum(now[name] - old[name] for name in names) / seconds:,.0f}/s)"


def _flow(now: Mapping[str, Any], old: Mapping[str, Any], seconds: float, name: str) -> str:
    if seconds <= 0 or name not in old:
        return ""
    return f" ({_size(max(0.0, (now[name] - old[name]) / seconds))}/s)"


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"


def _span(seconds: float) -> str:
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def _since(since: Any, now: float) -> str:
    return _span(max(0.0, now - since)) if isinstance(since, (int, float)) else ""
