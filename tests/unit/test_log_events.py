"""`docs/logging.md` lists every event that the code logs, and no other: name, level, fields."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "workers", "tokens", "store")
LEVELS = {"debug": "debug", "info": "info", "warning": "warning", "error": "error", "exception": "error"}
PAGE = "docs/logging.md"


@dataclass
class Said:
    """What the calls of one event in one room have in common."""

    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)
    #: Whether some fields are given as a mapping, whose names the source does not show.
    more: bool = False


def speakers(call: ast.Call) -> list[ast.Attribute]:
    """What is called, if it is a method of a module's `log`, or one of two: `(log.info if … else log.warning)(…)`."""
    heads = [call.func.body, call.func.orelse] if isinstance(call.func, ast.IfExp) else [call.func]
    return [head for head in heads if isinstance(head, ast.Attribute) and is_log(head.value)]


def is_log(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id == "log"


def calls(room: str) -> Iterator[ast.Call]:
    """Every call that logs; the module's `log` is used in no other way."""
    for path in sorted((ROOT / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and speakers(node)]
        mentions = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_log(node.value)]
        assert len(mentions) == sum(len(speakers(call)) for call in found), f"log is called under another name: {path}"
        yield from found


def said(room: str) -> dict[str, Said]:
    events: dict[str, Said] = {}
    for call in calls(room):
        (name,) = call.args
        assert isinstance(name, ast.Constant), f"an event's name is a literal: {ast.unparse(call)}"
        event = events.setdefault(name.value, Said())
        event.levels |= {LEVELS[head.attr] for head in speakers(call)}
        event.fields |= {given.arg for given in call.keywords if given.arg and given.arg != "exc_info"}
        event.more = event.more or any(given.arg is None for given in call.keywords)
    return events


def listed() -> dict[str, dict[str, tuple[set[str], set[str]]]]:
    """The rows of the page's tables by room and event: levels and fields."""
    rooms: dict[str, dict[str, tuple[set[str], set[str]]]] = {}
    for section in re.split(r"^### ", (ROOT / PAGE).read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        match = re.match(r".*\(`(\w+)/`\)\n", section)
        if not match:
            continue
        rows = rooms.setdefault(match[1], {})
        for row in re.findall(r"^\| `[a-z_]+\.[a-z_]+` .*\|$", section, re.MULTILINE):
            name, levels, fields, meaning = (cell.strip() for cell in row.strip("|").split("|"))
            assert meaning, row
            assert name.strip("`") not in rows, f"listed twice: {name}"
            rows[name.strip("`")] = (set(levels.split(", ")), set(re.findall(r"`(\w+)`", fields)))
    return rooms


def test_the_page_lists_the_events_of_the_code_and_no_others() -> None:
    page = listed()

    assert set(page) == set(ROOMS)
    for room in ROOMS:
        code = said(room)
        assert sorted(page[room]) == sorted(code), f"{PAGE}, {room}/"
        for name, event in code.items():
            levels, fields = page[room][name]
            assert levels == event.levels, f"{PAGE}: levels of {name}"
            assert fields >= event.fields if event.more else fields == event.fields, f"{PAGE}: fields of {name}"


def test_events_are_named_alike() -> None:
    names = {name for room in ROOMS for name in said(room)}

    assert [name for name in names if not re.fullmatch(r"[a-z_]+\.[a-z_]+", name)] == []
