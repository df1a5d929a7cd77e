"""What operators see of a deployment: its latest jobs, queues, workers, and that somebody watches.

Nothing here reads a job in the relay's sense: looking never keeps one alive and changes nothing about it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from proto.jobs import CONTROL_QUEUE, Lane
from proto.keys import Keys
from proto.packets import Watched
from store.connection import Call, Store
from store.jobs import HEARTBEAT_AGE
from store.records import Record, read_record, record_call

#: Seconds that a watcher counts as one without saying so again.
WATCHED_TTL: Final = 10.0
#: How many jobs of a lane have a place that is told.
PLACES: Final = 100


class WorkerRow(NamedTuple):
    """A worker process, or a keeper (lane `control`, which runs no jobs). `seen_at` is in Unix ms by Redis' clock."""

    id: str
    lane: str
    seen_at: int
    running: int
    concurrency: int


class QueueRow(NamedTuple):
    """Who waits in a lane: how many, since when the first of them (Unix ms by Redis' clock), and who are the first."""

    waiting: int
    oldest: int | None
    first: list[str]


class Overview(NamedTuple):
    """A deployment at one moment, `now` in Unix ms by Redis' clock; `running` and `waiting` count jobs of all lanes."""

    now: int
    running: int
    waiting: int
    workers: list[WorkerRow]
    queues: dict[Lane, QueueRow]


class Monitor:
    """The operator's view of one deployment."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    async def recent(self, most: int) -> list[str]:
        """Ids of the jobs that were admitted last, the newest first; the records of some may be gone."""
        rows: list[bytes] = await self._store.command("ZRANGE", self._keys.recent, 0, most - 1, "REV")
        return [row.decode() for row in rows]

    async def unfinished(self, most: int) -> list[str]:
        """Ids of jobs that run or wait, at most so many of each."""
        calls = [Call(("ZRANGE", key, 0, most - 1)) for key in (self._keys.leases, self._keys.waiting)]
        return [row.decode() for rows in await self._store.gather(calls) for row in rows]

    async def records(self, job_ids: Sequence[str]) -> dict[str, Record]:
        """What is known of these jobs, of any client, in one pipeline; those without a record are left out."""
        rows = await self._store.gather([record_call(self._keys, job_id) for job_id in job_ids])
        records = zip(job_ids, map(read_record, rows), strict=True)
        return {job_id: record for job_id, record in records if record is not None}

    async def overview(self) -> Overview:
        """Workers and keepers that were heard of lately, queues, and sums, in one pipeline."""
        keys, lanes = self._keys, [*Lane, CONTROL_QUEUE]
        calls = [Call(("TIME",)), Call(("ZCARD", keys.leases)), Call(("ZCARD", keys.waiting))]
        for lane in Lane:
            waiting = f"{keys.waiting}:{lane}"
            calls += [Call(("ZCARD", waiting)), Call(("ZRANGE", waiting, 0, PLACES - 1, "WITHSCORES"))]
        for lane in lanes:
            calls += [
                Call(("ZRANGE", keys.workers(lane), 0, -1, "WITHSCORES")),
                Call(("HGETALL", keys.worker_loads(lane))),
            ]
        (seconds, micros), running, waiting_jobs, *rest = await self._store.gather(calls)
        now = int(seconds) * 1000 + int(micros) // 1000
        queues = {lane: _queue(rest.pop(0), rest.pop(0)) for lane in Lane}
        workers = [row for lane in lanes for row in _workers(lane, rest.pop(0), rest.pop(0))]
        alive = [row for row in workers if now - row.seen_at <= HEARTBEAT_AGE * 1000]
        return Overview(now, running, waiting_jobs, alive, queues)

    async def watch(self, watched: Watched) -> None:
        """Say that somebody watches packets, for `WATCHED_TTL` seconds."""
        content, shapes = self._keys.watched
        key = content if watched is Watched.CONTENT else shapes
        await self._store.command("SET", key, 1, "PX", round(WATCHED_TTL * 1000))


def _queue(waiting: int, rows: list[bytes]) -> QueueRow:
    return QueueRow(waiting, int(rows[1]) if rows else None, [row.decode() for row in rows[::2]])


def _workers(lane: str, rows: list[bytes], loads: list[bytes]) -> list[WorkerRow]:
    load = dict(zip(loads[::2], loads[1::2], strict=True))
    found = []
    for worker, seen_at in zip(rows[::2], rows[1::2], strict=True):
        running, _, concurrency = load.get(worker, b"0:0").partition(b":")
        found.append(WorkerRow(worker.decode(), lane, int(seen_at), int(running), int(concurrency)))
    return found
