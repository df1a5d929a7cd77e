"""A batch while everything that works on it is killed: sent over HTTP, struck at random, judged line by line."""

import asyncio
import contextlib
import json
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from cli.simulator.texts import is_intact
from tests.e2e.gateway import Gateway, Role, run_gateway
from tests.servers import run_simulator

FINAL = ("completed", "failed", "expired", "cancelled")
#: Shortest and longest pause between two strikes, and how long a part stays down (seconds).
PAUSES = (0.5, 2.5)
DOWN = (0.1, 1.5)
#: Share of the strikes that stop a process for a while, three times as long, and do not kill it.
PAUSED = 0.25


@dataclass
class Result:
    """What came of it. `lines` are the output's and the error file's; `wrong` should be empty."""

    batch: dict[str, object]
    seconds: float
    output: list[dict[str, object]]
    errors: list[dict[str, object]]
    strikes: Counter[str] = field(default_factory=Counter)

    def wrong(self, requests: int) -> list[str]:
        """What is not as it must be, whatever was killed."""
        problems = []
        counts = {"total": requests, "completed": requests, "failed": 0}
        if self.batch["status"] != "completed" or self.batch["request_counts"] != counts:
            problems.append(f"{self.batch['status']}: {self.batch['request_counts']}")
        names = Counter(str(line["custom_id"]) for line in self.output)
        expected = {f"r{number}" for number in range(requests)}
        problems += [f"{name} is there {count} times" for name, count in names.items() if count > 1]
        problems += [f"{name} is missing" for name in sorted(expected - names.keys())[:10]]
        problems += [f"{line['custom_id']} failed: {line}" for line in self.errors[:10]]
        problems += [f"{line['custom_id']} is garbled" for line in self.output if not is_intact(_text(line))]
        return problems


def _text(line: dict[str, object]) -> str:
    body: dict = line["response"]["body"]  # type: ignore[index,call-overload]
    return str(body["choices"][0]["message"]["content"])


def request(number: int, deltas: int, gap: float, seed: int) -> str:
    """One line of the input, whose answer can be told to be whole."""
    script = f"[[sim:checksum n={deltas} gap={gap} seed={seed}]]"
    body = {"model": "auto", "messages": [{"role": "user", "content": script}]}
    return json.dumps({"custom_id": f"r{number}", "method": "POST", "url": "/v1/chat/completions", "body": body})


async def run_struck_batch(
    requests: int,
    seed: int,
    *,
    patience: float,
    deltas: int = 8,
    gap: float = 0.05,
    concurrency: int = 16,
    alike: int = 1,
) -> Result:
    """Have a batch run while a keeper, workers, the front door and Valkey are killed, until it ends.

    `alike`: so many lines after each other ask the same, and may share their answer.
    """
    environment = {"BATCH_CONCURRENCY": str(concurrency), "BATCH_RETRY_PAUSE": "0.2", "JOB_LEASE": "2"}
    with run_simulator(gap=0) as simulator, run_gateway(simulator.url, workers=1, **environment) as gateway:
        roles: dict[str, Callable[[], Role]] = {
            "keeper": lambda: gateway.start("keeper", "keeper"),
            "worker-batch": lambda: gateway.start_worker("batch"),
            "api": lambda: gateway.start("api", "api", PORT=str(gateway.ports[0])),
        }
        gateway.start_worker("batch")
        gateway.start_worker("batch")
        gateway.start("keeper", "keeper")
        lines = [request(number, deltas, gap, number // alike) for number in range(requests)]
        headers = {"X-Coalesce": str(int(alike > 1))}
        return await _run(gateway, roles, lines, random.Random(seed), patience, headers)


async def _run(
    gateway: Gateway,
    roles: dict[str, Callable[[], Role]],
    lines: list[str],
    chance: random.Random,
    patience: float,
    headers: dict[str, str],
) -> Result:
    data = "\n".join(lines).encode()
    strikes: Counter[str] = Counter()
    async with httpx.AsyncClient(base_url=gateway.url, trust_env=False, timeout=60) as http:
        files = {"file": ("in.jsonl", data, "application/jsonl")}
        uploaded = (await http.post("/v1/files", data={"purpose": "batch"}, files=files)).raise_for_status().json()
        body = {"input_file_id": uploaded["id"], "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        batch = (await http.post("/v1/batches", json=body, headers=headers)).raise_for_status().json()
        began = time.monotonic()
        async with asyncio.timeout(patience):
            ended = asyncio.Event()
            async with asyncio.TaskGroup() as group:
                group.create_task(_strike(gateway, roles, chance, strikes, ended))
                while batch["status"] not in FINAL:
                    batch = await _look(http, batch)
                ended.set()  # what is down by now is started again
            await asyncio.to_thread(gateway.wait_until_ready)
            took = time.monotonic() - began
            output, errors = [await _content(http, batch[f"{name}_file_id"]) for name in ("output", "error")]
    return Result(batch, took, output, errors, strikes)


async def _look(http: httpx.AsyncClient, batch: dict[str, object]) -> dict[str, object]:
    """The batch as it is by now; as it was while nobody answers."""
    await asyncio.sleep(0.2)
    with contextlib.suppress(httpx.TransportError):
        answer = await http.get(f"/v1/batches/{batch['id']}")
        if answer.status_code == 200:
            return dict(answer.json())
        assert answer.status_code == 503, answer.text
    return batch


async def _content(http: httpx.AsyncClient, file_id: str | None) -> list[dict[str, object]]:
    if file_id is None:
        return []
    text = (await http.get(f"/v1/files/{file_id}/content")).raise_for_status().text
    return [json.loads(line) for line in text.splitlines()]


async def _strike(
    gateway: Gateway,
    roles: dict[str, Callable[[], Role]],
    chance: random.Random,
    strikes: Counter[str],
    ended: asyncio.Event,
) -> None:
    """Strike one part after the other, each started again after a while, until the batch has ended."""
    while not ended.is_set():
        await asyncio.sleep(chance.uniform(*PAUSES))
        name = chance.choice([*roles, "keeper", "worker-batch", "valkey"])
        down = chance.uniform(*DOWN)
        strikes[name] += 1
        if name == "valkey":
            gateway.valkey.terminate()
            await asyncio.sleep(down)
            await asyncio.to_thread(gateway.valkey.start)
            continue
        alive = [role for role in gateway.roles if role.name == name and role.process.poll() is None]
        victim = chance.choice(alive)
        if chance.random() < PAUSED:
            # It comes back after its lease has run out, and does not know that others have gone on.
            victim.process.send_signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(down * 3)
            finally:
                victim.process.send_signal(signal.SIGCONT)
            continue
        victim.kill()
        await asyncio.sleep(down)
        roles[name]()
