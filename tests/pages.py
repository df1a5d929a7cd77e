"""The pages that people read, and their parts."""

import re
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
READMES: Final = ("README.md", "README.zh-CN.md")


def _below(folder: str) -> tuple[str, ...]:
    return tuple(sorted(page.relative_to(ROOT).as_posix() for page in (ROOT / folder).rglob("*.md")))


DOCS: Final = _below("docs")
PAGES: Final = (*READMES, "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", *DOCS, *_below("deploy"))


def read(page: str) -> str:
    """A page, by its name from the root."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page: str, *languages: str) -> list[tuple[str, str]]:
    """The fenced blocks of a page, in order: their language and their text, without the indentation of a list."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", read(page), re.MULTILINE | re.DOTALL)
    return [
        (language, re.sub(rf"^{indent}", "", code, flags=re.MULTILINE))
        for indent, language, code in found
        if language in languages or not languages
    ]


def spans(page: str) -> list[str]:
    """The code spans of a page's text, outside of its blocks."""
    return [" ".join(span.split()) for span in re.findall(r"`([^`]+)`", prose(page))]


def prose(page: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", read(page), flags=re.MULTILINE | re.DOTALL)


def shell_lines(page: str) -> list[str]:
    """The commands of a page's blocks, each on one line, without what is set before them."""
    code = "".join(code for _, code in blocks(page, "bash")).replace("\\\n", " ")
    return [re.sub(r"^(?:[A-Z_]+=(?:<[^>]*>|\S*) +)+", "", line).strip() for line in code.splitlines()]
