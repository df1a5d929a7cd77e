"""The pages, or parts of them, that are written by the code: `make docs` writes them, a test compares."""

import re
from pathlib import Path
from typing import Final

from proto.errors import ERROR_TABLE
from tests.configuration_page import PAGE, variables, written_example, written_page

ROOT: Final = Path(__file__).parents[1]
PROTOCOL: Final = "docs/protocol.md"
#: What stands around the table of errors in the page.
BEGIN, END = "<!-- errors: written by `make docs` -->\n", "<!-- /errors -->\n"


def written() -> dict[str, str]:
    """The text of each file, by its path."""
    known = variables()
    configuration = written_page(read(PAGE), known)
    return {
        PAGE: configuration,
        ".env.example": written_example(configuration, known),
        PROTOCOL: with_errors(read(PROTOCOL)),
    }


def read(path: str) -> str:
    """What stands there now."""
    return (ROOT / path).read_text(encoding="utf-8")


def with_errors(page: str) -> str:
    """The page with the error table as `proto/errors.py` has it.

    Raises:
        ValueError: the page has no place for it.
    """
    rows = [
        f"| `{code}` | {row.openai_status} `{row.openai_type}` "
        f"| {f'`{row.openai_code}`' if row.openai_code else 'none'} | {row.anthropic_status} `{row.anthropic_type}` |\n"
        for code, row in ERROR_TABLE.items()
    ]
    table = "".join(
        ["| in the log | OpenAI: status, `type` | `code` | Anthropic: status, `type` |\n|---|---|---|---|\n", *rows]
    )
    text, count = re.subn(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: BEGIN + table + END, page, flags=re.DOTALL)
    if count != 1:
        raise ValueError(f"{PROTOCOL}: wanted once: {BEGIN.strip()} and {END.strip()}")
    return text


if __name__ == "__main__":
    for path, text in written().items():
        (ROOT / path).write_text(text, encoding="utf-8")
