"""The dashboard, the alert rules and the scrape configuration ask for what there is, in PromQL that can be read.

What docs/metrics.md lists is what a gateway tells: `tests/e2e/test_metrics.py`.
"""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import promql_parser as promql
import pytest
import yaml

from proto.errors import ErrorCode
from tests.metrics_page import Listed, listed

OPS = Path(__file__).parents[2] / "docs/ops"
RULES: list[dict[str, Any]] = [
    rule for group in yaml.safe_load((OPS / "alerts.yml").read_text())["groups"] for rule in group["rules"]
]
SCRAPES = yaml.safe_load((OPS / "prometheus.yml").read_text())
DASHBOARD: dict[str, Any] = json.loads((OPS / "grafana-dashboard.json").read_text())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
TARGETS = [(panel["title"], target) for panel in PANELS for target in panel.get("targets", ())]
METRICS = listed()
#: What Prometheus itself knows of each process.
ITS_OWN = {"up": Listed("gauge", frozenset())}
FROM_PROMETHEUS = {"job", "instance"}
#: The label values that the expressions may name, where there are only so many.
STAGES = set(re.findall(r"^\| `(\w+)` \| (?:front door|worker) \| ", (OPS.parent / "metrics.md").read_text(), re.M))
VALUES = {
    "stage": STAGES,
    "lane": {"interactive", "batch"},
    "outcome": {"finished", "client_left", "detached", *ErrorCode},
    "code": set(ErrorCode),
}


def parsed(expression: str) -> Any:
    """As Grafana would send it."""
    return promql.parse(expression.replace("$__rate_interval", "5m").replace("$lane", "interactive"))


def labels_of(selector: Any) -> set[str]:
    """The labels of what a selector selects, which must exist."""
    name = re.sub(r"_(bucket|sum|count)$", "", selector.name) if selector.name not in METRICS else selector.name
    metric = (METRICS | ITS_OWN)[name]
    assert (name == selector.name) != (metric.type == "histogram"), selector.name
    labels = set(metric.labels) | FROM_PROMETHEUS | ({"le"} if selector.name.endswith("_bucket") else set())
    for matcher in selector.matchers.matchers:
        assert matcher.name in labels, matcher
        if matcher.name in VALUES:
            assert set(matcher.value.split("|")) <= VALUES[matcher.name], matcher
    return labels


def checked(node: Any) -> set[str]:
    """The labels of what an expression yields; fails where it asks for what there is not."""
    match node:
        case promql.VectorSelector():
            return labels_of(node)
        case promql.MatrixSelector():
            return checked(node.vector_selector)
        case promql.ParenExpr():
            return checked(node.expr)
        case promql.AggregateExpr():
            inner = checked(node.expr)
            by = set(node.modifier.labels) if node.modifier else set()
            assert by <= inner, f"{by - inner} is no label of {node.expr}"
            return by
        case promql.BinaryExpr():
            left, right = checked(node.lhs), checked(node.rhs)
            return left or right if not (left and right) else left & right
        case promql.Call():
            of = [checked(each) for each in node.args]
            selectors = [each for each in node.args if isinstance(each, promql.MatrixSelector)]
            for each in selectors:
                name = each.vector_selector.name
                assert METRICS.get(name, Listed("histogram", frozenset())).type != "gauge", f"{node}: a gauge"
            if node.func.name == "histogram_quantile":
                assert "le" in of[1], node
                return of[1] - {"le"}
            return of[0]
        case _:
            assert isinstance(node, promql.NumberLiteral), type(node)
            return set()


@pytest.mark.parametrize(("title", "target"), TARGETS, ids=[f"{title}-{each['refId']}" for title, each in TARGETS])
def test_a_panel_asks_for_what_there_is(title: str, target: dict[str, str]) -> None:
    labels = checked(parsed(target["expr"]))

    assert set(re.findall(r"{{(\w+)}}", target["legendFormat"])) <= labels


def test_the_panels_stand_beside_each_other_and_use_the_chosen_source() -> None:
    ids = [panel["id"] for panel in PANELS]
    spots = [panel["gridPos"] for panel in PANELS]

    assert len(set(ids)) == len(ids)
    assert all(spot["x"] + spot["w"] <= 24 for spot in spots)
    assert [pair for pair in combinations(spots, 2) if _overlap(*pair)] == []
    assert {variable["name"] for variable in DASHBOARD["templating"]["list"]} == {"datasource", "lane"}
    for panel in PANELS:
        if panel["type"] != "row":
            assert {each["datasource"]["uid"] for each in (panel, *panel["targets"])} == {"${datasource}"}


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(one[at] < other[at] + other[size] and other[at] < one[at] + one[size] for at, size in ("xw", "yh"))


def test_every_metric_of_ours_that_is_counted_is_on_the_dashboard() -> None:
    shown = "\n".join(target["expr"] for _, target in TARGETS)
    left_out = {"warp2api_build_info", "warp2api_store_up", "warp2api_worker_concurrency"}

    assert {name for name in METRICS if name.startswith("warp2api_") and name not in shown} == left_out


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_rule_is_whole_and_asks_for_what_there_is(rule: dict[str, Any]) -> None:
    labels = checked(parsed(rule["expr"]))

    assert {"alert", "expr", "labels", "annotations"} <= set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"].keys() == {"severity"}
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert set(re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])) <= labels
    if "for" in rule:
        promql.parse_duration(rule["for"])


def test_the_alerts_have_names_of_their_own_and_jobs_that_are_scraped() -> None:
    names = [rule["alert"] for rule in RULES]
    jobs = {scrape["job_name"] for scrape in SCRAPES["scrape_configs"]}
    asked = set(re.findall(r'job="(.*?)"', json.dumps(RULES).replace('\\"', '"')))

    assert len(set(names)) == len(names)
    assert asked <= jobs
    assert SCRAPES["rule_files"] == ["alerts.yml"]


@pytest.mark.parametrize(
    "slip",
    [
        "sum(rate(warp2api_no_such_total[5m]))",
        "sum by (tier) (warp2api_queue_jobs)",
        'warp2api_queue_jobs{tier="1"}',
        "rate(warp2api_queue_jobs[5m])",
        "histogram_quantile(0.5, sum by (lane) (rate(warp2api_stage_seconds_bucket[5m])))",
        'warp2api_stage_seconds_count{stage="no_such"}',
        "warp2api_stage_seconds",
    ],
)
def test_a_slip_is_noticed(slip: str) -> None:
    with pytest.raises((AssertionError, KeyError)):
        checked(parsed(slip))
