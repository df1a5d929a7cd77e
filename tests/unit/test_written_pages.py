"""The written parts of the pages are what the code says, and the writer notices what is missing."""

import pytest

from tests.configuration_page import PAGE, settings_classes, variables, written_example, written_page
from tests.written_pages import PROTOCOL, read, with_errors, written


@pytest.mark.parametrize("path", written())
def test_what_is_committed_is_what_the_code_says(path: str) -> None:
    assert read(path) == written()[path], "run: make docs"


def test_every_field_of_every_settings_class_is_described_in_one_place() -> None:
    fields = {name.upper() for settings in settings_classes() for name in settings.model_fields}

    assert variables().keys() == fields
    assert len(fields) > 80
    assert [each for each in variables().values() if not each.meaning.endswith(".")] == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("| `PORT` |", "| `PROT` |"), "PORT, PROT"),
        (("| `PORT` |", "| `HOST` |"), "PORT"),
        (("| api, commands |", "| everybody |"), "HOST: read by 'everybody'"),
    ],
)
def test_a_row_too_many_or_too_few_and_an_unknown_reader_are_told(change: tuple[str, str], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        written_page(read(PAGE).replace(*change), variables())


def test_a_new_row_needs_its_place_and_its_readers_alone() -> None:
    row = "| `PORT` | | | api, commands | |"
    page = read(PAGE)
    begun = "\n".join(row if line.startswith("| `PORT` |") else line for line in page.split("\n"))

    assert begun != page
    assert written_page(begun, variables()) == page


def test_the_example_file_has_the_pages_sections_and_order() -> None:
    example = written_example(
        "## One\n\nSee [jobs.md](jobs.md).\n\n| `PORT` | |\n| `HOST` | |\n\n## Two\n\nWords.\n", variables()
    )

    assert example.count("# ---") == 1
    assert "# --- One ---\n# See docs/jobs.md.\n\n" in example
    assert example.index("# PORT=8010\n") < example.index("# HOST=127.0.0.1\n")


def test_a_page_without_a_place_for_the_errors_is_told() -> None:
    with pytest.raises(ValueError, match="wanted once"):
        with_errors(read(PROTOCOL).replace("<!-- /errors -->", ""))
