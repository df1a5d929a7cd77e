"""The room names are ours: no installed distribution claims one, and nothing of another's is imported for it."""

import importlib
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ROOMS = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


@pytest.mark.parametrize("room", ROOMS)
def test_no_other_distribution_claims_a_room(room: str) -> None:
    claimed = {name for name in packages_distributions().get(room, []) if name != "warp2api"}

    assert claimed == set(), f"{claimed} would be imported in place of our {room}/, or ours in place of theirs"


@pytest.mark.parametrize("room", ROOMS)
def test_what_is_imported_is_ours(room: str) -> None:
    assert Path(importlib.import_module(room).__file__ or "").parent == ROOT / room


def test_proto_plus_is_kept_out() -> None:
    assert "proto-plus<0" in PYPROJECT["tool"]["uv"]["constraint-dependencies"]


def test_the_arrows_cover_every_room() -> None:
    contract = PYPROJECT["tool"]["importlinter"]
    layers = {room.strip() for layer in contract["contracts"][0]["layers"] for room in layer.split("|")}

    assert set(contract["root_packages"]) == set(ROOMS) == layers


def test_every_folder_with_code_is_a_room() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}

    assert folders - {"tests"} == set(ROOMS)


def test_console_scripts() -> None:
    scripts = {entry.name: entry.value for entry in distribution("warp2api").entry_points}

    assert scripts == {"warp2api": "cli.main:run", "warp-api": "cli.main:run_api", "warp-server": "cli.main:run_bridge"}
