"""The command line without any service: quick, and one clear line where something is wrong."""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from api.reach import local_url
from api.settings import ApiSettings
from bench.processes import free_port
from cli.chat import run_chat
from cli.doctor import client_keys, credentials, door, file_storage, private
from cli.doctor_store import broker, clock, pool_summary, queues, redis_server, workers
from cli.findings import Finding, Level
from cli.listening import Listening, check_free, listens, next_free
from cli.problems import SetupError, explain
from cli.up import banner, demo_environment, numbers_of_children, run_demo
from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane
from store.metrics import MetricsSettings
from store.monitor import Overview, QueueRow, WorkerRow
from store.settings import StoreSettings
from tests.configuration_page import settings_classes
from tests.listeners import listener
from tokens.settings import TokenSettings
from tokens.stats import Health, PoolStats

ROOT = Path(__file__).parents[2]
COMMANDS = (
    "demo",
    "up",
    "api",
    "bridge",
    "worker",
    "keeper",
    "flower",
    "pool-service",
    "chat",
    "parse",
    "record",
    "convert",
    "doctor",
    "health",
    "bench",
    "batch",
    "jobs",
    "keys",
    "tokens",
    "cloudflare",
)


ALL_SETTINGS = settings_classes()


def warp2api(*args: str, cwd: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *args],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), "WARP2API_HOME": str(cwd / "home"), **env},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_help_lists_the_commands(tmp_path: Path) -> None:
    result = warp2api("--help", cwd=tmp_path)

    assert result.returncode == 0
    assert tuple(re.findall(r"^  ([a-z][a-z-]+)  ", result.stdout, re.MULTILINE)) == COMMANDS


def test_version(tmp_path: Path) -> None:
    assert re.fullmatch(r"warp2api \d+\.\d+\.\d+\n", warp2api("--version", cwd=tmp_path).stdout)


def test_importing_the_command_line_imports_no_room_and_no_heavy_library(tmp_path: Path) -> None:
    code = "import cli.main, sys; print(*sorted(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=50, check=True
    )
    loaded = set(result.stdout.split())

    assert "typer" in loaded
    heavy = {"pydantic", "redis", "httpx", "celery", "fastapi", "uvicorn", "google.protobuf"}
    rooms = {"api", "bench", "proto", "store", "tokens", "workers"}
    assert loaded & (heavy | rooms) == set()


@pytest.mark.parametrize("command", ["api", "bridge", "worker", "keeper", "flower", "pool-service"])
def test_without_redis_each_command_says_in_one_line_what_to_start(command: str, tmp_path: Path) -> None:
    result = warp2api(command, cwd=tmp_path)

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    assert "no embedded Valkey runs in" in result.stderr
    assert "start one with `warp2api up`, or set REDIS_URL" in result.stderr


def test_a_setting_that_does_not_parse_is_named_and_its_value_is_not_shown(tmp_path: Path) -> None:
    result = warp2api("api", cwd=tmp_path, REDIS_URL="redis://127.0.0.1:1/0", PORT="a-secret-by-mistake")

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("warp2api: PORT: ")
    assert "a-secret-by-mistake" not in result.stderr


def test_the_pool_service_is_not_served_without_its_token(tmp_path: Path) -> None:
    result = warp2api("pool-service", cwd=tmp_path, REDIS_URL="redis://127.0.0.1:1/0")

    assert result.returncode == 2
    assert result.stderr.startswith("warp2api: POOL_SERVICE_TOKEN: set it")


@pytest.mark.parametrize(("command", "host"), [("api", "HOST"), ("bridge", "BRIDGE_HOST")])
def test_an_open_host_without_keys_is_refused_in_one_line(command: str, host: str, tmp_path: Path) -> None:
    result = warp2api(command, cwd=tmp_path, REDIS_URL="redis://127.0.0.1:1/0", **{host: "0.0.0.0"})

    assert result.returncode == 2
    assert result.stderr.count("\n") == 1
    assert "API_TOKENS" in result.stderr


def test_up_refuses_an_open_host_before_it_starts_anything(tmp_path: Path) -> None:
    result = warp2api("up", cwd=tmp_path, HOST="0.0.0.0")

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == (
        "warp2api: HOST: 0.0.0.0 would let in anybody who reaches port 8010; "
        "set API_TOKENS, or ALLOW_OPEN=1 to let them\n"
    )
    assert not (tmp_path / "home").exists()


def test_up_refuses_an_open_host_of_the_bridge_too(tmp_path: Path) -> None:
    result = warp2api("up", cwd=tmp_path, BRIDGE_HOST="0.0.0.0")

    assert result.returncode == 2
    assert result.stderr.startswith("warp2api: BRIDGE_HOST: 0.0.0.0 would let in anybody who reaches port 8000;")


@pytest.mark.parametrize("arguments", [["flower"], ["up", "--flower"]])
def test_flower_is_open_on_loopback_alone(arguments: list[str], tmp_path: Path) -> None:
    result = warp2api(*arguments, cwd=tmp_path, REDIS_URL="redis://127.0.0.1:1/0", FLOWER_HOST="0.0.0.0")

    assert result.returncode == 2
    assert result.stderr.startswith("warp2api: FLOWER_HOST: 0.0.0.0 would let in anybody who reaches port 5555;")


def test_an_unknown_lane_is_refused(tmp_path: Path) -> None:
    result = warp2api("worker", "express", cwd=tmp_path)

    assert result.returncode == 2
    assert "'express' is neither interactive nor batch" in result.stderr


def test_up_on_a_taken_port_says_so(tmp_path: Path) -> None:
    with listener() as port:
        result = warp2api("up", cwd=tmp_path, PORT=str(port))

    assert result.returncode == 2
    assert f"PORT: something listens on 127.0.0.1:{port} already" in result.stderr


def test_the_demo_on_a_taken_port_says_so() -> None:
    with listener() as port, pytest.raises(SetupError, match="something listens on"):
        run_demo(port)


def test_the_demos_bridge_takes_the_next_port_unless_one_was_asked_for() -> None:
    with listener() as port:
        free = next_free(port, {port + 1})

        assert free > port + 1
        assert not listens("127.0.0.1", free)
    with listener() as bridge, pytest.raises(SetupError, match=f"BRIDGE_PORT: something listens on 127.0.0.1:{bridge}"):
        run_demo(free_port(), bridge)


def test_two_servers_do_not_share_a_port() -> None:
    port = free_port()
    with pytest.raises(SetupError, match=f"BRIDGE_PORT: {port} is PORT too"):
        check_free([Listening("127.0.0.1", port, "PORT"), Listening("127.0.0.1", port, "BRIDGE_PORT")])
    with pytest.raises(SetupError, match="PORT: 0 leaves nothing to connect to"):
        check_free([Listening("127.0.0.1", 0, "PORT")])


def test_the_demo_takes_no_credential_over(tmp_path: Path) -> None:
    inherited = {
        "PATH": "/bin",
        "LC_ALL": "C.UTF-8",
        "WORKER_CONCURRENCY": "8",
        **{name.upper(): "operators-own" for settings in ALL_SETTINGS for name in _secret_fields(settings)},
        "LOG_FORMAT": "json",
        "WARP_API_KEY": "operators-own",
        "CLOUDFLARE_API_TOKEN": "operators-own",
        "POOL_SERVICE_BASE_URL": "operators-own",
        "API_TOKENS": "operators-own",
        "REDIS_URL": "operators-own",
        "BROKER_URL": "operators-own",
        "AWS_SECRET_ACCESS_KEY": "operators-own",
    }

    door, bridge = Listening("127.0.0.1", 8010, "PORT"), Listening("127.0.0.1", 8000, "BRIDGE_PORT")
    environment = demo_environment(inherited, tmp_path, (door, bridge), 4711)

    assert "operators-own" not in environment.values()
    assert environment["WARP_BASE_URL"] == "http://127.0.0.1:4711"
    assert environment["WARP_API_KEY"] == "wk-demo"
    assert (environment["BRIDGE_HOST"], environment["BRIDGE_PORT"]) == ("127.0.0.1", "8000")
    assert environment["PATH"] == "/bin"
    assert environment["LC_ALL"] == "C.UTF-8"
    assert environment["WORKER_CONCURRENCY"] == "8"
    assert environment["LOG_FORMAT"] == "json"


def _secret_fields(settings: type[BaseSettings]) -> list[str]:
    return [name for name, field in settings.model_fields.items() if "Secret" in str(field.annotation)]


def test_the_banner_tells_where_to_ask_and_what_is_missing() -> None:
    base, bridge = "http://127.0.0.1:8010", "http://127.0.0.1:8000"

    assert "simulator" in banner(base, bridge, None, is_demo=True, has_tokens=True)
    own = banner(base, bridge, "http://127.0.0.1:5555", is_demo=False, has_tokens=True)
    assert f"monitor     {bridge}/" in own
    assert "tasks       http://127.0.0.1:5555/" in own
    assert f'OpenAI(base_url="{base}/v1"' in own
    assert f'Anthropic(base_url="{base}"' in own
    assert "Unofficial: use your own Warp account only" in own
    assert "set WARP_API_KEY" in banner(base, bridge, None, is_demo=False, has_tokens=False)


def test_each_process_of_up_tells_its_numbers_on_a_port_of_its_own_if_asked() -> None:
    told = numbers_of_children(MetricsSettings(_env_file=None, metrics_port=9100))
    urls = [server.url for server in told.values()]

    assert numbers_of_children(MetricsSettings(_env_file=None)) == {}
    assert {name: server.port for name, server in told.items()} == {
        "worker": 9100,
        "worker-batch": 9101,
        "keeper": 9102,
    }
    shown = banner("http://127.0.0.1:8010", "http://127.0.0.1:8000", None, urls, is_demo=True, has_tokens=True)
    assert "metrics     http://127.0.0.1:8010/metrics   http://127.0.0.1:9100/metrics   http://" in shown


def _example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text()
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", lines, re.MULTILINE))


def test_the_example_file_lists_every_variable_and_nothing_else() -> None:
    known = {name.upper() for settings in ALL_SETTINGS for name in settings.model_fields}

    assert set(_example()) == known


@pytest.mark.parametrize("settings", ALL_SETTINGS, ids=lambda settings: settings.__name__)
def test_the_example_file_shows_the_defaults(
    settings: type[BaseSettings], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in _example():
        monkeypatch.delenv(name, raising=False)
    defaults = settings()
    for name, value in _example().items():
        if value:
            monkeypatch.setenv(name, value)

    assert settings() == defaults


def test_the_doctor_tries_the_folder_of_files_and_makes_none(tmp_path: Path) -> None:
    settings = StoreSettings(_env_file=None, warp2api_home=tmp_path)
    untouched = asyncio.run(file_storage(settings))
    assert (untouched.level, list(tmp_path.iterdir())) == (Level.OK, [])

    (tmp_path / "files").mkdir()
    assert asyncio.run(file_storage(settings)) == Finding(Level.OK, "files", str(tmp_path / "files"))
    assert list((tmp_path / "files").iterdir()) == []

    (tmp_path / "files").rmdir()
    (tmp_path / "files").write_text("not a folder")
    broken = asyncio.run(file_storage(settings))
    assert (broken.level, broken.what) == (Level.WARN, "files")
    assert "FILES_URL" in broken.advice


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8010"),
        ("0.0.0.0", "http://127.0.0.1:8010"),
        ("::", "http://[::1]:8010"),
        ("::1", "http://[::1]:8010"),
        ("gateway.example", "http://gateway.example:8010"),
    ],
)
def test_where_the_front_door_is_reached(host: str, url: str) -> None:
    assert local_url(host, 8010) == url


def test_what_is_the_operators_business_is_explained_and_bugs_are_not() -> None:
    assert explain(GatewayError(ErrorCode.UNAVAILABLE, "away")) == "away"
    assert explain(SetupError("taken")) == "taken"
    assert explain(ValueError("a bug")) is None


def test_chat_without_a_gateway_says_what_to_start() -> None:
    with pytest.raises(SetupError, match="no gateway answers at"):
        run_chat("hello", f"http://127.0.0.1:{free_port()}", None, "auto", None)


class TestDoctor:
    def test_credentials_are_masked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = TokenSettings(_env_file=None, warp_api_key="wk-1.secret,wk-2.secret")

        (finding,) = credentials(settings)

        assert (finding.level, finding.detail) == (Level.OK, "WARP_API_KEY = ********, ********")

    def test_no_credentials_fail(self) -> None:
        (finding,) = credentials(TokenSettings(_env_file=None))

        assert finding.level is Level.FAIL
        assert "WARP_API_KEY" in finding.advice

    @pytest.mark.parametrize(
        "given",
        [
            {"pool_service_base_url": "http://127.0.0.1:1"},
            {"cloudflare_api_token": "planted"},
            {"cloudflare_broker_secret": "planted"},
            {"warp_anonymous": True},
        ],
    )
    def test_other_tiers_are_credentials_too(self, given: dict[str, Any]) -> None:
        (finding,) = credentials(TokenSettings(_env_file=None, **given))

        assert finding.level is Level.OK
        assert next(iter(given)).upper() in finding.detail
        assert "planted" not in finding.detail

    def test_a_refresh_token_needs_the_web_key(self) -> None:
        findings = list(credentials(TokenSettings(_env_file=None, warp_refresh_token="r")))

        assert [finding.level for finding in findings] == [Level.OK, Level.WARN]
        assert "WARP_FIREBASE_API_KEY" in findings[1].advice

    @pytest.mark.parametrize(
        ("given", "level"),
        [
            ({}, Level.OK),
            ({"host": "0.0.0.0"}, Level.FAIL),
            ({"host": "0.0.0.0", "api_tokens": "k"}, Level.OK),
            ({"host": "0.0.0.0", "allow_open": True}, Level.WARN),
        ],
    )
    def test_the_host_rule(self, given: dict[str, object], level: Level) -> None:
        assert door(ApiSettings(_env_file=None, **given)).level is level  # type: ignore[arg-type]

    def test_client_keys(self, tmp_path: Path) -> None:
        path = tmp_path / "keys.json"
        settings = ApiSettings(_env_file=None, client_keys_file=path, api_tokens="one,two")
        alone = ApiSettings(_env_file=None, client_keys_file=path)

        def seen(given: ApiSettings) -> list[tuple[Level, str]]:
            return [(finding.level, finding.detail) for finding in client_keys(given)]

        assert seen(ApiSettings(_env_file=None)) == []
        assert [level for level, _ in seen(settings)] == [Level.OK, Level.FAIL]
        path.write_text('{"keys": []}')
        path.chmod(0o600)
        assert seen(settings) == [(Level.OK, "2 in API_TOKENS"), (Level.OK, f"0 in {path}")]
        assert [level for level, _ in seen(alone)] == [Level.WARN]
        path.chmod(0o620)
        assert [level for level, _ in seen(settings)] == [Level.OK, Level.WARN, Level.OK]

    def test_a_healthy_server(self) -> None:
        info = {"valkey_version": "9.1.2", "maxmemory_policy": "noeviction", "aof_enabled": 1, "maxmemory": 100}

        assert [finding.level for finding in redis_server(info, "here")] == [Level.OK]

    @pytest.mark.parametrize(
        ("change", "level"),
        [
            ({"maxmemory_policy": "allkeys-lru"}, Level.FAIL),
            ({"aof_enabled": 0}, Level.WARN),
            ({"aof_last_write_status": "err"}, Level.FAIL),
            ({"maxmemory": 0}, Level.WARN),
            ({"used_memory": 81}, Level.WARN),
        ],
    )
    def test_a_server_that_may_lose_or_refuse_work(self, change: dict[str, object], level: Level) -> None:
        info = {"maxmemory_policy": "noeviction", "aof_enabled": 1, "maxmemory": 100, **change}

        assert [finding.level for finding in redis_server(info, "here")][1:] == [level]

    def test_workers_that_are_there_gone_or_were_never(self) -> None:
        beats = {"interactive": [99_000.0, 1.0], "batch": [1.0]}

        assert [finding.level for finding in workers(beats, 100_000)] == [Level.OK, Level.FAIL]
        (never,) = workers({"batch": []}, 100_000)
        assert "warp2api worker batch" in never.advice

    def test_a_keeper_is_missed_but_chats_run_without(self) -> None:
        (gone,), (never,) = (list(workers({"control": beats}, 100_000)) for beats in ([1.0], []))

        assert (gone.level, gone.what, never.level) == (Level.WARN, "keeper", Level.WARN)
        assert "`warp2api keeper`" in never.advice

    def test_clocks_that_are_apart(self) -> None:
        assert clock(100.0, 99.0, 99.9).level is Level.OK
        assert clock(100.0, 95.0, 105.0).level is Level.OK
        assert "2.0 s behind" in clock(100.0, 97.0, 98.0).detail
        assert "3.0 s ahead of" in clock(100.0, 103.0, 104.0).detail

    def test_queues_and_who_works_on_them(self) -> None:
        row = WorkerRow("w", "interactive", 99_000, 3, 256)

        def found(waiting: int, oldest: int | None) -> list[tuple[Level, str]]:
            lanes = {Lane.INTERACTIVE: QueueRow(waiting, oldest, []), Lane.BATCH: QueueRow(5, 1, [])}
            return [(finding.level, finding.detail) for finding in queues(Overview(100_000, 3, 5, [row], lanes))]

        batch = (Level.OK, "batch: 5 wait, the first for 100 s, 0 of 0 run")
        assert found(0, None) == [(Level.OK, "interactive: nobody waits, 3 of 256 run"), batch]
        assert found(2, 95_000)[0] == (Level.OK, "interactive: 2 wait, the first for 5 s, 3 of 256 run")
        assert found(2, 80_000)[0][0] is Level.WARN

    def test_what_others_may_read(self, tmp_path: Path) -> None:
        file = tmp_path / ".env"
        file.touch(0o600)
        tmp_path.chmod(0o700)
        assert [finding.level for finding in private(tmp_path, file, tmp_path / "none")] == [Level.OK, Level.OK]
        file.chmod(0o640)
        tmp_path.chmod(0o755)
        assert [finding.advice for finding in private(tmp_path, file)] == [
            f"chmod 700 {tmp_path}",
            f"chmod 600 {file}",
        ]

    def test_a_broker_that_is_away(self) -> None:
        finding = broker(StoreSettings(_env_file=None, broker_url=f"amqp://user:secret@127.0.0.1:{free_port()}//"))

        assert finding.level is Level.FAIL
        assert "secret" not in finding.detail

    def test_the_pool_in_one_line(self) -> None:
        def stats(size: int, ready: int, health: Health) -> PoolStats:
            return PoolStats(size, 3, ready, 0, 0, 0, 0, 0, 0, health)

        assert pool_summary(stats(3, 2, Health.HEALTHY)).level is Level.OK
        assert pool_summary(stats(3, 0, Health.DOWN)).level is Level.FAIL
        assert pool_summary(stats(0, 0, Health.NOT_CONFIGURED)).level is Level.FAIL
