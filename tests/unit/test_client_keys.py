"""Client keys: who is let in as whom, and the file they stand in."""

import contextlib
import json
import stat
from pathlib import Path
from typing import Any

import pytest
from starlette.datastructures import Headers
from structlog.testing import capture_logs

from api.auth import LOOK_EVERY, ClientKeys
from api.keys_file import KeyEntry, KeysFileError, changing_keys, hash_of, new_key, read_keys
from api.settings import ApiSettings
from proto.clients import ClientLimits, Leaving, Right
from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane

KEY = "w2a-alice"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def write(path: Path, *entries: dict[str, Any]) -> None:
    path.write_text(json.dumps({"keys": list(entries)}))


def entry(name: str = "alice", key: str = KEY, **more: Any) -> dict[str, Any]:
    return {"name": name, "sha256": hash_of(key), **more}


def bearer(key: str) -> Headers:
    return Headers({"authorization": f"Bearer {key}"})


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


def test_without_keys_everybody_is_the_same_client_and_may_do_all() -> None:
    keys = ClientKeys(limits=ClientLimits(3, 4))
    client = keys.client(Headers(), Right.CONTENT)
    assert keys.open
    assert (client.name, client.limits, client.lane) == ("open", (3, 4), Lane.INTERACTIVE)


@pytest.mark.parametrize("headers", [{"authorization": "bearer  one"}, {"x-api-key": "one"}])
def test_a_plain_key_in_either_header(headers: dict[str, str]) -> None:
    keys = ClientKeys(["one", "two"], limits=ClientLimits(1, 2))
    client = keys.client(Headers({"authorization": "Basic x", **headers}))
    assert client.name == hash_of("one")[:16]
    assert client.limits == (1, 2)
    assert keys.client(bearer("two")).name != client.name


@pytest.mark.parametrize("headers", [{}, {"authorization": "one"}, {"x-api-key": "One"}, {"x-api-key": hash_of("one")}])
def test_anything_else_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(GatewayError) as raised:
        ClientKeys(["one"]).client(Headers(headers))
    assert raised.value.code is ErrorCode.INVALID_API_KEY


def test_a_listed_key_brings_its_limits_lane_rights_and_policy(path: Path) -> None:
    write(
        path,
        entry(concurrency=0, lane="batch", rights=["chat", "monitor"], on_disconnect="drain"),
        entry("bob", "w2a-bob"),
    )
    keys = ClientKeys(["plain"], limits=ClientLimits(5, 6), path=path)
    alice = keys.client(bearer(KEY))
    assert alice == ("alice", {Right.CHAT, Right.MONITOR}, (0, 6), Lane.BATCH, Leaving.DRAIN)
    assert keys.client(bearer("w2a-bob")) == ("bob", {Right.CHAT}, (5, 6), Lane.INTERACTIVE, Leaving.CANCEL)
    assert keys.client(bearer("plain")).limits == (5, 6)


def test_a_right_that_a_key_lacks(path: Path) -> None:
    write(path, entry(rights=["batch"]))
    keys = ClientKeys(["plain"], path=path)
    for key, right in ((KEY, Right.CHAT), ("plain", Right.CONTENT)):
        with pytest.raises(GatewayError) as raised:
            keys.client(bearer(key), right)
        assert raised.value.code is ErrorCode.NOT_PERMITTED
    assert keys.client(bearer(KEY), Right.BATCH).name == "alice"


def test_a_file_without_keys_lets_nobody_in(path: Path) -> None:
    write(path)
    keys = ClientKeys(path=path)
    assert not keys.open
    with pytest.raises(GatewayError):
        keys.client(Headers())
    assert ApiSettings(_env_file=None, client_keys_file=path).asks_for_key
    assert not ApiSettings(_env_file=None, client_keys_file="").asks_for_key


def test_the_file_is_read_again_when_it_changed_but_not_for_every_request(path: Path) -> None:
    clock = Clock()
    write(path)
    keys = ClientKeys(path=path, clock=clock)
    write(path, entry())
    clock.now += LOOK_EVERY / 2
    with pytest.raises(GatewayError):
        keys.client(bearer(KEY))
    clock.now += LOOK_EVERY
    assert keys.client(bearer(KEY)).name == "alice"
    write(path)
    clock.now += LOOK_EVERY
    with pytest.raises(GatewayError):
        keys.client(bearer(KEY))


@pytest.mark.parametrize("broken", ["{", "", None])
def test_a_file_that_breaks_is_logged_once_and_the_old_keys_stay(path: Path, broken: str | None) -> None:
    clock = Clock()
    write(path, entry())
    keys = ClientKeys(path=path, clock=clock)
    path.write_text(broken) if broken is not None else path.unlink()
    with capture_logs() as logs:
        for _ in range(3):
            clock.now += LOOK_EVERY
            assert keys.client(bearer(KEY)).name == "alice"
    assert [(line["event"], line["log_level"]) for line in logs] == [("client_keys.kept", "error")]
    write(path, entry("carol"))
    clock.now += LOOK_EVERY
    assert keys.client(bearer(KEY)).name == "carol"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "Invalid JSON"),
        ({"keys": [{"name": "alice", "sha256": KEY}]}, "keys.0.sha256"),
        ({"keys": [entry(per_second=1)]}, "keys.0.per_second"),
        ({"keys": [entry(rights=["all"])]}, "keys.0.rights.0"),
        ({"keys": [entry("open")]}, "keys.0.name"),
        ({"keys": [entry("0123456789abcdef")]}, "keys.0.name"),
        ({"keys": [entry("alice:batch")]}, "keys.0.name"),  # keys in Redis are put together with colons
        ({"keys": [entry(), entry(key="other")]}, "same name or the same hash"),
        ({"keys": [entry(), entry("bob")]}, "same name or the same hash"),
        ({"keys": [entry(concurrency=-1)]}, "keys.0.concurrency"),
    ],
)
def test_a_broken_file_is_an_error_that_names_the_place_and_shows_nothing(
    path: Path, content: Any, problem: str
) -> None:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(KeysFileError) as raised:
        ClientKeys(path=path)
    said = str(raised.value)
    assert said.startswith(f"CLIENT_KEYS_FILE: {path}: ")
    assert problem in said
    assert KEY not in said
    assert raised.value.__cause__ is None or KEY not in str(raised.value.__cause__)


def test_a_missing_file_is_an_error_that_says_what_makes_one(path: Path) -> None:
    with pytest.raises(KeysFileError, match="`warp2api keys add NAME` makes it"):
        ClientKeys(path=path)


def test_changes_are_written_whole_and_for_the_owner_alone(path: Path) -> None:
    path = path.parent / "new" / "keys.json"
    key = new_key()
    with changing_keys(path) as keys:
        keys.append(KeyEntry(name="alice", sha256=hash_of(key), per_minute=0, rights=(Right.CHAT, Right.CONTENT)))
    with changing_keys(path) as keys:
        keys.append(KeyEntry(name="bob", sha256=hash_of("w2a-bob")))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in path.parent.iterdir()] == ["keys.json"]
    assert key not in path.read_text()
    assert [known.name for known in read_keys(path)] == ["alice", "bob"]
    assert ClientKeys(limits=ClientLimits(1, 1), path=path).client(bearer(key)).limits == (1, 0)


def test_an_unchanged_or_broken_list_is_not_written(path: Path) -> None:
    write(path, entry())
    before = path.stat().st_mtime_ns, path.read_bytes()
    with changing_keys(path):
        pass
    with contextlib.suppress(ZeroDivisionError), changing_keys(path) as keys:
        keys.clear()
        raise ZeroDivisionError
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before
    path.write_text("{")
    with pytest.raises(KeysFileError), changing_keys(path):
        pytest.fail("a broken file must not be replaced")


def test_keys_are_long_and_random() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(len(key) > 44 for key in keys)
