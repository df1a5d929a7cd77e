"""The marks of an attempt, and the seconds between them."""

from proto.errors import ErrorCode
from workers.stages import Stage, Stages, Try


def test_a_try_tells_the_stages_it_came_through() -> None:
    assert Try(10.0).seconds() == {}
    assert Try(10.0, leased=10.5).seconds() == {Stage.LEASE: 0.5}
    answered = Try(10.0, leased=10.5, asked=11.0, answered=12.0, first_event=14.0, ended=20.0)
    assert answered.seconds() == {Stage.LEASE: 0.5, Stage.HEADERS: 1.0, Stage.FIRST_EVENT: 3.0}


def test_a_refusal_has_a_head_and_a_broken_connection_has_none() -> None:
    refused, broken = Try(10.0, leased=10.5, asked=11.0), Try(10.0, leased=10.5, asked=11.0)
    assert refused.fail(ErrorCode.OVERLOADED, 429) == refused.ended == refused.answered
    broken.fail(ErrorCode.UPSTREAM_UNREACHABLE, None)
    assert (refused.status, refused.code) == (429, ErrorCode.OVERLOADED)
    assert refused.refused
    assert not broken.refused
    assert (broken.answered, broken.code) == (None, ErrorCode.UPSTREAM_UNREACHABLE)


def test_an_attempt_adds_up_its_tries_and_counts_its_total_from_admission() -> None:
    stages = Stages(waited=0.25, age=3.0, claimed=100.0)
    assert stages.seconds() == {Stage.QUEUE: 0.25}
    stages.tries = [
        Try(100.0, leased=100.5, asked=100.5, answered=101.0),
        Try(101.0, leased=101.25, asked=102.0, answered=103.0, first_event=104.0),
    ]
    stages.first_output = 105.0
    stages.ended = 110.0
    assert stages.seconds() == {
        Stage.QUEUE: 0.25,
        Stage.LEASE: 0.75,
        Stage.HEADERS: 1.5,
        Stage.FIRST_EVENT: 2.0,
        Stage.FIRST_OUTPUT: 5.0,
        Stage.RUN: 10.0,
        Stage.TOTAL: 13.0,
    }
