"""What a running batch costs those who chat: their first byte with it and without it, in one run.

Run as `python -m bench.batches`; `--help` tells the shape of chats and lines.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import httpx

from bench.load import run_load
from bench.workplace import run_gateway, workplace

#: Chats before anything is counted, and rounds without the batch before it runs and after it was cancelled.
WARM_UP = 40
PATIENCE = 120.0


@dataclass(frozen=True)
class Shape:
    """`chats` a round, `at_once`; each has `deltas`, `gap` seconds apart, and so have the `lines` of the batch."""

    lines: int
    chats: int
    at_once: int
    deltas: int
    gap: float
    line_deltas: int
    line_gap: float


class Batch:
    """A batch on the gateway at `port`, made and begun."""

    def __init__(self, port: int, lines: int, prompt: str) -> None:
        self._http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False)
        data = "\n".join(_line(number, prompt) for number in range(lines)).encode()
        files = {"file": ("lines.jsonl", data)}
        file = self._http.post("/v1/files", data={"purpose": "batch"}, files=files).raise_for_status().json()
        body = {"input_file_id": file["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        self._id = self._http.post("/v1/batches", json=body).raise_for_status().json()["id"]

    def done(self) -> int:
        """How many lines have their answer.

        Raises:
            RuntimeError: the batch has ended, or a line has failed.
        """
        batch = self._http.get(f"/v1/batches/{self._id}").raise_for_status().json()
        counts = batch["request_counts"]
        if batch["status"] not in ("validating", "in_progress") or counts["failed"]:
            raise RuntimeError(f"the batch is {batch['status']}: {counts}")
        done: int = counts["completed"]
        return done

    def wait_until_it_runs(self) -> None:
        """Return once some lines have their answer.

        Raises:
            TimeoutError: they have not after two minutes.
        """
        until = time.monotonic() + PATIENCE
        while not self.done():
            if time.monotonic() > until:
                raise TimeoutError("the batch did not begin")
            time.sleep(0.2)

    def cancel(self) -> None:
        """Cancel it, and return once nothing of it runs."""
        self._http.post(f"/v1/batches/{self._id}/cancel").raise_for_status()
        until = time.monotonic() + PATIENCE
        while self._http.get(f"/v1/batches/{self._id}").json()["status"] != "cancelled":
            if time.monotonic() > until:
                raise TimeoutError("the batch was not cancelled")
            time.sleep(0.2)
        self._http.close()


def _line(number: int, prompt: str) -> str:
    body = {"model": "auto", "messages": [{"role": "user", "content": prompt}]}
    return json.dumps({"custom_id": f"r{number}", "method": "POST", "url": "/v1/chat/completions", "body": body})


def measure(shape: Shape) -> tuple[list[float], list[float], float]:
    """The first bytes of chats without the batch and with it (s), and the lines per second it came to meanwhile."""
    prompt = f"[[sim:text n={shape.deltas} gap={shape.gap} size=12]]"
    with (
        workplace() as (environment, _),
        run_gateway(environment, "keeper", "worker", "worker batch", "api") as (port, _),
    ):

        def chat(chats: int = shape.chats) -> list[float]:
            return asyncio.run(run_load(port, chats, shape.at_once, prompt)).first_bytes

        chat(WARM_UP)
        alone = chat()
        batch = Batch(port, shape.lines, f"[[sim:text n={shape.line_deltas} gap={shape.line_gap} size=12]]")
        batch.wait_until_it_runs()
        done, began = batch.done(), time.monotonic()
        beside = chat() + chat()
        rate = (batch.done() - done) / (time.monotonic() - began)
        batch.cancel()
        return alone + chat(), beside, rate


def _milliseconds(firsts: Sequence[float]) -> str:
    p99 = sorted(firsts)[int(len(firsts) * 0.99)]
    return f"p50 {median(firsts) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter)
    parser.add_argument("--lines", type=int, default=10_000, help="lines of the batch")
    parser.add_argument("--chats", type=int, default=200, help="chats of one round; there are four")
    parser.add_argument("--at-once", type=int, default=8, help="chats at once")
    parser.add_argument("--deltas", type=int, default=20, help="deltas of a chat's answer")
    parser.add_argument("--gap", type=float, default=0.05, help="seconds between two of them")
    parser.add_argument("--line-deltas", type=int, default=20, help="deltas of a line's answer")
    parser.add_argument("--line-gap", type=float, default=0.05, help="seconds between two of them")
    shape = Shape(**vars(parser.parse_args()))
    busy = os.getloadavg()[0]
    alone, beside, rate = measure(shape)
    print(f"{shape}; load of the machine before: {busy:.1f}")
    print(f"first byte without the batch: {_milliseconds(alone)}")
    print(f"first byte while it runs, {rate:.0f} lines/s: {_milliseconds(beside)}")
    print(f"ratio of the p50s: {median(beside) / median(alone):.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
