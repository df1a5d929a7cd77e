"""`docs/configuration.md` and `.env.example` by the settings classes.

A variable is described once, by the docstring of its field. The page says by hand in which section and order variables
stand and which processes read each; defaults, types and meanings in its rows come from the classes. The example file
follows the page.
"""

import ast
import inspect
import itertools
import re
import textwrap
import types
from collections.abc import Mapping
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Union, get_args, get_origin

import annotated_types
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from cli.secret_files import SECRETS

ROOT: Final = Path(__file__).parents[1]
PAGE: Final = "docs/configuration.md"
ROOMS: Final = ("api", "cli", "store", "tokens", "workers")
#: What may stand in the page's column "read by".
READERS: Final = frozenset(("all", "api", "bridge", "worker", "keeper", "flower", "pool-service", "up", "commands"))

_ROW: Final = re.compile(r"^\| `([A-Z0-9_]+)` \|(.*)$", re.MULTILINE)
_HEAD: Final = (
    "# Every variable, with its default. Copy to .env in the folder you start in; the environment wins over it.\n"
)


class Variable(NamedTuple):
    """One variable as the page and the example file show it."""

    name: str
    default: str
    kind: str
    meaning: str


def settings_classes() -> list[type[BaseSettings]]:
    """Every settings class of ours, wherever it is."""
    files = [path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "Settings):\n" in path.read_text()]
    modules = [import_module(".".join(path.relative_to(ROOT).with_suffix("").parts)) for path in files]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__
    ]


def variables() -> dict[str, Variable]:
    """All of them by name. Of several classes that read one variable, one describes it.

    Raises:
        ValueError: a variable is described nowhere, or in two ways.
    """
    found: dict[str, Variable] = {}
    classes = settings_classes()
    for settings in classes:
        for field_name, meaning in _docstrings(settings):
            name, field = field_name.upper(), settings.model_fields[field_name]
            variable = Variable(name, _default(field), _kind(name, field), meaning)
            if found.setdefault(name, variable) != variable:
                raise ValueError(f"{name} is described twice, and not alike")
    if missing := {name.upper() for settings in classes for name in settings.model_fields} - found.keys():
        raise ValueError(f"described by no docstring: {', '.join(sorted(missing))}")
    return found


def _docstrings(settings: type[BaseSettings]) -> list[tuple[str, str]]:
    """The fields of the class itself that have a docstring, with it, in one line.

    Pydantic can read them too (`use_attribute_docstrings`), but does so in every process: 40 ms of each start.
    """
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(settings))).body
    assert isinstance(definition, ast.ClassDef)
    return [
        (field.target.id, " ".join(text.value.value.split()))
        for field, text in itertools.pairwise(definition.body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant) and isinstance(text.value.value, str)
    ]


def written_page(page: str, known: Mapping[str, Variable]) -> str:
    """The page with each row as the settings have it.

    Raises:
        ValueError: a variable has no row, or several; a row has no variable, or nobody who reads it.
    """
    rows = [name for name, _ in _ROW.findall(page)]
    if sorted(rows) != sorted(known):
        wrong = sorted(known.keys() ^ set(rows)) or sorted({name for name in rows if rows.count(name) > 1})
        raise ValueError(f"{PAGE}: exactly one row each wanted for {', '.join(wrong)}")
    return _ROW.sub(lambda row: _row(known[row[1]], row[2].split("|")), page)


def _row(variable: Variable, written: list[str]) -> str:
    """The row, of which `written` stands there after the name; the third of these cells is kept."""
    readers = written[2].strip() if len(written) > 2 else ""
    if not readers or not READERS.issuperset(readers.split(", ")):
        raise ValueError(f"{PAGE}, {variable.name}: read by {readers!r}, not some of {', '.join(sorted(READERS))}")
    default = f"`{variable.default}`" if variable.default else "none"
    meaning = re.sub(r"`docs/([\w.-]+)`", r"[\1](\1)", variable.meaning)
    return f"| `{variable.name}` | {default} | {variable.kind} | {readers} | {meaning} |"


def written_example(page: str, known: Mapping[str, Variable]) -> str:
    """The example file: the page's sections, of their prose the paragraph before the table."""
    text = _HEAD
    for section in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        if rows := _ROW.findall(section):
            heading, introduction = section.split("\n\n")[:2]
            text += f"\n# --- {heading} ---\n"
            if not introduction.startswith("|"):
                text += _comment(re.sub(r"\[[\w.-]+\]\(([\w.-]+)\)", r"docs/\1", introduction)) + "\n"
            text += "".join(_example(known[name]) for name, _ in rows)
    return text


def _example(variable: Variable) -> str:
    mark = "" if variable.name == "WARP_API_KEY" else "# "  # the one that nearly everybody sets
    return f"{_comment(variable.meaning)}{mark}{variable.name}={variable.default}\n"


def _comment(words: str) -> str:
    lines = textwrap.wrap(words.replace("`", ""), 117, break_long_words=False, break_on_hyphens=False)
    return "".join(f"# {line}\n" for line in lines)


def _default(field: FieldInfo) -> str:
    return _written(field.get_default(call_default_factory=True))


def _written(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case dict():
            return ",".join(f"{_written(key)}={_written(each)}" for key, each in value.items())
        case list() | tuple():
            return ",".join(map(_written, value))
        case _ if hasattr(value, "get_secret_value"):
            return str(value.get_secret_value())
        case _:
            return str(value)


def _kind(name: str, field: FieldInfo) -> str:
    kind = field.annotation
    if get_origin(kind) in (Union, types.UnionType):  # with None
        kind = get_args(kind)[0]
    several = get_origin(kind) in (list, tuple)
    if name in SECRETS:
        return "secrets" if several else "secret"
    if get_origin(kind) is Literal:
        *choices, last = [f"`{choice}`" for choice in get_args(kind)]
        return f"{', '.join(choices)} or {last}"
    if get_origin(kind) is dict:
        return "pairs"
    if several:
        return "list"
    words = {bool: "yes or no", int: "whole number", float: "number", Path: "path"}
    return " ".join([words.get(kind, "text"), *_bounds(field)])  # type: ignore[arg-type]


def _bounds(field: FieldInfo) -> list[str]:
    """Its bounds: `> 0`, `≥ 1`, `0 to 65535`."""
    match field.metadata:
        case [annotated_types.Gt(gt=least)]:
            return [f"> {least}"]
        case [annotated_types.Ge(ge=least)]:
            return [f"≥ {least}"]
        case [annotated_types.Ge(ge=least), annotated_types.Le(le=most)]:
            return [f"{least} to {most}"]
        case _:
            return []
