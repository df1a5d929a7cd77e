"""The upstream's list of models: fetched by whoever may, shared through Redis, used by the front door."""

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx
import pytest
from structlog.testing import capture_logs

from cli.simulator.app import create_simulator
from cli.simulator.options import Options
from proto.models import Model, ModelCatalogue, ModelOffer
from store import catalogue as catalogue_module
from store.catalogue import follow_offer
from store.connection import Store, StoreError
from store.models import SharedModels
from tests.token_pools import KEYS, MakePool, api_key
from tokens.pool import TokenPool
from workers.models import ModelRefresher
from workers.settings import UpstreamSettings

SETTINGS = UpstreamSettings(_env_file=None, warp_base_url="http://simulator")


@pytest.fixture
def shared(store: Store) -> SharedModels:
    return SharedModels(store, KEYS)


@pytest.fixture
async def upstream() -> AsyncIterator[httpx.AsyncClient]:
    """A simulator that knows one token and two models."""
    app = create_simulator(Options(models=["auto", "claude-4-5-sonnet"], known_tokens=["wk-good"]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://simulator") as client:
        yield client


@pytest.fixture
async def pool(make_pool: MakePool) -> TokenPool:
    return await make_pool(api_key("good"))


async def end_pause(store: Store) -> None:
    """Let the pause between two tries be over."""
    assert await store.command("DEL", KEYS.models_fetch) == 1


async def asked(upstream: httpx.AsyncClient, models: list[str]) -> None:
    (await upstream.post("/_sim/settings", json={"models": models})).raise_for_status()


async def ids(shared: SharedModels) -> list[str] | None:
    offer = await shared.read()
    return offer and [model.id for model in offer.models]


async def test_the_list_is_fetched_once_for_all_and_again_when_it_is_stale_or_old(
    store: Store, shared: SharedModels, upstream: httpx.AsyncClient, pool: TokenPool
) -> None:
    refreshers = [ModelRefresher(shared, pool, upstream, SETTINGS, 3600) for _ in range(4)]

    with capture_logs() as logs:
        await asyncio.gather(*[refresher.round() for refresher in refreshers])

    assert [entry["event"] for entry in logs if entry["event"].startswith("models.")] == ["models.refreshed"]
    offer = await shared.read()
    assert offer is not None
    assert offer.models == [
        Model("auto", "auto", 200_000),
        Model("claude-4-5-sonnet", "claude-4-5-sonnet", 200_000),
    ]

    await asked(upstream, ["auto", "gpt-5-mini"])
    await end_pause(store)
    await refreshers[0].round()
    assert await ids(shared) == ["auto", "claude-4-5-sonnet"], "neither old nor known to have changed"

    shared.tell_stale()
    await refreshers[0].round()
    assert await ids(shared) == ["auto", "gpt-5-mini"]
    assert not await shared.is_stale()

    await asked(upstream, ["auto"])
    shared.tell_stale()
    await refreshers[1].round()
    assert await ids(shared) == ["auto", "gpt-5-mini"], "the upstream is left alone for a while"

    await end_pause(store)
    await shared.write(ModelOffer(0, [Model("ancient")]))
    await refreshers[1].round()
    assert await ids(shared) == ["auto"]


async def test_a_failure_keeps_the_old_list_and_is_tried_again(
    store: Store, shared: SharedModels, upstream: httpx.AsyncClient, pool: TokenPool
) -> None:
    good = ModelRefresher(shared, pool, upstream, SETTINGS, 3600)
    await good.round()
    await asked(upstream, ["gpt-5-mini"])
    (await upstream.post("/_sim/settings", json={"known_tokens": []})).raise_for_status()
    shared.tell_stale()
    await end_pause(store)

    with capture_logs() as logs:
        await good.round()

    assert [(entry["event"], entry["code"]) for entry in logs if entry["log_level"] == "warning"] == [
        ("models.refresh_failed", "upstream_rejected")
    ]
    assert await ids(shared) == ["auto", "claude-4-5-sonnet"]
    assert (await pool.pool_stats()).ready == 1, "a refusal here says nothing about the token"

    (await upstream.post("/_sim/settings", json={"known_tokens": None})).raise_for_status()
    await end_pause(store)
    await good.round()
    assert await ids(shared) == ["gpt-5-mini"]


async def test_without_a_token_or_an_upstream_there_is_a_word_in_the_log(
    store: Store, shared: SharedModels, upstream: httpx.AsyncClient, make_pool: MakePool
) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with capture_logs() as logs:
        await ModelRefresher(shared, await make_pool(), upstream, SETTINGS, 3600).round()
        await end_pause(store)
        async with httpx.AsyncClient(transport=httpx.MockTransport(refuse)) as gone:
            await ModelRefresher(shared, await make_pool(api_key("good")), gone, SETTINGS, 3600).round()

    codes = [entry["code"] for entry in logs if entry["event"] == "models.refresh_failed"]
    assert codes == ["not_configured", "upstream_unreachable"]
    assert await shared.read() is None


async def test_the_front_door_follows_the_shared_list(
    store: Store, shared: SharedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue_module, "LOOK_EVERY", 0.005)
    catalogue = ModelCatalogue(["auto"], {"claude-*": "auto"})

    async def until(reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not reached():
                await asyncio.sleep(0.001)

    with capture_logs() as logs:
        following = asyncio.create_task(follow_offer(shared, catalogue))
        await shared.write(ModelOffer(1, [Model("claude-4-5-sonnet")]))
        await until(lambda: catalogue.resolve("claude-4-5-sonnet") == "claude-4-5-sonnet")
        await store.command("SET", KEYS.models, b'{"models": 5}')
        await until(lambda: any(entry["event"] == "models.unreadable" for entry in logs))
        assert catalogue.resolve("claude-4-5-sonnet") == "claude-4-5-sonnet"
        await shared.write(ModelOffer(2, [Model("gpt-5-mini")]))
        await until(lambda: catalogue.resolve("claude-4-5-sonnet") == "auto")
        following.cancel()
    assert [entry["id"] for entry in catalogue.openai_list()["data"]] == ["auto", "gpt-5-mini"]


async def test_while_redis_is_away_nothing_changes() -> None:
    away = Store("redis://127.0.0.1:1/0")
    shared = SharedModels(away, KEYS)
    catalogue = ModelCatalogue(["auto"], {})
    following = asyncio.create_task(follow_offer(shared, catalogue))
    with pytest.raises(StoreError):
        await shared.read()
    await asyncio.sleep(0)
    assert not following.done()
    following.cancel()
    await away.aclose()
