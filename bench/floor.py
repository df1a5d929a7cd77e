"""The floor: what the parts of a chat cost apart, without the gateway between them.

Run as `python -m bench.floor worker|sse|upstream …`; `bench.run` starts these and measures them.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping

import uvicorn
import uvloop
from celery import Celery
from fastapi import FastAPI
from redis import Redis
from starlette.responses import StreamingResponse

from proto.conversation import Conversation, Message, Role, TextPart
from proto.warp_request import RequestOptions, build_request
from workers.settings import UpstreamSettings
from workers.transport import build_client
from workers.upstream import Upstream

TASK = "floor.empty"
COUNTER = "floor:done"


def celery_app(url: str) -> Celery:
    """A Celery app with the gateway's own kind of settings and one task that does nothing."""
    app = Celery("floor", broker=url, set_as_current=False)
    app.conf.update(task_ignore_result=True, task_acks_late=True, worker_prefetch_multiplier=1)
    app.conf.worker_send_task_events = True
    return app


def work(url: str) -> None:
    """A worker that counts the empty tasks it has run."""
    app = celery_app(url)
    store = Redis.from_url(url)
    done = 0

    @app.task(name=TASK)
    def empty(last: bool) -> None:
        nonlocal done
        done += 1
        if last:
            store.set(COUNTER, done)

    app.worker_main(["worker", "--pool=threads", "--concurrency=64", "--without-gossip", "--without-mingle", "-E"])


def publish(url: str, tasks: int) -> float:
    """Publish empty tasks and wait until the last was run; returns the CPU seconds of publishing alone."""
    app = celery_app(url)
    store = Redis.from_url(url)
    store.delete(COUNTER)
    started = time.process_time()
    for number in range(tasks):
        app.send_task(TASK, args=(number == tasks - 1,), ignore_result=True, retry=False)
    used = time.process_time() - started
    until = time.monotonic() + 60
    while not store.get(COUNTER):
        if time.monotonic() > until:
            raise TimeoutError("the empty tasks were not run")
        time.sleep(0.02)
    app.close()
    store.close()
    return used


def serve(port: int) -> None:
    """A FastAPI route that answers a chat-like request with one small event stream."""
    app = FastAPI()

    async def frames() -> AsyncIterator[bytes]:
        yield b"data: {}\n\n"
        await asyncio.sleep(0)
        yield b"data: [DONE]\n\n"

    @app.post("/v1/chat/completions")
    async def empty() -> StreamingResponse:
        return StreamingResponse(frames(), media_type="text/event-stream")

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, loop="uvloop")


def upstream_call(arguments: list[str], environment: Mapping[str, str]) -> float:
    """Run the calls in a process of their own; returns the CPU seconds they took there."""
    result = subprocess.run(  # noqa: S603  # our own interpreter and module
        [sys.executable, *arguments], env={**os.environ, **environment}, check=True, capture_output=True, timeout=300
    )
    return float(result.stdout)


async def call_upstream(base_url: str, calls: int, concurrency: int, prompt: str) -> float:
    """Make the upstream calls of `calls` chats and drop what comes; returns CPU seconds."""
    settings = UpstreamSettings(warp_base_url=base_url)
    body = build_request(Conversation("auto", [Message(Role.USER, [TextPart(prompt)])]), RequestOptions())
    waiting = iter(range(calls))
    async with build_client(settings) as client:
        upstream = Upstream(client, settings)

        async def caller() -> None:
            for _ in waiting:
                async with upstream.open(body, "Bearer wk-bench") as answer:
                    async for _ in answer:
                        pass

        async with upstream.open(body, "Bearer wk-bench") as answer:
            async for _ in answer:
                pass
        started = time.process_time()
        await asyncio.gather(*[caller() for _ in range(concurrency)])
        return time.process_time() - started


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["worker", url]:
            work(url)
        case ["sse", port]:
            serve(int(port))
        case ["upstream", base_url, calls, concurrency, prompt]:
            sys.stdout.write(str(uvloop.run(call_upstream(base_url, int(calls), int(concurrency), prompt))))
