"""What the `tokens` commands do, on the pool that the gateway uses."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from pydantic import SecretStr
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from cli.embedded import resolve_redis_url
from cli.problems import SetupError
from cli.token_table import token_table
from store.connection import Store
from store.jobs import Jobs
from store.logs import LogSettings, configure_logging
from store.settings import StoreSettings
from tokens.credentials import SealError
from tokens.pool import TokenPool, open_pool
from tokens.refresh import Refreshed
from tokens.settings import TokenSettings
from tokens.sources.added import Added
from tokens.sources.own_account import read_credentials
from tokens.stats import pool_stats
from tokens.verbs import State, TokenRow

#: Under what a credential is configured, by what the operator calls it.
KINDS: Final = {"api_key": "warp_api_key", "refresh_token": "warp_refresh_token", "jwt": "warp_jwt"}
_TOLD: Final = {
    Refreshed.YES: "refreshed",
    Refreshed.NO: "not refreshed just now",
    Refreshed.NEVER: "cannot be refreshed",
}


def run(work: Callable[[TokenPool], Awaitable[None]]) -> None:
    """Do something with the pool, and close it."""
    resolve_redis_url()
    # What the pool has to say to its log is said by the command in its own words.
    configure_logging(LogSettings(log_level="error"))
    try:
        asyncio.run(_with_pool(work))
    except KeyboardInterrupt:
        print()


async def _with_pool(work: Callable[[TokenPool], Awaitable[None]]) -> None:
    settings = StoreSettings()
    store = Store(settings.redis_url.get_secret_value())
    try:
        async with open_pool(TokenSettings(), store, Jobs(store, settings).keys, borrows=False) as pool:
            await work(pool)
    except SealError as error:
        raise SetupError(f"TOKEN_ENCRYPTION_KEY: {error}") from error
    finally:
        await store.aclose()


async def list_tokens(pool: TokenPool) -> None:
    """Print the pool."""
    # A pipe has no width; a table that is cut there is of no use.
    console = Console(highlight=False, markup=False, width=None if Console().is_terminal else 200)
    console.print(await _view(pool))


async def watch_tokens(pool: TokenPool, every: float) -> None:
    """Print the pool again and again, in place."""
    with Live(await _view(pool), console=Console(highlight=False, markup=False), auto_refresh=False) as live:
        while True:
            live.update(await _view(pool), refresh=True)
            await asyncio.sleep(every)


async def _view(pool: TokenPool) -> Any:
    snapshot = await pool.verbs.snapshot()
    stats = pool_stats(snapshot, pool.settings.pool_target)
    table = token_table(snapshot.rows, stats, snapshot.now, pool.settings.token_concurrency)
    if snapshot.rows:
        return table
    return Group(Text("The pool is empty: set credentials (docs/configuration.md), or say `warp2api tokens add`."))


async def add_token(pool: TokenPool, secret: str, kind: str) -> None:
    """Add one account to the pool, and try it where it has to be refreshed first.

    Raises:
        SetupError: there is no secret, or it is of no known kind.
    """
    if not secret or "," in secret:
        raise SetupError("one secret is wanted, and no list")
    setting = KINDS.get(guess(secret) if kind == "auto" else kind)
    if setting is None:
        raise SetupError(f"--kind: {kind!r} is none of {', '.join(KINDS)}")
    nothing: dict[str, Any] = dict.fromkeys(KINDS.values(), ())
    given = pool.settings.model_copy(update=nothing | {setting: (SecretStr(secret),)})
    (credential,) = read_credentials(given).values()
    if credential.token_id in {row.token_id for row in await pool.describe()}:
        raise SetupError(f"{credential.token_id} is in the pool already")
    await pool.verbs.put(credential, Added.tier, Added.name)
    print(f"{credential.token_id} added")
    if not credential.bearer:
        await refresh_tokens(pool, [credential.token_id])


def guess(secret: str) -> str:
    """Which kind a secret looks like."""
    if secret.startswith("wk-"):
        return "api_key"
    return "jwt" if secret.startswith("ey") and secret.count(".") == 2 else "refresh_token"


async def remove_tokens(pool: TokenPool, names: Sequence[str]) -> None:
    """Drop tokens.

    Raises:
        SetupError: one of them would come back with the next refill.
    """
    rows = await _named(pool, names)
    for row in rows:
        if row.source != Added.name and row.state not in (State.DEAD, State.WITHDRAWN):
            raise SetupError(
                f"{row.token_id} comes from {row.source} and would come back: take it out of the configuration, "
                f"or say `warp2api tokens pause {row.token_id}`"
            )
    await pool.verbs.drop([row.token_id for row in rows])
    for row in rows:
        print(f"{row.token_id} removed")


async def refresh_tokens(pool: TokenPool, names: Sequence[str]) -> None:
    """Refresh tokens, all at once.

    Raises:
        SetupError: one of them has nothing to be refreshed with.
    """
    rows = await _named(pool, names)
    for row in rows:
        if not row.refreshable:
            raise SetupError(f"{row.token_id} is a {row.kind}: there is nothing to refresh it with")
    told = await asyncio.gather(*[pool.refresh_now(row.token_id) for row in rows])
    for row, outcome in zip(rows, told, strict=True):
        print(f"{row.token_id} {_TOLD[outcome]}")
    if any(outcome is not Refreshed.YES for outcome in told):
        raise SetupError("not all were refreshed: `warp2api tokens list` shows why")


async def pause_tokens(pool: TokenPool, names: Sequence[str]) -> None:
    """Take tokens out of lending."""
    await _tell(pool, names, pool.verbs.pause)


async def resume_tokens(pool: TokenPool, names: Sequence[str]) -> None:
    """Let tokens back in."""
    await _tell(pool, names, pool.verbs.resume)


async def rotate_key(pool: TokenPool) -> None:
    """Seal everything anew with the first key.

    Raises:
        SetupError: there is no key.
    """
    if not pool.settings.token_encryption_key:
        raise SetupError("TOKEN_ENCRYPTION_KEY: not set; put the new key first, then the old one")
    changed = 1
    while changed:
        done, changed = await pool.verbs.reseal()
    print(f"{done} tokens are sealed with the first key; the other keys may be removed once all processes know it")


async def _tell(pool: TokenPool, names: Sequence[str], verb: Callable[[list[str]], Awaitable[list[str]]]) -> None:
    ids = [row.token_id for row in await _named(pool, names)]
    for token_id, stands in zip(ids, await verb(ids), strict=True):
        print(f"{token_id} {stands}")


async def _named(pool: TokenPool, names: Sequence[str]) -> list[TokenRow]:
    """The tokens of these names or beginnings of names."""
    rows = await pool.describe()
    found = []
    for name in names:
        matching = [row for row in rows if row.token_id == name] or [
            row for row in rows if row.token_id.startswith(name)
        ]
        if len(matching) != 1:
            how = "no token" if not matching else f"{len(matching)} tokens"
            raise SetupError(f"{how} in the pool begins with {name!r}: `warp2api tokens list` shows them")
        found += matching
    return found
