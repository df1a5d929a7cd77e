"""Jobs for tests of the store and what stands on it."""

import time

from proto.clients import NO_LIMITS, ClientLimits, Leaving
from proto.conversation import Conversation, Message, Role, TextPart
from proto.jobs import ChatJob, Lane, ReplyHeader
from store.admission import Admission
from store.connection import Store
from store.jobs import Claim, Jobs
from store.settings import StoreSettings


def make_jobs(store: Store, **settings: object) -> Jobs:
    """The verbs, with settings that read no environment."""
    return Jobs(store, StoreSettings(_env_file=None, **settings))


def chat(job_id: str, deadline_in: float = 60, lane: Lane = Lane.INTERACTIVE) -> ChatJob:
    """A small chat; `deadline_in` is in seconds from now."""
    conversation = Conversation("auto", [Message(Role.USER, [TextPart("hello")])])
    return ChatJob(job_id, conversation, lane, deadline=round((time.time() + deadline_in) * 1000))


async def admit(
    jobs: Jobs,
    job_id: str,
    *,
    stream: bool = True,
    client: str = "c",
    deadline_in: float = 60,
    reply_to: str = "replica",
    limits: ClientLimits = NO_LIMITS,
    leaving: Leaving = Leaving.CANCEL,
) -> Admission:
    """Admit a small chat."""
    header = ReplyHeader("openai", "auto", job_id, 1, stream=stream)
    admitted = await jobs.admit(
        chat(job_id, deadline_in), header, client=client, reply_to=reply_to, limits=limits, leaving=leaving
    )
    return admitted.verdict


async def claim(jobs: Jobs, job_id: str, worker: str = "worker") -> Claim:
    """Claim a job that must be there."""
    claimed = await jobs.claim(job_id, worker, worker)
    assert claimed is not None
    return claimed


async def expire_lease(jobs: Jobs, store: Store, job_id: str) -> None:
    """Make a job look as if its worker had been silent for longer than its lease."""
    await store.command("ZADD", jobs.keys.leases, 1, job_id)


async def look_for_long(jobs: Jobs, store: Store) -> None:
    """Make it look as if somebody had been reaching the store without a break for a long time."""
    await store.command("SET", jobs.keys.reachable, 1, "PX", 60_000)


async def enqueued_ago(jobs: Jobs, store: Store, job_id: str, seconds: float, lane: Lane = Lane.INTERACTIVE) -> None:
    """Make a job look as if its message had been sent so long ago."""
    enqueued = int((await store.command("TIME"))[0]) * 1000 - round(seconds * 1000)
    await store.command("HSET", jobs.keys.record(job_id), "enqueued", enqueued)
    await store.command("ZADD", f"{jobs.keys.waiting}:{lane}", "XX", enqueued, job_id)
