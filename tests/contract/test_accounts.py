"""Tokens of one account share its limits, and the operator's own hand on tokens, on a real Valkey."""

from dataclasses import replace

import pytest
from cryptography.fernet import Fernet

from proto.errors import ErrorCode
from store.connection import Store
from tests.token_pools import INTERACTIVE, KEYS, ListedSource, MakePool, api_key, firebase, refused, row, soon, use
from tokens import outcomes
from tokens.credentials import Credential, SealError
from tokens.outcomes import Outcome
from tokens.pool import TokenPool
from tokens.sources.base import RefreshVerdict
from tokens.verbs import RESEAL, State


def of(account: str, credential: Credential) -> Credential:
    return replace(credential, account=account)


async def states(pool: TokenPool) -> dict[str, State]:
    return {each.token_id: each.state for each in await pool.describe()}


ADA_1, ADA_2 = of("ac-ada", firebase("ada-1")), of("ac-ada", firebase("ada-2"))
BOB = of("ac-bob", firebase("bob"))
UNKNOWN = api_key("k")


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (outcomes.rate_limited(40), State.COOLING),
        (outcomes.quota(4000), State.EXHAUSTED),
        (outcomes.BLOCKED, State.DEAD),
    ],
)
async def test_a_limit_is_the_accounts(make_pool: MakePool, outcome: Outcome, state: State) -> None:
    pool = await make_pool(ADA_1, ADA_2, BOB, UNKNOWN)
    others = [BOB.token_id, UNKNOWN.token_id, ADA_2.token_id]
    await use(pool, outcome, exclude=others)
    assert await states(pool) == {
        ADA_1.token_id: state,
        ADA_2.token_id: state,
        BOB.token_id: State.READY,
        UNKNOWN.token_id: State.READY,
    }
    rests = {each.token_id: each.rests_until for each in await pool.describe()}
    assert rests[ADA_1.token_id] == rests[ADA_2.token_id]


async def test_a_refusal_is_the_bearers_alone(make_pool: MakePool) -> None:
    pool = await make_pool(ADA_1, ADA_2)
    lease = await use(pool, outcomes.UNAUTHORIZED)
    assert sorted((await states(pool)).values()) == [State.READY, State.STALE]
    assert (await states(pool))[lease.token_id] is State.STALE


async def test_tokens_that_do_not_tell_their_account_share_nothing(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"))
    await use(pool, outcomes.rate_limited(40))
    assert sorted((await states(pool)).values()) == [State.COOLING, State.READY]


@pytest.mark.parametrize(
    ("outcome", "state"), [(outcomes.rate_limited(40), State.COOLING), (outcomes.BLOCKED, State.DEAD)]
)
async def test_a_token_that_joins_later_shares_what_befell_its_account(
    make_pool: MakePool, outcome: Outcome, state: State
) -> None:
    source = ListedSource(ADA_1)
    pool = await make_pool(source)
    await use(pool, outcome)
    source.credentials.append(ADA_2)
    await pool.refill("test")
    assert await states(pool) == {ADA_1.token_id: state, ADA_2.token_id: state}


async def test_a_paused_token_is_not_lent_and_its_leases_go_on(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"))
    a, b = api_key("a").token_id, api_key("b").token_id
    lease = await pool.acquire(INTERACTIVE, exclude=[b])
    assert await pool.verbs.pause([a, "tk-none"]) == ["paused", "gone"]
    assert {(await use(pool, outcomes.OK)).token_id for _ in range(3)} == {b}
    await pool.refill("test")
    assert (await row(pool, a)).state is State.PAUSED
    await pool.release(lease)
    assert (await pool.pool_stats()).size == 1
    await pool.verbs.pause([b])
    assert (await refused(pool)).code is ErrorCode.UNAVAILABLE
    assert await pool.verbs.resume([a, b]) == ["ready", "ready"]
    assert {(await use(pool, outcomes.OK)).token_id for _ in range(2)} == {a, b}


async def test_a_limit_met_while_paused_is_remembered(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    lease = await pool.acquire(INTERACTIVE)
    await pool.verbs.pause([lease.token_id])
    lease.outcome(outcomes.rate_limited(40))
    await pool.release(lease)
    assert (await row(pool)).state is State.PAUSED
    assert await pool.verbs.resume([lease.token_id]) == ["cooling"]


async def test_a_dead_token_is_resumed_by_the_operators_word(make_pool: MakePool) -> None:
    source = ListedSource(firebase("a"))
    source.verdict = RefreshVerdict.LOGIN
    pool = await make_pool(source)
    lease = await use(pool, outcomes.UNAUTHORIZED)
    await pool.refresh_now(lease.token_id, lease.generation)
    assert ((await row(pool)).state, (await row(pool)).last) == (State.DEAD, "refresh: login")
    source.verdict = None
    assert await pool.verbs.resume([lease.token_id]) == ["stale"]
    await use(pool, outcomes.OK)


async def test_the_last_error_is_kept(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    assert (await row(pool)).last == ""
    await use(pool, outcomes.rate_limited(40))
    told = await row(pool)
    assert told.last == "rate_limited"
    assert 0 <= (await pool.verbs.snapshot()).now - told.last_at < 5000


async def test_everything_is_sealed_anew_with_the_first_key(make_pool: MakePool, store: Store) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    plain = await make_pool(firebase("p", bearer="bearer-p"))
    await plain.verbs.put(api_key("plain"), 3, "listed")
    sealed = await make_pool(firebase("s", bearer="bearer-s"), token_encryption_key=old)
    await sealed.refill("test")
    rotating = await make_pool(fill=False, token_encryption_key=f"{new},{old}")
    count = len(await rotating.describe())
    assert await rotating.verbs.reseal() == (count, 0)
    after = await make_pool(fill=False, token_encryption_key=new)
    ids = [each.token_id for each in await after.describe()]
    assert {each.bearer.reveal() for each in await after.verbs.credentials(ids)} >= {"bearer-s", "wk-plain"}
    stored = [await store.command("HGETALL", KEYS.pool(f"token:{token_id}")) for token_id in ids]
    assert b"plain:" not in b"".join(each for fields in stored for each in fields)
    before = await make_pool(fill=False, token_encryption_key=old)
    with pytest.raises(SealError):
        await before.verbs.credentials(ids)


async def test_sealing_anew_never_undoes_a_refresh(make_pool: MakePool, store: Store) -> None:
    pool = await make_pool(firebase("a"), token_encryption_key=Fernet.generate_key().decode())
    key = KEYS.pool(f"token:{firebase('a').token_id}")
    bearer, refresh = await store.command("HMGET", key, "bearer", "refresh")
    await pool.refresh_now(firebase("a").token_id)
    assert await pool.verbs._run(RESEAL, firebase("a").token_id, bearer, refresh, b"x", b"y") == 0
    async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
        assert lease.authorization == "Bearer bearer-1"
