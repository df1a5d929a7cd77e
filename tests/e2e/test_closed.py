"""Clients without manners and web pages of others, at every route that takes a body: refused in order, never a 5xx."""

import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.e2e.asking import user
from tests.e2e.conftest import CLIENT_KEYS, LOCKED
from tests.e2e.gateway import Gateway
from tests.raw_connection import connection, to_the_end

JSON = {"content-type": "application/json"}
ELSEWHERE = "https://elsewhere.example"
#: Bytes of a body that no parser should follow to its end.
DEPTH = 100_000
#: Where a depth that the parser still takes has to be refused, or does not matter.
FIELDS = (b"messages", b"input", b"tools", b"metadata", b"system", b"requests", b"nobody_knows")
CHATS = {
    "/v1/chat/completions": {"model": "auto", "messages": user("[[sim:text n=1]]")},
    "/v1/messages": {"model": "auto", "max_tokens": 9, "messages": user("[[sim:text n=1]]")},
    "/v1/responses": {"model": "auto", "input": "[[sim:text n=1]]"},
}
#: Routes that take no body, so that any page can call them; each needs an id that cannot be guessed.
WITHOUT_BODY = re.compile(r".*/cancel")
#: Takes a form, and is closed to pages while there are no keys.
UPLOAD = "/v1/files"


@pytest.fixture
async def plain(gateway: Gateway) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30) as client:
        yield client


async def routes(plain: httpx.AsyncClient) -> dict[str, set[str]]:
    """Every route as the front door describes itself, with ids that nothing has."""
    paths = (await plain.get("/openapi.json")).json()["paths"]
    return {re.sub(r"\{\w+\}", "nothing", path): set(told) - {"parameters"} for path, told in paths.items()}


async def takers(plain: httpx.AsyncClient) -> list[str]:
    """The routes that take a JSON body."""
    posts = [path for path, methods in (await routes(plain)).items() if "post" in methods]
    found = [path for path in posts if path != UPLOAD and not WITHOUT_BODY.fullmatch(path)]
    assert {*CHATS, "/v1/messages/batches", "/v1/batches", "/v1/messages/count_tokens"} <= set(found)
    return found


async def test_no_page_of_another_origin_may_read_an_answer(plain: httpx.AsyncClient) -> None:
    asking = {"origin": ELSEWHERE, "access-control-request-headers": "content-type"}
    for path, methods in (await routes(plain)).items():
        for method in methods:
            first = await plain.options(path, headers={**asking, "access-control-request-method": method.upper()})
            assert first.status_code == 405, (path, method)
            answer = await plain.request(method, path, headers={"origin": ELSEWHERE} | JSON, content=b"{")
            assert answer.status_code < 500 or path == "/readyz"
            told = [name for reply in (first, answer) for name in reply.headers if name.startswith("access-control")]
            assert told == [], (path, method)


async def test_what_a_page_may_send_without_asking_is_not_taken(plain: httpx.AsyncClient) -> None:
    for path in await takers(plain):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            body = json.dumps(CHATS.get(path, {"requests": []}))
            answer = await plain.post(path, content=body, headers={"content-type": kind, "origin": ELSEWHERE})
            assert answer.status_code == 400, path
            assert "Content-Type" in answer.text
    form = {"files": {"file": ("a.jsonl", b"{}")}, "data": {"purpose": "batch"}}
    assert (await plain.post(UPLOAD, headers={"origin": ELSEWHERE}, **form)).status_code == 403


async def test_without_keys_no_name_that_somebody_owns_leads_here(gateway: Gateway, plain: httpx.AsyncClient) -> None:
    for path, methods in (await routes(plain)).items():
        if not path.startswith("/v1/"):
            continue
        for method in methods:
            answer = await plain.request(method, path, headers={"host": "elsewhere.example", **JSON}, content=b"{}")
            assert (answer.status_code, "API_TOKENS" in answer.text) == (403, True), (path, method)
    by_key = {"host": "elsewhere.example", "x-api-key": CLIENT_KEYS[0]}
    assert (await plain.get(f"{gateway.urls[LOCKED]}/v1/models", headers=by_key)).status_code == 200


async def test_json_of_any_depth_is_refused(plain: httpx.AsyncClient) -> None:
    deep = [
        b"[" * DEPTH,
        b'{"a":' * DEPTH,
        b'{"model":"auto","max_tokens":9,"messages":' + b"[" * DEPTH + b"]" * DEPTH + b"}",
        b'{"requests":[{"custom_id":"a","params":' + b"[" * DEPTH + b"]" * DEPTH + b"}]}",
        b'{"requests":' + b"[" * DEPTH + b"]" * DEPTH + b"}",
        *(b'{"model":"auto","max_tokens":9,"%b":' % name + b"[" * 900 + b"]" * 900 + b"}" for name in FIELDS),
    ]
    for path in await takers(plain):
        for body in deep:
            answer = await plain.post(path, content=body, headers=JSON)
            assert answer.status_code == 400, (path, body[:40])
            assert len(answer.content) < 1000


async def test_numbers_of_any_size_are_taken_or_refused(plain: httpx.AsyncClient) -> None:
    numbers = ["1" + "0" * 30, "-1" + "0" * 30, "9" * 5000, "1e400", "-1e400", "1e-400", "0." + "3" * 5000, str(2**63)]
    names = ("max_tokens", "temperature", "top_p", "seed", "n", "stop", "stream", "metadata", "model")
    for path, body in CHATS.items():
        for number in numbers:
            for name in names:
                text = json.dumps({**body, name: "HERE"}).replace('"HERE"', number)
                answer = await plain.post(path, content=text, headers=JSON)
                assert answer.status_code in (200, 400), (path, name, number[:20], answer.text)


async def test_numbers_of_any_size_in_addresses_and_headers(plain: httpx.AsyncClient) -> None:
    huge = "9" * 5000  # more digits than int() reads
    for path, methods in (await routes(plain)).items():
        if "get" not in methods:
            continue
        query = {"after_frames": huge, "limit": huge, "after": huge, "after_id": huge, "before_id": huge}
        answer = await plain.get(path, params=query, headers={"last-event-id": f"{huge}.{huge}"})
        assert answer.status_code < 500 or path == "/readyz", (path, answer.text)


async def test_thousands_of_headers_are_not_kept(gateway: Gateway) -> None:
    async with connection(gateway.ports[0]) as (reader, writer):
        writer.write(b"POST /v1/messages HTTP/1.1\r\nhost: g\r\n" + b"x-a: b\r\n" * 20_000 + b"\r\n")
        answer = await to_the_end(reader)
    assert answer.startswith(b"HTTP/1.1 400 ") or not answer  # a reset may overtake it
