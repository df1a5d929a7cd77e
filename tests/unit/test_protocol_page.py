"""`docs/protocol.md` names the fields as the schema has them, and has every section that the code cites."""

import re
from pathlib import Path

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from proto.codec import PACKAGE, message_type
from proto.warp.request_pb2 import Request
from proto.warp.task_pb2 import Message

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/protocol.md").read_text(encoding="utf-8")
ROOMS = ("api", "cli", "proto", "store", "tokens", "workers")
#: A citation: the page, and its sections, questions or ways to carry a conversation.
CITED = re.compile(r"`docs/protocol\.md`((?:,? (?:(?:and|to|section) )?(?:\d+(?:\.\d+)?|[QS]\d+)\b)+)")
SCALARS = {
    value: name.removeprefix("TYPE_").lower()
    for name, value in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}


def rows() -> dict[str, list[tuple[int, str, str]]]:
    """The tables under a message's name: number, name and type of each field."""
    found: dict[str, list[tuple[int, str, str]]] = {}
    name = ""
    for line in PAGE.splitlines():
        if heading := re.match(r"\*\*`([\w.]+)`\*\*", line):
            name = heading[1]
        elif line.startswith("#"):
            name = ""
        elif row := re.match(r"\| (\d+) \| `(\w+)` \| `([\w.]+)` \|", line):
            found.setdefault(name, []).append((int(row[1]), row[2], row[3]))
    return found


def type_of(field: FieldDescriptor) -> str:
    """As the page writes it: a map by what its values are."""
    if field.message_type is not None:
        kind: Descriptor = field.message_type
        return type_of(kind.fields_by_name["value"]) if kind.GetOptions().map_entry else _short(kind.full_name)
    return _short(field.enum_type.full_name) if field.enum_type is not None else SCALARS[field.type]


def _short(name: str) -> str:
    return name.removeprefix(f"{PACKAGE}.")


def test_the_fields_have_the_numbers_and_types_of_the_schema() -> None:
    tables = rows()

    assert "" not in tables
    assert len(tables) > 14
    for name, listed in tables.items():
        fields = message_type(name).DESCRIPTOR.fields_by_number
        for number, field_name, kind in listed:
            assert (fields[number].name, type_of(fields[number])) == (field_name, kind), f"{name} {number}"


def test_the_numbers_of_others_are_right() -> None:
    inputs = Request.Input.DESCRIPTOR.oneofs_by_name["type"].fields
    kinds = {field.name for field in Message.DESCRIPTOR.oneofs_by_name["message"].fields}
    shown = {name for _, name, _ in rows()["Message"]}

    assert len(Request.Settings.DESCRIPTOR.fields) == 31
    assert len(inputs) - 1 == len(kinds - shown) == 15


def test_every_section_that_the_code_cites_is_there() -> None:
    sections = set(re.findall(r"^##+ (\d+(?:\.\d+)?)[. ]", PAGE, re.MULTILINE))
    sections |= set(re.findall(r"^\| (?:\*\*)?([QS]\d+)\b", PAGE, re.MULTILINE))
    cited: set[str] = set()
    for path in (path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        found = CITED.findall(text)
        assert len(found) == text.count("`docs/protocol.md` "), path
        cited |= {section for each in found for section in re.findall(r"\d+(?:\.\d+)?|[QS]\d+", each)}

    assert len(cited) > 20
    assert cited - sections == set()
