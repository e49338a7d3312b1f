"""The requests of the control socket, on a node. docs/reference/control-socket.md lists them."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Tuple

from .. import errors
from ._control_format import OWN_PREFIX, Fields, RequestError, lines_of
from ._node_status import status_of

if TYPE_CHECKING:
    from ..aio import Node
    from ._control import Operation, Send

#: Keys between two turns of the event loop, so that a large map does not stall the node.
_STEP = 256


def operations_of(node: Node) -> Mapping[str, Operation]:
    """Returns the function of each request."""
    served = Operations(node)
    return {
        "get": served.get,
        "set": served.set,
        "set_many": served.set_many,
        "del": served.delete,
        "ls": served.ls,
        "watch": served.watch,
        "history": served.history,
        "status": served.status,
        "forget": served.forget,
        "export": served.export,
    }


class Operations:
    """The requests on one node. Each reads all its fields before it does anything."""

    def __init__(self, node: Node) -> None:
        self._node = node

    async def get(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """`key`. The value, or the error `absent`."""
        key = fields.text("key")
        fields.end()
        with told():
            entry = self._node.lookup(key)
        if entry.version == 0:
            raise RequestError("absent", f"the key {key!r} holds no value")
        return {"value": entry.value, "source": entry.source, "version": entry.version}

    async def set(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """`key`, `value`, `ttl`, and those of a write."""
        key, value, ttl = fields.text("key"), fields.value("value"), fields.seconds("ttl")
        waiting = _waiting(fields)
        with told(f"the key {key!r} is set", waiting):
            await self._node.set(key, value, ttl=ttl, **waiting)
        return {}

    async def set_many(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """`pairs`, arrays of key and value: all or none. Those of a write."""
        pairs = _pairs(fields.array("pairs"))
        waiting = _waiting(fields)
        if pairs:
            with told():
                self._node._check_wishes(waiting["durable"], waiting["confirmed"])  # before anything is set
                self._node.replica.set_many(pairs)
                self._node.spread()
            if waiting["durable"] or waiting["confirmed"]:
                key, value = pairs[-1]
                with told(f"{len(pairs)} keys are set", waiting):
                    await self._node.set(
                        key, value, **waiting
                    )  # a write behind the others, so all are saved and received
        return {"count": len(pairs)}

    async def delete(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """`key`, and those of a write. The error `absent` if the key holds no value."""
        key = fields.text("key")
        waiting = _waiting(fields)
        with told():
            is_there = self._node.lookup(key).version > 0
        if not is_there:
            raise RequestError("absent", f"the key {key!r} holds no value")
        with told(f"the key {key!r} is deleted", waiting):
            await self._node.delete(key, **waiting)
        return {}

    async def ls(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """`prefix`, `values`, `limit`. An item for each key, in byte order."""
        prefix, with_values, limit = fields.text("prefix", ""), fields.flag("values"), fields.count("limit")
        fields.end()
        with told():
            keys = list(self._node.keys(prefix))[:limit]
        count = 0
        for begin in range(0, len(keys), _STEP):
            step = keys[begin : begin + _STEP]
            values = self._node.get_many(step) if with_values else {}
            for key in step:
                if with_values and key not in values:
                    continue  # deleted meanwhile
                await send({"key": key, "value": values[key]} if with_values else {"key": key})
                count += 1
            await asyncio.sleep(0)
        return {"count": count}

    async def watch(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """`prefix`, `initial`. An item for each change, until the client closes its connection."""
        prefix, initial = fields.text("prefix", ""), fields.flag("initial")
        fields.end()
        with told():
            async for change in self._node.watch(prefix, initial=initial):
                await send(
                    {"key": change.key, "value": change.value, "deleted": change.deleted, "expired": change.expired}
                )
        return {}  # the node ends

    async def history(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """`prefix`, `limit`. An item for each of the newest updates, the oldest of them first."""
        prefix, limit = fields.text("prefix", ""), fields.count("limit")
        fields.end()
        with told():
            updates = [update for update in self._node.replica.history if update.key.startswith(prefix)]
        kept = [update for update in updates if not update.key.startswith(OWN_PREFIX)]
        newest = kept if limit is None else kept[len(kept) - min(limit, len(kept)) :]
        for update in newest:
            await send(
                {
                    "key": update.key,
                    "value": update.value,
                    "deleted": update.deleted,
                    "expired": update.expired,
                    "source": update.source,
                    "version": update.version,
                }
            )
        return {"count": len(newest)}

    async def status(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """No field. What the node is, its peers and figures."""
        fields.end()
        with told():
            return status_of(self._node)

    async def forget(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """`name`. The error `absent` if no replica of the name is known."""
        name = fields.text("name")
        fields.end()
        if name == self._node.name:
            raise RequestError(
                "refused",
                f"{name!r} is this node itself, which would write nothing any more: end it, and retire it at another",
            )
        with told():
            is_known = self._node.replica.forget(name)
            self._node.spread()
        if not is_known:
            raise RequestError(
                "absent", f"no replica with the name {name!r} is known; `scuttle status` lists those that are"
            )
        return {}

    async def export(self, fields: Fields, send: Send) -> Dict[str, Any]:
        """No field. An item for each line of an export."""
        fields.end()
        with told():
            lines = lines_of(self._node.replica.export())
        for number, line in enumerate(lines):
            await send(line)
            if number % _STEP == 0:
                await asyncio.sleep(0)
        return {"count": len(lines)}


def _waiting(fields: Fields) -> Dict[str, Any]:
    """Reads the fields of a write that say what it waits for, and ends the fields."""
    waiting = {
        "durable": fields.flag("durable"),
        "confirmed": fields.count("confirmed", 0),
        "timeout": fields.seconds("timeout"),
    }
    fields.end()
    return waiting


def _pairs(array: Any) -> List[Tuple[str, Any]]:
    for pair in array:
        if not (isinstance(pair, list) and len(pair) == 2 and isinstance(pair[0], str)):
            raise RequestError("input", 'each of the "pairs" is an array of a key and a value')
        if pair[0].startswith(OWN_PREFIX):
            raise RequestError(
                "refused", f"the key {pair[0]!r} belongs to the node: keys of others do not begin with {OWN_PREFIX}"
            )
    return [(key, value) for key, value in array]


def _late(so_far: str, waiting: Mapping[str, Any]) -> str:
    count = waiting["confirmed"]
    durable = "the disk had it" if waiting["durable"] else ""
    confirmed = f"{count} {'peer' if count == 1 else 'peers'} had confirmed it" if count else ""
    missing = " and ".join(filter(None, (durable, confirmed)))
    return f"{so_far}, but {waiting['timeout']:g} s were over before {missing}"


@contextmanager
def told(so_far: str = "", waiting: Mapping[str, Any] = {}) -> Iterator[None]:
    """Makes an error of the node one of the request.

    Args:
        so_far: What holds although the time is over.
        waiting: What a write waits for, as of `_waiting`.
    """
    try:
        yield
    except (asyncio.TimeoutError, TimeoutError):  # two classes before Python 3.11
        raise RequestError("timeout", _late(so_far, waiting) if waiting.get("timeout") else "the time is over") from None
    except errors.StoreLockedError as error:
        raise RequestError("refused", str(error)) from None
    except errors.HostError as error:
        raise RequestError("storage", str(error)) from None
    except errors.InputError as error:
        raise RequestError("input", str(error)) from None
    except errors.ScuttleError as error:
        raise RequestError("refused", str(error)) from None
    except (RecursionError, TypeError, ValueError, KeyError) as error:
        raise RequestError("input", str(error) or type(error).__name__) from None
    except ConnectionError:
        raise  # of the client
    except OSError as error:
        raise RequestError("storage", f"{error.filename or 'the store'}: {error.strerror or error}") from None
