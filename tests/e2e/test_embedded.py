"""The embedded Valkey: kept data, private files, one owner per folder, stale addresses noticed."""

import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from redis import Redis

from api.reach import held_port
from bench.processes import free_port
from cli.embedded import EmbeddedValkey, resolve_redis_url, serves
from cli.problems import SetupError
from cli.settings import CliSettings
from tests.e2e.test_supervisor import ROOT, until

#: Runs the embedded server of a folder under a supervisor, as `up` does.
RUNNER = """
import asyncio, sys
from functools import partial
from pathlib import Path
from cli.embedded import EmbeddedValkey
from cli.settings import CliSettings
from cli.supervisor import Supervisor
from cli.up import valkey_child
valkey = EmbeddedValkey(Path(sys.argv[1]))
valkey.prepare()
supervisor = Supervisor([valkey_child(valkey, {})], on_ready=lambda: print("all ready", flush=True))
code = asyncio.run(supervisor.run())
valkey.close()
sys.exit(code)
"""


class Up:
    def __init__(self, home: Path) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, home],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline().strip()

    @property
    def url(self) -> str:
        return (self.home / "valkey.address").read_text().strip()

    def client(self) -> Redis:
        return Redis.from_url(self.url, decode_responses=True)

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        code = self.process.wait(timeout=20)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("WARP2API_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def up(home: Path) -> Iterator[Up]:
    running = Up(home)
    yield running
    if running.process.poll() is None:
        running.end()


def test_a_restart_finds_the_data_the_password_and_the_port(home: Path, up: Up) -> None:
    assert up.first_line == "all ready"
    before = up.url
    with up.client() as client:
        client.set("kept", "yes")

    assert up.end() == 0
    assert not (home / "valkey.address").exists()

    with held_port(urlsplit(before).port or 0):  # by nobody else
        again = Up(home)
    assert again.url == before
    with again.client() as client:
        assert client.get("kept") == "yes"
    assert again.end() == 0


def test_data_survive_a_killed_supervisor_and_the_next_waits_for_the_server_to_go(home: Path, up: Up) -> None:
    with up.client() as client:
        client.set("kept", "yes")
    up.end(signal.SIGKILL)

    again = Up(home)

    assert again.first_line == "all ready"
    with again.client() as client:
        assert client.get("kept") == "yes"
    assert again.end() == 0


def test_a_killed_server_comes_back_with_its_data(up: Up) -> None:
    with up.client() as client:
        client.set("kept", "yes")
        client.execute_command("WAITAOF", 1, 0, 5000)
        os.kill(int(client.info("server")["process_id"]), signal.SIGKILL)

    until(lambda: serves(up.url, up.home, loaded=True), "the server again")
    with up.client() as client:
        assert client.get("kept") == "yes"


def test_settings_of_the_server(up: Up) -> None:
    with up.client() as client:
        config = client.config_get("*")

    assert config["appendonly"] == "yes"
    assert config["maxmemory-policy"] == "noeviction"
    assert int(config["maxmemory"]) == 1024**3
    assert config["bind"] == "127.0.0.1"


def test_only_the_owner_can_read_and_nobody_enters_without_the_password(home: Path, up: Up) -> None:
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    for name in ("valkey.address", "valkey.password", "valkey.conf", "up.lock", "valkey.lock"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600, name
    password = (home / "valkey.password").read_text().strip()

    children = psutil.Process(up.process.pid).children()
    assert [child.name() for child in children] == ["valkey-server"]
    assert password not in " ".join(children[0].cmdline())
    assert not serves(up.url.replace(password, "wrong"), home)
    assert not serves(up.url.replace(f":{password}@", ""), home)


def test_a_second_up_on_the_folder_says_so(home: Path, up: Up) -> None:
    with pytest.raises(SetupError, match="another `warp2api up` is using"):
        EmbeddedValkey(home).prepare()

    assert resolve_redis_url() == up.url


def test_others_find_it_and_redis_url_wins(home: Path, up: Up, monkeypatch: pytest.MonkeyPatch) -> None:
    assert resolve_redis_url() == up.url == os.environ["REDIS_URL"]

    monkeypatch.setenv("REDIS_URL", "redis://elsewhere:1/0")
    assert resolve_redis_url() == "redis://elsewhere:1/0"

    monkeypatch.setenv("REDIS_URL", "")
    (home.parent / ".env").write_text("REDIS_URL=redis://from-file:1/0\n")
    assert resolve_redis_url() == "redis://from-file:1/0"
    assert os.environ["REDIS_URL"] == "redis://from-file:1/0"


def test_without_a_server_it_says_what_to_start(home: Path) -> None:
    with pytest.raises(SetupError, match=r"no embedded Valkey runs in .*: start one with `warp2api up`"):
        resolve_redis_url()


def test_an_address_nobody_listens_on_is_stale(home: Path) -> None:
    _leave_address(home, free_port())

    with pytest.raises(SetupError, match="is gone"):
        resolve_redis_url()


def test_another_program_on_that_port_is_not_taken_for_it(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        _leave_address(home, stranger.getsockname()[1])
        threading.Thread(target=_answer_http, args=(stranger,), daemon=True).start()

        with pytest.raises(SetupError, match="is gone"):
            resolve_redis_url()


def test_another_redis_on_that_port_is_not_taken_for_it(home: Path, redis_url: str) -> None:
    _leave_address(home, int(redis_url.rpartition(":")[2].partition("/")[0]))

    with pytest.raises(SetupError, match="is gone"):
        resolve_redis_url()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SetupError, match=r"WARP2API_HOME: .* cannot be used"):
        EmbeddedValkey(tmp_path / "file" / "home").prepare()


def test_the_default_folder_is_the_xdg_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("WARP2API_HOME", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", "/somewhere")

    assert CliSettings().home == Path("/somewhere/warp2api")


def _leave_address(home: Path, port: int) -> None:
    home.mkdir()
    (home / "valkey.address").write_text(f"redis://:secret@127.0.0.1:{port}/0\n")


def _answer_http(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(100)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
