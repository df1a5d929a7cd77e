"""The systemd units say what the code says."""

import re
from pathlib import Path

import pytest
import typer

from cli.main import app
from cli.secret_files import SECRETS
from cli.settings import CliSettings
from cli.supervisor import REFUSED

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "systemd"
OURS = sorted(path.name for path in FOLDER.glob("*.service") if "valkey" not in path.name)


def values(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", (FOLDER / unit).read_text(), re.MULTILINE)


@pytest.mark.parametrize("unit", OURS)
def test_each_runs_a_command_there_is_and_has_time_to_drain(unit: str) -> None:
    [command] = values(unit, "ExecStart")
    assert command.split()[1] in typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert int(values(unit, "TimeoutStopSec")[0]) > CliSettings(_env_file=None).drain_timeout
    assert values(unit, "KillMode") == ["mixed"], "Celery's children of a signal group would get a second SIGTERM"
    assert values(unit, "RestartPreventExitStatus") == [str(REFUSED)]


@pytest.mark.parametrize("unit", OURS)
def test_secrets_come_as_credentials(unit: str) -> None:
    credentials = {line.partition(":")[0] for line in values(unit, "LoadCredential")}
    files = dict(re.findall(r"(\w+)_FILE=%d/(\w+)", " ".join(values(unit, "Environment"))))

    assert set(files.values()) == credentials
    assert set(files) <= set(SECRETS)


def test_the_target_starts_one_of_each() -> None:
    wanted = " ".join(values("warp2api.target", "Wants")).split()

    assert {re.sub(r"@1\.", "@.", unit) for unit in wanted} == {path.name for path in FOLDER.glob("*.service")}


def test_the_units_differ_only_in_what_they_run_and_how_far_it_stands_back() -> None:
    own = ("#", "Description=", "ExecStart=", "CPUWeight=")
    rest = {
        tuple(line for line in (FOLDER / unit).read_text().splitlines() if not line.startswith(own)) for unit in OURS
    }

    assert len(rest) == 1
