"""The verbs of a job, on a real Valkey."""

import re
import time

import pytest

from proto.clients import ClientLimits
from proto.errors import ErrorCode
from proto.events import Event, Failed, Finished, FinishReason, Text, decode_events, encode_events
from proto.jobs import ChatMessage, Lane, Status, encode
from store.admission import Admission
from store.connection import Store
from store.jobs import MAX_DEATHS, Ack, Jobs, Tail
from tests.contract.jobs import admit, chat, claim, enqueued_ago, expire_lease, look_for_long, make_jobs

DONE = Finished(FinishReason.STOP)


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


async def append(jobs: Jobs, store: Store, job_id: str, attempt: int, seq: int, event: Event) -> Ack:
    terminal = event if isinstance(event, Finished | Failed) else None
    visible = isinstance(event, Text)
    call = jobs.append_call(job_id, attempt, seq, encode_events([event]), visible=visible, terminal=terminal)
    return jobs.ack((await store.gather([call]))[0])


async def test_a_job_from_admission_to_its_end(jobs: Jobs, store: Store) -> None:
    assert await admit(jobs, "a") is Admission.OK
    claim = await jobs.claim("a", "worker", "worker")
    assert claim is not None
    assert (claim.job.id, claim.attempt, claim.seq, claim.streamed) == ("a", 1, 0, True)
    assert await append(jobs, store, "a", 1, 1, Text("hi")) is Ack.DONE
    assert await append(jobs, store, "a", 1, 2, DONE) is Ack.DONE
    entries = await jobs.read("a")
    assert [(entry.seq, decode_events(entry.data)) for entry in entries] == [(1, [Text("hi")]), (2, [DONE])]
    assert [entry.seq for entry in await jobs.read("a", after=1)] == [2]
    assert (await jobs.tails(["a"]))[0] == Tail(2, Status.FINISHED, alive=False)
    assert await store.command("EXISTS", jobs.keys.payload("a")) == 0
    assert await store.command("EXISTS", jobs.keys.client("c"), jobs.keys.leases, jobs.keys.waiting) == 0


async def test_every_key_of_a_job_has_a_ttl_from_the_start(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await jobs.claim("a", "worker", "worker")
    await append(jobs, store, "a", 1, 1, Text("hi"))
    for key in (jobs.keys.record("a"), jobs.keys.payload("a"), jobs.keys.log("a")):
        assert 600_000 < await store.command("PTTL", key) <= 1_200_000


async def test_admission_may_be_repeated_when_its_reply_was_lost(jobs: Jobs, store: Store) -> None:
    assert await admit(jobs, "a") is Admission.OK
    assert await admit(jobs, "a") is Admission.OK
    assert await store.command("ZCARD", jobs.keys.waiting) == 1


async def test_the_waiting_list_is_bounded_in_jobs(store: Store) -> None:
    jobs = make_jobs(store, max_waiting=2)
    assert [await admit(jobs, name) for name in "abc"] == [Admission.OK, Admission.OK, Admission.FULL]
    await jobs.claim("a", "worker", "worker")
    assert await admit(jobs, "c") is Admission.OK


async def test_the_waiting_list_is_bounded_in_bytes(store: Store) -> None:
    size = len(encode(chat("a")))
    jobs = make_jobs(store, max_waiting_bytes=size)
    assert [await admit(jobs, name) for name in "ab"] == [Admission.OK, Admission.BYTES]
    await jobs.cancel("a")
    assert await admit(jobs, "b") is Admission.OK


async def test_a_clients_share_is_bounded_and_members_without_a_record_do_not_count(store: Store) -> None:
    jobs, one = make_jobs(store), ClientLimits(concurrency=1)
    assert await admit(jobs, "a", limits=one) is Admission.OK
    assert await admit(jobs, "b", limits=one) is Admission.CLIENT
    assert await admit(jobs, "b", client="other", limits=one) is Admission.OK
    await store.command("DEL", jobs.keys.record("a"))
    assert await admit(jobs, "c", limits=one) is Admission.OK


async def test_what_a_refusal_costs_is_bounded_and_a_place_that_is_free_is_found(jobs: Jobs, store: Store) -> None:
    many = ClientLimits(concurrency=300)
    for number in range(300):
        await admit(jobs, str(number), limits=many)
    await store.command("CONFIG", "RESETSTAT")
    assert await admit(jobs, "another", limits=many) is Admission.CLIENT
    stats = (await store.command("INFO", "commandstats")).decode()
    assert int(re.findall(r"cmdstat_exists:calls=(\d+)", stats)[0]) <= 101
    await store.command("DEL", jobs.keys.record("7"))
    verdicts = [await admit(jobs, "another", limits=many) for _ in range(100)]
    assert verdicts[-1] is Admission.OK


async def test_only_one_claim_wins(jobs: Jobs) -> None:
    await admit(jobs, "a")
    assert await jobs.claim("a", "one", "one") is not None
    assert await jobs.claim("a", "two", "two") is None
    assert await jobs.claim("unknown", "two", "two") is None


async def test_a_claim_whose_reply_was_lost_may_be_sent_again(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    first = await jobs.claim("a", "worker", "nonce")
    assert first == await jobs.claim("a", "worker", "nonce")
    assert await jobs.claim("a", "worker", "another") is None
    await expire_lease(jobs, store, "a")
    await jobs.reap("a")
    await claim(jobs, "a", "fresh")
    assert await jobs.claim("a", "worker", "nonce") is None


async def test_a_claim_tells_how_long_the_job_has_waited(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await enqueued_ago(jobs, store, "a", 7)
    await store.command("HINCRBY", jobs.keys.record("a"), "admitted", -60_000)
    claimed = await claim(jobs, "a")
    assert 7 <= claimed.waited < 30
    assert 60 <= claimed.age < 90


async def test_an_append_may_be_sent_again(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await jobs.claim("a", "worker", "worker")
    for _ in range(2):
        assert await append(jobs, store, "a", 1, 1, Text("hi")) is Ack.DONE
    for _ in range(2):
        assert await append(jobs, store, "a", 1, 2, DONE) is Ack.DONE
    assert len(await jobs.read("a")) == 2


async def test_a_superseded_worker_cannot_append(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await jobs.claim("a", "slow", "slow")
    await expire_lease(jobs, store, "a")
    assert await jobs.reap("a") == ChatMessage("a", Lane.INTERACTIVE, 2)
    again = await jobs.claim("a", "fresh", "fresh")
    assert again is not None
    assert again.attempt == 2
    assert await append(jobs, store, "a", 1, 1, Text("old")) is Ack.LOST
    assert await append(jobs, store, "a", 2, 1, Text("new")) is Ack.DONE
    assert (await jobs.renew("slow", Lane.INTERACTIVE, [("a", 1)])).acks == [Ack.LOST]
    assert (await jobs.renew("fresh", Lane.INTERACTIVE, [("a", 2)])).acks == [Ack.DONE]


async def test_reaping_spares_a_renewed_lease(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await jobs.claim("a", "worker", "worker")
    await expire_lease(jobs, store, "a")
    await look_for_long(jobs, store)
    assert (await jobs.overdue()).leased == ["a"]
    await jobs.renew("worker", Lane.INTERACTIVE, [("a", 1)])
    assert await jobs.reap("a") is None
    assert (await jobs.overdue()).leased == []


async def test_output_a_stream_has_shown_is_never_run_again(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await jobs.claim("a", "worker", "worker")
    await append(jobs, store, "a", 1, 1, Text("shown"))
    await expire_lease(jobs, store, "a")
    assert await jobs.reap("a") is Status.FAILED
    last = decode_events((await jobs.read("a"))[-1].data)[-1]
    assert isinstance(last, Failed)
    assert last.code is ErrorCode.INTERRUPTED


async def test_a_whole_answer_is_run_again_from_where_its_log_ends(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a", stream=False)
    await jobs.claim("a", "worker", "worker")
    await append(jobs, store, "a", 1, 1, Text("unseen"))
    await expire_lease(jobs, store, "a")
    assert await jobs.reap("a") == ChatMessage("a", Lane.INTERACTIVE, 2)
    again = await jobs.claim("a", "worker", "worker")
    assert again is not None
    assert (again.attempt, again.seq) == (2, 1)


async def test_being_handed_back_is_no_death(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    for attempt in range(1, MAX_DEATHS + 1):
        await jobs.claim("a", "worker", str(attempt))
        assert await jobs.hand_back("a", attempt) == ChatMessage("a", Lane.INTERACTIVE, attempt + 1)
    await claim(jobs, "a")
    await expire_lease(jobs, store, "a")
    assert await jobs.reap("a") == ChatMessage("a", Lane.INTERACTIVE, MAX_DEATHS + 2)


async def test_attempts_are_bounded(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    for attempt in range(1, MAX_DEATHS):
        await jobs.claim("a", "worker", "worker")
        await expire_lease(jobs, store, "a")
        assert await jobs.reap("a") == ChatMessage("a", Lane.INTERACTIVE, attempt + 1)
    await jobs.claim("a", "worker", "worker")
    await expire_lease(jobs, store, "a")
    assert await jobs.reap("a") is Status.FAILED


async def test_cancelling_a_queued_job_ends_it_at_once(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    assert await jobs.cancel("a") is Status.CANCELLED
    assert await jobs.claim("a", "worker", "worker") is None
    assert await jobs.cancel("a") is Status.CANCELLED
    assert await jobs.cancel("unknown") is None
    assert await store.command("EXISTS", jobs.keys.waiting_bytes) == 0


async def test_cancelling_a_running_job_is_told_by_append_and_by_renewal(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await jobs.claim("a", "worker", "worker")
    assert await jobs.cancel("a") is Status.RUNNING
    assert await append(jobs, store, "a", 1, 1, Text("late")) is Ack.CANCELLED
    assert (await jobs.renew("worker", Lane.INTERACTIVE, [("a", 1)])).acks == [Ack.CANCELLED]
    cancelled = Failed(ErrorCode.CANCELLED, "gone")
    assert await append(jobs, store, "a", 1, 2, cancelled) is Ack.CANCELLED
    assert (await jobs.tails(["a"]))[0] == Tail(2, Status.CANCELLED, alive=False)


async def test_a_job_whose_worker_died_while_it_was_being_cancelled_ends_as_cancelled(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await jobs.claim("a", "worker", "worker")
    await append(jobs, store, "a", 1, 1, Text("shown"))
    await jobs.cancel("a")
    await expire_lease(jobs, store, "a")
    assert await jobs.reap("a") is Status.CANCELLED
    assert (await jobs.tails(["a"]))[0] == Tail(2, Status.CANCELLED, alive=False)
    (last,) = decode_events((await jobs.read("a"))[-1].data)
    assert isinstance(last, Failed)
    assert last.code is ErrorCode.CANCELLED


async def test_a_queued_job_past_its_deadline_is_overdue_and_fails(jobs: Jobs, store: Store) -> None:
    await look_for_long(jobs, store)
    await admit(jobs, "late", deadline_in=-1)
    await admit(jobs, "early")
    assert (await jobs.overdue()).queued == ["late"]
    failed = Failed(ErrorCode.DEADLINE, "too late")
    now = round(time.time() * 1000)
    assert await jobs.fail("late", failed, deadline=now - 500)
    assert not await jobs.fail("late", failed)
    assert not await jobs.fail("early", failed, deadline=now + 50_000)
    assert decode_events((await jobs.read("late"))[0].data) == [failed]


async def test_a_waiting_job_without_a_record_leaves_no_trace(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a", deadline_in=-1)
    await store.command("DEL", jobs.keys.record("a"))
    assert not await jobs.fail("a", Failed(ErrorCode.DEADLINE, "too late"))
    assert await store.command("EXISTS", jobs.keys.waiting, jobs.keys.waiting_bytes) == 0


async def test_handing_back_what_has_shown_nothing(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "unseen")
    await admit(jobs, "seen")
    await jobs.claim("unseen", "worker", "worker")
    await jobs.claim("seen", "worker", "worker")
    await append(jobs, store, "seen", 1, 1, Text("hi"))
    assert await jobs.hand_back("unseen", 1) == ChatMessage("unseen", Lane.INTERACTIVE, 2)
    assert await jobs.hand_back("unseen", 1) is None
    assert await jobs.hand_back("seen", 1) is None
    assert await jobs.claim("unseen", "other", "other") is not None


async def test_tails_tell_whether_somebody_works_on_a_job(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "queued")
    await admit(jobs, "running")
    await jobs.claim("running", "worker", "worker")
    assert [tail and tail.alive for tail in await jobs.tails(["queued", "running", "unknown"])] == [False, True, None]
    await jobs.renew("worker", Lane.INTERACTIVE, [])
    await expire_lease(jobs, store, "running")
    assert [tail and tail.alive for tail in await jobs.tails(["queued", "running"])] == [True, False]
    assert await jobs.workers(Lane.INTERACTIVE) == 1
    await jobs.retire("worker", Lane.INTERACTIVE)
    assert await jobs.workers(Lane.INTERACTIVE) == 0


async def test_scripts_unknown_to_a_restarted_server_are_loaded_again(jobs: Jobs, store: Store) -> None:
    await admit(jobs, "a")
    await store.command("SCRIPT", "FLUSH")
    calls = [
        jobs.append_call("a", 1, seq, encode_events([Text(str(seq))]), visible=True, terminal=None) for seq in (1, 2, 3)
    ]
    await jobs.claim("a", "worker", "worker")
    await store.command("SCRIPT", "FLUSH")
    assert await store.gather(calls) == [0, 0, 0]
    assert [decode_events(entry.data) for entry in await jobs.read("a")] == [[Text(str(seq))] for seq in (1, 2, 3)]
