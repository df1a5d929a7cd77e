"""Who is let in: limits, lanes and idempotency keys, decided in the store so that all front doors agree."""

import asyncio
import time

import pytest

from proto.clients import NO_LIMITS, ClientLimits
from proto.errors import ErrorCode
from proto.events import Failed, Finished, FinishReason, decode_events, encode_events
from proto.jobs import Lane, ReplyHeader, Status, encode
from store.admission import Admission, Admitted, Binding
from store.connection import Store
from store.jobs import Jobs, Tail
from tests.contract.jobs import chat, make_jobs

FAILED = Failed(ErrorCode.UPSTREAM_ERROR, "no")


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


async def ask(
    jobs: Jobs,
    job_id: str,
    *,
    client: str = "c",
    limits: ClientLimits = NO_LIMITS,
    lane: Lane = Lane.INTERACTIVE,
    binding: Binding | None = None,
    deadline_in: float = 60,
) -> Admitted:
    """Try to admit a small chat."""
    job = chat(job_id, deadline_in, lane)
    header = ReplyHeader("openai", "auto", job_id, 1)
    return await jobs.admit(job, header, client=client, reply_to="replica", limits=limits, binding=binding)


async def end(jobs: Jobs, store: Store, job_id: str, event: Finished | Failed) -> None:
    """Claim a job and end it at once."""
    claim = await jobs.claim(job_id, "worker", "worker")
    assert claim is not None
    call = jobs.append_call(job_id, claim.attempt, 1, encode_events([event]), visible=False, terminal=event)
    await store.gather([call])


class TestRate:
    async def test_a_minutes_jobs_may_be_begun_at_once_and_then_no_more(self, jobs: Jobs) -> None:
        limits = ClientLimits(per_minute=3)
        told = [await ask(jobs, name, limits=limits) for name in "abcd"]
        assert [one.verdict for one in told] == [Admission.OK] * 3 + [Admission.RATE]
        # Twenty seconds for each, less the time that this test takes.
        assert [round(one.backlog / 20) for one in told] == [1, 2, 3, 3]
        assert (await ask(jobs, "e", client="other", limits=limits)).verdict is Admission.OK

    async def test_what_is_refused_costs_nothing_and_leaves_no_record(self, jobs: Jobs, store: Store) -> None:
        limits = ClientLimits(per_minute=1)
        await ask(jobs, "a", limits=limits)
        full_at = await store.command("GET", jobs.keys.rate("c"))
        assert (await ask(jobs, "b", limits=limits)).verdict is Admission.RATE
        assert await store.command("GET", jobs.keys.rate("c")) == full_at
        assert await store.command("EXISTS", *jobs.keys.job("b")[:3]) == 0
        assert await store.command("ZCARD", jobs.keys.waiting) == 1

    async def test_it_comes_back_evenly_by_the_stores_clock(self, jobs: Jobs, store: Store) -> None:
        limits = ClientLimits(per_minute=60)
        seconds, _ = await store.command("TIME")
        await store.command("SET", jobs.keys.rate("c"), (int(seconds) + 60) * 1000)
        assert (await ask(jobs, "a", limits=limits)).verdict is Admission.RATE
        await store.command("SET", jobs.keys.rate("c"), (int(seconds) + 58) * 1000)
        told = await ask(jobs, "b", limits=limits)
        assert told.verdict is Admission.OK
        assert 57 < told.backlog <= 59

    async def test_nothing_is_kept_longer_than_it_means_something(self, jobs: Jobs, store: Store) -> None:
        await ask(jobs, "a", limits=ClientLimits(per_minute=60))
        assert 0 < await store.command("PTTL", jobs.keys.rate("c")) <= 1000
        await ask(jobs, "b", client="unlimited")
        assert await store.command("EXISTS", jobs.keys.rate("unlimited")) == 0

    @pytest.mark.parametrize("per_minute", [7, 13, 600])
    async def test_sums_of_intervals_do_not_cost_a_job(self, jobs: Jobs, store: Store, per_minute: int) -> None:
        limits = ClientLimits(per_minute=per_minute)
        # In one pipeline, so that hardly a millisecond passes.
        told = await asyncio.gather(*[ask(jobs, f"j{number}", limits=limits) for number in range(per_minute)])
        assert {one.verdict for one in told} == {Admission.OK}
        if per_minute < 100:  # more of them take longer than one interval
            assert (await ask(jobs, "more", limits=limits)).verdict is Admission.RATE


class TestConcurrency:
    async def test_two_front_doors_agree(self, redis_url: str, store: Store) -> None:
        other = Store(redis_url)
        doors = [make_jobs(store), make_jobs(other)]
        limits = ClientLimits(concurrency=3)
        told = await asyncio.gather(*[ask(doors[n % 2], f"j{n}", limits=limits) for n in range(10)])
        assert sum(one.verdict is Admission.OK for one in told) == 3
        assert await store.command("SCARD", doors[0].keys.client("c")) == 3
        await other.aclose()

    async def test_an_end_of_any_kind_makes_room(self, jobs: Jobs, store: Store) -> None:
        one = ClientLimits(concurrency=1)
        for number, kind in enumerate(("finished", "failed", "cancelled", "unpublished", "late")):
            job_id = f"j{number}"
            deadline_in = -1 if kind == "late" else 60
            assert (await ask(jobs, job_id, limits=one, deadline_in=deadline_in)).verdict is Admission.OK
            assert (await ask(jobs, "more", limits=one)).verdict is Admission.CLIENT
            match kind:
                case "finished":
                    await end(jobs, store, job_id, Finished(FinishReason.STOP))
                case "failed":
                    await end(jobs, store, job_id, FAILED)
                case "cancelled":
                    await jobs.cancel(job_id)
                case "unpublished":
                    await jobs.fail(job_id, FAILED)
                case "late":
                    assert await jobs.claim(job_id, "worker", "worker") is None
        assert await store.command("EXISTS", jobs.keys.client("c")) == 0

    async def test_a_client_that_left_for_good_leaves_nothing(self, jobs: Jobs, store: Store) -> None:
        await ask(jobs, "a")
        assert 0 < await store.command("PTTL", jobs.keys.client("c")) <= 1_200_000


class TestLanes:
    async def test_the_batch_lane_leaves_half_of_the_waiting_list(self, store: Store) -> None:
        jobs = make_jobs(store, max_waiting=4)
        batch = [(await ask(jobs, f"b{n}", lane=Lane.BATCH)).verdict for n in range(3)]
        assert batch == [Admission.OK, Admission.OK, Admission.FULL]
        interactive = [(await ask(jobs, f"i{n}")).verdict for n in range(3)]
        assert interactive == [Admission.OK, Admission.OK, Admission.FULL]

    async def test_and_half_of_its_bytes(self, store: Store) -> None:
        size = len(encode(chat("b0", lane=Lane.BATCH)))
        jobs = make_jobs(store, max_waiting_bytes=3 * size + 60)
        assert (await ask(jobs, "b0", lane=Lane.BATCH)).verdict is Admission.OK
        assert (await ask(jobs, "b1", lane=Lane.BATCH)).verdict is Admission.BYTES
        assert (await ask(jobs, "i0")).verdict is Admission.OK


class TestDeadline:
    async def test_what_waited_too_long_is_ended_by_the_claim_and_costs_nothing(self, jobs: Jobs, store: Store) -> None:
        await ask(jobs, "late", deadline_in=-1)
        assert await jobs.claim("late", "worker", "worker") is None
        (entry,) = await jobs.read("late")
        (last,) = decode_events(entry.data)
        assert isinstance(last, Failed)
        assert last.code is ErrorCode.DEADLINE
        assert (await jobs.tails(["late"]))[0] == Tail(1, Status.FAILED, alive=False)
        assert await store.command("EXISTS", jobs.keys.waiting, jobs.keys.leases, jobs.keys.payload("late")) == 0
        assert not await jobs.fail("late", FAILED)


class TestIdempotency:
    KEY = Binding("key", "request")

    async def test_the_first_of_two_racing_requests_has_the_job(self, redis_url: str, store: Store) -> None:
        other = Store(redis_url)
        doors = [make_jobs(store), make_jobs(other)]
        told = await asyncio.gather(*[ask(doors[n % 2], f"j{n}", binding=self.KEY) for n in range(6)])
        assert sorted(one.verdict for one in told) == [Admission.BOUND] * 5 + [Admission.OK]
        assert len({one.job_id for one in told}) == 1
        assert await store.command("ZCARD", doors[0].keys.waiting) == 1
        await other.aclose()

    async def test_a_lost_reply_is_not_taken_for_another_request(self, jobs: Jobs) -> None:
        for _ in range(2):
            assert (await ask(jobs, "a", binding=self.KEY))[:2] == (Admission.OK, "a")

    async def test_it_is_bound_while_its_job_waits_runs_and_is_kept(self, jobs: Jobs, store: Store) -> None:
        await ask(jobs, "a", binding=self.KEY)
        assert (await ask(jobs, "b", binding=self.KEY))[:2] == (Admission.BOUND, "a")
        claim = await jobs.claim("a", "worker", "worker")
        assert claim is not None
        assert (await ask(jobs, "c", binding=self.KEY))[:2] == (Admission.BOUND, "a")
        done = Finished(FinishReason.STOP)
        await store.gather([jobs.append_call("a", 1, 1, encode_events([done]), visible=False, terminal=done)])
        assert (await ask(jobs, "d", binding=self.KEY))[:2] == (Admission.BOUND, "a")
        binding, record = [
            await store.command("PTTL", key) for key in (jobs.keys.binding("c", "key"), jobs.keys.record("a"))
        ]
        assert 0 < record <= binding <= jobs.settings.job_ttl * 1000
        await store.command("PEXPIRE", jobs.keys.record("a"), 500)
        assert (await ask(jobs, "e", binding=self.KEY))[:2] == (Admission.OK, "e")

    async def test_a_job_that_lost_its_key_to_another_leaves_it_alone(self, jobs: Jobs, store: Store) -> None:
        await ask(jobs, "a", binding=self.KEY)
        assert await jobs.claim("a", "worker", "worker") is not None
        await jobs.cancel("a")
        assert (await ask(jobs, "b", binding=self.KEY))[:2] == (Admission.OK, "b")
        stopped = Failed(ErrorCode.CANCELLED, "")
        await store.gather([jobs.append_call("a", 1, 1, encode_events([stopped]), visible=False, terminal=stopped)])
        assert await store.command("PTTL", jobs.keys.binding("c", "key")) > jobs.settings.job_ttl * 1000

    async def test_another_request_is_refused_and_keeps_the_binding(self, jobs: Jobs, store: Store) -> None:
        await ask(jobs, "a", binding=self.KEY)
        assert (await ask(jobs, "b", binding=Binding("key", "another")))[:2] == (Admission.REUSED, "a")
        assert await store.command("EXISTS", jobs.keys.record("b")) == 0
        assert (await ask(jobs, "c", binding=self.KEY)).verdict is Admission.BOUND

    async def test_keys_are_the_clients_own(self, jobs: Jobs) -> None:
        for client in ("alice", "bob"):
            told = await ask(jobs, client, client=client, binding=self.KEY)
            assert told[:2] == (Admission.OK, client)

    @pytest.mark.parametrize("end_of_job", ["failed", "cancelled", "cancelling", "unpublished", "gone"])
    async def test_it_is_free_again_when_its_job_came_to_nothing(
        self, jobs: Jobs, store: Store, end_of_job: str
    ) -> None:
        await ask(jobs, "a", binding=self.KEY)
        match end_of_job:
            case "failed":
                await end(jobs, store, "a", FAILED)
            case "cancelled":
                await jobs.cancel("a")
            case "cancelling":
                await jobs.claim("a", "worker", "worker")
                assert await jobs.cancel("a") is Status.RUNNING
            case "unpublished":
                await jobs.fail("a", FAILED)
            case "gone":
                await store.command("DEL", jobs.keys.record("a"))
        other = Binding("key", "another")
        assert (await ask(jobs, "b", binding=other))[:2] == (Admission.OK, "b")
        assert (await ask(jobs, "c", binding=other))[:2] == (Admission.BOUND, "b")
        assert (await ask(jobs, "d", binding=self.KEY))[:2] == (Admission.REUSED, "b")

    async def test_coming_back_is_no_new_job_for_any_limit(self, store: Store) -> None:
        jobs, limits = make_jobs(store, max_waiting=1), ClientLimits(concurrency=1, per_minute=1)
        await ask(jobs, "a", limits=limits, binding=self.KEY)
        assert (await ask(jobs, "b", limits=limits, binding=self.KEY))[:2] == (Admission.BOUND, "a")
        assert (await ask(jobs, "b", limits=limits)).verdict is Admission.CLIENT

    async def test_what_is_refused_binds_nothing(self, jobs: Jobs, store: Store) -> None:
        limits = ClientLimits(concurrency=1)
        await ask(jobs, "a", limits=limits)
        assert (await ask(jobs, "b", limits=limits, binding=self.KEY)).verdict is Admission.CLIENT
        assert await store.command("EXISTS", jobs.keys.binding("c", "key")) == 0


class TestPace:
    async def test_what_jobs_took_is_a_mean_of_those_that_ran(self, jobs: Jobs, store: Store) -> None:
        assert await jobs.pace(Lane.INTERACTIVE) == (None, 0, None)
        began = time.monotonic()
        for number in range(3):
            await ask(jobs, f"j{number}")
            await end(jobs, store, f"j{number}", Finished(FinishReason.STOP))
        await ask(jobs, "never-ran", deadline_in=-1)
        await jobs.claim("never-ran", "worker", "nonce")
        pace = await jobs.pace(Lane.INTERACTIVE)
        assert pace.took is not None
        assert 0 <= pace.took <= time.monotonic() - began
        assert await jobs.pace(Lane.BATCH) == (None, 0, None)

        await store.command("SET", f"{jobs.keys.waiting}:interactive:took", 10_000)
        await ask(jobs, "quick")
        await end(jobs, store, "quick", FAILED)
        assert (await jobs.pace(Lane.INTERACTIVE)).took == pytest.approx(9, abs=0.5)

    async def test_how_fast_a_lane_moves_shows_while_others_wait(self, jobs: Jobs) -> None:
        for number in range(3):
            await ask(jobs, f"j{number}")
        for number in range(2):
            assert (await jobs.pace(Lane.INTERACTIVE)).every is None
            await jobs.claim(f"j{number}", "worker", str(number))
        pace = await jobs.pace(Lane.INTERACTIVE)
        assert pace.every is not None
        assert 0 <= pace.every < 60
        assert 0 <= pace.still < 60
