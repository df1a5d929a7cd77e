"""`docker-start.sh`, with a Docker that writes down what it is told."""

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from tests.pages import blocks

ROOT = Path(__file__).parents[2]

#: Answers `compose version` and `info` as told, and notes everything else with what Compose reads of the environment.
STUB = """#!/bin/sh
case "$*" in
  "compose version") exit ${NO_PLUGIN:-0} ;;
  info) exit ${NO_DAEMON:-0} ;;
esac
echo "$(basename "$0") $* [${COMPOSE_PROJECT_NAME-} ${COMPOSE_PROFILES-} ${SECRETS-}]${BROKER_URL_SECRET-}" >>"$CALLS"
"""


class Yard:
    """A folder with the script and a stub of each program in `programs`."""

    def __init__(self, folder: Path, programs: tuple[str, ...] = ("docker", "docker-compose")) -> None:
        self.folder = folder / "gateway"
        self.calls_file = folder / "calls"
        self._bin = folder / "bin"
        self._bin.mkdir()
        self.folder.mkdir()
        shutil.copy(ROOT / "docker-start.sh", self.folder)
        for name in programs:
            self.stub(name, STUB)
        for tool in (
            "bash",
            "sh",
            "dirname",
            "basename",
            "cat",
            "mkdir",
            "chmod",
            "head",
            "base64",
            "tr",
            "grep",
            "rm",
            "find",
            "touch",
        ):
            (self._bin / tool).symlink_to(shutil.which(tool) or tool)

    def stub(self, name: str, text: str) -> None:
        (self._bin / name).write_text(text)
        (self._bin / name).chmod(0o755)

    def run(self, *args: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(self.folder / "docker-start.sh"), *args],
            env={"PATH": str(self._bin), "CALLS": str(self.calls_file), **env},
            cwd="/",
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def calls(self) -> list[str]:
        lines = self.calls_file.read_text().splitlines() if self.calls_file.exists() else []
        self.calls_file.unlink(missing_ok=True)
        return lines

    def give_key(self) -> None:
        (self.folder / "secrets").mkdir(mode=0o700, exist_ok=True)
        (self.folder / "secrets" / "warp_api_key").write_text("wk-own\n")


@pytest.fixture
def yard(tmp_path: Path) -> Yard:
    return Yard(tmp_path)


def test_start_without_credentials_says_where_to_put_them_and_starts_nothing(yard: Yard) -> None:
    result = yard.run("start", "-d")

    assert result.returncode == 1
    assert "put your Warp API key into ./secrets/warp_api_key" in result.stderr
    assert yard.calls() == []


def test_start_makes_the_secrets_once(yard: Yard) -> None:
    yard.give_key()
    secrets = yard.folder / "secrets"

    assert yard.run("start", "-d").returncode == 0

    password = (secrets / "valkey.conf").read_text().removeprefix("requirepass ").strip()
    assert len(password) == 32
    assert (secrets / "redis_url").read_text() == f"redis://:{password}@valkey:6379/0\n"
    token = (secrets / "api_tokens").read_text()
    assert token.startswith("sk-")
    assert len(token) == 36
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    # The containers' user is another one: what keeps others out is the folder.
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o644}
    assert (secrets / "warp_api_key").read_text() == "wk-own\n"
    assert yard.calls() == ["docker compose up --build -d [warp2api  ./secrets]"]

    assert yard.run("start").returncode == 0

    assert (secrets / "api_tokens").read_text() == token
    assert yard.calls() == ["docker compose up --build [warp2api  ./secrets]"]


def test_the_readme_leads_from_a_fresh_checkout_to_three_of_each(yard: Yard) -> None:
    (commands,) = [code for _, code in blocks("README.md", "bash") if "docker-start.sh" in code]

    subprocess.run(
        ["bash", "-e", "-c", commands],
        env={"PATH": str(yard.folder.parent / "bin"), "CALLS": str(yard.calls_file)},
        cwd=yard.folder,
        timeout=30,
        check=True,
    )

    assert (yard.folder / "secrets" / "warp_api_key").read_text().startswith("wk-")
    assert stat.S_IMODE((yard.folder / "secrets").stat().st_mode) == 0o700
    assert yard.calls() == [
        "docker compose up --build -d [warp2api  ./secrets]",
        "docker compose up -d --no-recreate --scale api=3 --scale worker=3 [warp2api  ./secrets]",
    ]


def test_credentials_may_also_stand_in_the_settings_file(yard: Yard) -> None:
    (yard.folder / ".env").write_text("WARP_REFRESH_TOKEN=\n")
    assert yard.run("start", "-d").returncode == 1

    (yard.folder / ".env").write_text("WARP_REFRESH_TOKEN=of-my-own-login\n")
    assert yard.run("start", "-d").returncode == 0


def test_no_secret_is_printed(yard: Yard) -> None:
    yard.give_key()

    result = yard.run("start", "-d")

    files = [path for path in (yard.folder / "secrets").iterdir() if path.name != "broker_url"]
    secrets = [path.read_text().split()[-1] for path in files]
    assert len(secrets) == 7
    assert [secret for secret in secrets if secret in result.stdout + result.stderr] == []


def test_the_demo_is_a_deployment_of_its_own_until_it_is_stopped(yard: Yard) -> None:
    yard.give_key()

    assert yard.run("start", "-d", "--demo").returncode == 0
    assert yard.run("logs", "-f", "api").returncode == 0
    assert yard.run("stop").returncode == 0
    assert yard.run("start", "-d").returncode == 0

    demo = "[warp2api-demo demo ./secrets/demo]"
    assert yard.calls() == [
        f"docker compose up --build -d {demo}",
        f"docker compose logs --tail 200 -f api {demo}",
        f"docker compose down {demo}",
        "docker compose up --build -d [warp2api  ./secrets]",
    ]
    assert (yard.folder / "secrets" / "warp_api_key").read_text() == "wk-own\n"


def test_optional_parts_stay_until_they_are_stopped(yard: Yard) -> None:
    yard.give_key()
    secrets = yard.folder / "secrets"

    result = yard.run("start", "-d", "--observability", "--rabbitmq")
    assert result.returncode == 0
    made = {name: (secrets / name).read_text() for name in ("grafana_password", "rabbitmq_url", "rabbitmq.conf")}
    assert yard.run("restart").returncode == 0
    assert yard.run("start", "-d").returncode == 0
    assert {name: (secrets / name).read_text() for name in made} == made
    assert yard.run("stop").returncode == 0
    assert yard.run("start", "-d").returncode == 0

    with_both = "[warp2api observability,rabbitmq ./secrets]rabbitmq_url"
    assert yard.calls() == [
        f"docker compose up --build -d {with_both}",
        f"docker compose stop {with_both}",
        f"docker compose up -d {with_both}",
        f"docker compose up --build -d {with_both}",
        f"docker compose down {with_both}",
        "docker compose up --build -d [warp2api  ./secrets]",
    ]
    password = made["rabbitmq.conf"].splitlines()[1].removeprefix("default_pass = ")
    assert made["rabbitmq_url"] == f"amqp://warp2api:{password}@rabbitmq:5672/\n"
    assert "Grafana http://127.0.0.1:3000" in result.stdout
    assert not any(secret in result.stdout for secret in (password, made["grafana_password"].strip()))


def test_the_demo_too_may_have_optional_parts(yard: Yard) -> None:
    assert yard.run("start", "-d", "--demo").returncode == 0
    assert yard.run("start", "-d", "--observability").returncode == 0

    assert yard.calls() == [
        "docker compose up --build -d [warp2api-demo demo ./secrets/demo]",
        "docker compose up --build -d [warp2api-demo demo,observability ./secrets/demo]",
    ]


def test_a_scale_before_the_first_start_is_remembered_for_it(yard: Yard) -> None:
    assert "remembered for the first start" in yard.run("scale", "api=3").stdout
    yard.give_key()
    assert yard.run("start", "-d").returncode == 0

    assert yard.calls() == ["docker compose up --build -d --scale api=3 [warp2api  ./secrets]"]


def test_scales_are_kept_by_whatever_starts_containers_later(yard: Yard) -> None:
    yard.give_key()
    yard.run("start", "-d")
    yard.calls()

    assert yard.run("scale", "api=3", "worker=4").returncode == 0
    assert yard.run("scale", "worker=2").returncode == 0
    assert yard.run("restart").returncode == 0

    own = "[warp2api  ./secrets]"
    assert yard.calls() == [
        f"docker compose up -d --no-recreate --scale api=3 --scale worker=4 {own}",
        f"docker compose up -d --no-recreate --scale api=3 --scale worker=2 {own}",
        f"docker compose stop {own}",
        f"docker compose up -d --scale api=3 --scale worker=2 {own}",
    ]


@pytest.mark.parametrize("wish", ["keeper=2", "api", "api=0", "api=many", "api=100", "valkey=1", ""])
def test_what_cannot_be_scaled_is_refused(wish: str, yard: Yard) -> None:
    result = yard.run("scale", wish)

    assert result.returncode == 1
    assert "scale:" in result.stderr
    assert yard.calls() == []


def test_update_builds_anew_and_keeps_scales(yard: Yard) -> None:
    yard.give_key()
    yard.stub("git", STUB)
    yard.run("start", "-d")
    yard.run("scale", "api=2")
    yard.calls()

    assert yard.run("update").returncode == 0

    own = "[warp2api  ./secrets]"
    assert yard.calls() == [
        f"git rev-parse --is-inside-work-tree {own}",
        f"git pull --ff-only {own}",
        f"docker compose build --pull {own}",
        f"docker compose up -d --scale api=2 {own}",
    ]


def test_an_update_that_cannot_be_fetched_changes_nothing(yard: Yard) -> None:
    yard.stub("git", '#!/bin/sh\n[ "$1" = rev-parse ]\n')

    assert yard.run("update").returncode == 1
    assert yard.calls() == []


def test_status_asks_the_gateway(yard: Yard) -> None:
    yard.stub("curl", '#!/bin/sh\necho "{\\"ready\\":true}"\necho "curl $*" >>"$CALLS"\n')

    result = yard.run("status", PUBLISH="127.0.0.1:9000")

    assert result.returncode == 0
    assert 'readyz: {"ready":true}' in result.stdout
    assert yard.calls()[1] == "curl --silent --max-time 5 http://127.0.0.1:9000/readyz"

    yard.stub("curl", "#!/bin/sh\nexit 7\n")
    assert yard.run("status").returncode == 1


def test_the_older_compose_does_as_well(tmp_path: Path) -> None:
    yard = Yard(tmp_path)

    assert yard.run("stop", NO_PLUGIN="1").returncode == 0
    assert yard.calls() == ["docker-compose down [warp2api  ./secrets]"]


@pytest.mark.parametrize(
    ("programs", "env", "says"),
    [
        ((), {}, "Docker is not installed"),
        (("docker",), {"NO_PLUGIN": "1"}, "neither 'docker compose' nor docker-compose"),
        (("docker",), {"NO_DAEMON": "1"}, "the Docker daemon does not answer"),
    ],
)
def test_what_is_missing_is_named(programs: tuple[str, ...], env: dict[str, str], says: str, tmp_path: Path) -> None:
    result = Yard(tmp_path, programs).run("status", **env)

    assert result.returncode == 1
    assert says in result.stderr


def test_an_unknown_command_shows_how_to_use_it(yard: Yard) -> None:
    result = yard.run("begin")

    assert result.returncode == 1
    assert "docker-start.sh start [OPTION...]" in result.stderr
    assert yard.run("help").stdout.startswith("./docker-start.sh start")
    assert yard.run("start", "--fast").returncode == 1


def test_every_file_it_asks_compose_for_is_ignored_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text().split()
    assert {"/secrets/", "/.scale", "/.profiles", ".env"} <= set(ignored)


def test_the_script_may_be_run() -> None:
    assert os.access(ROOT / "docker-start.sh", os.X_OK)
