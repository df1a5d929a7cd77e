"""Batches for tests of the store and of the engine."""

import time

from proto.batches import BatchKind, BatchSpec, BatchStatus, Taken, new_record
from proto.events import Event, Terminal, encode_events
from proto.jobs import Lane, ReplyHeader
from store.batch_runs import BatchRuns, OpenBatch
from store.connection import Store
from store.jobs import Ack, Jobs
from tests.contract.jobs import chat, claim

HOUR_MS = 3_600_000


def spec(batch_id: str = "b", *, client: str = "c", kind: BatchKind = BatchKind.OPENAI, **given: object) -> BatchSpec:
    """A batch made now that expires in a day."""
    now = round(time.time() * 1000)
    values = {
        "endpoint": "/v1/chat/completions",
        "input_key": "input",
        "input_bytes": 100,
        "created": now,
        "expires": now + 24 * HOUR_MS,
        **given,
    }
    return BatchSpec(id=batch_id, client=client, kind=kind, **values)


async def open_batch(store: Store, jobs: Jobs, made: BatchSpec, status: BatchStatus = BatchStatus.IN_PROGRESS) -> None:
    """Write a batch down as the front door does."""
    record = jobs.keys.batch(made.id).record
    fields = [word for pair in new_record(made, status).items() for word in pair]
    await store.command("HSET", record, *fields)
    await store.command("PEXPIREAT", record, made.expires + 30 * 24 * HOUR_MS)
    await store.command("ZADD", jobs.keys.open_batches, made.created, made.id)


async def look(runs: BatchRuns, batch_id: str = "b") -> OpenBatch:
    """A batch that must be open."""
    return next(row for row in await runs.open() if row.batch.spec.id == batch_id)


def taken(line: int, job: str = "", **given: object) -> Taken:
    """A line with its first job."""
    return Taken(job or f"job{line}", line, line * 10, 10, f"id-{line}", **given)


async def make_job(runs: BatchRuns, row: OpenBatch, line: Taken) -> str:
    """Make the job of a taken line; the verdict."""
    job = chat(line.job, lane=Lane.BATCH)
    return await runs.admit(row.batch, line, job, ReplyHeader("openai", "auto", line.job, 1))


async def run_job(jobs: Jobs, store: Store, job_id: str, *events: Event) -> None:
    """Claim a line's job and log its answer; the last event is the terminal one."""
    claimed = await claim(jobs, job_id)
    entry, terminal = encode_events(list(events)), events[-1]
    assert isinstance(terminal, Terminal)
    call = jobs.append_call(job_id, claimed.attempt, claimed.seq + 1, entry, visible=len(events) > 1, terminal=terminal)
    assert Jobs.ack((await store.gather([call]))[0]) is Ack.DONE
