"""Every link of the pages: files, headings, images, and addresses elsewhere by their form."""

import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.pages import PAGES, ROOT, prose


def links(page: str) -> list[str]:
    """Where the links and images of a page lead."""
    return re.findall(r"\]\(([^)]*)\)", re.sub(r"`[^`]*`", "", prose(page)))


def anchors(page: Path) -> set[str]:
    """What headings of a page are called in links, as GitHub does it."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found: Counter[str] = Counter()
    named = set()
    for heading in re.findall(r"^#+ +(.*)$", text, re.MULTILINE):
        plain = re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading)
        slug = re.sub(r"[^\w -]", "", plain.strip().lower()).replace(" ", "-")
        named.add(f"{slug}-{found[slug]}" if found[slug] else slug)
        found[slug] += 1
    return named


@pytest.mark.parametrize("page", PAGES)
def test_the_links_of_a_page_lead_somewhere(page: str) -> None:
    assert [link for link in links(page) if not _leads_somewhere(ROOT / page, link)] == []


def _leads_somewhere(page: Path, link: str) -> bool:
    """A file with its heading; nobody is asked about addresses elsewhere, but they must be ones."""
    if re.match(r"\w+:", link):
        address = urlsplit(link)
        return address.scheme == "https" and "." in (address.hostname or "") and not re.search(r"\s", link)
    if not link:
        return False
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return False
    if target.suffix == ".png":
        return target.read_bytes().startswith(b"\x89PNG\r\n") and not anchor
    return not anchor or anchor in anchors(target)


def test_a_link_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    page = ROOT / "docs/logging.md"

    assert anchors(page) > {"logs", "how-long-a-job-took"}
    assert _leads_somewhere(page, "tracing.md#turning-it-on")
    assert _leads_somewhere(page, "https://docs.docker.com/engine/install/")
    for link in (
        "nowhere.md",
        "tracing.md#nowhere",
        "#nowhere",
        "../../outside.md",
        "",
        "http://plain.example",
        "https:/x",
    ):
        assert not _leads_somewhere(page, link), link
