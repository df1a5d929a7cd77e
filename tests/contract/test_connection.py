"""Clients that are slow, endless or silent, at a real socket: each is bounded, and nobody else notices."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import uvicorn
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api import errors
from api.body import read_json
from api.connection import MAX_HEAD, bounded_connection
from api.replies import json_reply
from api.request_id import RequestIdMiddleware
from api.settings import ApiSettings
from tests.raw_connection import connection, to_the_end

#: Seconds a client may take; what must not happen is watched for three times as long.
PATIENCE = 0.25
#: Seconds a test waits for what must happen.
LONG = 30.0
PIECE = b"x" * 65536

left = asyncio.Event()


def small_app() -> FastAPI:
    app = FastAPI()
    app.add_middleware(RequestIdMiddleware)
    errors.install(app)
    settings = ApiSettings(_env_file=None, client_timeout=PATIENCE, max_body=1000)

    @app.post("/body")
    async def body(request: Request) -> Response:
        return json_reply({"members": len(await read_json(request, settings)), "headers": len(request.headers)})

    @app.post("/deaf")
    async def deaf() -> Response:
        return json_reply("no")

    @app.get("/late")
    async def late() -> Response:
        await asyncio.sleep(3 * PATIENCE)
        return json_reply("here")

    @app.get("/endless")
    async def endless() -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    yield PIECE
                    await asyncio.sleep(0)
            finally:
                left.set()

        return StreamingResponse(pieces())

    return app


@pytest.fixture
async def port() -> AsyncIterator[int]:
    config = uvicorn.Config(
        small_app(), port=0, http=bounded_connection(PATIENCE), ws="none", lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    with contextlib.nullcontext(config.bind_socket()) as listener:
        running = asyncio.create_task(server.serve(sockets=[listener]))
        yield listener.getsockname()[1]
        server.should_exit = True
        await running


async def dribble(writer: asyncio.StreamWriter, piece: bytes) -> None:
    with contextlib.suppress(OSError):
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(PATIENCE / 20)


async def answer(reader: asyncio.StreamReader) -> bytes:
    """The status line of one answer with a length, and its body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return head.partition(b"\r\n")[0] + b" " + await reader.readexactly(length)


GOOD = b'POST /body HTTP/1.1\r\nhost: g\r\ncontent-length: 8\r\n\r\n{"a": 1}'


@pytest.mark.parametrize(
    ("sent", "then"),
    [
        (b"", b""),
        (b"POST /bo", b""),
        (b"POST /body HTTP/1.1\r\nhost: g\r\nx-slow: ", b"x"),
        (b"POST /body HTTP/1.1\r\nhost: g\r\n", b"x: y\r\n"),
        (GOOD, b"\r\n"),
    ],
    ids=["nothing", "half a line", "one header", "many headers", "line ends after a request"],
)
async def test_a_head_that_never_ends_is_not_waited_for(port: int, sent: bytes, then: bytes) -> None:
    async with connection(port) as (reader, writer):
        writer.write(sent)
        sending = asyncio.create_task(dribble(writer, then)) if then else None
        said = await to_the_end(reader)
        assert said.startswith(b"HTTP/1.1 200 ") if sent is GOOD else said == b""
        if sending:
            sending.cancel()


@pytest.mark.parametrize("piece", [b"x" * 4096, b"x-more: yes\r\n" * 300], ids=["one header", "many"])
async def test_a_head_of_any_size_is_not_kept(port: int, piece: bytes) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"POST /body HTTP/1.1\r\nhost: g\r\nx-large: ")
        for _ in range(0, 2 * MAX_HEAD, len(piece)):
            writer.write(piece)
        said = await to_the_end(reader)
        assert said.startswith(b"HTTP/1.1 400 ") or not said  # a reset may overtake the answer


@pytest.mark.parametrize(("over", "status"), [(0, b"200"), (2, b"400"), (MAX_HEAD // 2, b"400")])
async def test_a_head_that_comes_at_once_may_not_be_larger(port: int, over: int, status: bytes) -> None:
    begun, ended = b"POST /body HTTP/1.1\r\nhost: g\r\nconnection: close\r\ncontent-length: 2\r\nx-large: ", b"\r\n\r\n"
    async with connection(port) as (reader, writer):
        writer.write(begun + b"x" * (MAX_HEAD + over - len(begun) - len(ended)) + ended + b"{}")
        said = await to_the_end(reader)
        assert said.startswith(b"HTTP/1.1 %b " % status) or (over and not said)


@pytest.mark.parametrize("framing", [b"content-length: 900", b"transfer-encoding: chunked"])
@pytest.mark.parametrize("then", [b"", b"1\r\n \r\n"], ids=["silent", "dribbling"])
async def test_a_body_that_never_ends_is_a_408(port: int, framing: bytes, then: bytes) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"POST /body HTTP/1.1\r\nhost: g\r\n%b\r\n\r\n" % framing)
        sending = asyncio.create_task(dribble(writer, then)) if then else None
        said = await to_the_end(reader)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert b'"request_timeout"' in said
        if sending:
            sending.cancel()


async def test_a_body_that_is_too_large_and_too_slow_is_too_large(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"POST /body HTTP/1.1\r\nhost: g\r\ncontent-length: 5000\r\n\r\n" + b"x" * 2000)
        assert (await to_the_end(reader)).startswith(b"HTTP/1.1 413 ")


async def test_a_body_nobody_waits_for_does_not_keep_a_connection(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"POST /deaf HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n")
        sending = asyncio.create_task(dribble(writer, b"1\r\nx\r\n"))
        assert (await to_the_end(reader)).startswith(b"HTTP/1.1 200 ")
        sending.cancel()


async def test_trailers_are_not_kept(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"POST /body HTTP/1.1\r\nhost: g\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
        writer.write(b"x-trailer: yes\r\n" * 100 + b"\r\n")
        assert await answer(reader) == b'HTTP/1.1 200 OK {"members":0,"headers":2}'


async def test_a_client_that_does_not_read_is_cut_off(port: int) -> None:
    left.clear()
    async with connection(port) as (_, writer):
        writer.write(b"GET /endless HTTP/1.1\r\nhost: g\r\n\r\n")
        async with asyncio.timeout(LONG):
            await left.wait()


async def test_an_answer_under_way_is_not_cut_off_by_what_is_sent_meanwhile(port: int) -> None:
    async with connection(port) as (reader, writer):
        writer.write(b"GET /late HTTP/1.1\r\nhost: g\r\n\r\nGET /late HT")
        assert await answer(reader) == b'HTTP/1.1 200 OK "here"'


async def test_half_a_connection_ends_what_it_asked(port: int) -> None:
    for sent in (GOOD[:20], GOOD[:-2], b"GET /late HTTP/1.1\r\nhost: g\r\n\r\n"):
        async with connection(port) as (reader, writer):
            writer.write(sent)
            writer.write_eof()
            assert await to_the_end(reader) == b""


async def test_others_are_served_while_many_stay_silent(port: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        silent = [await stack.enter_async_context(connection(port)) for _ in range(200)]
        reader, writer = await stack.enter_async_context(connection(port))
        for _ in range(5):
            writer.write(GOOD)
            assert await answer(reader) == b'HTTP/1.1 200 OK {"members":1,"headers":2}'
        assert await asyncio.gather(*(to_the_end(reader) for reader, _ in silent)) == [b""] * len(silent)
