"""This gateway and another one, each streaming the same answers: CPU milliseconds per chat, in turn, in one run.

    python -m venv /tmp/litellm && /tmp/litellm/bin/pip install 'litellm[proxy]'
    python -m bench.beside /tmp/litellm/bin/litellm

The other one is a LiteLLM proxy of one process before a server that speaks OpenAI; this one is front door, worker,
keeper and Valkey before the simulator. The servers' CPU is not counted. Each does other things for it: LiteLLM passes
an answer on, with routing, prices and callbacks on its way; here it becomes a job with a log, out of another protocol.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from bench.load import Load, run_load
from bench.processes import child, free_port, wait_until_answers
from bench.run import ROUNDS, WARM_UP, loaded_gateway, measured
from bench.workplace import workplace

#: CPU milliseconds per chat of each process, of so many chats.
Streaming = Callable[[int], tuple[dict[str, float], Load]]
DELTA = "the deltas. "


def main(
    litellm: Annotated[Path, typer.Argument(help="The command `litellm`, installed with its proxy.", exists=True)],
    jobs: int = 600,
    concurrency: int = 64,
    deltas: int = 20,
    gap_ms: int = 0,
) -> None:
    """Measure both and print."""
    console = Console()
    prompt = f"[[sim:text n={deltas} gap={gap_ms / 1000} size={len(DELTA)}]]"
    share = max(1, jobs // ROUNDS)
    with ExitStack() as stack:
        environment, _ = stack.enter_context(workplace())
        here = stack.enter_context(loaded_gateway(environment, concurrency, prompt))
        there = stack.enter_context(_litellm(litellm, environment, concurrency, prompt, deltas, gap_ms))
        rounds = [(sum(here(share)[0].values()), sum(there(share)[0].values())) for _ in range(ROUNDS)]
    console.print(f"{share * ROUNDS} chats, {concurrency} at once, {deltas} deltas, {gap_ms} ms apart; CPU ms/chat")
    ratios = sorted(other / own for own, other in rounds)
    console.print(f"warp2api {median(own for own, _ in rounds):.2f}, LiteLLM {median(one for _, one in rounds):.2f}")
    console.print(f"ratio {median(ratios):.1f}; lowest and highest round {ratios[0]:.1f} and {ratios[-1]:.1f}")


@contextmanager
def _litellm(
    program: Path, environment: Mapping[str, str], concurrency: int, prompt: str, deltas: int, gap_ms: int
) -> Iterator[Streaming]:
    """A LiteLLM proxy of one process, warm."""
    upstream, port = free_port(), free_port()
    config = Path(environment["PWD"], "litellm.json")  # JSON is YAML
    model = {"model": "openai/auto", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "none"}
    config.write_text(json.dumps({"model_list": [{"model_name": "auto", "litellm_params": model}]}))
    settings = {
        **environment,
        "PYTHONPATH": "",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # or it fetches prices
        "LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY": "true",  # on loopback, for minutes, with nothing behind
        "LITELLM_LOG": "ERROR",
    }
    options = ["--config", str(config), "--host", "127.0.0.1", "--port", str(port), "--telemetry", "False"]
    with (
        child("upstream", ["-m", "bench.beside", "serve", str(upstream), str(deltas), str(gap_ms)], environment),
        child("litellm", [*options, "--num_workers", "1"], settings, program=str(program)) as proxy,
    ):
        wait_until_answers(f"http://127.0.0.1:{upstream}/")
        wait_until_answers(f"http://127.0.0.1:{port}/health/liveliness", patience=120)
        asyncio.run(run_load(port, 1, 1, prompt))
        asyncio.run(run_load(port, WARM_UP, concurrency, prompt))
        yield lambda jobs: measured([proxy], jobs, lambda: asyncio.run(run_load(port, jobs, concurrency, prompt)))


def serve(port: int, deltas: int, gap_ms: int) -> None:
    """A server that answers every chat with a stream of OpenAI's chunks."""

    def chunk(choice: Mapping[str, object]) -> bytes:
        told = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "auto"}
        return b"data: " + json.dumps({**told, "choices": [{"index": 0, **choice}]}).encode() + b"\n\n"

    piece = chunk({"delta": {"role": "assistant", "content": DELTA}, "finish_reason": None})
    last = chunk({"delta": {}, "finish_reason": "stop"}) + b"data: [DONE]\n\n"

    async def frames() -> AsyncIterator[bytes]:
        for _ in range(deltas):
            await asyncio.sleep(gap_ms / 1000)
            yield piece
        yield last

    async def answer(request: Request) -> Response:
        await request.body()
        return StreamingResponse(frames(), media_type="text/event-stream")

    async def alive(_request: Request) -> Response:
        return PlainTextResponse("")

    routes = [Route("/v1/chat/completions", answer, methods=["POST"]), Route("/", alive)]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["serve", listening, count, pause]:
            serve(int(listening), int(count), int(pause))
        case _:
            typer.run(main)
