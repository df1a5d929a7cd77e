"""What the `jobs` commands show and do, on a real Valkey."""

import asyncio
import json
from typing import Any

import pytest

from cli.job_desk import Desk, Wanted, cancel_jobs, list_jobs, named, show_job
from cli.job_tail import tail_job
from cli.jobs import Queue, Standing
from cli.problems import SetupError
from cli.record import wanted_job
from proto.errors import ErrorCode
from proto.events import (
    Event,
    Failed,
    Finished,
    FinishReason,
    Reasoning,
    Restarted,
    Text,
    ToolCall,
    Usage,
    encode_events,
)
from proto.jobs import Lane, Status
from store.connection import Store
from store.jobs import Claim
from store.monitor import Monitor
from tests.contract.jobs import admit, claim, make_jobs

DONE = Finished(FinishReason.STOP)


@pytest.fixture
def desk(store: Store, redis_url: str) -> Desk:
    jobs = make_jobs(store)
    return Desk(jobs, Monitor(store, jobs.keys), store, redis_url)


async def append(desk: Desk, claimed: Claim, seq: int, *events: Event) -> None:
    last = events[-1]
    terminal = last if isinstance(last, Finished | Failed) else None
    usage = next((event for event in events if isinstance(event, Usage)), None)
    call = desk.jobs.append_call(
        claimed.job.id, claimed.attempt, seq, encode_events([*events]), visible=True, terminal=terminal, usage=usage
    )
    await desk.store.gather([call])


async def three_jobs(desk: Desk) -> None:
    """One that has finished, one that runs, one that waits."""
    for job_id, client in (("aa-1", "ada"), ("ab-2", "bob"), ("ac-3", "ada")):
        await admit(desk.jobs, job_id, client=client)
    finished = await claim(desk.jobs, "aa-1")
    await append(desk, finished, 1, Text("secret words"), Usage(3, 4), DONE)
    await claim(desk.jobs, "ab-2", "worker-7")


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


async def test_the_list(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await three_jobs(desk)
    assert await list_jobs(desk, Wanted(), 50, as_json=True) == 0
    rows = listed(capsys)
    assert {row["id"]: row["status"] for row in rows} == {"ac-3": "queued", "ab-2": "running", "aa-1": "finished"}
    assert [row["admitted_at"] for row in rows] == sorted([row["admitted_at"] for row in rows], reverse=True)
    assert {row["id"]: row["output_tokens"] for row in rows}["aa-1"] == 4

    await list_jobs(desk, Wanted(), 50, as_json=False)
    text = capsys.readouterr().out
    assert [word in text for word in ("aa-1", "running", "3 + 4", "stop", "secret")] == [True, True, True, True, False]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Wanted(status="running"), {"ab-2"}),
        (Wanted(client="ada"), {"aa-1", "ac-3"}),
        (Wanted(client="ada", status="queued"), {"ac-3"}),
        (Wanted(lane="batch"), set()),
        (Wanted(model="au"), {"aa-1", "ab-2", "ac-3"}),
        (Wanted(model="gpt"), set()),
    ],
)
async def test_the_list_of_those_that_are_wanted(
    desk: Desk, wanted: Wanted, ids: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    await three_jobs(desk)
    await list_jobs(desk, wanted, 50, as_json=True)
    assert {row["id"] for row in listed(capsys)} == ids
    await list_jobs(desk, wanted, 1, as_json=True)
    assert len(listed(capsys)) == min(1, len(ids))


async def test_what_runs_is_listed_even_when_many_have_come_since(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    await three_jobs(desk)
    await desk.store.command("DEL", desk.jobs.keys.recent)
    await list_jobs(desk, Wanted(), 50, as_json=True)
    assert {row["id"] for row in listed(capsys)} == {"ab-2", "ac-3"}


async def test_an_empty_list_is_said_in_words(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert await list_jobs(desk, Wanted(), 50, as_json=False) == 0
    assert "no job is known" in capsys.readouterr().out


async def test_one_job_without_what_is_said_in_it(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await three_jobs(desk)
    await show_job(desk, "chatcmpl-aa-1", as_json=True)
    view = json.loads(capsys.readouterr().out)
    assert (view["status"], view["code"], view["client"], view["attempt"]) == ("finished", "stop", "ada", 1)
    assert (view["input_tokens"], view["output_tokens"]) == (3, 4)
    assert (view["log"]["text_characters"], view["log"]["error"]) == (12, None)

    await show_job(desk, "ac", as_json=False)
    assert "1 in its lane" in capsys.readouterr().out
    await show_job(desk, "ab", as_json=False)
    text = capsys.readouterr().out
    assert "worker-7" in text
    assert "nothing so far" in text
    assert "secret" not in text


async def test_a_failed_job_shows_why(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await admit(desk.jobs, "bad")
    await append(desk, await claim(desk.jobs, "bad"), 1, Failed(ErrorCode.QUOTA, "All credits are used."))
    await show_job(desk, "bad", as_json=False)
    text = capsys.readouterr().out
    assert "quota" in text
    assert "All credits are used." in text


async def test_names_must_mean_one_job(desk: Desk) -> None:
    await three_jobs(desk)
    assert await named(desk, ["aa", "ab-2", "msg_ac-3"]) == ["aa-1", "ab-2", "ac-3"]
    for name, words in (("a", "3 jobs"), ("zz", "no job"), ("", "no job")):
        with pytest.raises(SetupError, match=words):
            await named(desk, [name])


async def test_cancelling(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await three_jobs(desk)
    with pytest.raises(SetupError):
        await cancel_jobs(desk, ["ac", "zz"])
    assert (await desk.monitor.records(["ac-3"]))["ac-3"].status is Status.QUEUED
    assert await cancel_jobs(desk, ["ac", "ab"]) == 0
    assert await cancel_jobs(desk, ["aa"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "ac-3 cancelled",
        "ab-2 runs: its worker is told to stop",
        "aa-1 had ended: finished",
    ]
    records = await desk.monitor.records(["ac-3", "ab-2"])
    assert (records["ac-3"].status, records["ab-2"].cancelling) == (Status.CANCELLED, True)


async def test_tail_follows_a_job_to_its_end_and_is_no_reader(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await admit(desk.jobs, "job", reply_to="")
    following = asyncio.create_task(tail_job(desk, "job", events=False))
    claimed = await claim(desk.jobs, "job")
    await append(desk, claimed, 1, Reasoning("hm"), Text("Hel"))
    await append(desk, claimed, 2, Text("lo\x1b"), ToolCall("c", "look", "{}"))
    await append(desk, claimed, 3, Restarted(2), Text("Anew"), Usage(1, 2), DONE)
    assert await following == 0
    assert capsys.readouterr().out == (
        "hm\nHello\ufffd\n[call c: look {}]\n[attempt 2: the answer begins anew]\nAnew\n"
    )
    assert await desk.store.command("HGET", desk.jobs.keys.record("job"), "reply_to") == b""


async def test_tail_of_an_ended_job_as_events(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await admit(desk.jobs, "job")
    claimed = await claim(desk.jobs, "job")
    await append(desk, claimed, 1, Text("a"))
    await append(desk, claimed, 2, Failed(ErrorCode.UPSTREAM_TRUNCATED, "It broke off."))
    assert await tail_job(desk, "job", events=True) == 1
    first, last = listed(capsys)
    assert first == {"seq": 1, "event": "text", "text": "a", "message": 0}
    assert (last["event"], last["code"]) == ("failed", "upstream_truncated")
    assert await tail_job(desk, "job", events=False) == 1
    assert "upstream_truncated: It broke off." in capsys.readouterr().err


async def test_a_log_without_its_end_does_not_wait_for_ever(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    await three_jobs(desk)
    await desk.store.command("DEL", desk.jobs.keys.log("aa-1"))
    assert await tail_job(desk, "aa", events=False) == 1
    assert "the end of the log is gone" in capsys.readouterr().err


def test_the_words_of_the_command_are_those_of_the_jobs() -> None:
    assert [*Standing] == [*Status]
    assert [*Queue] == [*Lane]


async def test_recording_a_job_that_has_ended_is_refused(desk: Desk) -> None:
    await three_jobs(desk)
    assert await wanted_job(desk, "ab") == "ab-2"
    assert await wanted_job(desk, None) is None
    with pytest.raises(SetupError, match="aa-1 has ended"):
        await wanted_job(desk, "aa")
