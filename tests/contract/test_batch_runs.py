"""Each verb of the keeper that runs the batches, on a real Valkey."""

import asyncio

import pytest

from proto.batches import BatchStatus, Counts, Mate, Part, Refused, Taken, decode_part, encode_taken
from proto.clients import ClientLimits
from proto.errors import ErrorCode
from proto.events import Failed, Finished, FinishReason, Text
from proto.jobs import Status
from store.admission import Admission
from store.all_batches import MOST_SHOWN, AllBatches
from store.batch_runs import BatchRuns, Ended, NotLeadingError, Outcomes, Waiting
from store.connection import Store
from store.jobs import UNCOLLECTED_TTL, Jobs
from tests.contract.batches import HOUR_MS, look, make_job, open_batch, run_job, spec, taken
from tests.contract.jobs import admit, claim, make_jobs

STOP = Finished(FinishReason.STOP)
NOTHING = Outcomes(0, None, 0, 0, None, None, 0, 0, 0, 0, {}, (), ())


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


@pytest.fixture
async def runs(store: Store, jobs: Jobs) -> BatchRuns:
    """The verbs of a keeper that leads."""
    runs = BatchRuns(store, jobs)
    assert await runs.lead()
    return runs


def waiting(line: Taken) -> Waiting:
    return Waiting(line, encode_taken(line))


async def test_one_keeper_leads_and_the_next_may_when_it_resigns(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    other = BatchRuns(store, jobs)
    assert await runs.lead()
    assert not await other.lead()
    await other.resign()
    assert not await other.lead()
    await runs.resign()
    assert await other.lead()


async def test_who_does_not_lead_changes_nothing(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    await runs.resign()
    before = await look(runs)
    changes = (
        runs.move("b", BatchStatus.IN_PROGRESS, BatchStatus.FINALIZING),
        runs.take(before.batch, [taken(1)], [], line=1, offset=20),
        runs.orphans("b"),
        runs.commit(before.batch, NOTHING._replace(errored=1)),
    )
    for change in changes:
        with pytest.raises(NotLeadingError):
            await change
    assert await look(runs) == before


async def test_a_batch_comes_from_status_to_status_and_leaves_the_open_ones(
    runs: BatchRuns, store: Store, jobs: Jobs
) -> None:
    await open_batch(store, jobs, spec(), BatchStatus.VALIDATING)
    assert await runs.move("b", BatchStatus.VALIDATING, BatchStatus.IN_PROGRESS, total=3)
    assert not await runs.move("b", BatchStatus.VALIDATING, BatchStatus.IN_PROGRESS, total=4)
    batch = (await look(runs)).batch
    assert (batch.status, batch.counts) == (BatchStatus.IN_PROGRESS, Counts(total=3))
    assert abs(batch.times[BatchStatus.IN_PROGRESS] - await runs.now()) < 30_000
    assert await runs.move("b", BatchStatus.IN_PROGRESS, BatchStatus.FINALIZING, closing=BatchStatus.EXPIRED)
    assert (await look(runs)).batch.closing is BatchStatus.EXPIRED
    assert await runs.move("b", BatchStatus.FINALIZING, BatchStatus.EXPIRED, output_file="file-1")
    assert await runs.open() == []
    assert await store.command("HGET", jobs.keys.batch("b").record, "output_file") == b"file-1"


async def test_a_batch_whose_record_has_expired_is_forgotten(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    await store.command("DEL", jobs.keys.batch("b").record)
    assert await runs.open() == []
    assert await store.command("EXISTS", jobs.keys.open_batches) == 0


async def test_lines_are_taken_once(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    batch = (await look(runs)).batch
    assert await runs.take(batch, [taken(1), taken(2)], [], line=2, offset=30)
    assert not await runs.take(batch, [taken(1, "other")], [], line=1, offset=20)
    row = await look(runs)
    assert (row.batch.line, row.batch.offset, row.running) == (2, 30, 2)
    assert sorted(await runs.running("b"), key=lambda line: line.line) == [taken(1), taken(2)]
    keys = jobs.keys.batch("b")
    assert await store.command("PEXPIRETIME", keys.running) == await store.command("PEXPIRETIME", keys.record)


async def test_a_job_is_joined_only_while_its_line_is_with_it(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    await runs.take((await look(runs)).batch, [taken(1)], [], line=1, offset=20)
    batch, joined = (await look(runs)).batch, taken(1, mates=(Mate(2, "id-2"),))
    assert not await runs.take(batch, [taken(3)], [], line=3, offset=40, joined=[taken(1, "other"), joined])
    assert not await runs.take(batch, [taken(3)], [], line=3, offset=40, joined=[taken(4)])
    assert await runs.running("b") == [taken(1)]
    assert await runs.take(batch, [taken(3)], [], line=3, offset=40, joined=[joined])
    assert sorted(await runs.running("b"), key=lambda line: line.line) == [joined, taken(3)]


async def test_nothing_is_taken_of_a_batch_that_is_being_closed(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    batch = (await look(runs)).batch
    await store.command("HSET", jobs.keys.batch("b").record, "status", BatchStatus.CANCELLING)
    assert not await runs.take(batch, [taken(1)], [], line=1, offset=20)
    assert (await look(runs)).running == 0


async def test_a_line_that_others_share_is_with_its_job_whatever_they_are_called(
    runs: BatchRuns, store: Store, jobs: Jobs
) -> None:
    await open_batch(store, jobs, spec())
    row = await look(runs)
    shared = taken(1, mates=(Mate(2, '"]["job9"'), Mate(3, "\\")))
    await runs.take(row.batch, [shared], [], line=1, offset=20)
    assert await runs.orphans("b") == [shared]
    assert await make_job(runs, row, shared) is Admission.OK
    assert await runs.orphans("b") == []
    row = await look(runs)
    assert not await runs.commit(row.batch, NOTHING._replace(line=1, offset=20, succeeded=3, leave={1: "job9"}))
    assert await runs.commit(row.batch, NOTHING._replace(line=1, offset=20, succeeded=3, leave={1: "job1"}))


async def test_a_job_is_made_only_for_the_line_that_is_with_it(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    row = await look(runs)
    assert await make_job(runs, row, taken(1)) is Admission.GONE
    await runs.take(row.batch, [taken(1)], [], line=1, offset=20)
    assert await make_job(runs, row, taken(1)) is Admission.OK
    assert await make_job(runs, row, taken(1)) is Admission.OK
    assert await make_job(runs, row, taken(1, "late")) is Admission.GONE
    assert await store.command("ZCARD", jobs.keys.waiting) == 1


async def test_an_end_is_told_with_the_job_and_its_log_waits_to_be_collected(
    runs: BatchRuns, store: Store, jobs: Jobs
) -> None:
    await open_batch(store, jobs, spec())
    row = await look(runs)
    await runs.take(row.batch, [taken(1), taken(2), taken(3)], [], line=3, offset=40)
    for line in (taken(1), taken(2), taken(3)):
        await make_job(runs, row, line)
    await run_job(jobs, store, "job2", Text("hello"), STOP)
    await run_job(jobs, store, "job1", Failed(ErrorCode.OVERLOADED, "no"))
    await jobs.cancel("job3")
    assert (await look(runs)).ended == 3
    assert await runs.ended("b", 10) == [
        (Ended(2, "job2", Status.FINISHED, FinishReason.STOP), taken(2)),
        (Ended(1, "job1", Status.FAILED, ErrorCode.OVERLOADED), taken(1)),
        (Ended(3, "job3", Status.CANCELLED, ErrorCode.CANCELLED), taken(3)),
    ]
    assert await runs.ended("b", 1) == [(Ended(2, "job2", Status.FINISHED, FinishReason.STOP), taken(2))]
    for key in (jobs.keys.log("job2"), jobs.keys.batch("b").done):
        assert await store.command("TTL", key) > UNCOLLECTED_TTL - 60


async def test_a_job_of_a_batch_takes_nothing_of_its_clients_share(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    row = await look(runs)
    await runs.take(row.batch, [taken(1)], [], line=1, offset=20)
    await make_job(runs, row, taken(1))
    assert await admit(jobs, "chat", limits=ClientLimits(concurrency=1)) is Admission.OK


async def test_a_line_without_a_job_is_told_as_ended(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    refused = taken(1, refused=Refused(ErrorCode.INVALID_REQUEST, "no", "messages"))
    await runs.take((await look(runs)).batch, [refused], [], line=1, offset=20)
    assert await runs.ended("b", 10) == [(Ended(1, "", "failed", ErrorCode.INVALID_REQUEST), refused)]
    assert await runs.orphans("b") == []


async def test_lines_whose_jobs_are_not_there_are_found(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    row = await look(runs)
    await runs.take(row.batch, [taken(1), taken(2), taken(3)], [], line=3, offset=40)
    for line in (taken(1), taken(3)):
        await make_job(runs, row, line)
    await run_job(jobs, store, "job3", STOP)
    await store.command("DEL", jobs.keys.record("job3"))
    assert await runs.orphans("b") == [taken(2)]


async def test_outcomes_are_committed_all_at_once_and_once(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    row = await look(runs)
    await runs.take(row.batch, [taken(1), taken(2), taken(3)], [], line=3, offset=40)
    for line in (taken(1), taken(2), taken(3)):
        await make_job(runs, row, line)
    for job in ("job1", "job2"):
        await run_job(jobs, store, job, STOP)
    row = await look(runs)
    again = taken(2, "job2b", run=2, faults=1)
    out, err = Part("out/1", 10, 1), Part("err/1", 20, 1)
    outcomes = NOTHING._replace(
        ended=2,
        last=Ended(2, "job2", "finished", "stop"),
        line=4,
        offset=50,
        out=out,
        err=err,
        succeeded=1,
        expired=1,
        leave={1: "job1", 2: "job2"},
        again=[(HOUR_MS, again)],
    )
    # What was read of another state than this one changes nothing.
    assert not await runs.commit(row.batch, outcomes._replace(last=Ended(1, "job1", "finished", "stop")))
    assert not await runs.commit(row.batch, outcomes._replace(leave={1: "job1", 2: "job2b"}))
    assert await look(runs) == row
    assert await runs.commit(row.batch, outcomes)
    assert not await runs.commit(row.batch, outcomes)
    assert not await runs.commit((await look(runs)).batch, outcomes)
    row = await look(runs)
    assert row[1:] == (1, 0, 1, HOUR_MS)
    assert row.batch.counts == Counts(0, succeeded=1, expired=1)
    assert (row.batch.line, row.batch.offset, row.batch.out_parts, row.batch.err_parts) == (4, 50, 1, 1)
    keys = jobs.keys.batch("b")
    for key, part in ((keys.out, out), (keys.err, err)):
        assert [decode_part(data) for data in await store.command("LRANGE", key, 0, -1)] == [part]
        assert await store.command("PEXPIRETIME", key) == await store.command("PEXPIRETIME", keys.record)
    assert await runs.retries("b", 10, until=HOUR_MS - 1) == []
    assert await runs.retries("b", 10, until=HOUR_MS) == await runs.retries("b", 10) == [waiting(again)]


async def test_a_line_that_waited_is_taken_with_its_next_job(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    row = await look(runs)
    await runs.take(row.batch, [taken(1), taken(2)], [], line=2, offset=30)
    await runs.commit(
        (await look(runs)).batch,
        NOTHING._replace(line=2, offset=30, leave={1: "job1", 2: "job2"}, again=[(1, taken(1)), (2, taken(2))]),
    )
    row = await look(runs)
    assert await runs.take(row.batch, [taken(1, "second", run=2)], [waiting(taken(1))], line=2, offset=30)
    assert await runs.running("b") == [taken(1, "second", run=2)]
    assert await runs.retries("b", 10) == [waiting(taken(2))]
    # The job it had before cannot come back.
    assert await make_job(runs, row, taken(1)) is Admission.GONE
    assert await runs.commit(
        (await look(runs)).batch, NOTHING._replace(line=2, offset=30, expired=1, forget=[waiting(taken(2))])
    )
    assert (await look(runs)).retries == 0


async def test_what_another_release_wrote_down_leaves_the_lines_that_wait(
    runs: BatchRuns, store: Store, jobs: Jobs
) -> None:
    await open_batch(store, jobs, spec())
    retry = jobs.keys.batch("b").retry
    shorter, longer = b'["job1",1,10,10,"id-1"]', b'["job2", 2, 20, 10, "id-2", 1, 0, null, [], "", 5]'
    await store.command("ZADD", retry, 1, shorter, 2, longer)
    first, second = await runs.retries("b", 10)
    assert (first.taken, second.taken) == (taken(1), taken(2))
    assert await runs.take((await look(runs)).batch, [taken(1, "second", run=2)], [first], line=1, offset=20)
    assert await runs.commit((await look(runs)).batch, NOTHING._replace(line=1, offset=20, expired=1, forget=[second]))
    assert (await look(runs)).retries == 0


async def test_a_job_of_a_worker_that_died_goes_on_being_its_lines(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    await open_batch(store, jobs, spec())
    row = await look(runs)
    await runs.take(row.batch, [taken(1)], [], line=1, offset=20)
    await make_job(runs, row, taken(1))
    first = await claim(jobs, "job1")
    await store.command("ZADD", jobs.keys.leases, 1, "job1")
    assert await jobs.reap("job1") is not None
    second = await claim(jobs, "job1", "another")
    calls = [
        jobs.append_call("job1", attempt, 1, b"[]", visible=False, terminal=STOP)
        for attempt in (first.attempt, second.attempt)
    ]
    await store.gather(calls)
    assert len(await runs.ended("b", 10)) == 1


async def test_a_keeper_that_falls_silent_is_followed_by_another(runs: BatchRuns, store: Store, jobs: Jobs) -> None:
    other = BatchRuns(store, jobs)
    await store.command("PEXPIRE", jobs.keys.batch_runner, 1)
    async with asyncio.timeout(10):
        while not await other.lead():
            await asyncio.sleep(0.01)
    assert not await runs.lead()


async def test_operators_see_the_newest_open_batches_and_those_that_ended_last(
    runs: BatchRuns, jobs: Jobs, store: Store
) -> None:
    everything = AllBatches(store, jobs.keys)
    assert await everything.look() == []
    names = [f"b{number:02}" for number in range(MOST_SHOWN + 3)]  # in order, where several end in one millisecond
    for number, name in enumerate(names):
        await open_batch(store, jobs, spec(name, client=f"client-of-{name}", created=number + 1))
    assert await runs.take((await look(runs, names[-1])).batch, [taken(1), taken(2)], [], line=2, offset=20)
    seen = await everything.look()
    assert [row.batch.spec.client for row in seen] == [f"client-of-{name}" for name in reversed(names[3:])]
    assert [row.running for row in seen[:2]] == [2, 0]

    for name in names:
        assert await runs.move(name, BatchStatus.IN_PROGRESS, BatchStatus.COMPLETED)
    seen = await everything.look()
    assert {row.batch.spec.id for row in seen} == set(names[3:])
    assert {row.batch.status for row in seen} == {BatchStatus.COMPLETED}
    assert await store.command("ZCARD", jobs.keys.ended_batches) == MOST_SHOWN
    await store.command("DEL", jobs.keys.batch(names[-1]).record)
    assert len(await everything.look()) == MOST_SHOWN - 1
