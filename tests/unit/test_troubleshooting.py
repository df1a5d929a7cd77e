"""`docs/troubleshooting.md` speaks only of what there is: events, error codes, messages."""

import re
from pathlib import Path

from proto.errors import ERROR_TABLE
from tests.unit.test_log_events import listed

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
LEVELS = {name: levels for room in listed().values() for name, (levels, _) in room.items()}


def section(title: str) -> str:
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_the_events_named_are_logged_and_none_that_is_an_error_is_left_out() -> None:
    named = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", PAGE))
    table = set(re.findall(r"`([a-z_]+\.[a-z_]+)`", section("By log keyword")))

    assert named - LEVELS.keys() == set()
    assert {name for name, levels in LEVELS.items() if levels == {"error"}} - table == set()
    assert len(table) > 30


def test_the_errors_named_are_those_that_clients_get() -> None:
    shown = {row.openai_code: row.openai_status for row in ERROR_TABLE.values() if row.openai_code}
    rows = re.findall(r"^\| (\d{3} `.*?) \|", section("Errors that clients get"), re.MULTILINE)
    named = {
        code: int(status)
        for row in rows
        for status, codes in re.findall(r"(\d{3}) ((?:`\w+`(?:, )?)+)", row)
        for code in re.findall(r"`(\w+)`", codes)
    }

    assert len(named) > 25
    assert {code: shown.get(code) for code in named} == named


def test_the_pools_messages_are_its_own() -> None:
    code = (ROOT / "tokens/waiting.py").read_text(encoding="utf-8")
    messages = re.findall(r"^\| ([A-Z][^|`]{20,}?) \|", section("Accounts"), re.MULTILINE)

    assert len(messages) == 8
    assert [message for message in messages if message not in code] == []
