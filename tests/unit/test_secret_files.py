"""Secrets given as files."""

import re
from pathlib import Path

import pytest

from cli.problems import SetupError
from cli.secret_files import SECRETS, load_secret_files
from tests.unit.test_cli import ALL_SETTINGS, ROOT, warp2api


def test_every_secret_there_is_may_come_from_a_file() -> None:
    secret = {
        name.upper()
        for settings in ALL_SETTINGS
        for name, field in settings.model_fields.items()
        if "Secret" in str(field.annotation)
    }

    assert set(SECRETS) == secret


def test_the_configuration_page_names_them() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    paragraph = next(part for part in page.split("\n\n") if part.startswith("A secret may also stand in a file"))

    assert sorted(set(re.findall(r"`([A-Z_]+)`", paragraph))) == list(SECRETS)


def test_what_the_file_holds_is_the_value(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("wk-one\n")
    (tmp_path / "several").write_text("first\n\n  second  \n")
    environment = {
        "WARP_API_KEY_FILE": str(tmp_path / "one"),
        "API_TOKENS_FILE": str(tmp_path / "several"),
        "REDIS_URL_FILE": "",
        "CLIENT_KEYS_FILE": str(tmp_path / "keys.toml"),
    }

    load_secret_files(environment)

    assert environment["WARP_API_KEY"] == "wk-one"
    assert environment["API_TOKENS"] == "first,second"
    assert "REDIS_URL" not in environment
    assert "CLIENT_KEYS" not in environment


def test_both_ways_at_once_are_refused(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("wk-one")

    with pytest.raises(SetupError, match=r"^WARP_API_KEY: set it or WARP_API_KEY_FILE"):
        load_secret_files({"WARP_API_KEY": "wk-two", "WARP_API_KEY_FILE": str(tmp_path / "one")})


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(SetupError, match=rf"^WARP_JWT_FILE: {path} cannot be read"):
        load_secret_files({"WARP_JWT_FILE": str(path)})


def test_a_command_says_so_in_one_line(tmp_path: Path) -> None:
    result = warp2api("api", cwd=tmp_path, API_TOKENS_FILE=str(tmp_path / "nowhere"))

    assert result.returncode == 2
    assert result.stderr.startswith("warp2api: API_TOKENS_FILE: ")
    assert result.stderr.count("\n") == 1
