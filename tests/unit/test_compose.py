"""compose.yaml says what the code says: commands that exist, times that fit, nothing open by accident."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from cli.main import app
from cli.secret_files import SECRETS
from cli.settings import CliSettings
from proto.jobs import Lane
from store.settings import StoreSettings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "WARP_API_KEY_FILE" in service.get("environment", {})}
#: What the demo puts in the upstream's place.
ROLES = {name: service for name, service in OURS.items() if name != "simulator"}


def test_every_process_of_the_gateway_has_a_service() -> None:
    commands = sorted(service["command"] for service in ROLES.values())

    assert commands == [["api"], ["bridge"], ["flower"], ["keeper"], *sorted(["worker", lane.value] for lane in Lane)]
    assert {command[0] for command in commands} <= set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    assert {name for name in SERVICES if name not in OURS and "profiles" not in SERVICES[name]} == {"valkey", "proxy"}


@pytest.mark.parametrize("name", ROLES)
def test_each_waits_for_valkey_is_looked_after_and_has_time_to_drain(name: str) -> None:
    service = ROLES[name]

    assert service["depends_on"] == {"valkey": {"condition": "service_healthy"}}
    assert service["healthcheck"]["test"][:3] == ["CMD", "warp2api", "health"]
    assert service["healthcheck"]["test"][3] == service["command"][0]
    assert int(service["stop_grace_period"].removesuffix("s")) > CliSettings(_env_file=None).drain_timeout


@pytest.mark.parametrize("name", OURS)
def test_none_may_do_more_than_it_must(name: str) -> None:
    service = OURS[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]


def test_secrets_come_from_files_alone() -> None:
    for service in OURS.values():
        environment, files = service["environment"], {f"/run/secrets/{name}" for name in service["secrets"]}
        named = {name: value for name, value in environment.items() if name.endswith("_FILE")}
        assert set(named.values()) == files
        assert {name.removesuffix("_FILE") for name in named} <= set(SECRETS)
        assert all(environment[name.removesuffix("_FILE")] == "" for name in named), "or .env would stand beside it"
    assert all(secret["file"].startswith("${SECRETS:-./secrets}/") for secret in COMPOSE["secrets"].values())


def test_only_the_way_in_and_the_operators_pages_are_published_and_only_on_loopback() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert published == {
        "proxy": ["${PUBLISH:-127.0.0.1:8010}:8010"],
        "bridge": ["${PUBLISH_BRIDGE:-127.0.0.1:8000}:8000"],
        "flower": ["${PUBLISH_FLOWER:-127.0.0.1:5555}:5555"],
        "prometheus": ["${PUBLISH_PROMETHEUS:-127.0.0.1:9090}:9090"],
        "grafana": ["${PUBLISH_GRAFANA:-127.0.0.1:3000}:3000"],
    }
    assert not any("ALLOW_OPEN" in service.get("environment", {}) for service in SERVICES.values())


def test_the_proxy_is_patient_with_silent_answers_and_finds_the_doors() -> None:
    proxy = (ROOT / "deploy" / "haproxy.cfg").read_text()
    silence = {int(minutes) * 60 for minutes in re.findall(r"timeout (?:client|server) (\d+)m", proxy)}

    assert min(silence) > StoreSettings(_env_file=None).job_deadline
    assert re.findall(r"server-template door \d+ (\S+)", proxy) == [f"api:{OURS['api']['environment']['PORT']}"]
    assert SERVICES["proxy"]["volumes"] == ["./deploy/haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg:ro"]


def test_valkey_keeps_its_data_and_evicts_nothing() -> None:
    command = SERVICES["valkey"]["command"]

    assert re.search(r"--appendonly yes .*--maxmemory-policy noeviction", " ".join(command))
    assert SERVICES["valkey"]["volumes"] == ["valkey:/data"]
    assert "valkey" in COMPOSE["volumes"]


def test_prometheus_asks_every_process_that_tells_numbers() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())
    own = yaml.safe_load((ROOT / "docs/ops/prometheus.yml").read_text())
    found = [
        (name, discovery["port"])
        for scrape in config["scrape_configs"]
        for discovery in scrape["dns_sd_configs"]
        for name in discovery["names"]
    ]
    told = {"api": int(OURS["api"]["environment"]["PORT"])} | {
        name: int(OURS[name]["environment"]["METRICS_PORT"]) for name in ("worker", "worker-batch", "keeper")
    }

    assert dict(found) == told
    assert len(found) == len(told)
    # The alert rules and the dashboard name jobs.
    names = [scrape["job_name"] for scrape in config["scrape_configs"]]
    assert names == [scrape["job_name"] for scrape in own["scrape_configs"]]
    assert "./docs/ops/alerts.yml:/etc/prometheus/alerts.yml:ro" in SERVICES["prometheus"]["volumes"]
    assert config["rule_files"] == ["alerts.yml"]


def test_prometheus_has_a_client_key_of_its_own() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus.yml").read_text())

    credentials = config["scrape_configs"][0]["authorization"]["credentials_file"]
    assert credentials == OURS["api"]["environment"]["API_TOKEN_FILE"]
    assert credentials.rpartition("/")[2] in SERVICES["prometheus"]["secrets"]


def test_grafana_is_given_its_source_and_our_dashboard() -> None:
    """Grafana itself is not run by any test: this is what can be seen without it."""
    folder = ROOT / "deploy" / "grafana"
    [source] = yaml.safe_load((folder / "datasource.yml").read_text())["datasources"]
    [provider] = yaml.safe_load((folder / "dashboards.yml").read_text())["providers"]
    service = SERVICES["grafana"]
    mounted = dict(volume.split(":")[:2] for volume in service["volumes"])
    dashboard = json.loads((ROOT / "docs/ops/grafana-dashboard.json").read_text())

    assert (source["type"], source["isDefault"], source["url"]) == ("prometheus", True, "http://prometheus:9090")
    [variable] = [each for each in dashboard["templating"]["list"] if each["type"] == "datasource"]
    assert variable["query"] == source["type"], "the dashboard takes the default source of this type"
    assert mounted["./docs/ops/grafana-dashboard.json"].rpartition("/")[0] == provider["options"]["path"]
    assert {Path(path).parent.name for source, path in mounted.items() if source.startswith("./deploy/grafana/")} == {
        "datasources",
        "dashboards",
    }
    assert all((ROOT / source).is_file() for source in mounted if source.startswith("./"))
    assert service["environment"]["GF_SECURITY_ADMIN_PASSWORD__FILE"] == f"/run/secrets/{service['secrets'][0]}"


def test_the_image_holds_every_room_and_no_secret() -> None:
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    ignore = (ROOT / ".dockerignore").read_text().splitlines()

    assert ignore[0] == "*"
    assert {line.removeprefix("!") for line in ignore if line.startswith("!")} >= rooms
    assert "!.env" not in ignore
