"""The list of models and the counting of tokens, as the SDKs and plain HTTP see them."""

import asyncio
from typing import Any

import anthropic
import httpx
import openai
import pytest

from cli.simulator.options import MODELS
from proto.keys import Keys
from store.connection import Store
from store.models import SharedModels
from tests.e2e.conftest import CLIENT_KEYS, LOCKED
from tests.e2e.gateway import Gateway, run_gateway, wait_for
from tests.servers import Simulator

VERSION = {"anthropic-version": "2023-06-01"}
COUNT = "/v1/messages/count_tokens"


async def test_the_list_in_pages_and_its_refusals(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.url, headers=VERSION) as client:
        page = (await client.get("/v1/models", params={"limit": 1000})).json()
        assert (page["first_id"], page["last_id"], page["has_more"]) == ("auto", "auto", False)
        assert (await client.get("/v1/models", params={"after_id": "auto"})).json()["data"] == []
        for query in ({"limit": "0"}, {"limit": "1001"}, {"limit": "٣"}, {"limit": "1" * 5000}, {"after_id": "nobody"}):
            refused = await client.get("/v1/models", params=query)
            assert refused.status_code == 400
            assert refused.json()["error"]["type"] == "invalid_request_error"
            assert next(iter(query)) in refused.json()["error"]["message"]
        missing = await client.get("/v1/models/nobody-knows")
        assert (missing.status_code, missing.json()["error"]["type"]) == (404, "not_found_error")


async def test_tokens_are_counted_in_bursts_and_make_no_jobs(
    gateway: Gateway, simulator: Simulator, anthropic_client: anthropic.AsyncAnthropic
) -> None:
    def ask(text: str) -> Any:
        return {"model": "claude-next", "messages": [{"role": "user", "content": text}], "tools": []}

    store = Store(gateway.redis_url)
    jobs = set(await store.command("KEYS", Keys().record("*")))
    small = await anthropic_client.messages.count_tokens(**ask("foo"))
    assert small.input_tokens == 9
    prose = "Counting is done here, at once, however many ask for it. " * 900
    counts = await asyncio.gather(*[anthropic_client.messages.count_tokens(**ask(prose)) for _ in range(50)])
    assert len({count.input_tokens for count in counts}) == 1
    assert 0.2 < counts[0].input_tokens / len(prose) < 0.35

    assert set(await store.command("KEYS", Keys().record("*"))) <= jobs
    await store.aclose()
    assert simulator.state()["seen"] == []


async def test_what_cannot_be_sent_cannot_be_counted(gateway: Gateway) -> None:
    hello = [{"role": "user", "content": "Hello"}]
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        for body, field in (
            ({"messages": hello}, "model"),
            ({"model": "m"}, "messages"),
            ({"model": "m", "messages": []}, "messages"),
            (
                {"model": "m", "messages": [{"role": "user", "content": [{"type": "odd"}]}]},
                "messages[0].content[0].type",
            ),
        ):
            refused = await client.post(COUNT, json=body)
            assert refused.status_code == 400
            assert refused.json()["error"]["type"] == "invalid_request_error"
            assert field in refused.json()["error"]["message"]
        assert (await client.post(COUNT, json={"model": "m", "messages": hello, "max_tokens": 0})).status_code == 200
        assert (await client.get(COUNT)).status_code == 405
    async with gateway.anthropic(door=LOCKED) as stranger:
        with pytest.raises(anthropic.AuthenticationError):
            await stranger.messages.count_tokens(model="m", messages=hello)
    async with gateway.anthropic(door=LOCKED, api_key=CLIENT_KEYS[0]) as known:
        assert (await known.messages.count_tokens(model="m", messages=hello)).input_tokens == 9


async def test_the_word_that_models_have_changed_reaches_the_keeper(
    gateway: Gateway, openai_client: openai.AsyncOpenAI
) -> None:
    store = Store(gateway.redis_url)
    shared = SharedModels(store, Keys())
    try:
        for script, told in (("", False), ("[[sim:finish stale]]", True)):
            await openai_client.chat.completions.create(
                model="auto", messages=[{"role": "user", "content": f"[[sim:text say=Hi]]{script}"}]
            )
            assert await shared.is_stale() is told
    finally:
        await store.aclose()


@pytest.mark.slow
def test_the_keeper_fetches_the_upstreams_list_and_the_front_door_lists_it(simulator: Simulator) -> None:
    with run_gateway(simulator.url, MODELS="mine,auto", MODELS_REFRESH="3600") as gateway:

        def listed() -> list[str]:
            return [model["id"] for model in httpx.get(f"{gateway.url}/v1/models").json()["data"]]

        wait_for(lambda: "gpt-5-mini" in listed(), "the upstream's models")
        assert listed() == ["mine", "auto", *[id_ for id_ in MODELS if id_ != "auto"]]
        with httpx.Client(base_url=gateway.url, headers=VERSION) as client:
            page = client.get("/v1/models", params={"limit": 2, "after_id": "auto"}).json()
            assert page["has_more"]
            info = client.get(f"/v1/models/{page['first_id']}").json()
            assert (info["id"], info["max_input_tokens"]) == (page["first_id"], 200_000)
