"""compose.yaml says what the code says: commands that exist, times that fit, nothing open by accident."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from cli.main import app
from cli.settings import CliSettings
from proto.jobs import Lane

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if name != "valkey"}


def test_every_process_of_the_gateway_has_a_service() -> None:
    commands = sorted(service["command"] for service in OURS.values())

    assert commands == [["api"], ["bridge"], ["keeper"], *sorted(["worker", lane.value] for lane in Lane)]
    assert {command[0] for command in commands} <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", OURS)
def test_each_finds_valkey_waits_for_it_and_has_time_to_drain(name: str) -> None:
    service = OURS[name]

    assert service["environment"]["REDIS_URL"] == "redis://valkey:6379/0"
    assert service["depends_on"] == {"valkey": {"condition": "service_healthy"}}
    assert int(service["stop_grace_period"].removesuffix("s")) > CliSettings(_env_file=None).drain_timeout


def test_only_the_two_servers_are_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {"api": ["127.0.0.1:8010:8010"], "bridge": ["127.0.0.1:8000:8000"]}


def test_valkey_keeps_its_data_and_evicts_nothing() -> None:
    command = SERVICES["valkey"]["command"]

    assert re.search(r"--appendonly yes .*--maxmemory-policy noeviction", " ".join(command))
    assert SERVICES["valkey"]["volumes"] == ["valkey:/data"]
    assert "valkey" in COMPOSE["volumes"]


def test_the_image_holds_every_room_and_no_secret() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    ignore = (ROOT / ".dockerignore").read_text().splitlines()

    assert ignore[0] == "*"
    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} >= rooms
    assert "!.env" not in ignore
