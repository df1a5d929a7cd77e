"""What has to be closed or pinned before anybody has set anything: addresses, dependencies, what a proxy is told."""

import inspect
import json
import re
import tomllib
from pathlib import Path

import pytest

from api.settings import ApiSettings
from cli.simulator.__main__ import main as simulator
from store.broker import create_celery
from store.settings import StoreSettings
from tests.unit.test_docs import example

ROOT = Path(__file__).parents[2]
LOCKS = ("uv.lock", "tests/clients/uv.lock", "tests/agents/uv.lock")
INDEX = "https://pypi.org/simple"


def test_every_server_listens_on_loopback_unless_told_otherwise() -> None:
    hosts = {name: value for name, value in example().items() if re.fullmatch(r"(.+_)?HOST", name)}

    assert hosts == dict.fromkeys(
        ("HOST", "BRIDGE_HOST", "FLOWER_HOST", "METRICS_HOST", "POOL_SERVICE_HOST"), "127.0.0.1"
    )
    assert inspect.signature(simulator).parameters["host"].default == "127.0.0.1"


def test_nothing_is_open_or_fetched_unless_it_is_asked_for() -> None:
    off = ("ALLOW_OPEN", "FETCH_IMAGES", "WARP_ANONYMOUS", "WARP_CONTINUE_OPEN", "FLOWER")

    assert {name: example()[name] for name in off} == dict.fromkeys(off, "false")


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_by_the_hash_of_each_of_its_files(lock: str) -> None:
    packages = tomllib.loads((ROOT / lock).read_text())["package"]
    ours = [each for each in packages if "registry" not in each["source"]]
    files = [
        file
        for each in packages
        if each not in ours
        for file in (*each.get("wheels", ()), *([each["sdist"]] if "sdist" in each else ()))
    ]

    assert [set(each["source"]) for each in ours] in ([{"editable"}], [{"virtual"}])
    assert {each["source"]["registry"] for each in packages if each not in ours} == {INDEX}
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", file["hash"]) for file in files)
    assert all(file["url"].startswith("https://files.pythonhosted.org/") for file in files)
    assert len(files) >= len(packages) - 1 > 20


@pytest.mark.parametrize("lock", ["tests/clients", "tests/agents", "tests/edge"])
def test_every_npm_package_is_pinned_by_its_hash(lock: str) -> None:
    packages = json.loads((ROOT / lock / "package-lock.json").read_text())["packages"]
    fetched = {name: each for name, each in packages.items() if name}

    assert fetched
    assert [name for name, each in fetched.items() if not each.get("integrity", "").startswith("sha512-")] == []


def test_the_image_takes_nothing_but_the_lock_and_is_not_roots() -> None:
    syncs = re.findall(r"uv sync (.+)", (ROOT / "Dockerfile").read_text())

    assert len(syncs) == 2
    assert (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2].count("\nUSER 10001\n") == 1
    assert all("--frozen" in each and "--no-dev" in each for each in syncs)


def test_a_message_of_the_queue_is_json_and_never_a_pickle() -> None:
    assert create_celery(StoreSettings(_env_file=None)).conf.accept_content == ["json"]


def test_the_proxy_before_the_gateway_lets_through_what_the_gateway_takes() -> None:
    """What docs/deployment.md says of TLS goes by the settings' defaults."""
    page = (ROOT / "docs/deployment.md").read_text()
    (nginx,) = re.findall(r"^```nginx\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    says = dict(re.findall(r"^ +(\w+) (\S+);$", nginx, re.MULTILINE))
    settings = ApiSettings(_env_file=None)

    assert says["proxy_pass"].endswith(f":{settings.port}")
    assert int(says["client_max_body_size"].removesuffix("m")) << 20 == settings.max_body
    assert int(says["proxy_read_timeout"].removesuffix("s")) > StoreSettings(_env_file=None).job_deadline
    assert (says["proxy_buffering"], says["proxy_next_upstream"]) == ("off", "off")
