"""What the official SDKs do after each row of the error table: try again or not, and when."""

import time
from collections.abc import Callable
from typing import Any

import anthropic
import httpx2
import openai
import orjson
import pytest

from proto.dialects import get_dialect
from proto.errors import ErrorCode, GatewayError
from proto.events import Event, Failed, Text
from tests.unit.dialects import frames, reply_header, served

#: What trying again may cure. Spent credits are not among it, though their status is 429.
MAY_PASS = {
    ErrorCode.NOT_CONFIGURED,
    ErrorCode.UPSTREAM_AUTH,
    ErrorCode.REFRESH_FAILED,
    ErrorCode.ACCOUNT_BLOCKED,
    ErrorCode.UPSTREAM_REJECTED,
    ErrorCode.UPSTREAM_BAD_REQUEST,
    ErrorCode.UPSTREAM_TIMEOUT,
    ErrorCode.OVERLOADED,
    ErrorCode.UPSTREAM_ERROR,
    ErrorCode.UPSTREAM_INTERNAL,
    ErrorCode.UPSTREAM_OTHER,
    ErrorCode.UPSTREAM_UNREACHABLE,
    ErrorCode.UPSTREAM_PROTOCOL,
    ErrorCode.UPSTREAM_TRUNCATED,
    ErrorCode.UPSTREAM_IDLE,
    ErrorCode.MODEL_UNAVAILABLE,
    ErrorCode.BYOK_INVALID,
    ErrorCode.TOOL_UNAVAILABLE,
    ErrorCode.EMPTY_ANSWER,
    ErrorCode.DEADLINE,
    ErrorCode.INTERRUPTED,
    ErrorCode.INTERNAL,
    ErrorCode.REQUEST_TIMEOUT,
    ErrorCode.RATE_LIMITED,
    ErrorCode.QUEUE_FULL,
    ErrorCode.UNAVAILABLE,
}

Asking = Callable[[httpx2.Client], Any]


def ask_openai(http_client: httpx2.Client) -> Any:
    client = openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http_client, max_retries=1)
    return client.chat.completions.create(model="m", messages=[])


def ask_responses(http_client: httpx2.Client) -> Any:
    client = openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http_client, max_retries=1)
    return client.responses.create(model="m", input="x")


def ask_anthropic(http_client: httpx2.Client) -> Any:
    client = anthropic.Anthropic(api_key="k", base_url="http://gateway", http_client=http_client, max_retries=1)
    return client.messages.create(model="m", max_tokens=9, messages=[])


DIALECTS: list[tuple[str, Asking]] = [
    ("openai", ask_openai),
    ("responses", ask_responses),
    ("anthropic", ask_anthropic),
]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the SDK slept between two tries, without having done so."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    return slept


@pytest.mark.parametrize(("dialect", "ask"), DIALECTS)
@pytest.mark.parametrize("code", ErrorCode)
def test_what_is_tried_again_and_after_how_long(dialect: str, ask: Asking, code: ErrorCode, naps: list[float]) -> None:
    reply = get_dialect(dialect).error(GatewayError(code, "so it is", retry_after=6.2), "req_1")
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(reply.status, headers=reply.headers, content=orjson.dumps(reply.body))

    with pytest.raises((openai.APIStatusError, anthropic.APIStatusError)) as raised:
        ask(served(answer))
    assert raised.value.status_code == reply.status
    assert len(asked) == (2 if code in MAY_PASS else 1)
    assert naps == ([7.0] if code in MAY_PASS else [])


@pytest.mark.parametrize("dialect", ["openai", "anthropic"])
def test_nothing_is_tried_again_after_the_first_byte(dialect: str, naps: list[float]) -> None:
    events: list[Event] = [Text("So far."), Failed(ErrorCode.OVERLOADED, "so it is", 5)]
    stream = b"".join(frames(get_dialect(dialect), reply_header(dialect), events))
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=stream)

    http_client = served(answer)
    if dialect == "openai":
        client = openai.OpenAI(api_key="k", base_url="http://gateway/v1", http_client=http_client)
        with pytest.raises(openai.APIError, match="so it is") as raised:
            list(client.chat.completions.create(model="m", messages=[], stream=True))
        assert type(raised.value) is openai.APIError
        assert (raised.value.type, raised.value.code) == ("service_unavailable_error", "server_is_overloaded")
    else:
        other = anthropic.Anthropic(api_key="k", base_url="http://gateway", http_client=http_client)
        with pytest.raises(anthropic.APIStatusError, match="so it is") as broken:
            list(other.messages.create(model="m", max_tokens=9, messages=[], stream=True))
        assert (broken.value.status_code, broken.value.type) == (200, "overloaded_error")
    assert len(asked) == 1
    assert naps == []
