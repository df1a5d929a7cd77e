"""What `doctor` finds out from the store: the server, its clock and broker, workers, queues, and the pool."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from cli.findings import PATIENCE, Finding, fail, ok, warn

if TYPE_CHECKING:
    from store.monitor import Overview

#: Seconds that clocks may be apart: deadlines are made by the front door's and judged by Redis'.
MAX_SKEW: Final = 1.0
#: Seconds that an interactive chat may wait before it is worth a word.
LONG_WAIT: Final = 10.0


async def shared_state(url: str, settings: Any, token_settings: Any, *, embedded: bool) -> AsyncIterator[Finding]:
    """All that the store tells."""
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError

    from store.looked_up import url_now

    try:
        server = await url_now(url)
    except RedisError as error:
        yield fail("redis", f"{_place(url)}: {error}", "check REDIS_URL and the Sentinels it names")
        return
    async with Redis.from_url(
        server,
        socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE,
        retry=Retry(NoBackoff(), 0),
        decode_responses=True,
    ) as redis:
        try:
            info = await redis.info()
            before = time.time()
            seconds, micros = await redis.time()
            after = time.time()
            beats = await _heartbeats(redis, settings.deployment)
        except (RedisError, OSError) as error:
            yield fail("redis", f"{_place(url)}: {error}", "check REDIS_URL, or start one with `warp2api up`")
            return
    now = seconds + micros / 1e6
    for finding in redis_server(info, _place(server)):
        yield finding
    yield clock(now, before, after)
    if not embedded and not token_settings.token_encryption_key:
        yield warn("redis", "stored tokens are not encrypted there", "set TOKEN_ENCRYPTION_KEY, see .env.example")
    yield await asyncio.to_thread(broker, settings)
    for finding in workers(beats, now * 1000):
        yield finding
    async for finding in _queues_and_pool(url, settings, token_settings):
        yield finding


async def _heartbeats(redis: Any, deployment: str) -> dict[str, list[float]]:
    from proto.jobs import CONTROL_QUEUE, Lane
    from proto.keys import Keys

    keys = Keys(deployment)
    return {
        str(lane): [score for _, score in await redis.zrange(keys.workers(lane), 0, -1, withscores=True)]
        for lane in (*Lane, CONTROL_QUEUE)
    }


def redis_server(info: dict[str, Any], where: str) -> Iterable[Finding]:
    """Version, eviction, persistence and memory as INFO tells them."""
    name = "Valkey" if "valkey_version" in info else "Redis"
    yield ok("redis", f"{where}, {name} {info.get('valkey_version') or info.get('redis_version', '?')}")
    policy = info.get("maxmemory_policy", "?")
    if policy != "noeviction":
        yield fail(
            "redis", f"maxmemory-policy {policy} may drop running jobs", "CONFIG SET maxmemory-policy noeviction"
        )
    if not info.get("aof_enabled"):
        yield warn("redis", "no AOF: a restart loses jobs and tokens", "set appendonly yes")
    elif info.get("aof_last_write_status", "ok") != "ok":
        yield fail("redis", "its last write of the append-only file failed", "look at its disk and its log")
    used, limit = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    if not limit:
        yield warn("redis", "no maxmemory: admission cannot tell when it is full", "set maxmemory")
    elif used > 0.8 * limit:
        yield warn("redis", f"{used / limit:.0%} of maxmemory used: new jobs are refused", "raise maxmemory")


def broker(settings: Any) -> Finding:
    """Whether the Celery broker answers."""
    from proto.jobs import CONTROL_QUEUE
    from store.broker import BrokerError, create_celery, waiting_messages

    place = _place(settings.broker)
    if settings.broker == settings.redis_url.get_secret_value():
        return ok("broker", "the same server")
    app = create_celery(settings)
    try:
        waiting_messages(app, CONTROL_QUEUE)
    except BrokerError as error:
        cause = error.__cause__
        return fail("broker", f"{place}: {type(cause).__name__}: {cause}", "check BROKER_URL")
    finally:
        app.close()
    return ok("broker", place)


def clock(redis: float, before: float, after: float) -> Finding:
    """How far the two clocks are apart at least, whatever part of the question's time the answer took. Unix seconds."""
    skew = max(before - redis, redis - after, 0.0)
    if skew <= MAX_SKEW:
        return ok("clock", "this machine's and Redis' agree")
    late = "behind" if redis > after else "ahead of"
    return warn(
        "clock",
        f"this machine is {skew:.1f} s {late} Redis: deadlines and the expiry of tokens are misjudged by as much",
        "set both by NTP",
    )


def workers(beats: dict[str, list[float]], now: float) -> Iterable[Finding]:
    """Who has been heard of lately, by lane; the keepers are those of `control`. Times in ms, by Redis' clock."""
    from proto.jobs import CONTROL_QUEUE
    from store.jobs import HEARTBEAT_AGE

    for lane, scores in beats.items():
        keeps = lane == CONTROL_QUEUE
        what, whose = ("keeper", "") if keeps else ("workers", f"{lane}: ")
        # Without a keeper chats still run; abandoned jobs stay abandoned.
        bad = warn if keeps else fail
        command = "keeper" if keeps else f"worker {lane}"
        advice = f"start one: `warp2api {command}` (`warp2api up` starts all)"
        alive = sum(now - score < HEARTBEAT_AGE * 1000 for score in scores)
        ago = f"{max(0, now - max(scores)) / 1000:.0f} s ago" if scores else ""
        if alive:
            yield ok(what, f"{whose}{alive} alive, heard of {ago}")
        elif scores:
            yield bad(what, f"{whose}last heard of {ago}", advice)
        else:
            yield bad(what, f"{whose}none has been heard of", advice)


def queues(seen: "Overview") -> Iterable[Finding]:
    """Who waits in each lane, how long by now, and how busy its workers are."""
    from proto.jobs import Lane

    for lane, queue in seen.queues.items():
        there = [worker for worker in seen.workers if worker.lane == lane]
        running, room = sum(worker.running for worker in there), sum(worker.concurrency for worker in there)
        busy = f"{running} of {room} run"
        if not queue.waiting or queue.oldest is None:
            yield ok("queue", f"{lane}: nobody waits, {busy}")
            continue
        waited = max(0, seen.now - queue.oldest) / 1000
        detail = f"{lane}: {queue.waiting} wait, the first for {waited:.0f} s, {busy}"
        if lane is Lane.INTERACTIVE and waited > LONG_WAIT:
            advice = "more workers, or more tokens; see `warp2api jobs list --status queued`"
            yield warn("queue", detail, advice)
        else:
            yield ok("queue", detail)


async def _queues_and_pool(url: str, settings: Any, token_settings: Any) -> AsyncIterator[Finding]:
    from proto.errors import GatewayError
    from proto.keys import Keys
    from store.connection import Store
    from store.monitor import Monitor
    from tokens.pool import open_pool

    keys, store = Keys(settings.deployment), Store(url)
    try:
        seen = await Monitor(store, keys).overview()
        async with open_pool(token_settings, store, keys) as pool:
            stats, rows = await pool.pool_stats(), await pool.describe()
    except GatewayError as error:
        yield fail("pool", str(error), "check Redis")
        return
    finally:
        await store.aclose()
    for finding in queues(seen):
        yield finding
    yield pool_summary(stats)
    for (state, cause), same in groupby(sorted(rows, key=lambda row: (row.state, row.cause)), lambda row: row[5:7]):
        if state != "ready":
            names = ", ".join(f"{row.token_id} ({row.source})" for row in same)
            yield warn("pool", f"{state}{': ' if cause else ''}{cause}: {names}", "it comes back by itself, if it can")


def pool_summary(stats: Any) -> Finding:
    """The pool in one line."""
    detail = f"{stats.ready} of {stats.size} tokens ready, target {stats.target}: {stats.health}"
    if stats.ready:
        return ok("pool", detail)
    if stats.size:
        return fail("pool", detail, "see the tokens' states below")
    return fail("pool", detail, "set credentials; the keeper fills the pool within 30 s")


def _place(url: str) -> str:
    """A URL without user and password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
