"""Kept answers, on a real Valkey: chains, who sees them, how long they stay, and how much there may be."""

import orjson
import pytest

from api.kept import KeptAnswers
from proto.dialects.openai_responses import Known
from proto.errors import ErrorCode, GatewayError
from proto.events import Event, Finished, FinishReason, Text, encode_events
from proto.jobs import ReplyHeader
from store.connection import Store
from store.jobs import Jobs
from store.responses import Asked, Responses
from tests.contract.jobs import chat, claim, make_jobs

DONE = Finished(FinishReason.STOP)
ASKED = Asked(b'[{"role":"user","content":"hi"}]')


@pytest.fixture
def jobs(store: Store) -> Jobs:
    return make_jobs(store)


@pytest.fixture
def responses(store: Store, jobs: Jobs) -> Responses:
    return Responses(store, jobs)


async def admit(jobs: Jobs, job_id: str) -> None:
    header = ReplyHeader(dialect="responses", model="m", id_seed=job_id, created=1, stream=True)
    await jobs.admit(chat(job_id), header, client="c", reply_to="")


async def run(jobs: Jobs, store: Store, job_id: str, *events: Event) -> None:
    """Have a worker log these."""
    attempt = (await claim(jobs, job_id)).attempt
    terminal = events[-1] if isinstance(events[-1], Finished) else None
    entry = encode_events(list(events))
    await store.gather([jobs.append_call(job_id, attempt, 1, entry, visible=True, terminal=terminal)])


async def answer(jobs: Jobs, store: Store, responses: Responses, job_id: str, previous: str = "") -> None:
    """One answer from its admission to where it is kept."""
    await admit(jobs, job_id)
    assert await responses.keep("c", job_id, ASKED._replace(previous=previous))
    await run(jobs, store, job_id, Text(f"answer {job_id}"), DONE)
    assert await responses.response("c", job_id)


async def bookkeeping(store: Store, jobs: Jobs) -> tuple[int, int, int]:
    """How many answers are kept, the sum of their bytes, and what they really have."""
    names, sizes, total = jobs.keys.responses
    each = [int(size) for size in await store.command("HVALS", sizes)]
    assert len(each) == await store.command("ZCARD", names)
    real = 0
    for name in await store.command("ZRANGE", names, 0, -1):
        row = await store.command("HMGET", name, "input", "response")
        real += len(name) + sum(len(value) for value in row if value)
    assert sum(each) == int(await store.command("GET", total) or 0) == real
    return len(each), sum(each), real


async def test_a_chain_is_read_oldest_first_by_its_own_client_alone(
    jobs: Jobs, store: Store, responses: Responses
) -> None:
    for job_id, previous in (("a", ""), ("b", "a"), ("c", "b")):
        await answer(jobs, store, responses, job_id, previous)
    chain = await responses.chain("c", "c")
    assert chain is not None
    assert [kept.job_id for kept in chain] == ["a", "b", "c"]
    assert all(kept.input == ASKED.input for kept in chain)
    texts = [orjson.loads(kept.response or b"{}")["output"][0]["content"][0]["text"] for kept in chain]
    assert texts == ["answer a", "answer b", "answer c"]
    assert await responses.one("c", "c") == chain[-1]
    assert await responses.one("other", "c") is None
    assert await responses.chain("other", "c") is None
    assert await responses.chain("c", "unknown") is None
    assert (await bookkeeping(store, jobs))[0] == 3


async def test_an_answer_nobody_kept_is_told_by_its_log(jobs: Jobs, store: Store, responses: Responses) -> None:
    await admit(jobs, "a")
    await responses.keep("c", "a", ASKED)
    assert (await responses.response("c", "a") or {})["status"] == "in_progress"
    await run(jobs, store, "a", Text("said"), DONE)
    before = await responses.chain("c", "a")
    assert before is not None
    assert before[0].response is None
    response = await responses.response("c", "a")
    assert response is not None
    assert (response["status"], response["output"][0]["content"][0]["text"]) == ("completed", "said")
    await store.command("DEL", jobs.keys.record("a"), jobs.keys.log("a"))
    assert await responses.response("c", "a") is None
    after = await responses.chain("c", "a")
    assert after is not None
    assert orjson.loads(after[0].response or b"") == response


async def test_a_request_goes_on_from_what_its_log_tells_while_nothing_is_kept(
    jobs: Jobs, store: Store, responses: Responses
) -> None:
    job_id = "0123456789abcdef01234567"
    kept = KeptAnswers(responses)
    body = {"input": [{"type": "item_reference", "id": f"msg_{job_id}_0"}], "previous_response_id": f"resp_{job_id}"}
    await admit(jobs, job_id)
    await responses.keep("c", job_id, ASKED)
    assert await kept.known("c", body) == Known(None, {})
    await run(jobs, store, job_id, Text("said"), DONE)
    item = (await kept.get("c", f"resp_{job_id}"))["output"][0]
    assert item["content"][0]["text"] == "said"
    known = await kept.known("c", body)
    assert known == Known([{"role": "user", "content": "hi"}, item], {item["id"]: item})
    assert await kept.known("other", body) == Known(None, {})


async def test_what_is_used_stays(jobs: Jobs, store: Store, responses: Responses) -> None:
    await answer(jobs, store, responses, "a")
    await answer(jobs, store, responses, "b", "a")
    for name in "ab":
        await store.command("PEXPIRE", jobs.keys.response("c", name), 5000)
    assert await responses.one("c", "b")
    assert await store.command("PTTL", jobs.keys.response("c", "b")) > 3_000_000
    assert await store.command("PTTL", jobs.keys.response("c", "a")) <= 5000
    assert await responses.chain("c", "b")
    assert await store.command("PTTL", jobs.keys.response("c", "a")) > 3_000_000


async def test_a_chain_is_bounded(
    jobs: Jobs, store: Store, responses: Responses, monkeypatch: pytest.MonkeyPatch
) -> None:
    await answer(jobs, store, responses, "a")
    await answer(jobs, store, responses, "b", "a")
    for limit, value in (("MAX_CHAIN", 1), ("MAX_CHAIN_BYTES", 100)):
        with monkeypatch.context() as patched:
            patched.setattr(f"store.responses.{limit}", value)
            with pytest.raises(GatewayError) as caught:
                await responses.chain("c", "b")
        assert caught.value.code is ErrorCode.REQUEST_TOO_LARGE
    assert len(await responses.chain("c", "b") or ()) == 2


async def test_a_chain_with_a_hole_is_none(jobs: Jobs, store: Store, responses: Responses) -> None:
    await answer(jobs, store, responses, "a")
    await answer(jobs, store, responses, "b", "a")
    assert await responses.drop("c", "a")
    assert not await responses.drop("c", "a")
    assert await responses.chain("c", "b") is None
    assert (await bookkeeping(store, jobs))[0] == 1


async def test_an_answer_that_was_deleted_while_it_ran_stays_away(
    jobs: Jobs, store: Store, responses: Responses
) -> None:
    await admit(jobs, "a")
    await responses.keep("c", "a", ASKED)
    assert await responses.drop("c", "a")
    await run(jobs, store, "a", Text("said"), DONE)
    await responses.response("c", "a")
    assert await responses.chain("c", "a") is None
    assert await bookkeeping(store, jobs) == (0, 0, 0)


async def test_the_bytes_are_bounded_and_what_was_used_longest_ago_goes(store: Store) -> None:
    jobs = make_jobs(store, response_bytes=3000)
    responses = Responses(store, jobs)
    asked = Asked(b"x" * 800)
    for name in "abc":
        assert await responses.keep("c", name, asked)
    assert await responses.one("c", "a")
    assert await responses.keep("c", "d", asked)
    assert [await responses.chain("c", name) is None for name in "abcd"] == [False, True, False, False]
    count, size, _ = await bookkeeping(store, jobs)
    assert (count, size <= 3000) == (3, True)
    assert not await responses.keep("c", "e", Asked(b"x" * 4000))
    assert (await bookkeeping(store, jobs))[0] == 3


async def test_an_answer_that_leaves_no_room_is_not_kept_and_the_sum_stays_right(store: Store) -> None:
    jobs = make_jobs(store, response_bytes=1000)
    responses = Responses(store, jobs)
    await admit(jobs, "a")
    await responses.keep("c", "a", ASKED)
    await run(jobs, store, "a", Text("x" * 2000), DONE)
    response = await responses.response("c", "a")
    assert response is not None
    assert response["status"] == "completed"
    await bookkeeping(store, jobs)
    for name in ("b", "c"):
        assert await responses.keep("c", name, Asked(b"x" * 800))
    assert (await bookkeeping(store, jobs))[0] == 1


async def test_what_has_expired_no_longer_counts(jobs: Jobs, store: Store, responses: Responses) -> None:
    await responses.keep("c", "a", ASKED)
    names, _, _ = jobs.keys.responses
    name = jobs.keys.response("c", "a")
    await store.command("DEL", name)
    await store.command("ZADD", names, 1, name)
    await responses.keep("c", "b", ASKED)
    assert (await bookkeeping(store, jobs))[0] == 1
