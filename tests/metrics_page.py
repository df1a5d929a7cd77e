"""The metrics that docs/metrics.md lists, and those that a process tells."""

import re
from pathlib import Path
from typing import NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

PAGE = Path(__file__).parents[1] / "docs/metrics.md"


class Listed(NamedTuple):
    """One row of the page, or one family that is told."""

    type: str
    labels: frozenset[str]


def listed() -> dict[str, Listed]:
    """What the page lists, by name; two processes may tell the same metric."""
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|(.*?)\| ", PAGE.read_text(), re.MULTILINE)
    return {name: Listed(kind, frozenset(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


class Told:
    """What one process tells at one moment."""

    def __init__(self, url: str, **headers: str) -> None:
        self._samples = []
        self.families: dict[str, Listed] = {}
        page = httpx.get(f"{url}/metrics", headers=headers, timeout=10).raise_for_status().text
        for family in text_string_to_metric_families(page):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = {label for sample in family.samples for label in sample.labels} - {"le"}
            self.families[name] = Listed(family.type, frozenset(labels))
            self._samples += family.samples

    def value(self, name: str, **labels: str) -> float:
        """The sum of all samples of this name with these labels; 0 without one."""
        return sum(each.value for each in self._samples if each.name == name and labels.items() <= each.labels.items())
