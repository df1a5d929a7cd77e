"""`docs/migration.md` leads to endpoints and variables that there are."""

import re
from pathlib import Path

import msgspec

from api.bridge.monitor import socket
from api.bridge.routes import auth, codec, page, status
from api.openapi import document
from api.routes import models
from tests.configuration_page import variables

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/migration.md").read_text(encoding="utf-8")
BRIDGE = {route.path for part in (auth, codec, models, page, socket, status) for route in part.router.routes}  # type: ignore[attr-defined]
#: Other programs' variables.
FOREIGN = {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE"}


def rows(title: str) -> list[tuple[str, str]]:
    """What was, and what is, in the tables under a heading."""
    section = re.split(r"^##+ ", PAGE.partition(f" {title}\n")[2], flags=re.MULTILINE)[0]
    return re.findall(r"^\| (.+?) \| (.+) \|$", section, re.MULTILINE)[1:]


def paths(cell: str) -> set[str]:
    """The paths of endpoints that a cell names."""
    named = re.findall(r"`(?:(?:GET|POST|WS|DELETE) )?(/[\w/{}.-]*)[^`]*`", cell)
    return {path for path in named if not path.startswith("/v1/jobs")}


def test_the_endpoints_that_a_row_leads_to_are_there() -> None:
    door = set(msgspec.json.decode(document())["paths"])
    served = [(rows("The OpenAI server"), door), (rows("The protobuf server"), BRIDGE)]

    assert [len(table) for table, _ in served] == [5, 14]
    for table, there in served:
        for was, now in table:
            wanted = paths(now) | (paths(was) if now.startswith("the same") else set())
            assert wanted <= there, (was, now)


def test_the_variables_that_a_row_leads_to_are_there() -> None:
    table, known = rows("Variable by variable"), set(variables())

    assert len(table) == 10
    for was, now in table:
        named = set(re.findall(r"`([A-Z0-9_]{4,})[`=]", now))
        named |= set(re.findall(r"`([A-Z0-9_]+)`", was)) if now.startswith(("the same", "of the")) else set()
        assert named - known - FOREIGN == set(), (was, now)
        if now.startswith("gone"):
            assert not set(re.findall(r"`([A-Z0-9_]+)`", was)) & known
