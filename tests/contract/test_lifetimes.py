"""What is left in Redis once everybody has gone, on a real Valkey: nothing that stays for ever."""

from proto.clients import ClientLimits
from proto.events import Finished, FinishReason, encode_events
from proto.jobs import Lane, ReplyHeader
from store.admission import Binding
from store.connection import Store
from store.jobs import Jobs
from store.readers import Readers
from store.responses import Asked, Responses
from tests.contract.jobs import chat, claim, make_jobs

DONE = Finished(FinishReason.STOP)


async def run_everything(jobs: Jobs, readers: Readers, responses: Responses, store: Store) -> None:
    """One chat that uses every feature, read by a front door and run by a worker that are never heard of again."""
    channel = jobs.keys.replica_channel("replica")
    await readers.beat(channel)
    await jobs.renew("worker", Lane.INTERACTIVE, [])
    header = ReplyHeader("responses", "auto", "a", 1, stream=True)
    limits, binding = ClientLimits(concurrency=5, per_minute=60), Binding("key", "request")
    for name in "ab":  # one waits while the other is claimed: the lane has a pace
        bound = binding if name == "a" else None
        await jobs.admit(chat(name), header, client="c", reply_to=channel, limits=limits, binding=bound)
    await responses.keep("c", "a", Asked(b"[]"))
    await claim(jobs, "a")
    await readers.watch("a", channel, "stream")
    await store.gather([jobs.append_call("a", 1, 1, encode_events([DONE]), visible=False, terminal=DONE)])
    assert await responses.response("c", "a")
    await jobs.cancel("b")
    assert await jobs.overdue() is not None


async def test_every_key_has_an_end_but_how_far_the_lanes_have_come(store: Store) -> None:
    jobs = make_jobs(store)
    await run_everything(jobs, Readers(store, jobs.keys), Responses(store, jobs), store)
    names = await store.command("KEYS", "*")
    endless = {name.decode() for name in names if await store.command("PTTL", name) < 0}
    assert endless == {jobs.keys.reached}
    assert len(names) > 10
