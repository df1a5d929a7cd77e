"""The engine of batches, round by round."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from proto.batch_lines import job_id_of
from proto.batches import BatchKind, BatchStatus, Counts
from proto.errors import ErrorCode
from proto.events import Failed, Text
from proto.jobs import Status
from store.connection import Store
from store.jobs import COLLECTED_TTL
from store.storage import StorageError
from tests.contract.batch_world import STOP, World, ask, asks, message
from workers.batches import collect, feed, runner, validate
from workers.batches.validate import Findings


@pytest.fixture
def world(store: Store, tmp_path: Path) -> World:
    return World(store, tmp_path)


def no(code: ErrorCode) -> Failed:
    return Failed(code, "It failed.")


def crashing(work: Callable[..., Any], word: str) -> Callable[..., Any]:
    """The same, but that it crashes at what says `word`."""

    def crash(*given: Any) -> Any:
        if any(word in str(each) for each in given):
            raise RuntimeError(word)
        return work(*given)

    return crash


async def test_a_batch_runs_from_its_input_to_its_output(world: World, store: Store) -> None:
    spec = await world.begin([*asks(30), b"  "])
    batch = await world.run_all()
    assert batch.status is BatchStatus.COMPLETED
    assert batch.counts == Counts(total=30, succeeded=30)
    assert (batch.output_file, batch.error_file) == (spec.output_file, "")
    results = await world.results(batch.output_file)
    assert set(results) == {f"r{number}" for number in range(1, 31)}
    line = results["r7"]
    assert line["error"] is None
    assert line["id"].startswith("batch_req_")
    assert line["response"]["status_code"] == 200
    assert line["response"]["request_id"]
    assert line["response"]["body"]["choices"][0]["message"]["content"] == "yes"
    assert len({each["id"] for each in results.values()}) == 30
    for status in (BatchStatus.IN_PROGRESS, BatchStatus.FINALIZING, BatchStatus.COMPLETED):
        assert batch.times[status] >= spec.created
    file = await world.files.get("c", batch.output_file)
    assert (file.purpose, file.filename) == ("batch_output", "batch_b_output.jsonl")
    assert await store.command("EXISTS", world.jobs.keys.waiting, world.jobs.keys.leases) == 0
    # What is in the results heaps up nowhere else.
    logs = [world.jobs.keys.log(job_id_of("batch_b", number, 1)) for number in range(1, 31)]
    assert all([await store.command("PTTL", log) <= COLLECTED_TTL * 1000 for log in logs])


async def test_the_queue_never_holds_more_than_the_window(world: World) -> None:
    await world.begin(asks(50))
    await world.fed(8)
    await world.round(5)
    assert len(world.queue) == 2 * world.places
    await world.answer(jobs=3)
    await world.round(5)
    assert len(world.queue) == 2 * world.places


async def test_while_the_stores_memory_runs_short_nothing_is_fed(world: World, store: Store) -> None:
    used = next(int(row[12:]) for row in (await store.command("INFO", "memory")).split() if row[:12] == b"used_memory:")
    await store.command("CONFIG", "SET", "maxmemory", round(used * 1.1))
    try:
        await world.begin(asks(3))
        await world.until(lambda batch: batch.status is BatchStatus.IN_PROGRESS)
        await world.round(5)
        assert world.queue == []
    finally:
        await store.command("CONFIG", "SET", "maxmemory", 0)


async def test_nothing_of_a_batch_stays_for_ever(world: World, store: Store) -> None:
    await world.begin(asks(20))
    await world.fed(8)
    await world.answer(jobs=2)
    await world.answer(no(ErrorCode.CONTEXT_EXCEEDED))
    await world.answer(no(ErrorCode.UPSTREAM_ERROR))
    await world.until(lambda batch: batch.out_parts > 0)
    await world.answer()
    keys = world.jobs.keys
    patterns = (f"{keys.batch('')[0]}*", f"{keys.batch_runner}", *(f"{keys.job('*')[at]}" for at in range(3)))
    names = [name.decode() for pattern in patterns for name in await store.command("KEYS", pattern)]
    assert [name for name in names if await store.command("PTTL", name) < 0] == []
    assert {"running", "done", "retry", "out", "err"} <= {name.rpartition(":")[2] for name in names}


async def test_without_workers_nothing_is_fed(store: Store, tmp_path: Path) -> None:
    world = World(store, tmp_path, places=0)
    await world.begin(asks(3))
    await world.until(lambda batch: batch.status is BatchStatus.IN_PROGRESS)
    await world.round(5)
    assert world.queue == []


async def test_clients_and_their_batches_share_evenly(store: Store, tmp_path: Path) -> None:
    world = World(store, tmp_path, places=4)
    await world.begin(asks(100), "batch_1", client="a")
    await world.fed(8)
    await world.begin(asks(100), "batch_2", client="b")
    await world.begin(asks(100), "batch_3", client="b")
    await world.until(lambda batch: batch.status is BatchStatus.IN_PROGRESS, "batch_3")
    await world.answer(jobs=8)
    await world.round(3)
    running = {}
    for batch_id in ("batch_1", "batch_2", "batch_3"):
        running[batch_id] = await store.command("HLEN", world.jobs.keys.batch(batch_id).running)
    # The jobs of batch_1 that have ended may still wait to be collected.
    done = await store.command("LLEN", world.jobs.keys.batch("batch_1").done)
    assert (running["batch_1"] - done, running["batch_2"], running["batch_3"]) == (4, 2, 2)


async def test_all_that_is_wrong_with_a_file_is_told_and_nothing_runs(world: World) -> None:
    lines = [
        ask("ok"),
        b"{not json",
        ask("stream", stream=True),
        ask("ok"),
        {**ask("x"), "method": "GET"},
        {**ask("y"), "url": "/v1/responses"},
        {**ask("z"), "custom_id": ""},
        ask("field", messages=[]),
    ]
    await world.begin(lines)
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert batch.status is BatchStatus.FAILED
    assert [(error.line, error.code, error.param) for error in batch.errors] == [
        (2, "invalid_json_line", None),
        (3, "invalid_request", "body.stream"),
        (4, "duplicate_custom_id", "custom_id"),
        (5, "invalid_method", "method"),
        (6, "invalid_url", "url"),
        (7, "invalid_custom_id", "custom_id"),
        (8, "invalid_request", "body.messages"),
    ]
    assert world.queue == []


async def test_errors_of_a_file_are_bounded(world: World) -> None:
    await world.begin([b"x"] * 1000)
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert [error.line for error in batch.errors] == list(range(1, 101))


async def test_an_empty_file_is_refused(world: World) -> None:
    await world.begin([b"\n", b" "])
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert (batch.status, batch.errors[0].code) == (BatchStatus.FAILED, "empty_file")


async def test_failures_are_tried_again_by_cause(world: World) -> None:
    await world.begin(asks(3))
    await world.fed(3)
    await world.answer(no(ErrorCode.CONTEXT_EXCEEDED))
    await world.answer(no(ErrorCode.UPSTREAM_ERROR))
    await world.answer()
    await world.fed(1)
    await world.answer(no(ErrorCode.INTERRUPTED))
    await world.fed(1)
    await world.answer()
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert batch.counts == Counts(total=3, succeeded=2, errored=1)
    good, bad = await world.results(batch.output_file), await world.results(batch.error_file)
    assert (set(good), set(bad)) == ({"r2", "r3"}, {"r1"})
    response = bad["r1"]["response"]
    assert (response["status_code"], response["body"]["error"]["code"]) == (400, "context_length_exceeded")


async def test_a_line_is_not_tried_for_ever(world: World) -> None:
    await world.begin(asks(1))
    for _ in range(5):
        await world.fed(1)
        await world.answer(no(ErrorCode.UPSTREAM_ERROR))
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert batch.counts == Counts(total=1, errored=1)
    assert batch.output_file == ""


async def test_while_the_pool_has_nothing_to_lend_one_line_finds_out_when_it_has(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.begin(asks(20))
    await world.fed(8)
    await world.answer(no(ErrorCode.QUOTA), jobs=8)
    await world.round(10)
    assert world.queue == []
    monkeypatch.setattr(world.runner._rest, "_until", 0)  # the pause is over
    await world.fed(1)
    await world.round(5)
    assert len(world.queue) == 1
    batch = await world.run_all()
    assert batch.counts == Counts(total=20, succeeded=20)


async def test_cancelling_keeps_what_is_done(world: World) -> None:
    await world.begin(asks(20))
    await world.fed(8)
    await world.answer(jobs=2)
    await world.answer(no(ErrorCode.UPSTREAM_ERROR))
    claimed = await world.jobs.claim(world.queue.pop(0), "worker", "nonce")
    assert claimed is not None
    await world.store.command("HSET", world.jobs.keys.batch("batch_b").record, "status", "cancelling")
    await world.round(5)
    assert (await world.batch()).status is BatchStatus.CANCELLING  # one still runs
    call = world.jobs.append_call(
        claimed.job.id, 1, 1, b'[["failed","cancelled","no"]]', visible=False, terminal=no(ErrorCode.CANCELLED)
    )
    assert await world.store.gather([call]) == [1]
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert batch.status is BatchStatus.CANCELLED
    assert batch.counts == Counts(total=20, succeeded=2, cancelled=18)
    assert set(await world.results(batch.output_file)) == {"r1", "r2"}
    bad = await world.results(batch.error_file)
    assert set(bad) == {f"r{number}" for number in range(3, 21)}
    assert {line["error"]["code"] for line in bad.values()} == {"batch_cancelled"}
    assert bad["r20"]["response"] is None
    (told,) = world.numbers.collect()
    counted = {sample.labels["outcome"]: sample.value for sample in told.samples}
    assert counted == {"succeeded": 2, "errored": 0, "cancelled": 18, "expired": 0}


async def test_what_has_not_run_in_time_expires(world: World) -> None:
    await world.begin(asks(20))
    await world.fed(8)
    await world.answer(jobs=2)
    record = world.jobs.keys.batch("batch_b").record
    spec = await world.store.command("HGET", record, "spec")
    expires = str((await world.batch()).spec.expires).encode()
    await world.store.command("HSET", record, "spec", spec.replace(expires, b"1"))
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert batch.status is BatchStatus.EXPIRED
    assert batch.counts == Counts(total=20, succeeded=2, expired=18)
    bad = await world.results(batch.error_file)
    assert {line["error"]["code"] for line in bad.values()} == {"batch_expired"}


async def test_blank_lines_at_the_end_hold_up_no_cancelled_batch(world: World) -> None:
    spec = await world.begin([*asks(2), b"", b""])
    await world.fed(2)
    # The cursor stands before the blank lines if there was room for just the lines before them.
    size = sum(len(json.dumps(line)) + 1 for line in asks(2))
    await world.store.command("HSET", world.jobs.keys.batch(spec.id).record, "offset", size, "status", "cancelling")
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert (batch.status, batch.counts) == (BatchStatus.CANCELLED, Counts(2, cancelled=2))


async def test_anthropics_requests_are_judged_one_by_one(world: World) -> None:
    requests = [message("good"), message("bad", max_tokens=0), message("streams", stream=True), message("fails")]
    await world.begin(requests, "msgbatch_b", kind=BatchKind.ANTHROPIC, endpoint="/v1/messages")
    await world.until(lambda _: len(world.queue) == 2, "msgbatch_b")
    await world.answer()
    await world.answer(no(ErrorCode.CONTEXT_EXCEEDED))
    batch = await world.until(lambda batch: batch.ended_at is not None, "msgbatch_b")
    assert batch.counts == Counts(total=4, succeeded=1, errored=3)
    results = {name: line["result"] for name, line in (await world.results(batch.output_file)).items()}
    assert batch.error_file == ""
    assert results["good"]["type"] == "succeeded"
    assert results["good"]["message"]["content"][0]["text"] == "yes"
    for name in ("bad", "streams", "fails"):
        assert results[name]["type"] == "errored"
        assert results[name]["error"]["error"]["type"] == "invalid_request_error"
        assert results[name]["error"]["type"] == "error"


async def test_a_keeper_that_dies_between_noting_and_making_jobs_loses_nothing(world: World) -> None:
    await world.begin(asks(6))
    await world.fed(6)
    lost = world.queue[:2]
    for job_id in lost:
        await world.jobs.cancel(job_id)  # as if it had never been made: no record, no word of an end
        await world.store.command("DEL", world.jobs.keys.record(job_id), world.jobs.keys.log(job_id))
    await world.store.command("DEL", world.jobs.keys.batch("batch_b").done)
    world.queue[:2] = []
    await world.store.command("DEL", world.jobs.keys.batch_runner)
    world.runner = world.keeper()
    await world.until(lambda _: set(lost) <= set(world.queue))
    batch = await world.run_all()
    assert batch.counts == Counts(total=6, succeeded=6)
    assert len(await world.results(batch.output_file)) == 6


async def test_a_keeper_that_dies_after_writing_results_does_not_double_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.begin(asks(6))
    await world.fed(6)
    await world.answer(jobs=3)

    class DiedError(Exception):
        pass

    async def die(*_: object) -> bool:
        raise DiedError

    monkeypatch.setattr(world.runner._runs, "commit", die)
    await world.round(8)
    assert len(await world.files.storage.names()) == 2  # the input, and a part that nobody knows of
    await world.store.command("DEL", world.jobs.keys.batch_runner)
    world.runner = world.keeper()
    batch = await world.run_all()
    assert batch.counts == Counts(total=6, succeeded=6)
    assert len(await world.results(batch.output_file)) == 6


async def test_of_two_keepers_one_runs_the_batches(world: World) -> None:
    await world.begin(asks(6))
    other = world.keeper()
    await world.round()
    assert not await other.round()
    await world.fed(6)
    assert not await other.round()
    assert len(world.queue) == 6


async def test_a_job_whose_answer_was_lost_runs_again(world: World) -> None:
    await world.begin(asks(1))
    await world.fed(1)
    job_id = world.queue[0]
    await world.answer()
    await world.store.command("DEL", world.jobs.keys.record(job_id), world.jobs.keys.log(job_id))
    batch = await world.run_all()
    assert batch.counts == Counts(total=1, succeeded=1)


async def test_a_job_that_its_client_cancelled_is_told_as_cancelled(world: World) -> None:
    await world.begin(asks(2))
    await world.fed(2)
    assert await world.jobs.cancel(world.queue.pop(0)) is Status.CANCELLED
    batch = await world.run_all()
    assert batch.counts == Counts(total=2, succeeded=1, cancelled=1)
    assert batch.status is BatchStatus.COMPLETED


async def test_without_its_input_a_batch_fails_and_keeps_what_is_done(world: World) -> None:
    spec = await world.begin(asks(20))
    await world.fed(8)
    world.runner._inputs.forget(spec.id)
    await world.files.storage.delete(spec.input_key)
    await world.answer(jobs=8)
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert (batch.status, batch.errors[0].code) == (BatchStatus.FAILED, "input_file_deleted")
    assert batch.counts == Counts(total=20, succeeded=8, errored=12)
    assert len(await world.results(batch.output_file)) == 8


@pytest.mark.parametrize("cancelled", [False, True])
async def test_all_requests_count_also_those_that_nobody_can_read_any_more(world: World, cancelled: bool) -> None:
    requests = [message(f"r{number}") for number in range(20)]
    spec = await world.begin(requests, "msgbatch_b", kind=BatchKind.ANTHROPIC, endpoint="/v1/messages")
    await world.until(lambda _: len(world.queue) == 8, spec.id)
    if cancelled:
        await world.store.command("HSET", world.jobs.keys.batch(spec.id).record, "status", "cancelling")
    world.runner._inputs.forget(spec.id)
    await world.files.storage.delete(spec.input_key)
    await world.answer(jobs=8)
    batch = await world.until(lambda batch: batch.ended_at is not None, spec.id)
    rest = {"cancelled": 12} if cancelled else {"errored": 12}
    assert batch.counts == Counts(total=20, succeeded=8, **rest)


async def test_the_input_of_a_batch_is_kept_until_it_has_ended(world: World, store: Store) -> None:
    spec = await world.begin(asks(20))
    expiry = world.files.keys.file_terms[1]
    await world.fed(8)
    await store.command("HSET", world.files.keys.file(spec.input_key), "expires", 1)
    await store.command("ZADD", expiry, 1, spec.input_key)
    assert await world.files.sweep() == 0
    assert await world.files.find(spec.input_key) is None, "its client's time with it is over"
    world.runner._inputs.forget(spec.id)
    batch = await world.run_all()
    assert batch.counts == Counts(total=20, succeeded=20)

    assert await world.files.sweep() == 0, "it is looked at again later"
    await store.command("ZADD", expiry, 1, spec.input_key)
    assert await world.files.sweep() == 1
    assert await world.files.storage.names(spec.input_key) == []


async def test_a_line_that_is_too_long_is_refused_without_being_held(world: World) -> None:
    await world.begin([ask("a"), ask("b", "x" * (8 * 1024 * 1024)), ask("c")])
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert [(error.line, error.code) for error in batch.errors] == [(2, "line_too_long")]


async def test_long_lines_that_run_again_are_read_a_few_at_a_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.begin([ask(f"r{number}", "x" * 700_000) for number in range(6)])
    await world.fed(6)
    lost = world.queue[:]
    await world.answer(no(ErrorCode.UPSTREAM_ERROR), jobs=6)
    await world.until(lambda _: True)
    grown = []
    while sum(grown) < 6:
        before = len(world.queue)
        await world.round()
        grown.append(len(world.queue) - before)
    assert max(grown) == 2

    lost = world.queue[:]
    keys = [name for job_id in lost for name in world.jobs.keys.job(job_id)[:3]]
    await world.store.command("DEL", *keys, world.jobs.keys.batch_runner)
    world.queue.clear()
    world.runner = world.keeper()
    held = []
    draft = world.runner._feeder._draft
    monkeypatch.setattr(world.runner._feeder, "_draft", lambda spec, work: held.append(len(work)) or draft(spec, work))
    await world.fed(6)
    assert sorted(world.queue) == sorted(lost)
    assert held == [2, 2, 2]


async def test_a_line_that_our_own_code_stumbles_over_fails_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (validate, feed):
        monkeypatch.setattr(module, "understand", crashing(module.understand, "crash"))
    monkeypatch.setattr(collect, "answer_line", crashing(collect.answer_line, "strange"))
    await world.begin([ask("good"), ask("unread", "crash"), ask("unwritten")])
    with capture_logs() as logs:
        await world.fed(2)
        await world.answer()
        await world.answer(Text("strange"), STOP)
        batch = await world.until(lambda batch: batch.ended_at is not None)
    assert (batch.status, batch.counts) == (BatchStatus.COMPLETED, Counts(3, succeeded=1, errored=2))
    bad = await world.results(batch.error_file)
    assert {name: line["response"]["status_code"] for name, line in bad.items()} == {"unread": 500, "unwritten": 500}
    crashed = [(row["line"], row["exc_info"]) for row in logs if row["event"] == "batch.line_crashed"]
    assert crashed == [(2, True), (2, True), (3, True)]


async def test_a_log_that_cannot_be_read_fails_its_line_alone(world: World) -> None:
    await world.begin(asks(2))
    await world.fed(2)
    broken = world.queue[0]
    await world.answer(jobs=2)
    log = world.jobs.keys.log(broken)
    await world.store.command("DEL", log)
    await world.store.command("XADD", log, "1-0", "e", "[[")
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert batch.counts == Counts(2, succeeded=1, errored=1)


async def test_while_the_storage_is_away_an_input_is_looked_through_again_after_a_pause(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    async def away(*_: object) -> Findings:
        tries.append(1)
        raise StorageError

    monkeypatch.setattr(runner, "validate", away)
    await world.begin(asks(1))
    await world.until(lambda _: bool(tries))
    await world.round(10)
    assert len(tries) == 1
    # Meanwhile it may be cancelled.
    await world.store.command("HSET", world.jobs.keys.batch("batch_b").record, "status", "cancelling")
    assert (await world.until(lambda batch: batch.ended_at is not None)).status is BatchStatus.CANCELLED

    monkeypatch.setattr(runner, "STORAGE_PAUSE", 0)
    await world.begin(asks(1), "batch_2")
    await world.until(lambda _: len(tries) > 3, "batch_2")


async def test_a_batch_that_was_cancelled_while_it_was_looked_through_does_not_begin(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cancelled(*_: object) -> Findings:
        await world.store.command("HSET", world.jobs.keys.batch("batch_b").record, "status", "cancelling")
        return Findings(1, [])

    monkeypatch.setattr(runner, "validate", cancelled)
    await world.begin(asks(1))
    with capture_logs() as logs:
        await world.until(lambda batch: batch.ended_at is not None)
    assert [row["event"] for row in logs] == ["batch.ended"]


async def test_lines_that_ask_the_same_share_a_job_if_the_client_wants_that(world: World) -> None:
    spec = await world.begin([ask(f"r{number}", "ab"[number % 2]) for number in range(20)], coalesce=True)
    await world.fed(2)
    # Lines that were taken later join the jobs of those that still run.
    await world.until(lambda batch: batch.offset == spec.input_bytes)
    assert len(world.queue) == 2
    await world.answer(Text("even"), STOP)
    await world.answer(no(ErrorCode.CONTEXT_EXCEEDED))
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert batch.counts == Counts(total=20, succeeded=10, errored=10)
    good, bad = await world.results(batch.output_file), await world.results(batch.error_file)
    assert set(good) == {f"r{number}" for number in range(0, 20, 2)}
    assert set(bad) == {f"r{number}" for number in range(1, 20, 2)}
    assert len({line["id"] for line in (*good.values(), *bad.values())}) == 20
    assert {line["response"]["body"]["choices"][0]["message"]["content"] for line in good.values()} == {"even"}
    assert {line["response"]["status_code"] for line in bad.values()} == {400}


async def test_without_being_asked_for_nothing_is_shared(world: World) -> None:
    await world.begin([ask(f"r{number}") for number in range(8)])
    await world.fed(8)


async def test_lines_that_share_a_job_run_again_together_and_whatever_keeper_is_there(world: World) -> None:
    spec = await world.begin([ask(f"r{number}") for number in range(20)], coalesce=True)
    await world.until(lambda batch: batch.offset == spec.input_bytes)
    await world.answer(no(ErrorCode.UPSTREAM_ERROR))
    await world.fed(1)
    lost = world.queue.pop()
    await world.store.command("DEL", world.jobs.keys.record(lost), world.jobs.keys.log(lost))
    await world.store.command("DEL", world.jobs.keys.batch_runner)
    world.runner = world.keeper()
    await world.fed(1)
    assert world.queue == [lost]
    batch = await world.run_all()
    assert batch.counts == Counts(total=20, succeeded=20)
    assert len(await world.results(batch.output_file)) == 20


async def test_lines_that_share_a_job_are_cancelled_one_by_one(world: World) -> None:
    spec = await world.begin([ask(f"r{number}") for number in range(12)], coalesce=True)
    await world.until(lambda batch: batch.offset == spec.input_bytes)
    await world.store.command("HSET", world.jobs.keys.batch("batch_b").record, "status", "cancelling")
    batch = await world.until(lambda batch: batch.ended_at is not None)
    assert batch.counts == Counts(total=12, cancelled=12)
    assert len(await world.results(batch.error_file)) == 12
