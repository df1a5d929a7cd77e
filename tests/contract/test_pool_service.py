"""Two deployments, one set of accounts: the pool service and its client over real HTTP, on a real Valkey."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from api.pool_service.app import MAX_BODY, create_app
from proto.keys import Keys
from store.connection import Store
from tests.pool_services import TOKEN, pool_service
from tests.raw_connection import connection, to_the_end
from tests.token_pools import INTERACTIVE, api_key, firebase, row, settings, soon, use
from tokens import outcomes
from tokens.pool import TokenPool, open_pool
from tokens.refresh import Refreshed
from tokens.sources.pool_service import PREFIX
from tokens.verbs import ABSENT, PRESENT, State

KEYS = Keys("borrower")
ROOT = Path(__file__).parents[2]
A, B, C = (firebase(name, bearer=f"bearer-{name}") for name in "abc")


@asynccontextmanager
async def borrower(store: Store, url: str, **values: Any) -> AsyncIterator[TokenPool]:
    """A deployment that has no credentials of its own."""
    values = {"pool_service_base_url": url, "pool_service_token": TOKEN, **values}
    async with open_pool(settings(**values), store, KEYS) as pool:
        yield pool


def asking(url: str, token: str = TOKEN) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}, trust_env=False)


async def in_flight(pool: TokenPool) -> int:
    return sum(each.in_flight for each in await pool.describe())


async def until_in_flight(pool: TokenPool, wanted: int) -> None:
    async with asyncio.timeout(30):
        while await in_flight(pool) != wanted:
            await asyncio.sleep(0.005)


async def test_a_pool_fills_from_the_service_up_to_its_target(store: Store) -> None:
    async with pool_service(store, A, B, C, api_key("d")) as (url, lender, _), borrower(store, url) as pool:
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            assert lease.tier == 1
            assert lease.token_id.startswith(f"{PREFIX}tk-")
            token = next(each for each in await lender.describe() if PREFIX + each.token_id == lease.token_id)
            (stored,) = await lender.verbs.credentials([token.token_id])
            assert lease.authorization == f"Bearer {stored.bearer.reveal()}"
        assert (await pool.pool_stats()).size == 3
        assert await in_flight(lender) == 3


async def test_two_borrowers_get_the_least_lent(store: Store) -> None:
    async with pool_service(store, A, B) as (url, lender, _), asking(url) as http:
        first = (await http.post("/v1/leases", json={"count": 1})).json()["leases"][0]["token"]
        second = (await http.post("/v1/leases", json={"count": 1})).json()["leases"][0]["token"]
        assert first != second
        third = (await http.post("/v1/leases", json={"count": 5, "except": [first]})).json()["leases"]
        assert [each["token"] for each in third] == [second]
        assert await in_flight(lender) == 3


async def test_a_share_that_is_lent_is_taken(store: Store) -> None:
    async with pool_service(store, A, token_concurrency=1) as (url, _, _), asking(url) as http:
        assert len((await http.post("/v1/leases", json={"count": 2})).json()["leases"]) == 1
        assert (await http.post("/v1/leases", json={"count": 1})).json()["leases"] == []


async def test_what_stops_gives_back_and_only_the_last_does(store: Store) -> None:
    async with pool_service(store, A, B, C) as (url, lender, _):
        async with borrower(store, url) as first:
            await first.refill("test")
            async with borrower(store, url):
                await _present(store, 2)
            await _present(store, 1)
            assert await in_flight(lender) == 3
        assert await in_flight(lender) == 0
        assert await first.describe() == []


async def _present(store: Store, wanted: int) -> None:
    async with asyncio.timeout(30):
        while await store.command("ZCARD", KEYS.pool("processes")) != wanted:
            await asyncio.sleep(0.005)


async def test_one_process_at_a_time_renews(store: Store) -> None:
    keys = [KEYS.pool("processes"), KEYS.pool("renewing")]
    turns = [await store.run(PRESENT, keys, [process, 60_000, 60_000]) for process in ("a", "b", "a")]
    assert turns == [1, 0, 0]
    assert [await store.run(ABSENT, keys[:1], [process]) for process in ("a", "b")] == [1, 0]


async def test_what_a_dead_borrower_held_comes_back_by_its_ttl(store: Store) -> None:
    async with pool_service(store, A, B, ttl=0.2) as (url, lender, _), asking(url) as http:
        held = (await http.post("/v1/leases", json={"count": 2})).json()["leases"]
        assert await in_flight(lender) == 2
        await until_in_flight(lender, 0)
        over = await http.post("/v1/leases/renew", json={"leases": [each["lease"] for each in held]})
        assert sorted(over.json()["lost"]) == sorted(each["lease"] for each in held)


async def test_renewing_keeps_what_is_held_and_lost_tokens_leave_the_pool(store: Store) -> None:
    async with pool_service(store, A, B) as (url, lender, _), borrower(store, url) as pool:
        await pool.refill("test")
        leases = await store.command("ZRANGE", Keys("lender").pool("leases"), 0, -1, "WITHSCORES")
        for lease in leases[::2]:
            await store.command("ZINCRBY", Keys("lender").pool("leases"), -30_000, lease)
        await pool.borrowing.round()
        renewed = await store.command("ZRANGE", Keys("lender").pool("leases"), 0, -1, "WITHSCORES")
        assert all(float(score) > float(before) - 1 for score, before in zip(renewed[1::2], leases[1::2], strict=True))
        await store.command("ZREM", Keys("lender").pool("leases"), leases[0])
        await pool.borrowing.round()
        assert len(await pool.describe()) == 1
        await pool.refill("test")
        assert len(await pool.describe()) == 2
        assert (await lender.pool_stats()).size == 2


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (outcomes.rate_limited(40), State.COOLING),
        (outcomes.quota(4000), State.EXHAUSTED),
        (outcomes.BLOCKED, State.DEAD),
    ],
)
async def test_the_lender_is_told(store: Store, outcome: outcomes.Outcome, state: State) -> None:
    async with pool_service(store, A) as (url, lender, _), borrower(store, url) as pool:
        await use(pool, outcome)
        async with asyncio.timeout(30):
            while (await row(lender)).state is not state:
                await asyncio.sleep(0.005)
        assert await in_flight(lender) == 1
        rest = (await row(pool)).rests_until - (await row(lender)).rests_until
        assert abs(rest) < 2000


async def test_a_hundred_refusals_are_told_once(store: Store) -> None:
    async with pool_service(store, A) as (url, lender, _), borrower(store, url) as pool:
        leases = [await pool.acquire(INTERACTIVE, deadline=soon()) for _ in range(100)]
        for lease in leases:
            lease.outcome(outcomes.rate_limited(40))
        await asyncio.gather(*[pool.release(lease) for lease in leases])
        async with asyncio.timeout(30):
            while (await row(lender)).state is not State.COOLING:
                await asyncio.sleep(0.005)
        assert (await lender.pool_stats()).rate_limited == 1


async def test_what_died_here_is_given_back(store: Store) -> None:
    async with pool_service(store, A, B) as (url, lender, _), borrower(store, url) as pool:
        await use(pool, outcomes.BLOCKED)
        await pool.borrowing.round()
        assert len(await pool.describe()) == 1
        assert await in_flight(lender) == 1


async def test_a_refused_bearer_is_refreshed_at_the_lenders_once(store: Store) -> None:
    async with pool_service(store, A) as (url, lender, source), borrower(store, url) as pool:
        lease = await use(pool, outcomes.UNAUTHORIZED)
        told = await asyncio.gather(*[pool.refresh_now(lease.token_id, lease.generation) for _ in range(5)])
        assert set(told) == {Refreshed.YES}
        async with pool.lease(INTERACTIVE, deadline=soon()) as again:
            assert again.authorization == "Bearer bearer-1"
        assert source.refreshes == 1
        async with lender.lease(INTERACTIVE, deadline=soon()) as theirs:
            assert theirs.authorization == "Bearer bearer-1"


async def test_a_bearer_the_lender_has_replaced_is_simply_told(store: Store) -> None:
    async with pool_service(store, A) as (url, lender, source), borrower(store, url) as pool:
        held = await pool.acquire(INTERACTIVE, deadline=soon())
        await lender.refresh_now(A.token_id)
        assert await pool.refresh_now(held.token_id, held.generation) is Refreshed.YES
        assert source.refreshes == 1
        async with pool.lease(INTERACTIVE, deadline=soon()) as again:
            assert again.authorization == "Bearer bearer-1"
        await pool.release(held)


async def test_a_refused_api_key_is_dead_here_and_quarantined_there(store: Store) -> None:
    async with pool_service(store, api_key("k")) as (url, lender, _), borrower(store, url) as pool:
        lease = await use(pool, outcomes.UNAUTHORIZED)
        assert await pool.refresh_now(lease.token_id, lease.generation) is Refreshed.NEVER
        async with asyncio.timeout(30):
            while (await row(lender)).state is not State.QUARANTINED:
                await asyncio.sleep(0.005)


async def test_borrowed_and_anonymous_tokens_are_not_lent_on(store: Store) -> None:
    async with pool_service(store, A) as (url, lender, _), asking(url) as http:
        await lender.verbs.put(B, 1, "pool_service")
        await lender.verbs.put(C, 4, "anonymous")
        leases = (await http.post("/v1/leases", json={"count": 9})).json()["leases"]
        assert [each["token"] for each in leases] == [A.token_id]
        assert (await http.post("/v1/leases", json={"count": 9, "except": [A.token_id]})).json()["leases"] == []
        assert await in_flight(lender) == 1


async def test_own_accounts_stand_in_while_the_service_is_away_and_it_is_asked_again(store: Store) -> None:
    with capture_logs() as logs:
        async with borrower(store, "http://127.0.0.1:1", warp_api_key="wk-own") as pool:
            async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
                assert lease.tier == 3
            for _ in range(3):
                await pool.refill("test")
    events = [each["event"] for each in logs]
    assert events.count("pool.acquire_fresh_token_failed") == 1
    assert events.count("pool.fell_back_to_tier") == 1
    assert TOKEN not in str(logs)


# The contract


@pytest.mark.parametrize("offered", ["wrong", TOKEN[:-1], TOKEN + "x"])
async def test_nobody_is_let_in_without_the_token(store: Store, offered: str) -> None:
    async with pool_service(store, A) as (url, lender, _), asking(url, offered) as http:
        for verb in ("", "/renew", "/outcome", "/refresh", "/release"):
            answer = await http.post(f"/v1/leases{verb}", json={"count": 1})
            assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
        assert (await http.get("/healthz")).json() == {"status": "ok"}
        assert await in_flight(lender) == 0


@pytest.mark.parametrize("framing", ["content-length: 99", "transfer-encoding: chunked"])
@pytest.mark.parametrize("sent", [b"", b"1\r\n{\r\n"], ids=["nothing", "a little"])
async def test_strangers_do_not_get_to_send_bodies_without_end(store: Store, framing: str, sent: bytes) -> None:
    async with pool_service(store, A, body_within=0.2) as (url, _, _):
        head = f"POST /v1/leases HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\n{framing}\r\n\r\n"
        async with connection(int(url.rpartition(":")[2])) as (reader, writer):
            writer.write(head.encode() + sent)
            answer = await to_the_end(reader)
    assert answer.startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
async def test_strangers_do_not_get_to_send_large_bodies(store: Store, chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * (MAX_BODY // 2)

    async with pool_service(store, A) as (url, _, _), asking(url, "wrong") as http:
        body = pieces() if chunked else b" " * (MAX_BODY + 1)
        with suppress(httpx.TransportError):  # it may be hung up on while it still sends
            answer = await http.post("/v1/leases", content=body, headers={"content-type": "application/json"})
            assert answer.status_code == 413
        assert (await http.post("/v1/nothing")).json()["error"] == "refused"


async def test_a_borrower_without_the_token_is_told_what_is_wrong(store: Store) -> None:
    async with pool_service(store, A) as (url, _, _), borrower(store, url, pool_service_token="") as pool:
        with capture_logs() as logs:
            await pool.refill("test")
        assert [each["error"] for each in logs if "error" in each] == ["the pool service refuses POOL_SERVICE_TOKEN"]


async def test_a_malformed_request_is_not_repeated(store: Store) -> None:
    async with pool_service(store, A) as (url, _, _), asking(url) as http:
        answer = await http.post("/v1/leases/refresh", json={"lease": ["planted"], "refused": "planted"})
        assert answer.status_code == 422
        assert answer.json()["message"] == "Not valid: lease."
        assert "planted" not in answer.text


async def test_a_lease_that_is_over(store: Store) -> None:
    async with pool_service(store, A) as (url, _, _), asking(url) as http:
        gone = {"lease": f"{A.token_id}:1:-:abc"}
        told = await http.post("/v1/leases/outcome", json={**gone, "verdict": "blocked"})
        assert (told.status_code, told.json()["error"]) == (404, "lease_over")
        assert (await http.post("/v1/leases/refresh", json={**gone, "refused": ""})).status_code == 404
        for nonsense in ("", "x", "tk-none:1:-:a"):
            released = await http.post("/v1/leases/release", json={"leases": [nonsense]})
            assert released.json() == {"released": 0}


def test_the_published_contract_is_what_is_served() -> None:
    published = json.loads((ROOT / "docs/pool-service.json").read_text())
    assert create_app("", None).openapi() == published  # type: ignore[arg-type]
