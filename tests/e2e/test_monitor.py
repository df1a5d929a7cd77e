"""The live monitor of a running gateway, as a watcher sees it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from api.keys_file import hash_of
from tests.e2e.asking import user
from tests.e2e.gateway import Gateway, run_gateway
from tests.e2e.watching import PATIENCE, Watch, connected, watching
from tests.servers import Simulator, run_simulator

CONTENT, SHAPES, CHAT = "key-of-one-who-reads", "key-of-one-who-watches", "key-of-one-who-chats"
LEASE = 1.5


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with run_simulator(gap=0) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def gateway(simulator: Simulator) -> Iterator[Gateway]:
    with run_gateway(simulator.url, JOB_LEASE=str(LEASE)) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def bridge(gateway: Gateway, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a bridge that asks for keys."""
    path = Path(tmp_path_factory.mktemp("keys"), "keys.json")
    rights = {"reads": (CONTENT, ["monitor", "monitor:content", "monitor:cancel"]), "chats": (CHAT, ["chat"])}
    keys = [{"name": name, "sha256": hash_of(key), "rights": had} for name, (key, had) in rights.items()]
    path.write_text(json.dumps({"keys": keys}))
    return gateway.start_bridge(CLIENT_KEYS_FILE=str(path), API_TOKENS=SHAPES)


@pytest.fixture
async def watch(bridge: str) -> AsyncIterator[Watch]:
    """One who may see everything, and has the history."""
    async with watching(bridge, key=CONTENT) as watch:
        await watch.until("history")
        yield watch


@pytest.fixture
async def client(gateway: Gateway) -> AsyncIterator[openai.AsyncOpenAI]:
    async with gateway.openai() as client:
        yield client


async def begin(gateway: Gateway, *script: str) -> str:
    """Start a chat that runs on by itself; its job's id."""
    async with httpx.AsyncClient(base_url=gateway.url, verify=False) as http:
        body: dict[str, Any] = {
            "model": "auto",
            "messages": user(" ".join(f"[[sim:{step}]]" for step in script)),
            "stream": True,
        }
        reply = await http.post(
            "/v1/chat/completions", json=body, headers={"Prefer": "respond-async", "X-Resumable": "1"}
        )
        assert reply.status_code == 202, reply.text
        return reply.headers["x-job-id"]


async def cancel(gateway: Gateway, job_id: str) -> None:
    async with httpx.AsyncClient(base_url=gateway.url, verify=False) as http:
        await http.post(f"/v1/jobs/{job_id}/cancel")


def ended(job: dict[str, Any]) -> bool:
    return job["ended_at"] is not None


async def until_tapped(gateway: Gateway, watch: Watch) -> None:
    """Wait until the workers tell their packets."""
    async with asyncio.timeout(PATIENCE):
        while not any(message["event"] == "packets" for message in watch.messages):
            await watch.job(await begin(gateway, "text n=1"), ended)


async def test_a_chat_is_seen_from_its_admission_to_its_end(gateway: Gateway, watch: Watch) -> None:
    connected = watch.messages[0]
    assert (connected["event"], connected["rights"]) == ("connected", ["monitor", "monitor:cancel", "monitor:content"])
    job_id = await begin(gateway, "text n=4 gap=1")
    first = await watch.job(job_id, lambda _: True)
    assert (first["dialect"], first["model"], first["lane"], first["stream"]) == ("openai", "auto", "interactive", True)
    assert abs(first["admitted_at"] - connected["now"]) < 25_000
    running = await watch.job(job_id, lambda job: job["status"] == "running" and job["first_output_at"])
    assert running["claimed_at"] >= running["admitted_at"]
    assert running["first_output_at"] >= running["claimed_at"]
    assert (running["attempt"], running["code"], running["output_tokens"]) == (1, None, None)
    assert running["worker"]
    last = await watch.job(job_id, ended)
    assert (last["status"], last["code"]) == ("finished", "stop")
    assert last["ended_at"] - last["first_output_at"] >= 900
    assert last["output_tokens"] > 0
    order = ["queued", "running", "finished"]
    told = [order.index(job["status"]) for job in watch.said_of(job_id)]
    assert told == sorted(told)


async def test_numbers_workers_and_the_pool_are_told(gateway: Gateway, watch: Watch) -> None:
    await begin(gateway, "text n=2")
    second = (await watch.until("stats", lambda message: message["second"]["finished"]))["second"]
    assert second["first_byte_ms"]["p50"] <= second["first_byte_ms"]["p99"] <= second["duration_ms"]["p99"]
    assert second["output_tokens"] > 0
    assert {"admitted", "failed", "cancelled", "running", "queued"} < second.keys()
    workers = await watch.until("workers")
    assert {(row["lane"], row["concurrency"]) for row in workers["workers"]} == {("interactive", 256), ("control", 0)}
    assert workers["queues"]["batch"] == {"waiting": 0, "oldest_seconds": None, "running": 0}
    pool = next(message for message in watch.messages if message["event"] == "pool")
    assert [(row["state"], row["limit"], row["tier"]) for row in pool["tokens"]] == [("ready", 0, 3)]
    assert pool["stats"]["ready"] == 1


async def test_a_job_that_is_opened_in_its_middle_is_told_from_its_beginning(gateway: Gateway, watch: Watch) -> None:
    await until_tapped(gateway, watch)
    job_id = await begin(gateway, 'text say="the planted words"', "text n=4 gap=0.8")
    await watch.job(job_id, lambda job: job["first_output_at"])
    await watch.say(type="open", job=job_id)
    opened = await watch.until("job")
    assert [step["what"] for step in opened["timeline"]] == ["queued", "claimed", "first_output"]
    assert opened["job"]["id"] == job_id
    begins = await watch.until("log")
    assert begins["after"] == 0
    grows = await watch.until("log")
    assert grows["after"] == begins["seq"]
    last = await watch.until("job", lambda message: message["job"]["ended_at"])
    assert last["timeline"][-1]["what"] == "finished"
    await until_packet(watch, job_id, "FINISHED")
    packets = [packet for packet in packets_of(watch) if packet["job"] == job_id and "data" in packet]
    assert [packet["number"] for packet in packets] == list(range(len(packets)))
    assert "the planted words" in json.dumps(packets[0]["data"])
    assert packets[1]["data"]["init"]["request_id"]
    told = [event for log in watch.messages if log["event"] == "log" for event in log["events"]]
    assert told[-1] == ["finished", "stop", None]
    assert "the planted words" in "".join(event[1] for event in told if event[0] == "text")


async def until_packet(watch: Watch, job_id: str, word: str) -> None:
    async with asyncio.timeout(PATIENCE):
        while not any(packet["type"] == word and packet["job"] == job_id for packet in packets_of(watch)):
            await watch.next()


def packets_of(watch: Watch) -> list[dict[str, Any]]:
    lists = [message["packets"] for message in watch.messages if message["event"] in ("packets", "job")]
    return [packet for packets in lists for packet in packets]


async def test_without_the_right_there_are_shapes_and_sizes_only(gateway: Gateway, bridge: str, watch: Watch) -> None:
    async with watching(bridge, key=SHAPES) as other:
        assert (await other.next())["rights"] == ["batch", "monitor"]
        await other.until("history")
        await until_tapped(gateway, watch)
        job_id = await begin(gateway, 'text say="the planted words"')
        await other.job(job_id, ended)
        await other.say(type="open", job=job_id)
        log = await other.until("log", lambda message: message["events"][-1][0] in ("finished", "failed"))
        sizes = [event[1] for event in log["events"] if event[0] == "text"]
        await until_packet(other, job_id, "FINISHED")
        assert sum(sizes) == len("the planted words")
        assert all(packet["size"] > 0 and "data" not in packet for packet in packets_of(other))
        assert "planted" not in json.dumps(other.messages)
        await other.say(type="close", job=job_id)


async def test_a_cancelled_and_a_failed_job_are_seen_as_such(gateway: Gateway, watch: Watch) -> None:
    waiting = await begin(gateway, "silent after=1")
    await watch.job(waiting, lambda job: job["first_output_at"])
    await cancel(gateway, waiting)
    last = await watch.job(waiting, ended)
    assert (last["status"], last["code"], last["cancelling"]) == ("cancelled", "cancelled", False)
    failed = await watch.job(await begin(gateway, "status 400"), ended)
    assert (failed["status"], failed["code"]) == ("failed", "upstream_bad_request")
    second = (await watch.until("stats", lambda message: message["second"]["failed"]))["second"]
    assert second["finished"] == 0


async def test_only_what_is_asked_for_is_told(gateway: Gateway, bridge: str) -> None:
    async with watching(bridge, key=CONTENT, kinds=["jobs"], model="not-asked-for") as watch:
        assert (await watch.until("history"))["jobs"] == []
        job_id = await begin(gateway, "text n=1")
        async with watching(bridge, key=CONTENT, kinds=["jobs", "stats"], job=job_id) as other:
            await other.job(job_id, ended)
            assert {job["id"] for message in other.messages for job in message.get("jobs", ())} == {job_id}
        await watch.say(type="filter", kinds=["jobs"], model="auto", lane="interactive")
        assert job_id in {job["id"] for job in (await watch.until("history"))["jobs"]}
        assert {message["event"] for message in watch.messages} == {"connected", "history"}


async def test_batches_are_told_as_they_go_and_cancelled_by_who_may(
    gateway: Gateway, bridge: str, watch: Watch
) -> None:
    gateway.start_api(API_TOKENS=f"{SHAPES},key-of-another")
    gateway.wait_until_ready()
    asked = {"custom_id": "1", "params": {"model": "auto", "max_tokens": 9, "messages": user("planted words")}}
    async with gateway.anthropic(door=len(gateway.urls) - 1, api_key=SHAPES) as client:
        own = await client.messages.batches.create(requests=[asked])  # type: ignore[list-item]
    async with gateway.anthropic(door=len(gateway.urls) - 1, api_key="key-of-another") as client:
        others = await client.messages.batches.create(requests=[asked, {**asked, "custom_id": "2"}])  # type: ignore[list-item]

    def told(message: dict[str, Any]) -> dict[str, Any]:
        return {batch["id"]: batch for batch in message["batches"]}

    message = await watch.until("batches", lambda message: others.id in told(message))
    batch = told(message)[others.id]
    assert (batch["kind"], batch["status"], batch["total"], batch["running"]) == ("anthropic", "in_progress", 2, 0)
    assert (batch["succeeded"], batch["ended_at"]) == (0, None)
    assert batch["created_at"] < batch["expires_at"]
    async with watching(bridge, key=SHAPES, kinds=["batches"]) as plain:
        for mine, code in (
            (others.id, "not_permitted"),
            ("no-such", "batch_not_found"),
            (f"{own.id}:running", "batch_not_found"),
        ):
            await plain.say(type="cancel_batch", batch=mine)
            error = await plain.until("error")
            assert (error["code"], error["batch"]) == (code, mine)
        assert told(plain.messages[1])[others.id]["status"] == "in_progress"
        await plain.say(type="cancel_batch", batch=own.id)
        await watch.until("batches", lambda message: told(message)[own.id]["status"] == "cancelling")
        # Nobody runs batches here but the keeper, which has nothing to wait for.
        message = await watch.until("batches", lambda message: told(message)[own.id]["status"] == "cancelled")
        assert told(message)[own.id]["cancelled"] == 1
        assert told(message)[own.id]["ended_at"]
    await watch.say(type="cancel_batch", batch=others.id)
    message = await watch.until("batches", lambda message: told(message)[others.id]["status"] == "cancelled")
    assert "planted words" not in json.dumps(watch.messages)


async def test_what_cannot_be_read_is_named_and_the_connection_stays(watch: Watch) -> None:
    for message, named in (
        ('{"type": "open", "job": 5}', "$.job"),
        ('{"type": "filter", "kinds": ["job"]}', "$.kinds"),
        ('{"type": "filter", "models": "x"}', "models"),
        ('{"type": "shout"}', "$.type"),
        ("{", "truncated"),
        ("[" * 50_000, "read"),
    ):
        await watch.socket.send(message)
        error = await watch.until("error")
        assert error["code"] == "invalid_request"
        assert named in error["message"]
    await watch.socket.send(b'{"type": "open", "job": "no-such-job"}')
    error = await watch.until("error")
    assert (error["code"], error["job"]) == ("job_not_found", "no-such-job")
    await watch.until("stats")


async def test_who_has_no_right_to_watch_is_told_so_and_sent_away(bridge: str) -> None:
    for hello, code, closed in (
        ({}, "invalid_api_key", 4401),
        ({"key": "wrong"}, "invalid_api_key", 4401),
        ({"key": "w\u00f6rter\n"}, "invalid_api_key", 4401),
        ({"key": CHAT}, "not_permitted", 4403),
    ):
        async with watching(bridge, **hello) as watch:
            assert await watch.closed() == closed
            assert [message["code"] for message in watch.messages] == [code]
    async with connected(bridge) as watch:
        await watch.say(type="open", job="x")
        assert await watch.closed() == 4400
    async with connected(bridge) as watch:
        assert await watch.closed() == 4400  # no hello in time
        assert watch.messages[0]["message"] == "No hello came."


@pytest.mark.slow
async def test_a_page_of_somebody_else_cannot_watch_an_open_bridge(gateway: Gateway) -> None:
    bridge = gateway.start_bridge()
    own = bridge.removeprefix("http://")
    for origin in ("http://evil.example", f"http://evil.example:{own.rpartition(':')[2]}", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            async with connected(bridge, origin=origin):
                pass
    async with connected(bridge, origin=bridge) as watch:
        await watch.say(type="hello")
        assert (await watch.next())["rights"] == ["batch", "monitor", "monitor:cancel", "monitor:content"]
    gateway.role("bridge").tell_to_stop()


@pytest.mark.slow
async def test_who_does_not_read_is_dropped_and_nobody_else_notices(gateway: Gateway, bridge: str) -> None:
    for _ in range(80):  # a history that fills buffers
        await begin(gateway, "text n=1")
    async with watching(bridge, key=CONTENT) as slow, watching(bridge, key=CONTENT) as watch:
        await watch.until("history")
        await slow.until("history")
        slow.socket.transport.pause_reading()  # what it sends now nobody takes
        async with asyncio.timeout(PATIENCE):
            while "monitor.closed" not in said_by_bridges(gateway):
                with suppress(ConnectionClosed):  # dropped in the middle of it
                    for _ in range(100):  # each is answered with a history
                        await slow.say(type="filter")
                await watch.job(await begin(gateway, "text n=2"), ended)
        assert "code=4408" in said_by_bridges(gateway)
        slow.socket.transport.resume_reading()
        assert await slow.closed() in (4408, None)  # None: it came back too late to be told
        await watch.job(await begin(gateway, "text n=2"), ended)


def said_by_bridges(gateway: Gateway) -> str:
    return "".join(role.output.read_text() for role in gateway.roles if role.name == "bridge")


@pytest.mark.slow
async def test_a_job_whose_worker_dies_is_seen_to_run_again(gateway: Gateway, watch: Watch) -> None:
    job_id = await begin(gateway, "wait 2", "text n=2")
    await watch.job(job_id, lambda job: job["status"] == "running")
    await watch.say(type="open", job=job_id)
    gateway.role("worker-interactive").kill()
    gateway.start_worker()
    last = await watch.job(job_id, ended)
    assert (last["status"], last["attempt"]) == ("finished", 2)
    whole = await watch.until("job", lambda message: message["job"]["ended_at"])
    steps = [(step["what"], step["attempt"]) for step in whole["timeline"]]
    assert steps == [
        ("queued", 0),
        ("claimed", 1),
        ("requeued", 1),
        ("claimed", 2),
        ("first_output", 2),
        ("finished", 2),
    ]
    assert [step["at"] for step in whole["timeline"]] == sorted(step["at"] for step in whole["timeline"])


@pytest.mark.slow
async def test_a_store_that_is_restarted_is_watched_on(gateway: Gateway, watch: Watch) -> None:
    gateway.valkey.stop()
    assert (await watch.until("error"))["code"] == "unavailable"
    gateway.valkey.start()
    await watch.until("history")
    await asyncio.to_thread(gateway.wait_until_ready)
    job_id = await begin(gateway, "text n=2")
    assert (await watch.job(job_id, ended))["status"] == "finished"
