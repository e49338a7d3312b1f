"""The metrics of a node: what they show, and the page that serves them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Dict, List, Tuple

import pytest
from nodes import PATIENCE, HandPeer, asynchronous, pair, until

import scuttle
from scuttle.aio import Node

prometheus_client = pytest.importorskip("prometheus_client")

from prometheus_client.exposition import generate_latest  # noqa: E402
from prometheus_client.openmetrics import parser as openmetrics  # noqa: E402
from prometheus_client.parser import text_string_to_metric_families as parse_text  # noqa: E402

from scuttle.aio import _metrics, _metrics_page  # noqa: E402
from scuttle.aio._figures import FIGURES  # noqa: E402
from scuttle.aio._loop_lag import BOUNDS, LoopLag  # noqa: E402
from scuttle.aio._metrics import NodeCollector  # noqa: E402

parse_openmetrics: Any = openmetrics.text_string_to_metric_families
OPENMETRICS = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"

Samples = Dict[Tuple[str, Tuple[Tuple[str, str], ...]], float]


async def connect(node: Node) -> Tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = node.metrics_addresses[0]
    return await asyncio.open_connection(address.host, address.port)


async def exchange(node: Node, request: bytes) -> Tuple[str, Dict[str, str], str]:
    """Returns status, fields and body."""
    reader, writer = await connect(node)
    writer.write(request)
    response = (await asyncio.wait_for(reader.read(), PATIENCE)).decode()
    writer.close()
    head, _, body = response.partition("\r\n\r\n")
    status, *lines = head.split("\r\n")
    fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return status.partition(" ")[2], fields, body


async def page(node: Node, accept: str = "") -> str:
    request = f"GET /metrics HTTP/1.1\r\nHost: here\r\nAccept: {accept}\r\n\r\n"
    status, fields, body = await exchange(node, request.encode())
    assert (status, fields["connection"], int(fields["content-length"])) == ("200 OK", "close", len(body.encode()))
    assert fields["content-type"].startswith(
        "application/openmetrics-text" if "openmetrics" in accept else "text/plain"
    )
    return body


def samples(families: Any) -> Samples:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def of(node: str, **labels: str) -> Tuple[Tuple[str, str], ...]:
    return tuple(sorted({"node": node, **labels}.items()))


def collected(*nodes: Node, **options: Any) -> Samples:
    return samples(parse_text(generate_latest(NodeCollector(*nodes, **options)).decode()))


@asynchronous
async def test_each_figure_is_served() -> None:
    async with pair(metrics=0) as (a, b):
        a.update({f"k{number}": number for number in range(5)})
        del a["k0"]
        await until(lambda: len(b) == 4)
        await a.in_step(PATIENCE)
        for parse, accept in ((parse_text, "text/plain"), (parse_text, ""), (parse_openmetrics, OPENMETRICS)):
            before = a.stats
            shown = samples(parse(await page(a, accept)))
            after = a.stats
            for name, lowest, highest in zip(scuttle.Stats._fields, before, after):
                kind, _ = FIGURES[name]
                value = shown[f"scuttle_{name}" + ("_total" if kind == "counter" else ""), of("a")]
                assert min(lowest, highest) <= value <= max(lowest, highest) or kind == "gauge", name
            assert shown["scuttle_keys", of("a")] == a.stats.keys
            assert shown["scuttle_sets_total", of("a")] >= 5
            assert shown["scuttle_members", of("a")] == 2
            assert (
                shown["scuttle_peers", of("a", state="in_step")] + shown["scuttle_peers", of("a", state="connected")]
                == 1
            )
            assert shown["scuttle_peer_bytes_in_total", of("a", peer="b")] > 0
            assert shown["scuttle_peer_lag_updates", of("a", peer="b")] >= 0
            assert abs(shown["scuttle_peer_since_timestamp_seconds", of("a", peer="b")] - time.time()) < 1e6
            assert [labels for name, labels in shown if name == "scuttle_build_info"] == [
                of(
                    "a",
                    version=scuttle.__version__,
                    library=scuttle.library_version(),
                    accelerated=str(scuttle.is_accelerated).lower(),
                    python=_metrics._BUILD["python"],
                )
            ]


@asynchronous
async def test_figures_that_are_there_only_at_times(tmp_path: Path) -> None:
    async with Node("a", metrics=0, store=tmp_path / "a", limits=scuttle.Limits(max_keys=7, max_bytes=10**6)) as node:
        await node.set("k", 1, durable=True)
        shown = samples(parse_openmetrics(await page(node, OPENMETRICS)))
        assert shown["scuttle_limit_keys", of("a")] == 7
        assert shown["scuttle_limit_bytes", of("a")] == 10**6
        assert node.store_info is not None
        assert shown["scuttle_store_file_bytes", of("a", kind="file")] == node.store_info.file_bytes > 0
        assert shown["scuttle_store_commits_total", of("a", kind="file")] >= 1
        assert shown["scuttle_store_error", of("a", kind="file")] == 0
    async with Node("b", metrics=0) as node:
        names = {name for name, _ in samples(parse_text(await page(node)))}
        assert not {name for name in names if name.startswith(("scuttle_store", "scuttle_limit"))}


@asynchronous
async def test_names_of_peers_are_read_back_and_bounded() -> None:
    names = ['quote"', "back\\slash", "line\nend", "snow\N{SNOWMAN}", "a=b,{c}", "plain"]
    async with Node("hub\n", listen="127.0.0.1:0", metrics=0) as hub:
        peers = [await (await HandPeer(name).dial(hub)).greet() for name in names]
        await until(lambda: len({peer.name for peer in hub.peers} - {""}) == len(names))
        for parse, accept in ((parse_text, ""), (parse_openmetrics, OPENMETRICS)):
            shown = samples(parse(await page(hub, accept)))
            found = [dict(labels)["peer"] for name, labels in shown if name == "scuttle_peer_lag_updates"]
            assert sorted(found) == sorted(names)
            assert shown["scuttle_peers_unlisted", of("hub\n")] == 0
        few = collected(hub, max_peers=4)
        assert sum(name == "scuttle_peer_in_step" for name, _ in few) == 4
        assert few["scuttle_peers_unlisted", of("hub\n")] == 2
        for peer in peers:
            await peer.close()
        await until(lambda: not hub.peers)
        assert not any(name.startswith("scuttle_peer_") for name, _ in collected(hub))


@asynchronous
async def test_two_connections_of_a_name_are_one_peer() -> None:
    async with Node("hub", listen="127.0.0.1:0") as hub:
        first = await (await HandPeer("twice").dial(hub)).greet()
        second = await (await HandPeer("twice").dial(hub)).greet()
        await until(lambda: len(hub.peers) == 2)
        assert sum(name == "scuttle_peer_in_step" for name, _ in collected(hub)) == 1
        await first.close()
        await second.close()


@asynchronous
async def test_several_nodes_share_a_registry() -> None:
    registry = prometheus_client.CollectorRegistry()
    a, b = Node("a"), Node("b")
    collector = NodeCollector(a, b)
    registry.register(collector)  # before they are started
    with pytest.raises(ValueError):
        registry.register(a.collector)
    assert not samples(registry.collect())
    async with a, b:
        shown = samples(parse_text(generate_latest(registry).decode()))
        assert {of("a"), of("b")} == {labels for name, labels in shown if name == "scuttle_keys"}
        assert a.collector is a.collector
    assert not samples(registry.collect())


@asynchronous
async def test_another_thread_collects() -> None:
    loop = asyncio.get_running_loop()
    async with Node("a") as node:
        node["k"] = 1
        shown = await loop.run_in_executor(None, lambda: samples(node.collector.collect()))
        assert shown["scuttle_keys", of("a")] == node.stats.keys
    assert not await loop.run_in_executor(None, lambda: samples(node.collector.collect()))


@asynchronous
async def test_another_thread_does_not_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_metrics, "_PATIENCE", 0.01)
    async with Node("a") as node:
        task = asyncio.get_running_loop().run_in_executor(None, lambda: samples(node.collector.collect()))
        time.sleep(0.5)  # the event loop is blocked
        assert await task == {}


def test_a_node_whose_loop_is_closed_has_no_series() -> None:
    node = Node("a")
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(node.start())
        loop.run_until_complete(node.close())
    finally:
        loop.close()
    assert not samples(node.collector.collect())


# --- the page ---


@pytest.mark.parametrize(
    "request_, status",
    [
        (b"GET / HTTP/1.1\r\n\r\n", "404 Not Found"),
        (b"GET /metricsx HTTP/1.1\r\n\r\n", "404 Not Found"),
        (b"GET /metrics?name=x HTTP/1.0\r\n\r\n", "200 OK"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", "405 Method Not Allowed"),
        (b"nonsense\r\n\r\n", "400 Bad Request"),
        (b"GET /metrics SPDY/3\r\n\r\n", "400 Bad Request"),
        (b"\xff\x00\r\n\r\n", "400 Bad Request"),
        (b"GET /metrics HTTP/1.1\r\nX: " + b"x" * 20000, "431 Request Header Fields Too Large"),
        (b"GET /metrics HTTP/1.1\r\nAccept: application/openmetrics-text;version=x\r\n\r\n", "200 OK"),
        (b"GET /metrics HTTP/1.1\r\nAccept: text/plain;version=;escaping=,,;;=\r\n\r\n", "200 OK"),
        (b"GET /metrics HTTP/1.1\r\naccept\r\n:\r\n\r\n", "200 OK"),
    ],
)
def test_requests(request_: bytes, status: str) -> None:
    @asynchronous
    async def test() -> None:
        async with Node("a", metrics=0) as node:
            said, fields, body = await exchange(node, request_)
            assert said == status
            assert fields["connection"] == "close"
            if status == "200 OK":
                assert samples(parse_text(body))["scuttle_keys", of("a")] == node.stats.keys

    test()


@asynchronous
async def test_head_has_no_body() -> None:
    async with Node("a", metrics=0) as node:
        status, fields, body = await exchange(node, b"HEAD /metrics HTTP/1.1\r\n\r\n")
        assert (status, body) == ("200 OK", "") and int(fields["content-length"]) > 1000


@asynchronous
async def test_slow_clients_are_few_and_stop_nobody() -> None:
    async with Node("a", metrics=0) as node:
        slow = []
        for number in range(_metrics_page.MAX_CONNECTIONS):
            slow.append(await connect(node))
            slow[-1][1].write(b"GET /metrics HTTP/1.1\r\n"[: number + 1])
        assert node._page is not None
        exchanges = node._page._exchanges
        await until(lambda: len(exchanges) == _metrics_page.MAX_CONNECTIONS)
        reader, writer = await connect(node)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):  # one too many
            await reader.readexactly(1)
        writer.close()
        slow.pop()[1].close()
        await until(lambda: len(exchanges) < _metrics_page.MAX_CONNECTIONS)
        assert samples(parse_text(await page(node)))["scuttle_members", of("a")] == 1
        for _, writer in slow:
            writer.close()


@asynchronous
async def test_slow_clients_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_metrics_page, "MAX_SECONDS", 0.05)
    async with Node("a", metrics=0) as node:
        reader, writer = await connect(node)
        writer.write(b"GET /metrics")
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()


@asynchronous
async def test_close_ends_exchanges() -> None:
    node = Node("a", metrics=0)
    await node.start()
    clients = [await connect(node) for _ in range(3)]
    assert node._page is not None
    exchanges = node._page._exchanges
    await until(lambda: len(exchanges) == 3)
    await node.close()
    assert not exchanges
    for reader, writer in clients:
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()


@asynchronous
async def test_a_fault_is_a_status(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(collector: NodeCollector) -> Any:
        raise RuntimeError("no figures")

    async with Node("a", metrics=0) as node:
        monkeypatch.setattr(NodeCollector, "collect", fail)
        status, _, body = await exchange(node, b"GET /metrics HTTP/1.1\r\n\r\n")
        assert (status, body) == ("500 Internal Server Error", "")
    assert "no figures" in caplog.text


@asynchronous
async def test_addresses() -> None:
    async with (
        Node("a", metrics=0) as a,
        Node("b", metrics="localhost:0") as b,
        Node("c", metrics=("127.0.0.1", 0)) as c,
    ):
        for node in (a, b, c):
            address = node.metrics_addresses[0]
            assert address.host in ("127.0.0.1", "::1") and address.port
        taken = Node("d", listen="127.0.0.1:0", metrics=a.metrics_addresses[0])
        with pytest.raises(OSError, match="cannot serve metrics at 127.0.0.1:"):
            await taken.start()
    assert Node("e").metrics_addresses == []


@pytest.mark.parametrize("wrong", ["unix:/tmp/metrics", "host", ("127.0.0.1", 70000), -1, True, 1.5])
def test_wrong_addresses(wrong: Any) -> None:
    with pytest.raises((scuttle.InputError, TypeError)):
        Node("a", metrics=wrong)


# --- the event loop, and what is not installed ---


class SteppedLoop:
    """An event loop whose time stands until it is told."""

    def __init__(self) -> None:
        self.now = 10.0
        self.timers: List[Any] = []

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, call: Any) -> Any:
        self.timers.append((when, call))
        return self

    def cancel(self) -> None:
        self.timers.clear()


def test_lateness_is_counted_in_buckets() -> None:
    loop = SteppedLoop()
    lag = LoopLag(loop)  # type: ignore[arg-type]
    for late in (0.0, 0.0005, 0.02, 0.02, 3.0, 60.0):
        when, call = loop.timers.pop()
        loop.now = when + late
        call()
    counts, total = lag.read()
    assert len(counts) == len(BOUNDS) + 1 and sum(counts) == 6
    assert [counts[0], counts[BOUNDS.index(0.025)], counts[BOUNDS.index(5.0)], counts[-1]] == [2, 2, 1, 1]
    assert total == pytest.approx(63.0405)
    lag.stop()
    lag.stop()
    assert not loop.timers


def test_without_prometheus_client_the_error_names_the_extra() -> None:
    program = """
import sys
sys.modules["prometheus_client"] = None
from scuttle.aio import Node
Node("a")
for use in (lambda: Node("a", metrics=0), lambda: Node("a").collector):
    try:
        use()
    except ImportError as error:
        print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == ["metrics need prometheus-client: pip install 'scuttle[metrics]'"] * 2, (
        done.stderr
    )
