"""What the `tokens` commands do to a pool, on a real Valkey and a real token endpoint."""

import pytest

from cli.problems import SetupError
from cli.token_desk import (
    add_token,
    list_tokens,
    pause_tokens,
    refresh_tokens,
    remove_tokens,
    resume_tokens,
    rotate_key,
)
from store.connection import Store
from tests.token_endpoint import token_endpoint
from tests.token_pools import INTERACTIVE, KEYS, MakePool, api_key, firebase, row, settings, soon, use
from tokens import outcomes
from tokens.pool import open_pool
from tokens.verbs import State


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """What was printed of tokens; the log goes elsewhere outside tests."""
    return [line.rstrip() for line in capsys.readouterr().out.splitlines() if line.startswith("tk-")]


async def test_an_added_login_is_refreshed_lent_and_outlives_refills(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    async with token_endpoint() as endpoint, open_pool(settings(**endpoint.settings), store, KEYS) as pool:
        endpoint.alive["planted-refresh"] = "ada"
        await add_token(pool, "planted-refresh", "auto")
        for _ in range(2):
            await pool.refill("test")
        added = await row(pool)
        assert (added.state, added.source, bool(added.account)) == (State.READY, "added", True)
        await use(pool, outcomes.OK)
        with pytest.raises(SetupError, match="already"):
            await add_token(pool, "planted-refresh", "refresh_token")
        await refresh_tokens(pool, [added.token_id[:6]])
        await remove_tokens(pool, [added.token_id])
        assert await pool.describe() == []
    assert said(capsys) == [
        f"{added.token_id} added",
        f"{added.token_id} refreshed",
        f"{added.token_id} refreshed",
        f"{added.token_id} removed",
    ]


async def test_an_added_key_stands_beside_configured_ones(store: Store) -> None:
    async with open_pool(settings(warp_api_key="wk-own"), store, KEYS) as pool:
        await pool.refill("test")
        await add_token(pool, "wk-added", "auto")
        await pool.refill("test")
        stats = await pool.pool_stats()
        assert (stats.size, stats.target, stats.ready) == (2, 2, 2)
        assert {(await use(pool, outcomes.OK)).token_id for _ in range(2)} == {
            each.token_id for each in await pool.describe()
        }
        own = next(each for each in await pool.describe() if each.source == "own_account")
        with pytest.raises(SetupError, match="would come back"):
            await remove_tokens(pool, [own.token_id])


@pytest.mark.parametrize(("secret", "kind"), [("", "auto"), ("wk-a,wk-b", "auto"), ("wk-a", "password")])
async def test_what_cannot_be_added(make_pool: MakePool, secret: str, kind: str) -> None:
    pool = await make_pool()
    with pytest.raises(SetupError):
        await add_token(pool, secret, kind)
    assert await pool.describe() == []


async def test_pausing_and_resuming(make_pool: MakePool, capsys: pytest.CaptureFixture[str]) -> None:
    pool = await make_pool(api_key("a"))
    name = api_key("a").token_id
    await pause_tokens(pool, [name])
    await list_tokens(pool)
    await resume_tokens(pool, [name])
    paused, listed, resumed = said(capsys)
    assert (paused, resumed) == (f"{name} paused", f"{name} ready")
    assert listed.split()[1:5] == ["3", "listed", "-", "paused"]


async def test_names_must_mean_one_token(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"), api_key("b"))
    for name, words in (("tk-", "2 tokens"), ("tk-none", "no token")):
        with pytest.raises(SetupError, match=words):
            await pause_tokens(pool, [name])


async def test_what_cannot_be_refreshed_is_said(make_pool: MakePool) -> None:
    pool = await make_pool(api_key("a"))
    with pytest.raises(SetupError, match="nothing to refresh it with"):
        await refresh_tokens(pool, [api_key("a").token_id])


async def test_rotating_needs_a_key(make_pool: MakePool) -> None:
    pool = await make_pool(firebase("a"))
    with pytest.raises(SetupError, match="TOKEN_ENCRYPTION_KEY"):
        await rotate_key(pool)


async def test_an_empty_pool_is_said_in_words(make_pool: MakePool, capsys: pytest.CaptureFixture[str]) -> None:
    await list_tokens(await make_pool())
    assert "The pool is empty" in capsys.readouterr().out


async def test_an_added_token_alone_makes_a_pool(store: Store) -> None:
    async with open_pool(settings(), store, KEYS) as pool:
        await add_token(pool, "wk-added", "auto")
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            assert lease.authorization == "Bearer wk-added"
