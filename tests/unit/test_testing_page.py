"""`docs/testing.md` lists the targets that run tests, and every marker."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/testing.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def test_the_targets_are_those_of_the_makefile_and_run_in_ci_if_the_page_says_so() -> None:
    whole = re.split(r"\n(?=\S)", MAKEFILE.partition("\ntest-all:")[2])[0]
    targets = {
        name: bool(re.search(rf"\b{name}(?![\w-])", whole))
        for name in re.findall(r"^(test[a-z-]*):", MAKEFILE, re.MULTILINE)
    }
    listed = {
        name: said == "yes"
        for name, said in re.findall(r"^\| `make (test[a-z-]*)` \|.*\| (yes|no) \|$", PAGE, re.MULTILINE)
    }

    assert targets.pop("test-all") is False
    assert listed == targets


def test_the_markers_are_explained() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"]["ini_options"]
    markers = {marker.partition(":")[0] for marker in options["markers"]}

    assert {marker for marker in markers if f"`{marker}`" not in PAGE and f"make test-{marker}`" not in PAGE} == set()
