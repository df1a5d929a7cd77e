"""Conversations that go on upstream, through the whole gateway: the simulator checks each request to the letter."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import redis

from proto.keys import Keys
from tests.e2e.asking import Answer, Client, ask
from tests.e2e.conftest import CLIENT_KEYS, LOCKED
from tests.e2e.gateway import Gateway, wait_for
from tests.servers import Simulator

LOOK = {"type": "object", "properties": {"n": {"type": "integer"}}}
TOOLS = {
    "openai": [{"type": "function", "function": {"name": "look", "parameters": LOOK}}],
    "anthropic": [{"name": "look", "input_schema": LOOK}],
}
CALL = "[[sim:reasoning]] [[sim:text say='Looking. ']] [[sim:tools names=look args='{\"n\": 1}']]"


class Counts:
    """The counters of the deployment since the test began."""

    def __init__(self, client: "redis.Redis[bytes]") -> None:
        self._client = client
        client.delete(Keys().continuations("counts"))

    def __getitem__(self, name: str) -> int:
        return int(self._client.hget(Keys().continuations("counts"), name) or 0)  # type: ignore[arg-type]

    async def reach(self, name: str, count: int) -> None:
        """Return once a counter stands there: what is kept is kept after the client has its answer."""
        await asyncio.to_thread(wait_for, lambda: self[name] >= count, f"{count} {name}")


@pytest.fixture
def counts(gateway: Gateway) -> Iterator[Counts]:
    with redis.Redis.from_url(gateway.redis_url) as client:
        yield Counts(client)


@pytest.fixture
def strict(simulator: Simulator, gateway: Gateway) -> Simulator:  # it resets the simulator
    """The simulator, refusing what does not go on as its tasks stand."""
    simulator.settings(strict=True)
    return simulator


def door(gateway: Gateway, dialect: str, key: int = 0) -> Any:
    """An SDK at the door that asks for keys."""
    make = gateway.openai if dialect == "openai" else gateway.anthropic
    return make(door=LOCKED, api_key=CLIENT_KEYS[key])


def said(dialect: str, answer: Answer, results: str | None = None) -> list[dict[str, Any]]:
    """An answer as its client sends it back, and the result of its calls."""
    if dialect == "openai":
        calls = [
            {"id": c.id, "type": "function", "function": {"name": c.name, "arguments": json.dumps(c.arguments)}}
            for c in answer.calls
        ]
        message = {"role": "assistant", "content": answer.text, **({"tool_calls": calls} if calls else {})}
        return [message, *[{"role": "tool", "tool_call_id": c.id, "content": results} for c in answer.calls]]
    blocks: list[dict[str, Any]] = [{"type": "text", "text": answer.text}]
    blocks += [{"type": "tool_use", "id": c.id, "name": c.name, "input": c.arguments} for c in answer.calls]
    returned = [{"type": "tool_result", "tool_use_id": c.id, "content": results} for c in answer.calls]
    return [{"role": "assistant", "content": blocks}, *([{"role": "user", "content": returned}] if returned else [])]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


@pytest.mark.parametrize(("dialect", "stream"), [("openai", True), ("anthropic", False), ("anthropic", True)])
async def test_a_tool_loop_is_one_conversation_of_one_account(
    gateway: Gateway, strict: Simulator, counts: Counts, dialect: str, stream: bool
) -> None:
    turns = 5
    async with door(gateway, dialect) as client:
        messages = [user(f"{CALL} [[sim:then]] {CALL} [[sim:then]] {CALL} [[sim:then]] {CALL}")]
        for turn in range(turns - 1):
            answer = await ask(client, messages, stream=stream, tools=TOOLS[dialect])
            assert len(answer.calls) == 1
            messages += said(dialect, answer, f"found {turn}")
            await counts.reach("kept", turn + 1)
        last = await ask(client, messages, stream=stream, tools=TOOLS[dialect])

    assert f"> found {turns - 2}" in last.text
    seen = strict.state()["seen"]
    assert [each["fault"] for each in seen] == [""] * turns
    assert [each["history"] for each in seen] == ["none"] + ["ours"] * (turns - 1)
    assert {each["conversation_id"] for each in seen} == {seen[1]["sent_conversation_id"]}
    assert len({each["token"] for each in seen}) == 1
    await counts.reach("kept", turns)
    assert (counts["hit"], counts["unknown"]) == (turns - 1, 0)


async def first_turn(client: Client, dialect: str, counts: Counts, key: str) -> list[dict[str, Any]]:
    """A conversation that can go on; `key` makes it unlike any other."""
    messages = [user(f"{key} [[sim:text say='Yes.']]")]
    answer = await ask(client, messages, stream=False, tools=TOOLS[dialect])
    await counts.reach("kept", 1)
    return messages + said(dialect, answer)


async def test_what_cannot_go_on_is_told_anew(gateway: Gateway, strict: Simulator, counts: Counts) -> None:
    tools = TOOLS["openai"]
    async with door(gateway, "openai") as client, door(gateway, "openai", 1) as other:
        messages = await first_turn(client, "openai", counts, "fallbacks")
        on = [*messages, user("[[sim:text say='On.']]")]

        async def goes_on(who: Client, talk: list[dict[str, Any]], **options: Any) -> bool:
            answer = await ask(who, talk, stream=True, **{"tools": tools, **options})
            assert answer.text == "On."
            return bool(strict.state()["seen"][-1]["sent_conversation_id"])

        assert not await goes_on(other, on)  # another client
        assert not await goes_on(client, [user("edited"), *on[1:]])
        assert not await goes_on(client, on, tools=[])
        assert not await goes_on(client, [{"role": "system", "content": "Be brief."}, *on])
        assert await goes_on(client, on)
        assert not await goes_on(client, on)  # from where somebody else has gone on

        # An upstream that has forgotten: refused, and told anew by the same job.
        await counts.reach("kept", 7)
        again = [*on, {"role": "assistant", "content": "On."}, user("[[sim:text say='On.']]")]
        strict.reset()
        strict.settings(strict=True)
        assert not await goes_on(client, again)
        seen = strict.state()["seen"]
        assert [each["fault"] for each in seen] == ["no such conversation", ""]
        assert [each["status"] for each in seen] == [400, 200]
    assert (counts["changed"], counts["refused"], counts["hit"]) == (2, 1, 2)
    async with httpx.AsyncClient() as plain:
        told = (await plain.get(f"{gateway.url}/metrics")).text
    assert 'warp2api_continuations_total{outcome="changed"} 2.0' in told
    assert 'warp2api_continuations_total{outcome="other_account"} 0.0' in told


async def test_a_conversation_whose_client_left_before_output_can_go_on(
    gateway: Gateway, strict: Simulator, counts: Counts
) -> None:
    async with door(gateway, "anthropic") as client:
        messages = await first_turn(client, "anthropic", counts, "put back")
        left = asyncio.create_task(
            ask(client, [*messages, user("[[sim:silent]]")], stream=True, tools=TOOLS["anthropic"])
        )
        await asyncio.to_thread(strict.wait_for, lambda state: state["open_streams"] == 1)
        left.cancel()
        await counts.reach("put_back", 1)

        answer = await ask(
            client, [*messages, user("[[sim:text say='Still here.']]")], stream=True, tools=TOOLS["anthropic"]
        )

    assert answer.text == "Still here."
    seen = strict.state()["seen"]
    assert seen[1]["sent_conversation_id"] == seen[2]["sent_conversation_id"] != ""
    assert [each["fault"] for each in seen] == [""] * 3


async def test_without_client_keys_every_turn_is_told_anew(gateway: Gateway, strict: Simulator, counts: Counts) -> None:
    async with gateway.openai() as client:
        messages = [user("open [[sim:text say='Yes.']]"), {"role": "assistant", "content": "Yes."}, user("on")]
        await ask(client, messages[:1], stream=False, tools=TOOLS["openai"])
        await ask(client, messages, stream=False, tools=TOOLS["openai"])
    assert [each["sent_conversation_id"] for each in strict.state()["seen"]] == ["", ""]
    assert counts["kept"] == counts["unknown"] == 0
