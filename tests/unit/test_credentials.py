"""A planted secret is looked for wherever a program may show one by accident."""

import copy
import dataclasses
import io
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import msgspec
import orjson
import pytest
import structlog
from cryptography.fernet import Fernet
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.traceback import Traceback

from tests.token_endpoint import make_jwt
from tokens.credentials import MASK, Credential, Kind, Sealer, SealError, Secret, fingerprint, token_id
from tokens.lease import Lease
from tokens.settings import TokenSettings
from tokens.sources.firebase import read_jwt
from tokens.sources.own_account import read_credentials
from tokens.verbs import Granted, RefreshTurn

PLANTED = "planted-3f9a77"


def holders() -> list[Any]:
    """Everything in the room that holds a secret while it works."""
    secret = Secret(PLANTED)
    credential = Credential(token_id(Kind.FIREBASE, PLANTED), Kind.FIREBASE, secret, Secret(f"refresh-{PLANTED}"))
    granted = Granted("tk-1:1:-:x", "tk-1", secret, 0, 3, 1, 0)
    settings = TokenSettings(
        _env_file=None,
        warp_api_key=PLANTED,
        warp_refresh_token=PLANTED,
        warp_jwt=PLANTED,
        warp_firebase_api_key=PLANTED,
    )
    return [secret, credential, granted, Lease(granted), RefreshTurn(1, 0, credential, "own", False), settings]


def structlog_line(value: Any) -> str:
    out = io.StringIO()
    log = structlog.wrap_logger(
        structlog.PrintLogger(out),
        processors=[structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer()],
    )
    log.info("event", value=value, inside={"value": [value]})
    try:
        raise ValueError(value)
    except ValueError:
        log.exception("event")
    return out.getvalue()


def rich_traceback(value: Any) -> str:
    console = Console(file=io.StringIO(), width=200)
    try:
        raise RuntimeError(f"it broke with {value}")
    except RuntimeError:
        console.print(Traceback(show_locals=True))
    console.print(value)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def plain_traceback(value: Any) -> str:
    try:
        raise KeyError(value)
    except KeyError as error:
        captured = traceback.TracebackException.from_exception(error, capture_locals=True)
        return "".join(captured.format()) + repr(error) + str(error.args)


def stdlib_log(value: Any) -> str:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, "%s %r", (value, value), None)
    return logging.Formatter().format(record)


SHOWN_BY: dict[str, Callable[[Any], Any]] = {
    "repr": repr,
    "str": str,
    "f-string": lambda value: f"{value} {value!r} {value!s}",
    "percent": lambda value: "%s %r" % (value, value),  # noqa: UP031
    "container": lambda value: str([{"key": value}, (value,)]),
    "pprint": pprint.pformat,
    "vars": lambda value: str(vars(value)) if hasattr(value, "__dict__") else "",
    "asdict": lambda value: str(dataclasses.asdict(value)) if dataclasses.is_dataclass(value) else "",  # type: ignore[arg-type]
    "copy": lambda value: repr((copy.copy(value), copy.deepcopy(value))),
    "structlog": structlog_line,
    "rich": rich_traceback,
    "traceback": plain_traceback,
    "logging": stdlib_log,
    "json default=str": lambda value: json.dumps(value, default=str),
    "json default=vars": lambda value: json.dumps(value, default=lambda held: getattr(held, "__dict__", None)),
    "json": json.dumps,
    "orjson": lambda value: orjson.dumps(value, default=str),
    "orjson plain": orjson.dumps,
    "msgspec": msgspec.json.encode,
    "pydantic": lambda value: TypeAdapter(Any).dump_json(value, fallback=repr),
}


@pytest.mark.parametrize("way", SHOWN_BY)
@pytest.mark.parametrize("index", range(len(holders())))
def test_no_way_of_showing_it_leaks(way: str, index: int) -> None:
    value = holders()[index]
    if way == "json default=vars" and isinstance(value, TokenSettings):
        return  # pydantic's SecretStr keeps its value in its __dict__; ours does not
    try:
        shown = SHOWN_BY[way](value)
    except (TypeError, RecursionError) as refused:
        shown = str(refused)
    assert PLANTED not in (shown.decode() if isinstance(shown, bytes) else shown)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("index", range(5))
def test_pickle_refuses(protocol: int, index: int) -> None:
    with pytest.raises(TypeError) as caught:
        pickle.dumps(holders()[index], protocol)
    assert PLANTED not in str(caught.value)


@pytest.mark.parametrize("spec", ["", "s", ">40", ".3"])
def test_every_format_is_the_mask(spec: str) -> None:
    assert format(Secret(PLANTED), spec) == MASK


def test_only_reveal_tells() -> None:
    assert Secret(PLANTED).reveal() == PLANTED
    assert Secret(PLANTED) == Secret(PLANTED)
    assert Secret(PLANTED) != Secret("another")
    assert {Secret(PLANTED): 1}[Secret(PLANTED)] == 1
    assert Secret(PLANTED) != PLANTED
    assert not Secret("")


def test_ids_tell_nothing_and_stay() -> None:
    first = token_id(Kind.API_KEY, PLANTED)
    assert first == token_id(Kind.API_KEY, PLANTED) != token_id(Kind.JWT, PLANTED)
    assert PLANTED not in first
    assert len(first) == 15
    assert fingerprint("a", "b") != fingerprint("ab")


# At rest


def test_sealing_keys_rotate_and_plain_values_stay_readable() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    secret = Secret(PLANTED)
    sealed = Sealer([old]).seal(secret)
    assert PLANTED.encode() not in sealed
    assert Sealer([new, old]).open(sealed) == secret
    assert Sealer([new]).open(Sealer().seal(secret)) == secret
    assert Sealer([new]).seal(Secret("")) == b""
    for wrong in (Sealer([new]), Sealer()):
        with pytest.raises(SealError) as caught:
            wrong.open(sealed)
        assert "TOKEN_ENCRYPTION_KEY" in str(caught.value)


# Settings


def settings(**values: Any) -> TokenSettings:
    return TokenSettings(_env_file=None, **values)


def bearers(**values: Any) -> list[tuple[Kind, str, str]]:
    found = read_credentials(settings(**values)).values()
    return [(each.kind, each.bearer.reveal(), each.refresh_token.reveal()) for each in found]


def test_lists_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARP_API_KEY", " wk-a , b,,wk-a ")
    assert bearers() == [(Kind.API_KEY, "wk-a", ""), (Kind.API_KEY, "wk-b", "")]


def test_nothing_configured_is_no_credential() -> None:
    assert bearers(warp_api_key="", warp_refresh_token=" ", warp_jwt=",") == []


def test_the_nth_jwt_belongs_to_the_nth_refresh_token() -> None:
    first, second, third = (make_jwt(name, 4_000_000_000) for name in ("one", "two", "three"))
    assert bearers(warp_refresh_token="r1,r2,r3", warp_jwt=f",{second}") == [
        (Kind.FIREBASE, "", "r1"),
        (Kind.FIREBASE, second, "r2"),
        (Kind.FIREBASE, "", "r3"),
    ]
    assert bearers(warp_refresh_token="r1", warp_jwt=f"{first},{third}") == [
        (Kind.FIREBASE, first, "r1"),
        (Kind.JWT, third, ""),
    ]


def test_a_jwt_tells_its_end_and_its_account() -> None:
    expires, account = read_jwt(make_jwt("ada", 4_000_000_000))
    assert expires == 4_000_000_000_000
    assert account == read_jwt(make_jwt("ada", 5))[1] != read_jwt(make_jwt("bob", 5))[1]
    assert "ada" not in account


@pytest.mark.parametrize("odd", ["", "x", "a.b.c", PLANTED, "eyJhbGciOiJub25lIn0.W10.", "eyJhbGciOiJub25lIn0.bnVsbA."])
def test_what_is_no_jwt_tells_nothing(odd: str) -> None:
    assert read_jwt(odd) == (0, "")


@pytest.mark.parametrize(
    "values",
    [{"token_encryption_key": PLANTED}, {"warp_jwt": [PLANTED, 5]}, {"firebase_token_url": f"http://x:{PLANTED}/"}],
)
def test_a_settings_error_does_not_repeat_the_value(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**values)
    assert PLANTED not in f"{caught.value} {caught.value!r}"


def test_httpx_logs_no_query(caplog: pytest.LogCaptureFixture) -> None:
    from tokens.pool import _without_query

    record = logging.LogRecord(
        "httpx",
        logging.INFO,
        __file__,
        1,
        "HTTP Request: %s %s",
        ("POST", httpx.URL(f"http://x/t?key={PLANTED}")),
        None,
    )
    assert _without_query(record)
    assert record.getMessage() == "HTTP Request: POST http://x/t"
