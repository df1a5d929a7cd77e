"""The load: many streamed chats at once, by a client that costs as little as possible."""

import asyncio
import time
from typing import NamedTuple

import orjson


class Load(NamedTuple):
    """What the clients saw: seconds for all, seconds to each first byte of output."""

    wall: float
    first_bytes: list[float]


def chat_request(port: int, prompt: str, padding: int = 0) -> bytes:
    """A streamed chat as it goes over the wire; `padding` is the length of a system text before the prompt."""
    messages = [{"role": "system", "content": "word " * (padding // 5)}] if padding else []
    messages.append({"role": "user", "content": prompt})
    body = orjson.dumps({"model": "auto", "stream": True, "messages": messages})
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run_load(port: int, jobs: int, concurrency: int, prompt: str, padding: int = 0) -> Load:
    """Stream `jobs` chats, `concurrency` at a time, each with so many bytes of system text.

    Raises:
        RuntimeError: an answer was not a complete stream.
    """
    request = chat_request(port, prompt, padding)
    waiting = iter(range(jobs))
    first_bytes: list[float] = []

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        first_bytes.extend([await _chat(reader, writer, request) for _ in waiting])
        writer.close()
        await writer.wait_closed()

    started = time.perf_counter()
    await asyncio.gather(*[client() for _ in range(min(concurrency, jobs))])
    return Load(time.perf_counter() - started, first_bytes)


async def _chat(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> float:
    started = time.perf_counter()
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(f"the gateway answered {head[:200]!r}")
    first = time.perf_counter() - started
    # The zero chunk ends a chunked body; the marker before it shows that the answer is whole.
    body = await reader.readuntil(b"\r\n0\r\n\r\n")
    if b"data: [DONE]" not in body[-200:]:
        raise RuntimeError("the stream ended without its marker")
    return first
