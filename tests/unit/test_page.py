"""The monitor page as it is served: whole, nothing from elsewhere, and no way for a text to become a part of it."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.bridge.routes import page
from api.settings import ApiSettings

FOLDER = Path(page.__file__).parents[1] / "page"
SCRIPTS = sorted(FOLDER.glob("*.js"))
FRONT_DOOR = 8123


@pytest.fixture
def bridge() -> TestClient:
    """A bridge that serves nothing but its page."""
    app = FastAPI()
    app.include_router(page.router)
    app.state.services = SimpleNamespace(settings=ApiSettings(_env_file=None, port=FRONT_DOOR))
    return TestClient(app)


def test_the_page_and_its_parts_are_served_and_may_only_do_what_they_need(bridge: TestClient) -> None:
    for path, kind in (("/", "text/html"), ("/page/main.js", "text/javascript"), ("/page/monitor.css", "text/css")):
        answer = bridge.get(path)
        policy = answer.headers["content-security-policy"]

        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert {"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"} <= set(policy.split("; "))
        assert "unsafe" not in policy


def test_a_browser_that_has_it_already_is_told_so(bridge: TestClient) -> None:
    first = bridge.get("/page/main.js")
    again = bridge.get("/page/main.js", headers={"if-none-match": first.headers["etag"]})
    other = bridge.get("/page/table.js", headers={"if-none-match": first.headers["etag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200


def test_its_example_names_the_front_doors_port(bridge: TestClient) -> None:
    assert f'name="front-door-port" content="{FRONT_DOOR}"' in bridge.get("/").text


@pytest.mark.parametrize("name", ["nothing.js", "..%2froutes%2fpage.py", "%2e%2e%2fapp.py"])
def test_nothing_else_is_served(bridge: TestClient, name: str) -> None:
    assert bridge.get(f"/page/{name}").status_code == 404


def test_each_file_is_used_and_each_file_that_is_used_is_there() -> None:
    used = {"index.html", *re.findall(r'"page/([^"]+)"', (FOLDER / "index.html").read_text())}
    used |= {name for script in SCRIPTS for name in re.findall(r'from "\./([^"]+)"', script.read_text())}

    assert used == {path.name for path in FOLDER.iterdir()}


def test_every_element_that_a_script_asks_for_is_on_the_page() -> None:
    html = (FOLDER / "index.html").read_text()
    asked = {name for script in SCRIPTS for name in re.findall(r'\bpart\("([\w-]+)"\)', script.read_text())}

    assert len(asked) > 10
    assert [name for name in asked if f'id="{name}"' not in html] == []


def test_nothing_is_inline_or_from_elsewhere_and_no_text_becomes_html() -> None:
    html = (FOLDER / "index.html").read_text()
    everything = html + (FOLDER / "monitor.css").read_text() + "".join(script.read_text() for script in SCRIPTS)
    addresses = set(re.findall(r"""["'(](?:https?:)?//[^"'`)]+""", everything))

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:", html) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|DOMParser", everything) == []
    assert addresses == {'"http://www.w3.org/2000/svg'}
