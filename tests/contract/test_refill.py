"""How the pool fills, and what leaves it, on a real Valkey."""

import asyncio
from collections.abc import Sequence

from proto.errors import ErrorCode
from store.connection import Store
from tests.token_pools import (
    INTERACTIVE,
    KEYS,
    ListedSource,
    MakePool,
    api_key,
    firebase,
    refused,
    row,
    soon,
    use,
)
from tokens import outcomes
from tokens.credentials import Credential
from tokens.sources.base import SourceError
from tokens.stats import Health
from tokens.verbs import State

# Empty, dead, replaced


async def test_nothing_configured_names_what_to_set(make_pool: MakePool) -> None:
    pool = await make_pool(fill=False)
    error = await refused(pool, within=60)
    assert error.code is ErrorCode.NOT_CONFIGURED
    assert "WARP_API_KEY" in error.message
    assert (await pool.pool_stats()).health is Health.NOT_CONFIGURED


async def test_an_empty_pool_is_filled_on_demand_by_one(make_pool: MakePool) -> None:
    source = ListedSource(firebase("a", bearer=""), firebase("b", bearer=""))
    pool = await make_pool(source, fill=False)
    leases = await asyncio.gather(*[pool.acquire(INTERACTIVE, deadline=soon()) for _ in range(50)])
    assert len({lease.token_id for lease in leases}) <= 2
    assert source.refreshes == 2


async def test_all_own_accounts_join_whatever_the_target(make_pool: MakePool) -> None:
    pool = await make_pool(*[api_key(str(i)) for i in range(5)], pool_target=2)
    stats = await pool.pool_stats()
    assert (stats.size, stats.ready, stats.target, stats.tokens_created) == (5, 5, 2, 5)


async def test_a_borrowing_source_fills_up_to_the_target_only(make_pool: MakePool) -> None:
    lender = ListedSource(*[api_key(str(i)) for i in range(9)], tier=1, name="lender", standing=False)
    pool = await make_pool(lender, pool_target=4)
    assert (await pool.pool_stats()).size == 4
    dead = await use(pool, outcomes.BLOCKED)
    lender.credentials = [each for each in lender.credentials if each.token_id != dead.token_id]
    lender.credentials.reverse()
    await pool.refill("test")
    assert (await pool.pool_stats()).ready == 4
    assert dead.token_id not in {each.token_id for each in await pool.describe()}


async def test_a_withdrawn_account_is_not_lent_and_comes_back_when_listed(make_pool: MakePool) -> None:
    source = ListedSource(firebase("a"), api_key("b"))
    pool = await make_pool(source)
    await pool.refresh_now(firebase("a").token_id)
    source.credentials = [api_key("b")]
    await pool.refill("test")
    assert (await row(pool, firebase("a").token_id)).state is State.WITHDRAWN
    assert {(await use(pool, outcomes.OK)).token_id for _ in range(3)} == {api_key("b").token_id}
    source.credentials = [firebase("a")]
    await pool.refill("test")
    async with pool.lease(INTERACTIVE) as lease:
        assert lease.authorization == "Bearer bearer-1"


async def test_a_process_without_credentials_withdraws_nothing(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    await (await make_pool(fill=False)).refill("test")
    assert (await row(pool)).state is State.READY


async def test_a_dropped_token_takes_its_leases_along(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    lease = await pool.acquire(INTERACTIVE)
    assert await pool.verbs.drop([lease.token_id]) == 1
    await pool.refill("test")
    await pool.release(lease)
    assert (await row(pool)).in_flight == 0


async def test_a_bearer_that_ran_out_is_not_lent(make_pool: MakePool, store: Store) -> None:
    source = ListedSource(firebase("a"), api_key("b"))
    pool = await make_pool(source, refresh_window=0)
    for each in source.credentials:
        await store.command("HSET", KEYS.pool(f"token:{each.token_id}"), "expires", 1000)
    async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
        assert lease.authorization == "Bearer bearer-1"
    states = {each.token_id: (each.state, each.cause) for each in await pool.describe()}
    assert states[api_key("b").token_id] == (State.DEAD, "expired")


# Refilling


async def test_a_low_pool_refills_in_the_background(make_pool: MakePool, store: Store) -> None:
    source = ListedSource(firebase("a"), firebase("b"), firebase("c"))
    pool = await make_pool(source)
    for _ in range(2):
        await use(pool, outcomes.UNAUTHORIZED)
    assert (await pool.pool_stats()).ready == 1
    await use(pool, outcomes.OK)
    async with asyncio.timeout(30):
        while (await pool.pool_stats()).ready < 3:
            await asyncio.sleep(0.01)
    assert source.refreshes == 2


async def test_one_process_refills_and_the_others_wait_for_it(make_pool: MakePool) -> None:
    pools = [await make_pool(api_key("a"), fill=False) for _ in range(4)]
    reports = await asyncio.gather(*[pool.refill("test") for pool in pools])
    assert sorted(report.ours for report in reports) == [False, False, False, True]
    assert sum(report.created for report in reports) == 1


async def test_a_refill_whose_process_died_is_taken_over(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), fill=False)
    assert await pool.verbs.refill_begin("killed", 0.1, -1) == ("mine", 0)
    assert (await pool.refill("test")).ours
    assert not await pool.verbs.refill_end("killed", 0)


async def test_a_source_that_fails_does_not_hold_up_the_others(make_pool: MakePool) -> None:
    broken = ListedSource(api_key("x"), tier=1, name="broken", standing=False)

    async def acquire(n: int) -> Sequence[Credential]:
        raise SourceError("not today")

    broken.acquire = acquire  # type: ignore[method-assign]
    pool = await make_pool(broken, ListedSource(api_key("a")))
    assert (await use(pool, outcomes.OK)).tier == 3


async def test_waiting_for_a_refresh_ends_with_the_deadline(make_pool: MakePool) -> None:
    source = ListedSource(firebase("a", bearer=""))
    stuck = asyncio.Event()

    async def refresh(credential: Credential) -> Credential:
        await stuck.wait()
        return firebase("a", bearer="bearer-late")

    source.refresh = refresh  # type: ignore[method-assign]
    pool = await make_pool(source, fill=False)
    assert (await refused(pool, within=0.3)).code is ErrorCode.REFRESH_FAILED
    waiting = asyncio.create_task(pool.acquire(INTERACTIVE, deadline=soon()))
    await asyncio.sleep(0)
    stuck.set()
    assert (await waiting).authorization == "Bearer bearer-late"


async def test_a_process_without_sources_still_counts(make_pool: MakePool) -> None:
    await make_pool(api_key("a"), api_key("b"))
    onlooker = await make_pool(fill=False)
    stats = await onlooker.pool_stats()
    assert (stats.size, stats.ready, stats.target, stats.health) == (2, 2, 2, Health.HEALTHY)
