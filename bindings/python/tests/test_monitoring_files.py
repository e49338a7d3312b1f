"""The texts of metrics, the alerts and the dashboard fit the metrics that nodes have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set

import pytest

import scuttle

pytest.importorskip("prometheus_client")
promql = pytest.importorskip("promql_parser")
yaml = pytest.importorskip("yaml")

import figures  # noqa: E402
from scuttle.aio._figures import FIGURES  # noqa: E402
from scuttle.aio._metrics import NodeCollector  # noqa: E402

ROOT = figures.PYTHON.parents[1]
ALERTS, DASHBOARD = ROOT / "packaging/prometheus/alerts.yml", ROOT / "packaging/grafana/scuttle.json"

SERIES = {"gauge": [""], "counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "info": ["_info"]}


def names() -> Set[str]:
    """Returns the names of all series that a node can have."""
    return {family.name + suffix for family in NodeCollector().describe() for suffix in SERIES[family.type]}


def read(path: Path) -> str:
    if not path.exists():
        pytest.skip(f"{path.name} is there in a source checkout only")
    return path.read_text(encoding="utf-8")


def check_expression(expression: str) -> None:
    """Fails if PromQL cannot be parsed, or names a series that no node has. Variables of Grafana stand for numbers and times."""
    plain = re.sub(r"\$__\w+|\$\{?\w+\}?", "5m", expression)
    promql.parse(plain)
    without_texts = re.sub(r'"[^"]*"', "", plain)
    named = set(re.findall(r"\b(?:scuttle|process|python)_\w+", without_texts))
    assert named, expression
    assert named <= names(), named - names()


def test_the_texts_are_those_of_the_page() -> None:
    page = read(figures.PAGE)
    assert figures.MODULE.read_text(encoding="utf-8") == figures.module(page), "run tests/figures.py"


def test_each_figure_has_a_text() -> None:
    assert list(FIGURES) == sorted(FIGURES, key=scuttle.Stats._fields.index)
    assert set(FIGURES) == set(scuttle.Stats._fields)
    assert len({text for _, text in FIGURES.values()}) == len(FIGURES)
    for name, (kind, text) in FIGURES.items():
        assert kind in ("gauge", "counter") and re.fullmatch(r"[A-Z].*\.", text) and "`" not in text, name


def test_the_kinds_are_those_of_the_class() -> None:
    source = read(Path(scuttle._stats.__file__))
    kinds = re.findall(r"#: (Gauge|Counter): .*\n    (\w+): int", source)
    assert {name: kind.lower() for kind, name in kinds} == {name: kind for name, (kind, _) in FIGURES.items()}


def test_each_family_has_a_text_and_a_name_of_its_own() -> None:
    families = list(NodeCollector().describe())
    assert len({family.name for family in families}) == len(families)
    assert len(families) > len(FIGURES)
    for family in families:
        assert family.name.startswith("scuttle_") and family.documentation.endswith("."), family.name


def rules() -> List[Dict[str, Any]]:
    return [rule for group in yaml.safe_load(read(ALERTS))["groups"] for rule in group["rules"]]


def test_alerts() -> None:
    found = rules()
    assert len({rule["alert"] for rule in found}) == len(found) > 10
    for rule in found:
        assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert re.fullmatch(r"Scuttle[A-Z]\w+", rule["alert"])
        assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert set(rule["annotations"]) == {"summary", "action"}
        for template in re.findall(r"\{\{(.*?)\}\}", rule["annotations"]["summary"]):
            assert template.strip() in ("$labels.node", "$labels.peer", "$value"), template
        check_expression(rule["expr"])


def test_labels_in_summaries_are_those_of_the_series() -> None:
    with_peer = {family.name for family in NodeCollector().describe() if family.name.startswith("scuttle_peer_")}
    for rule in rules():
        if "$labels.peer" in rule["annotations"]["summary"]:
            assert any(name in rule["expr"] for name in with_peer), rule["alert"]


def panels() -> Iterator[Dict[str, Any]]:
    for panel in json.loads(read(DASHBOARD))["panels"]:
        yield panel
        yield from panel.get("panels", [])


def test_dashboard() -> None:
    found = list(panels())
    assert len({panel["id"] for panel in found}) == len(found)
    shown = [panel for panel in found if panel["type"] != "row"]
    assert len({panel["title"] for panel in shown}) == len(shown) > 10
    for panel in shown:
        assert panel["description"].endswith("."), panel["title"]
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0
        for target in panel["targets"]:
            check_expression(target["expr"])
            labels = re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])
            assert set(labels) <= {"node", "peer", "state"}, panel["title"]


def test_panels_do_not_overlap() -> None:
    taken: Dict[Any, str] = {}
    for panel in panels():
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert (x, y) not in taken, (panel["title"], taken[x, y])
                taken[x, y] = panel["title"]


def test_variables_are_defined() -> None:
    dashboard = json.loads(read(DASHBOARD))
    defined = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = set(re.findall(r"\$\{?((?!__)\w+)", json.dumps(dashboard["panels"])))
    assert used == defined


@pytest.mark.parametrize("expression", ["scuttle_keys ==", "scuttle_doors > 1", "1 > 0"])
def test_the_check_finds_faults(expression: str) -> None:
    with pytest.raises((ValueError, AssertionError)):
        check_expression(expression)
