"""What no well-behaved client sends: a clear 4xx in the route's dialect, and nobody else notices."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import anthropic
import httpx
import openai
import pytest

from bench.processes import free_port
from cli.simulator.texts import is_intact
from tests.e2e.asking import Client, ask, user
from tests.e2e.conftest import CLIENT_KEYS, LOCKED
from tests.e2e.gateway import Gateway
from tests.raw_connection import connection
from tests.servers import Simulator

MEGABYTE = 1_000_000
CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
on_both_routes = pytest.mark.parametrize("path", [CHAT, MESSAGES])
JSON = {"content-type": "application/json"}


@pytest.fixture(autouse=True)
async def bystander(gateway: Gateway, simulator: Simulator) -> AsyncIterator[None]:
    """A client with good manners, whose answer streams while the others misbehave and until they are done."""
    script = "[[sim:checksum n=50 gap=0]][[sim:text n=120 gap=1]]"
    async with gateway.openai() as client:
        stream = await client.chat.completions.create(model="auto", messages=user(script), stream=True)
        text = ""
        async for chunk in stream:
            text += chunk.choices[0].delta.content or ""
            if is_intact(text):
                break
        yield
        assert simulator.state()["open_streams"] == 1
        assert is_intact((await ask(client, "[[sim:checksum n=200]]", stream=True)).text)
        await stream.close()
    await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 0)


@pytest.fixture
async def plain(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        yield client


def chat(**changes: Any) -> dict[str, Any]:
    """A good request, but for the changes."""
    return {"model": "auto", "max_tokens": 100, "messages": user("Hello"), **changes}


def refused(response: httpx.Response, path: str, *, status: int = 400, param: str | None = None) -> str:
    """Check a refusal in the dialect of its route; returns its message."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"] == response.headers["request-id"]
    body = response.json()
    error = body["error"]
    if path.startswith(MESSAGES):
        assert body["type"] == "error"
        assert body["request_id"] == response.headers["request-id"]
        assert error["type"]
    else:
        assert set(error) == {"message", "type", "param", "code"}
        assert error["type"] == "invalid_request_error"
        assert param is None or error["param"] == param
    message: str = error["message"]
    assert param is None or param in message
    assert "Traceback" not in message
    assert len(message) < 500
    return message


# --- bodies that are no request ---------------------------------------------------------------------------------------


NO_REQUESTS = [
    b"",
    b"   ",
    b'{"model": "auto", "messages": [',
    b'{"model": "auto",}',
    b"{'model': 'auto'}",
    b'{"model": "auto", "max_tokens": NaN}',
    b'{"model": "auto", "messages": [{"role": "user", "content": "\xff\xfe broken"}]}',
    b'{"model": "auto", "messages": [{"role": "user", "content": "\xed\xa0\x80"}]}',
    b'{"model": "auto", "max_tokens": 9, "messages": [{"role": "user", "content": "\\ud800"}]}',
    b'\xff\xfe{\x00"\x00',
    b"\x00" * 1000,
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    b"[]",
    b"null",
    b"1",
    b'"a string"',
    b"model=auto&messages=hello",
    b"[" * 200_000,
    b'{"messages":' * 100_000,
    b'{"model": "auto", "messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
]


async def test_what_is_no_json_object_is_refused(plain: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for path in (CHAT, MESSAGES):
        for body in NO_REQUESTS:
            with subtests.test(path=path, body=body[:40]):
                message = refused(await plain.post(path, content=body, headers=JSON), path)
                assert "JSON" in message or "messages[0]" in message


@on_both_routes
async def test_another_content_type_is_refused(plain: httpx.AsyncClient, path: str) -> None:
    body = json.dumps(chat())
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "x/json",
        "json",
    ):
        message = refused(await plain.post(path, content=body, headers={"content-type": kind}), path)
        assert "Content-Type" in message
        assert "application/json" in message
    for kind in ("application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.api+json"):
        assert (await plain.post(path, content=body, headers={"content-type": kind})).status_code == 200


# --- fields -----------------------------------------------------------------------------------------------------------

SAME_IN_BOTH: list[tuple[dict[str, Any], str]] = [
    ({"model": None}, "model"),
    ({"model": 7}, "model"),
    ({"model": ""}, "model"),
    ({"model": ["auto"]}, "model"),
    ({"messages": None}, "messages"),
    ({"messages": []}, "messages"),
    ({"messages": "Hello"}, "messages"),
    ({"messages": {"role": "user"}}, "messages"),
    ({"messages": [1]}, "messages[0]"),
    ({"messages": [None]}, "messages[0]"),
    ({"messages": [{"content": "Hello"}]}, "messages[0].role"),
    ({"messages": [{"role": 5, "content": "Hello"}]}, "messages[0].role"),
    ({"messages": [{"role": "wizard", "content": "Hello"}]}, "messages[0].role"),
    ({"messages": [*user("Hello"), {"role": "", "content": "Hello"}]}, "messages[1].role"),
    ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content"),
    ({"messages": [{"role": "user", "content": [7]}]}, "messages[0].content[0]"),
    ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
    ({"messages": [{"role": "user", "content": [{"type": "smell"}]}]}, "messages[0].content[0].type"),
    ({"messages": user("")}, "messages"),
    ({"max_tokens": "many"}, "max_tokens"),
    ({"max_tokens": -1}, "max_tokens"),
    ({"max_tokens": 1.5}, "max_tokens"),
    ({"stream": "yes"}, "stream"),
    ({"tools": "all"}, "tools"),
    ({"tools": [5]}, "tools[0]"),
]
ONLY_IN_CHAT: list[tuple[dict[str, Any], str]] = [
    ({"n": 2}, "n"),
    ({"modalities": ["text", "audio"]}, "modalities"),
    ({"functions": [{"name": "f"}]}, "functions"),
    ({"stop": 5}, "stop"),
    ({"stop": [5]}, "stop[0]"),
    ({"tools": [{"type": "function"}]}, "tools[0].function"),
    ({"tools": [{"type": "function", "function": {"name": 5}}]}, "tools[0].function.name"),
    ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
    ({"tool_choice": "required"}, "tool_choice"),
    ({"response_format": {"type": "yaml"}}, "response_format.type"),
    (
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
        "messages[0].content[0].input_audio",
    ),
    ({"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]}, "messages[0].content[0].file"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://e.com/i"}}]}]},
        "messages[0].content[0].image_url.url",
    ),
    ({"messages": [{"role": "tool", "content": "18 degrees"}]}, "messages[0].tool_call_id"),
    ({"messages": [{"role": "assistant", "tool_calls": [{"id": "c"}]}]}, "messages[0].tool_calls[0].function"),
]
ONLY_IN_MESSAGES: list[tuple[dict[str, Any], str]] = [
    ({"max_tokens": None}, "max_tokens"),
    ({"system": 5}, "system"),
    ({"stop_sequences": [5]}, "stop_sequences[0]"),
    ({"thinking": {"type": "deep"}}, "thinking.type"),
    ({"tools": [{"input_schema": {"type": "object"}}]}, "tools[0].name"),
    ({"tools": [{"name": "f", "input_schema": {"type": "array"}}]}, "tools[0].input_schema"),
    ({"tool_choice": {"type": "tool", "name": "f"}}, "tool_choice.name"),
    (
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "https://e"}}]}]},
        "messages[0].content[0].source",
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]},
        "messages[0].content[0].tool_use_id",
    ),
]
FAULTS = [
    *[(CHAT, *fault) for fault in (*SAME_IN_BOTH, *ONLY_IN_CHAT)],
    *[(MESSAGES, *fault) for fault in (*SAME_IN_BOTH, *ONLY_IN_MESSAGES)],
]


async def test_a_wrong_field_is_refused_by_its_name(
    plain: httpx.AsyncClient, simulator: Simulator, subtests: pytest.Subtests
) -> None:
    for path, changes, param in FAULTS:
        body = {key: value for key, value in chat(**changes).items() if value is not None}
        with subtests.test(path=path, changes=changes):
            refused(await plain.post(path, json=body), path, param=param)
    assert simulator.state()["requests"] == 1  # the bystander's


async def test_the_sdks_raise_what_they_raise_for_a_bad_request(
    openai_client: openai.AsyncOpenAI, anthropic_client: anthropic.AsyncAnthropic
) -> None:
    wrong = [{"role": "wizard", "content": "Hello"}]
    with pytest.raises(openai.BadRequestError) as first:
        await ask(openai_client, wrong, stream=True)
    assert first.value.param == "messages[0].role"
    with pytest.raises(anthropic.BadRequestError) as second:
        await ask(anthropic_client, wrong, stream=True)
    assert second.value.type == "invalid_request_error"
    assert "messages[0].role" in str(second.value.api_message)


# --- sizes ------------------------------------------------------------------------------------------------------------


def nested(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"p": schema}}
    return schema


@on_both_routes
@pytest.mark.parametrize("depth", [10, 20, 100, 240, 400])
async def test_a_deeply_nested_schema_is_sent_or_refused(plain: httpx.AsyncClient, path: str, depth: int) -> None:
    response = await plain.post(path, json=chat(tools=[_tool(path, nested(depth))]))
    if depth > 10:
        assert "nested" in refused(response, path)
    else:
        assert response.status_code == 200


@on_both_routes
async def test_what_is_nested_too_deeply_for_the_upstream_is_named(plain: httpx.AsyncClient, path: str) -> None:
    response = await plain.post(path, json=chat(tools=[_tool(path, nested(20))]))
    assert "tools[0]" in refused(response, path)


def _tool(path: str, schema: dict[str, Any]) -> dict[str, Any]:
    if path == MESSAGES:
        return {"name": "f", "input_schema": schema}
    return {"type": "function", "function": {"name": "f", "parameters": schema}}


@on_both_routes
@pytest.mark.parametrize(
    "messages",
    [
        b"1," * 3_000_000,
        b"{}," * 2_000_000,
        b'{"role":"user","content":"a"},' * 200_000,
        b'{"role":"user","content":["","","","","","","","",""]},' * 2_100,
    ],
    ids=["numbers", "objects", "messages", "parts"],
)
async def test_enormous_lists_are_refused(plain: httpx.AsyncClient, path: str, messages: bytes) -> None:
    body = b'{"model":"auto","max_tokens":9,"messages":[' + messages[:-1] + b"]}"
    assert len(body) < 8 * MEGABYTE
    assert "messages" in refused(await plain.post(path, content=body, headers=JSON), path)


async def test_a_long_conversation_is_none(plain: httpx.AsyncClient) -> None:
    said = [{"role": role, "content": "Well."} for role in ("user", "assistant")] * 4000
    assert (await plain.post(CHAT, json=chat(messages=[*said, *user("Hello")]))).status_code == 200


@pytest.mark.parametrize("size", [7_000_000, 7_900_000])
async def test_what_is_just_not_too_large_is_answered(openai_client: openai.AsyncOpenAI, size: int) -> None:
    script = '[[sim:text say="All of it."]]'
    assert (await ask(openai_client, script + "x" * size, stream=True)).text == "All of it."


async def test_the_sdks_raise_413_for_a_body_of_20_megabytes(
    openai_client: openai.AsyncOpenAI, anthropic_client: anthropic.AsyncAnthropic, simulator: Simulator
) -> None:
    text = "x" * 20 * MEGABYTE
    with pytest.raises(openai.APIStatusError) as first:
        await ask(openai_client, text, stream=True)
    assert (first.value.status_code, first.value.code) == (413, "request_too_large")
    with pytest.raises(anthropic.ContentTooLargeError) as second:
        await ask(anthropic_client, text, stream=True)
    assert second.value.type == "request_too_large"
    assert simulator.state()["requests"] == 1  # the bystander's


@on_both_routes
@pytest.mark.parametrize("chunked", [True, False], ids=["chunked", "plain"])
async def test_a_raw_client_gets_to_read_the_413_for_20_megabytes(gateway: Gateway, path: str, chunked: bool) -> None:
    framing = b"transfer-encoding: chunked" if chunked else b"content-length: %d" % (20 * MEGABYTE)
    head = b"POST %b HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n%b\r\n\r\n"
    piece = b"x" * MEGABYTE
    async with connection(gateway.ports[0]) as (reader, writer):
        writer.write(head % (path.encode(), framing))
        for _ in range(20):
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
            await writer.drain()
        writer.write(b"0\r\n\r\n" if chunked else b"")
        assert (await reader.readline()).split()[1] == b"413"
        while await reader.readline() != b"\r\n":
            pass
        assert b'"request_too_large"' in await reader.read(2000)


async def test_an_endless_body_is_cut_off(gateway: Gateway) -> None:
    def send() -> bytes:
        with socket.create_connection(("127.0.0.1", gateway.ports[0]), timeout=30) as connection:
            connection.sendall(b"POST /v1/messages HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n")
            piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
            try:
                for _ in range(500):
                    connection.sendall(piece)
            except OSError:
                return b"cut off"
            return b"took it all"

    assert await asyncio.to_thread(send) == b"cut off"


@pytest.mark.parametrize(
    "garbage", [b"GARBAGE\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 100]
)
async def test_what_is_no_http_gets_a_400_or_nothing(gateway: Gateway, garbage: bytes) -> None:
    async with connection(gateway.ports[0]) as (reader, writer):
        writer.write(garbage)
        writer.write_eof()
        answer = await reader.read()
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")


# --- routes -----------------------------------------------------------------------------------------------------------


STRAYS = [
    ("GET", CHAT, 405),
    ("DELETE", CHAT, 405),
    ("GET", MESSAGES, 405),
    ("PUT", MESSAGES, 405),
    ("POST", "/v1/models", 405),
    ("POST", "/v1/nothing", 404),
    ("POST", "/v1/chat/completions/more", 404),
    ("POST", "/v1/messages/nothing", 404),
    ("GET", "/../../etc/passwd", 404),
    ("GET", "/v1/models/nobody-knows", 404),
    ("POST", "/%00%ff", 404),
]


async def test_an_unknown_route_or_method_is_said_so(plain: httpx.AsyncClient, subtests: pytest.Subtests) -> None:
    for method, path, status in STRAYS:
        with subtests.test(method=method, path=path):
            refused(await plain.request(method, path, json=chat()), path, status=status)


# --- client keys ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def strangers(gateway: Gateway) -> AsyncIterator[list[Client]]:
    async with (
        gateway.openai(door=LOCKED, api_key="wrong") as first,
        gateway.anthropic(door=LOCKED, api_key="wrong") as second,
    ):
        yield [first, second]


async def test_a_wrong_key_is_refused_in_both_dialects(strangers: list[Client], simulator: Simulator) -> None:
    for client in strangers:
        for stream in (True, False):
            with pytest.raises((openai.AuthenticationError, anthropic.AuthenticationError)) as refusal:
                await ask(client, "Hello", stream=stream)
            error = refusal.value
            if isinstance(error, openai.AuthenticationError):
                assert (error.type, error.code) == ("invalid_request_error", "invalid_api_key")
            else:
                assert error.type == "authentication_error"
            assert not any(key in repr(error.body) for key in (*CLIENT_KEYS, "wrong"))
    for client in strangers:
        with pytest.raises((openai.AuthenticationError, anthropic.AuthenticationError)):
            [model async for model in client.models.list()]
    assert simulator.state()["requests"] == 1  # the bystander's


@pytest.mark.parametrize("key", CLIENT_KEYS)
async def test_either_key_is_taken_from_either_header_on_either_route(gateway: Gateway, key: str) -> None:
    async with httpx.AsyncClient(base_url=gateway.urls[LOCKED]) as client:
        for path in (CHAT, MESSAGES):
            for header in ({"authorization": f"Bearer {key}"}, {"authorization": f"bearer {key}"}, {"x-api-key": key}):
                assert (await client.post(path, json=chat(), headers=header)).status_code == 200
            both = {"authorization": "Bearer of something else", "x-api-key": key}
            assert (await client.post(path, json=chat(), headers=both)).status_code == 200


NO_KEYS: list[dict[str, Any]] = [
    {},
    {"authorization": f"Basic {CLIENT_KEYS[0]}"},
    {"authorization": CLIENT_KEYS[0]},
    {"authorization": "Bearer"},
    {"x-api-key": ""},
    {"x-api-key": CLIENT_KEYS[0].upper()},
    {"x-api-key": ",".join(CLIENT_KEYS)},
    {"authorization": b"Bearer \xff\xfe"},
]


@on_both_routes
async def test_anything_else_is_no_key(gateway: Gateway, path: str, subtests: pytest.Subtests) -> None:
    async with httpx.AsyncClient(base_url=gateway.urls[LOCKED]) as client:
        for headers in NO_KEYS:
            with subtests.test(headers=headers):
                refused(await client.post(path, json=chat(), headers=headers), path, status=401)
        assert (await client.get("/healthz")).status_code == 200


@pytest.mark.parametrize("host", ["0.0.0.0", "somewhere.example"])
def test_an_open_host_without_keys_is_refused_at_the_start(gateway_processes: Gateway, host: str) -> None:
    role = gateway_processes.start("open-api", "api", HOST=host, PORT=str(free_port()))
    assert role.process.wait(20) != 0
    gateway_processes.roles.remove(role)
    said = role.output.read_text()
    assert "API_TOKENS" in said
    assert "ALLOW_OPEN" in said
    assert "Traceback" not in said
