"""One process of a crowd that leases from one pool: `python -m tests.pool_crowd URL LEASES LIMIT TTL`.

Holds `LEASES` leases at once, each a moment, gives them back with all kinds of outcomes, and begins again until it is
told to stop or is killed. Says `up` once it holds its first, and at the end how many it had.
"""

import asyncio
import random
import signal
import sys

from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane
from proto.keys import Keys
from store.connection import Store
from tests.token_pools import settings
from tokens import outcomes
from tokens.pool import TokenPool

DEPLOYMENT = "crowd"


async def main(url: str, leases: int, limit: int, ttl: float) -> None:
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    store = Store(url)
    pool = TokenPool(store, Keys(DEPLOYMENT), settings(token_concurrency=limit, token_lease=ttl), ())
    had = 0

    async def job() -> None:
        nonlocal had
        while not stopping.is_set():
            try:
                deadline = asyncio.get_running_loop().time() + 5
                lane = random.choice(tuple(Lane))
                async with pool.lease(lane, deadline=deadline) as lease:
                    had += 1
                    if had == 1:
                        print("up", flush=True)  # noqa: T201  # its parent reads it
                    lease.outcome(random.choice((outcomes.OK, outcomes.OK, outcomes.NEUTRAL)))
                    await asyncio.sleep(random.random() * 0.02)
            except GatewayError as error:
                if error.code not in (ErrorCode.OVERLOADED, ErrorCode.UNAVAILABLE):
                    raise

    async def renew() -> None:
        while True:
            await asyncio.sleep(ttl / 3)
            await pool.renew_all()

    renewing = asyncio.create_task(renew())
    await asyncio.gather(*[job() for _ in range(leases)])
    renewing.cancel()
    await asyncio.gather(renewing, return_exceptions=True)
    await pool.aclose()
    await store.aclose()
    print(had, flush=True)  # noqa: T201  # its parent reads it


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
