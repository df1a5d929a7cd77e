"""Hundreds of megabytes go through a gateway as batches, and no process grows by them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import psutil
import pytest
import redis

from tests.e2e.gateway import Gateway, run_gateway, wait_for
from tests.servers import run_simulator

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]
MEGABYTE = 1024 * 1024
#: Bytes of a line and of its answer, about.
SIZE = 100_000
#: What a process may grow by at most, after a small batch: some parts and lines are in hand at any time.
MOST_GROWTH = 80 * MEGABYTE
PATIENCE = 1200.0


class Sampler:
    """The most memory that each process of a gateway had, by what was done meanwhile."""

    def __init__(self, gateway: Gateway) -> None:
        self._processes = {role.name: psutil.Process(role.process.pid) for role in gateway.roles}
        with redis.Redis.from_url(gateway.redis_url) as store:
            self._processes["valkey"] = psutil.Process(int(store.info("server")["process_id"]))
        self.before = self._sizes()
        self.most: dict[str, dict[str, int]] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Watch while the block runs."""
        most = self.most[name] = self._sizes()
        over = threading.Event()

        def watch() -> None:
            while not over.wait(0.1):
                for process, size in self._sizes().items():
                    most[process] = max(most[process], size)

        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _sizes(self) -> dict[str, int]:
        return {name: process.memory_info().rss for name, process in self._processes.items()}

    def table(self) -> str:
        """What the documentation shows, in megabytes."""
        rows = ["| | before | " + " | ".join(self.most) + " |", "|---|" + "---:|" * (len(self.most) + 1)]
        for name, size in self.before.items():
            sizes = [size, *[most[name] for most in self.most.values()]]
            rows.append(f"| {name} | " + " | ".join(f"{each / 1e6:.0f}" for each in sizes) + " |")
        return "\n".join(rows)

    def grown(self) -> dict[str, float]:
        """The processes that grew by too much, and the megabytes."""
        most = {name: max(sizes[name] for sizes in self.most.values()) - size for name, size in self.before.items()}
        return {name: growth / 1e6 for name, growth in most.items() if growth > MOST_GROWTH}


def body() -> dict[str, object]:
    """A request as large as its answer will be."""
    text = f"[[sim:text n=10 size={SIZE // 10} gap=0.05]]" + "x" * (SIZE - 100)
    return {"model": "auto", "max_tokens": 100_000, "messages": [{"role": "user", "content": text}]}


def form(lines: int) -> Iterator[bytes]:
    """An upload of so many lines."""
    yield b'--XX\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
    yield b'--XX\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
    rest = json.dumps({"method": "POST", "url": "/v1/chat/completions", "body": body()})[1:]
    for number in range(lines):
        yield f'{{"custom_id": "r{number}", {rest}\n'.encode()
    yield b"\r\n--XX--\r\n"


def message_requests(requests: int) -> Iterator[bytes]:
    """The body of an Anthropic batch."""
    params = json.dumps(body())
    yield b'{"requests": ['
    for number in range(requests):
        yield (b"," if number else b"") + f'{{"custom_id": "r{number}", "params": {params}}}'.encode()
    yield b"]}"


def upload(http: httpx.Client, lines: int) -> str:
    headers = {"content-type": "multipart/form-data; boundary=XX"}
    file_id: str = http.post("/v1/files", content=form(lines), headers=headers).raise_for_status().json()["id"]
    return file_id


def run(http: httpx.Client, file_id: str, lines: int) -> str:
    """Run a batch of a file to its end; returns its output."""
    asked = {"input_file_id": file_id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
    path = f"/v1/batches/{http.post('/v1/batches', json=asked).raise_for_status().json()['id']}"
    wait_for(lambda: http.get(path).json()["status"] not in ("validating", "in_progress"), "the batch to run", PATIENCE)
    wait_for(lambda: http.get(path).json()["status"] == "completed", "the batch to end")
    batch = http.get(path).json()
    assert batch["request_counts"] == {"total": lines, "completed": lines, "failed": 0}
    output: str = batch["output_file_id"]
    return output


def download(http: httpx.Client, file_id: str) -> int:
    with http.stream("GET", f"/v1/files/{file_id}/content") as response:
        return sum(len(piece) for piece in response.iter_raw())


def create_and_cancel(http: httpx.Client, requests: int) -> None:
    headers = {"content-type": "application/json"}
    made = http.post("/v1/messages/batches", content=message_requests(requests), headers=headers).raise_for_status()
    path = f"/v1/messages/batches/{made.json()['id']}"
    assert made.json()["request_counts"]["processing"] == requests
    http.post(f"{path}/cancel").raise_for_status()
    wait_for(lambda: http.get(path).json()["processing_status"] == "ended", "the batch to end", PATIENCE)
    assert sum(http.get(path).json()["request_counts"].values()) == requests


def test_memory_stays_flat_whatever_goes_through(capsys: pytest.CaptureFixture[str]) -> None:
    lines = 200 * MEGABYTE // (len(json.dumps(body())) + 100)
    requests = 256 * MEGABYTE // (len(json.dumps(body())) + 50)
    with run_simulator(gap=0) as simulator, run_gateway(simulator.url, BATCH_CONCURRENCY="32") as gateway:
        gateway.start_worker("batch")
        with httpx.Client(base_url=gateway.url, timeout=120, trust_env=False) as http:
            download(http, run(http, upload(http, 200), 200))
            create_and_cancel(http, 100)
            sampler = Sampler(gateway)
            with sampler.phase("upload of 200 MB"):
                file_id = upload(http, lines)
            with sampler.phase("the batch"):
                output = run(http, file_id, lines)
            with sampler.phase("download of its results"):
                size = download(http, output)
            with sampler.phase("Anthropic batch of 256 MB, cancelled"):
                create_and_cancel(http, requests)
        with capsys.disabled():
            print(f"\n{lines} lines, {size / 1e6:.0f} MB of results, {requests} requests\n{sampler.table()}")
        assert size > 190 * MEGABYTE
        assert sampler.grown() == {}
