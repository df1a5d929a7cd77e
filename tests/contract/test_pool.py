"""The token pool on a real Valkey. Time passes by moving stored deadlines, never by sleeping."""

import asyncio
from collections import Counter

import pytest
from cryptography.fernet import Fernet

from proto.errors import ErrorCode
from store.connection import Store
from tests.token_pools import (
    BATCH,
    INTERACTIVE,
    KEYS,
    ListedSource,
    MakePool,
    api_key,
    end_rest,
    firebase,
    refused,
    row,
    soon,
    use,
)
from tokens import outcomes
from tokens.sources.base import RefreshVerdict
from tokens.stats import Health
from tokens.verbs import State

# Order


async def test_best_tier_then_fewest_in_flight_then_least_recently_used(make_pool: MakePool) -> None:
    near, far = ListedSource(api_key("a"), api_key("b"), tier=1, name="near"), ListedSource(api_key("c"), tier=4)
    pool = await make_pool(near, far)
    first, second = await pool.acquire(INTERACTIVE), await pool.acquire(INTERACTIVE)
    assert {first.tier, second.tier} == {1}
    assert first.token_id != second.token_id
    await pool.release(second)
    assert (await pool.acquire(INTERACTIVE)).token_id == second.token_id
    await pool.release(first)
    assert (await pool.acquire(INTERACTIVE)).token_id == first.token_id


async def test_idle_tokens_take_turns(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"), api_key("c"))
    used = [(await use(pool, outcomes.OK)).token_id for _ in range(9)]
    assert used[:3] * 3 == used
    assert len(set(used)) == 3


async def test_two_hundred_concurrent_leases_on_three_tokens_are_balanced(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"), api_key("c"))
    leases = await asyncio.gather(*[pool.acquire(INTERACTIVE) for _ in range(200)])
    assert sorted(Counter(lease.token_id for lease in leases).values()) == [66, 67, 67]
    assert sorted(each.in_flight for each in await pool.describe()) == [66, 67, 67]
    await asyncio.gather(*[pool.release(lease) for lease in leases])
    assert [each.in_flight for each in await pool.describe()] == [0, 0, 0]


async def test_a_large_pool_is_searched_to_its_end(make_pool: MakePool) -> None:
    pool = await make_pool(*[api_key(str(i)) for i in range(40)], token_concurrency=1)
    leases = [await pool.acquire(INTERACTIVE) for _ in range(40)]
    assert len({lease.token_id for lease in leases}) == 40
    assert (await refused(pool)).code is ErrorCode.OVERLOADED


async def test_tried_tokens_are_passed_over_while_there_is_another(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"))
    tried = (await use(pool, outcomes.NEUTRAL)).token_id
    others = {(await use(pool, outcomes.OK, exclude=[tried])).token_id for _ in range(4)}
    assert others == {each.token_id for each in await pool.describe()} - {tried}
    await use(pool, outcomes.BLOCKED, exclude=[tried])
    assert (await use(pool, outcomes.OK, exclude=[tried])).token_id == tried


# Outcomes


async def test_ok_and_neutral_leave_no_mark(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    for outcome in (outcomes.OK, outcomes.NEUTRAL):
        await use(pool, outcome)
        assert (await row(pool)).state is State.READY


async def test_rate_limited_cools_and_comes_back(make_pool: MakePool, store: Store) -> None:
    pool = await make_pool(api_key("a"))
    lease = await use(pool, outcomes.rate_limited(40))
    assert (await row(pool)).state is State.COOLING
    error = await refused(pool)
    assert error.code is ErrorCode.OVERLOADED
    assert error.retry_after == 40
    await end_rest(store, lease.token_id)
    assert (await row(pool)).state is State.READY
    await use(pool, outcomes.OK)


async def test_the_longer_rest_wins(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    leases = [await pool.acquire(INTERACTIVE) for _ in range(3)]
    for lease, outcome in zip(
        leases, (outcomes.rate_limited(40), outcomes.quota(5000), outcomes.rate_limited(20)), strict=True
    ):
        lease.outcome(outcome)
        await pool.release(lease)
    resting = await row(pool)
    assert resting.state is State.EXHAUSTED
    assert (await pool.pool_stats()).rate_limited == 2


async def test_quota_is_told_only_when_every_account_is_out(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"))
    await use(pool, outcomes.quota())
    await use(pool, outcomes.rate_limited(40))
    assert (await refused(pool)).code is ErrorCode.OVERLOADED
    rows = await pool.describe()
    assert {each.state for each in rows} == {State.EXHAUSTED, State.COOLING}


async def test_the_soonest_to_come_back_is_named(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"), api_key("c"))
    for outcome in (outcomes.UNAUTHORIZED, outcomes.rate_limited(3000), outcomes.quota(20)):
        await use(pool, outcome)
    assert (await refused(pool, within=10)).retry_after == 60


async def test_every_account_out_of_quota(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"))
    await use(pool, outcomes.quota())
    await use(pool, outcomes.quota(resets_in=9000))
    assert (await refused(pool, within=5)).code is ErrorCode.QUOTA


async def test_blocked_is_final(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    await use(pool, outcomes.BLOCKED)
    assert ((await row(pool)).state, (await row(pool)).cause) == (State.DEAD, "blocked")
    assert (await refused(pool)).code is ErrorCode.ACCOUNT_BLOCKED
    await pool.refill("test")
    assert (await row(pool)).state is State.DEAD
    assert (await pool.pool_stats()).health is Health.DOWN


async def test_unauthorized_is_quarantined_for_doubling_times_and_dead_after_five(
    make_pool: MakePool, store: Store
) -> None:
    pool = await make_pool(api_key("a"))
    for rest in (60, 120, 240, 480):
        lease = await use(pool, outcomes.UNAUTHORIZED)
        quarantined = await row(pool)
        snapshot = await pool.verbs.snapshot()
        assert quarantined.state is State.QUARANTINED
        assert rest * 1000 - 1000 < quarantined.rests_until - snapshot.now <= rest * 1000
        assert (await refused(pool, within=600)).code is ErrorCode.UPSTREAM_AUTH
        await end_rest(store, lease.token_id)
    await use(pool, outcomes.UNAUTHORIZED)
    assert ((await row(pool)).state, (await row(pool)).cause) == (State.DEAD, "refused")
    assert (await refused(pool)).code is ErrorCode.UPSTREAM_AUTH


async def test_an_ok_forgives_earlier_refusals(make_pool: MakePool, store: Store) -> None:
    pool = await make_pool(api_key("a"))
    lease = await use(pool, outcomes.UNAUTHORIZED)
    await end_rest(store, lease.token_id)
    assert (await row(pool)).strikes == 1
    await use(pool, outcomes.OK)
    assert (await row(pool)).strikes == 0


async def test_many_refused_at_once_are_one_refusal(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    leases = [await pool.acquire(INTERACTIVE) for _ in range(50)]
    late = await pool.acquire(INTERACTIVE)
    for lease in leases:
        lease.outcome(outcomes.UNAUTHORIZED)
        await pool.release(lease)
    late.outcome(outcomes.OK)
    await pool.release(late)
    assert ((await row(pool)).state, (await row(pool)).strikes) == (State.QUARANTINED, 1)


async def test_unauthorized_refreshes_once_then_quarantines(make_pool: MakePool) -> None:
    source = ListedSource(firebase("a"))
    pool = await make_pool(source)
    lease = await use(pool, outcomes.UNAUTHORIZED)
    assert (await row(pool)).state is State.STALE
    await pool.refresh_now(lease.token_id, lease.generation)
    again = await use(pool, outcomes.UNAUTHORIZED)
    assert again.generation > lease.generation
    assert (await row(pool)).state is State.QUARANTINED
    assert source.refreshes == 1
    assert (await refused(pool)).code is ErrorCode.UPSTREAM_AUTH


async def test_a_refusal_of_a_bearer_already_replaced_says_nothing(make_pool: MakePool) -> None:
    pool = await make_pool(ListedSource(firebase("a")))
    old = await pool.acquire(INTERACTIVE)
    await pool.refresh_now(old.token_id)
    old.outcome(outcomes.UNAUTHORIZED)
    await pool.release(old)
    assert (await row(pool)).state is State.READY


async def test_a_final_refresh_error_ends_the_token(make_pool: MakePool) -> None:
    source = ListedSource(firebase("a"))
    source.verdict = RefreshVerdict.LOGIN
    pool = await make_pool(source)
    lease = await use(pool, outcomes.UNAUTHORIZED)
    await pool.refresh_now(lease.token_id, lease.generation)
    assert ((await row(pool)).state, (await row(pool)).cause) == (State.DEAD, "login")
    assert (await refused(pool)).code is ErrorCode.UPSTREAM_AUTH


async def test_a_transient_refresh_error_is_tried_again_later(
    make_pool: MakePool, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tokens.refresh.PAUSES", (0.0, 0.0))
    source = ListedSource(firebase("a", bearer=""))
    source.verdict = RefreshVerdict.TRANSIENT
    pool = await make_pool(source)
    assert source.refreshes == 3
    error = await refused(pool, within=60)
    assert error.code is ErrorCode.REFRESH_FAILED
    assert error.retry_after == 15
    source.verdict = None
    assert (await row(pool)).state is State.STALE
    await store.command("HSET", KEYS.pool(f"token:{firebase('a').token_id}"), "not_before", 0)
    await store.command("ZADD", KEYS.pool("stale"), 0, firebase("a").token_id)
    async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
        assert lease.authorization == "Bearer bearer-4"


async def test_a_missing_web_key_is_named(make_pool: MakePool) -> None:
    source = ListedSource(firebase("a", bearer=""))
    source.verdict = RefreshVerdict.CONFIG
    pool = await make_pool(source)
    error = await refused(pool)
    assert error.code is ErrorCode.NOT_CONFIGURED
    assert "WARP_FIREBASE_API_KEY" in error.message


# Shares and lanes


async def test_a_batch_lease_never_takes_the_last_free_share(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"), token_concurrency=1)
    batch = await pool.acquire(BATCH, deadline=soon())
    assert (await refused(pool, BATCH)).code is ErrorCode.OVERLOADED
    await pool.acquire(INTERACTIVE, deadline=soon())
    await pool.release(batch)
    assert (await refused(pool, BATCH)).code is ErrorCode.OVERLOADED
    await pool.acquire(INTERACTIVE, deadline=soon())


async def test_shares_of_tried_tokens_count_as_free(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"), token_concurrency=1)
    lease = await pool.acquire(BATCH, exclude=[api_key("a").token_id], deadline=soon())
    assert lease.token_id == api_key("b").token_id


async def test_never_more_in_flight_than_allowed(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"), token_concurrency=3)
    most = 0

    async def job() -> None:
        nonlocal most
        async with pool.lease(INTERACTIVE, deadline=soon(30)) as lease:
            most = max(most, *[each.in_flight for each in await pool.describe()])
            lease.outcome(outcomes.OK)

    await asyncio.gather(*[job() for _ in range(40)])
    assert most == 3
    assert [each.in_flight for each in await pool.describe()] == [0, 0]


async def test_a_waiter_gets_the_share_that_is_given_back(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), token_concurrency=1)
    held = await pool.acquire(INTERACTIVE)
    waiting = asyncio.create_task(pool.acquire(INTERACTIVE, deadline=soon()))
    while not pool.turns.waiting:
        await asyncio.sleep(0)
    await pool.release(held)
    lease = await waiting
    assert lease.token_id == held.token_id


async def test_a_job_waits_for_the_soonest_cooling_token(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"))
    soonest = await use(pool, outcomes.rate_limited(1))
    await use(pool, outcomes.rate_limited(3600))
    rested = {each.token_id: each.rests_until for each in await pool.describe()}[soonest.token_id]
    assert (await use(pool, outcomes.OK)).token_id == soonest.token_id
    assert (await pool.verbs.snapshot()).now >= rested


# Lifetimes


async def test_the_lease_of_a_dead_worker_comes_back(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), token_concurrency=1, token_lease=0.05)
    lost = await pool.acquire(INTERACTIVE)
    taken = await pool.acquire(INTERACTIVE, deadline=soon())
    assert [each.in_flight for each in await pool.describe()] == [1]
    lost.outcome(outcomes.BLOCKED)
    await pool.release(lost)
    assert (await row(pool)).state is State.READY
    await pool.release(taken)


async def test_renewing_keeps_leases_and_names_the_lost(make_pool: MakePool, store: Store) -> None:
    pool = await make_pool(api_key("a"))
    kept, lost = await pool.acquire(INTERACTIVE), await pool.acquire(INTERACTIVE)
    await store.command("ZREM", KEYS.pool("leases"), lost.id)
    before = float(await store.command("ZSCORE", KEYS.pool("leases"), kept.id))
    await store.command("ZINCRBY", KEYS.pool("leases"), -5000, kept.id)
    assert await pool.renew_all() == [lost]
    assert (lost.lost, kept.lost) == (True, False)
    assert float(await store.command("ZSCORE", KEYS.pool("leases"), kept.id)) >= before


async def test_a_lease_is_given_back_once(make_pool: MakePool, store: Store) -> None:
    pool = await make_pool(api_key("a"))
    first, second = await pool.acquire(INTERACTIVE), await pool.acquire(INTERACTIVE)
    await pool.release(first)
    await pool.release(first)
    assert (await pool.verbs.release(first.id, outcomes.BLOCKED))[0] == "gone"
    assert ((await row(pool)).in_flight, (await row(pool)).state) == (1, State.READY)
    await pool.release(second)


async def test_a_cancelled_holder_gives_back_with_what_it_learned(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    holding = asyncio.Event()

    async def job() -> None:
        async with pool.lease(INTERACTIVE) as lease:
            lease.outcome(outcomes.rate_limited(60))
            holding.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(job())
    await holding.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert ((await row(pool)).in_flight, (await row(pool)).state) == (0, State.COOLING)


@pytest.mark.parametrize("steps", range(8))
async def test_an_asker_cancelled_at_any_moment_leaks_nothing(make_pool: MakePool, store: Store, steps: int) -> None:
    pool = await make_pool(api_key("a"))

    async def job() -> None:
        async with pool.lease(INTERACTIVE):
            await asyncio.Event().wait()

    task = asyncio.create_task(job())
    for _ in range(steps):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(30):
        while (await row(pool)).in_flight or await store.command("ZCARD", KEYS.pool("leases")):
            await asyncio.sleep(0.001)


# Statistics and secrets


async def test_counters(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"))
    limited = await use(pool, outcomes.rate_limited(60))
    await use(pool, outcomes.OK, exclude=[limited.token_id])
    await use(pool, outcomes.rate_limited(60), exclude=[limited.token_id])
    assert (await refused(pool)).code is ErrorCode.OVERLOADED
    stats = await pool.pool_stats()
    assert (stats.requests, stats.rate_limited, stats.switches, stats.successful_switches) == (3, 2, 2, 1)
    assert (stats.size, stats.ready, stats.health) == (2, 0, Health.DOWN)


async def test_stored_secrets_are_sealed_and_keys_rotate(make_pool: MakePool, store: Store) -> None:
    first, second = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    await make_pool(firebase("a", bearer="planted-bearer"), token_encryption_key=first)
    stored = await store.command("HGETALL", KEYS.pool(f"token:{firebase('a').token_id}"))
    assert b"planted" not in b"".join(stored)
    assert b"refresh-a" not in b"".join(stored)
    rotated = await make_pool(fill=False, token_encryption_key=f"{second},{first}")
    async with rotated.lease(INTERACTIVE) as lease:
        assert lease.authorization == "Bearer planted-bearer"
    stranger = await make_pool(fill=False, token_encryption_key=second)
    error = await refused(stranger)
    assert error.code is ErrorCode.NOT_CONFIGURED
    assert "TOKEN_ENCRYPTION_KEY" in error.message
    assert (await row(stranger)).in_flight == 0


async def test_a_token_to_refresh_that_no_key_opens(make_pool: MakePool) -> None:
    listed = [firebase("a", bearer="")]
    pool = await make_pool(ListedSource(*listed), fill=False, token_encryption_key=Fernet.generate_key().decode())
    await pool.verbs.put(listed[0], 3, "listed")
    stranger = await make_pool(ListedSource(*listed), token_encryption_key=Fernet.generate_key().decode())
    error = await refused(stranger, within=60)
    assert error.code is ErrorCode.NOT_CONFIGURED
    assert "TOKEN_ENCRYPTION_KEY" in error.message


async def test_what_is_shown_holds_no_secret(make_pool: MakePool) -> None:
    pool = await make_pool(firebase("planted", bearer="planted-bearer"), api_key("planted"))
    assert "planted" not in f"{await pool.describe()} {await pool.pool_stats()}"
