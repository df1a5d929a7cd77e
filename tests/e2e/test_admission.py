"""Client keys, limits, lanes and idempotency keys, at two front doors that share a keys file."""

import asyncio
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest

from api.keys_file import KeyEntry, changing_keys, hash_of
from proto.clients import Right
from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Store
from tests.e2e.asking import ask, user
from tests.e2e.gateway import PATIENCE, Gateway
from tests.servers import Simulator

CHAT, MESSAGES, RESPONSES = "/v1/chat/completions", "/v1/messages", "/v1/responses"


#: What stands in the file when the doors open; each test has a client of its own.
CLIENTS: dict[str, dict[str, Any]] = {
    "batches": {"rights": (Right.BATCH,)},
    "hasty": {"per_minute": 2},
    "free": {"concurrency": 3},
    **{f"again-{number}": {"concurrency": 1, "per_minute": 1} for number in range(6)},
    "unlucky": {},
    "nightly": {"lane": Lane.BATCH},
    "daily": {},
}


def key_of(name: str) -> str:
    """A client's key."""
    return f"w2a-{name}"


class Doors:
    """The two front doors and their keys file."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.path = gateway.folder / "keys.json"
        with changing_keys(self.path) as keys:
            keys += [KeyEntry(name=name, sha256=hash_of(key_of(name)), **more) for name, more in CLIENTS.items()]
        self.first = len(gateway.ports)
        self.roles = [gateway.start_api(CLIENT_KEYS_FILE=str(self.path), MAX_WAITING="40") for _ in range(2)]
        gateway.wait_until_ready()

    def close(self) -> None:
        """Leave the shared gateway as it was."""
        for role in self.roles:
            role.tell_to_stop()
        for role in self.roles:
            assert role.stopped() == 0
            self.gateway.roles.remove(role)
        del self.gateway.ports[self.first : self.first + 2]

    def add(self, name: str) -> str:
        """Add a key to the file."""
        with changing_keys(self.path) as keys:
            keys.append(KeyEntry(name=name, sha256=hash_of(key_of(name))))
        return key_of(name)

    def revoke(self, name: str) -> None:
        """Take a key out of the file."""
        with changing_keys(self.path) as keys:
            keys[:] = [entry for entry in keys if entry.name != name]

    async def until(self, door: int, key: str, *, known: bool) -> None:
        """Wait until a door knows a key, or no longer does: it looks once a second."""
        async with asyncio.timeout(PATIENCE), self.http(door, key) as client:
            while ((await client.get("/v1/models")).status_code != 401) != known:
                await asyncio.sleep(0.05)  # between two looks

    def http(self, door: int, key: str) -> httpx.AsyncClient:
        """A plain client at one of the doors."""
        url = self.gateway.urls[self.first + door]
        return httpx.AsyncClient(base_url=url, headers={"x-api-key": key}, timeout=PATIENCE)

    def openai(self, door: int, key: str) -> openai.AsyncOpenAI:
        """OpenAI's SDK at one of the doors."""
        return self.gateway.openai(door=self.first + door, api_key=key)

    def anthropic(self, door: int, key: str) -> anthropic.AsyncAnthropic:
        """Anthropic's SDK at one of the doors."""
        return self.gateway.anthropic(door=self.first + door, api_key=key)


@pytest.fixture(scope="module")
def doors_once(gateway_processes: Gateway) -> Iterator[Doors]:
    """The doors, opened once."""
    doors = Doors(gateway_processes)
    yield doors
    doors.close()


@pytest.fixture
def doors(doors_once: Doors, gateway: Gateway, simulator: Simulator) -> Doors:
    """The doors, before a simulator and a pool without memory."""
    return doors_once


def body(text: str, *, path: str = CHAT, stream: bool) -> dict[str, Any]:
    """A chat as a route wants it."""
    if path == RESPONSES:
        return {"model": "auto", "stream": stream, "input": text}
    return {"model": "auto", "max_tokens": 4000, "stream": stream, "messages": user(text)}


async def test_keys_come_go_and_open_what_they_have_a_right_to(doors: Doors) -> None:
    key, batches = doors.add("alice"), key_of("batches")
    for door in (0, 1):
        await doors.until(door, key, known=True)
    async with doors.openai(0, key) as one, doors.anthropic(1, key) as other:
        for client in (one, other):
            assert (await ask(client, "Hello", stream=True)).text
    async with doors.openai(0, batches) as one, doors.anthropic(1, batches) as other:
        with pytest.raises(openai.PermissionDeniedError) as refused:
            await ask(one, "Hello", stream=True)
        assert refused.value.code == "not_permitted"
        with pytest.raises(anthropic.PermissionDeniedError) as refused_too:
            await ask(other, "Hello", stream=True)
        assert refused_too.value.body["error"]["type"] == "permission_error"  # type: ignore[index]

    doors.revoke("alice")
    await doors.until(1, key, known=False)
    async with doors.openai(1, key) as client:
        with pytest.raises(openai.AuthenticationError):
            await ask(client, "Hello", stream=False)
    said = "\n".join(role.output.read_text() for role in doors.gateway.roles)
    assert key not in said
    assert hash_of(key) not in said


async def test_a_rate_limit_is_one_for_both_doors_and_told_in_the_clients_words(doors: Doors) -> None:
    key = key_of("hasty")
    async with doors.openai(0, key) as one, doors.anthropic(1, key) as other:
        first = await ask(one, "Hello", stream=True)
        assert first.headers["x-ratelimit-limit-requests"] == "2"
        assert first.headers["x-ratelimit-remaining-requests"] == "1"
        assert first.headers["x-ratelimit-reset-requests"] == "30s"
        second = await ask(other, "Hello", stream=False)
        assert second.headers["anthropic-ratelimit-requests-limit"] == "2"
        assert second.headers["anthropic-ratelimit-requests-remaining"] == "0"
        assert second.headers["anthropic-ratelimit-requests-reset"].endswith("Z")
        with pytest.raises(openai.RateLimitError) as refused:
            await ask(one, "Hello", stream=True)
        with pytest.raises(anthropic.RateLimitError) as refused_too:
            await ask(other, "Hello", stream=False)
    for error in (refused.value, refused_too.value):
        assert 1 <= int(error.response.headers["retry-after"]) <= 30
        assert "2 requests a minute" in str(error)
    assert refused.value.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert refused_too.value.response.headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert "x-ratelimit-limit-requests" not in refused_too.value.response.headers


async def test_without_a_rate_limit_nothing_is_told_of_one(doors: Doors) -> None:
    key = key_of("free")
    async with doors.openai(0, key) as client:
        answer = await ask(client, "Hello", stream=False)
    assert not [name for name in answer.headers if "ratelimit" in name]


@pytest.mark.parametrize(
    ("number", "path", "stream"),
    [(2 * route + stream, path, stream) for route, path in enumerate((CHAT, MESSAGES, RESPONSES)) for stream in (0, 1)],
)
async def test_a_request_that_is_sent_again_gets_the_same_answer(
    doors: Doors, simulator: Simulator, number: int, path: str, stream: int
) -> None:
    key = key_of(f"again-{number}")
    headers = {"idempotency-key": "the-key", "connection": "close"}
    asked = body("[[sim:text n=8 gap=0.05]]", path=path, stream=bool(stream))
    async with doors.http(0, key) as one, doors.http(1, key) as other:
        # Four at once, at two doors: one is the first, and the others read along.
        racing = await asyncio.gather(
            *[client.post(path, json=asked, headers=headers) for client in (one, other, one, other)]
        )
        # Written in another order, it is the same request.
        later = await other.post(path, json=dict(reversed(asked.items())), headers=headers)
        answers = [*racing, later]
        assert [answer.status_code for answer in answers] == [200] * 5
        assert len({answer.content for answer in answers}) == 1
        assert len({answer.headers["x-job-id"] for answer in answers}) == 1
        assert sorted("idempotent-replayed" in answer.headers for answer in answers) == [False, True, True, True, True]
        assert simulator.state()["requests"] == 1

        changed = await one.post(path, json=body("Another", path=path, stream=bool(stream)), headers=headers)
        assert changed.status_code == 422
        assert changed.json()["error"]["type"] == "invalid_request_error"
        refused = await one.post(path, json=asked, headers={"idempotency-key": "not one"})
        assert refused.status_code == 400
        assert "Idempotency-Key" in refused.json()["error"]["message"]
    assert simulator.state()["requests"] == 1


async def test_a_key_whose_job_failed_or_was_cancelled_is_free_again(doors: Doors, simulator: Simulator) -> None:
    key = key_of("unlucky")
    headers = {"idempotency-key": "the-key"}
    async with doors.openai(0, key) as client, doors.http(1, key) as http:
        with pytest.raises(openai.InternalServerError):
            await ask(client, "[[sim:status 503 times=9]]", stream=False, extra_headers=headers)
        answer = await ask(client, '[[sim:text say="Better."]]', stream=True, extra_headers=headers)
        assert answer.text == "Better."
        with pytest.raises(openai.UnprocessableEntityError) as refused:
            await ask(client, "Another", stream=True, extra_headers=headers)
        assert refused.value.code == "idempotency_key_reused"

        silent = body("[[sim:text]][[sim:silent]]", stream=True)
        leaving = {"idempotency-key": "second", "x-on-disconnect": "cancel"}
        async with http.stream("POST", CHAT, json=silent, headers=leaving) as left:
            assert left.status_code == 200
        await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 0)
        answer = await ask(client, "Hello", stream=True, extra_headers={"idempotency-key": "second"})
        assert answer.text


async def test_interactive_chats_never_wait_behind_batch_ones(doors: Doors, simulator: Simulator) -> None:
    patient, quick = key_of("nightly"), key_of("daily")
    store = Store(doors.gateway.redis_url)
    waiting = Keys().waiting

    async def waits(count: int) -> None:
        async with asyncio.timeout(PATIENCE):
            while await store.command("ZCARD", waiting) != count:
                await asyncio.sleep(0.02)  # between two looks

    async with (
        doors.openai(0, patient) as slow,
        doors.anthropic(1, patient) as slow_too,
        doors.openai(1, quick) as fast,
    ):
        behind = [asyncio.create_task(ask(slow, "Hello", stream=False)) for _ in range(20)]
        await waits(20)
        # Nobody works on the batch lane yet, and still:
        for stream in (True, False):
            assert (await ask(fast, "Hello", stream=stream)).text
        assert simulator.state()["requests"] == 2
        assert not any(task.done() for task in behind)
        # The batch lane's half of the waiting list is full.
        with pytest.raises(openai.InternalServerError) as full:
            await ask(slow, "Hello", stream=False)
        with pytest.raises(anthropic.APIStatusError) as full_too:
            await ask(slow_too, "Hello", stream=True)
        assert (full.value.status_code, full_too.value.status_code) == (503, 529)
        for error in (full.value, full_too.value):
            assert 1 <= int(error.response.headers["retry-after"]) <= 60
        worker = doors.gateway.start_worker("batch")
        assert all(answer.text for answer in await asyncio.gather(*behind))
        worker.tell_to_stop()
        assert await asyncio.to_thread(worker.stopped) == 0
    await store.aclose()


async def test_a_file_that_breaks_locks_nobody_out(doors: Doors) -> None:
    key = key_of("free")
    before = doors.path.read_bytes()
    door = doors.roles[1]
    doors.path.write_text("{")
    try:
        async with asyncio.timeout(PATIENCE), doors.http(1, key) as client:
            while "client_keys.kept" not in door.output.read_text():
                assert (await client.get("/v1/models")).status_code == 200
                await asyncio.sleep(0.05)  # between two looks
            assert (await client.get("/v1/models")).status_code == 200
    finally:
        doors.path.write_bytes(before)
