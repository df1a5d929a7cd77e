"""The `keys` commands, through the command line's own door."""

from pathlib import Path

import pytest
from starlette.datastructures import Headers
from typer.testing import CliRunner

from api.auth import ClientKeys
from cli.main import app
from cli.problems import SetupError


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "keys.json"
    monkeypatch.setenv("CLIENT_KEYS_FILE", str(path))
    monkeypatch.setenv("CLIENT_RATE", "90")
    return path


def keys(*args: str) -> str:
    """The output of one command."""
    result = CliRunner().invoke(app, ["keys", *args], catch_exceptions=True)
    if result.exception is not None:
        raise result.exception
    return result.stdout


def test_a_key_from_its_making_to_its_end(path: Path) -> None:
    key = keys("add", "alice", "--concurrency", "4", "--right", "chat", "--right", "monitor").strip()
    other = keys("add", "bob", "--lane", "batch", "--on-disconnect", "drain").strip()
    assert ClientKeys(path=path).client(Headers({"x-api-key": key})).limits.concurrency == 4
    shown = [line.split() for line in keys("list").splitlines()]
    assert shown[1] == ["alice", "4", "90", "interactive", "chat,", "monitor", "cancel"]
    assert shown[2] == ["bob", "no", "limit", "90", "batch", "chat", "drain"]
    assert key not in path.read_text() + keys("list")

    assert keys("revoke", "alice") == "alice revoked\n"
    left = ClientKeys(path=path)
    assert left.client(Headers({"x-api-key": other})).name == "bob"
    assert "alice" not in keys("list")


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (["add", "bob"], "there is a key named 'bob' already"),
        (["add", "b b"], "name: "),
        (["add", "carol", "--lane", "express"], "lane: "),
        (["add", "carol", "--right", "everything"], "rights: "),
        (["add", "carol", "--on-disconnect", "wait"], "on_disconnect: "),
        (["revoke", "bob", "carol"], "no key is named carol"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(path: Path, command: list[str], problem: str) -> None:
    keys("add", "bob")
    before = path.read_bytes()
    with pytest.raises(SetupError, match=problem):
        keys(*command)
    assert path.read_bytes() == before


def test_without_a_file_the_setting_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLIENT_KEYS_FILE")
    for command in (["add", "alice"], ["list"], ["revoke", "alice"]):
        with pytest.raises(SetupError, match=r"CLIENT_KEYS_FILE: not set"):
            keys(*command)
