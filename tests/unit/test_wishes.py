"""What a chat's headers ask for."""

import pytest
from starlette.datastructures import Headers

from api.wishes import Wishes, wishes_of
from proto.clients import Leaving
from proto.errors import BadRequestError

CANCEL, DRAIN = Leaving.CANCEL, Leaving.DRAIN


def wishes(default: Leaving = CANCEL, **headers: str) -> Wishes:
    return wishes_of(Headers({name.replace("_", "-"): value for name, value in headers.items()}), default=default)


def test_leaving_cancels_unless_something_says_otherwise() -> None:
    assert wishes() == Wishes(resumable=False, detached=False, leaving=CANCEL, keep=False)
    assert wishes(DRAIN) == Wishes(resumable=False, detached=False, leaving=DRAIN, keep=True)
    assert wishes(DRAIN, x_on_disconnect="cancel") == wishes()
    assert wishes(x_on_disconnect="Drain") == wishes(DRAIN)


def test_who_means_to_come_back_lets_it_run_on() -> None:
    assert wishes(x_resumable="1") == Wishes(resumable=True, detached=False, leaving=DRAIN, keep=True)
    assert wishes(idempotency_key="k") == Wishes(resumable=False, detached=False, leaving=DRAIN, keep=True)
    assert wishes(x_resumable="1", x_on_disconnect="cancel").leaving is CANCEL
    assert wishes(x_resumable="0") == wishes()


@pytest.mark.parametrize("prefer", ["respond-async", "wait=5, Respond-Async", "respond-async; x=1"])
def test_a_detached_job_runs_on_whatever_else_is_said(prefer: str) -> None:
    assert wishes(prefer=prefer) == Wishes(resumable=False, detached=True, leaving=DRAIN, keep=True)
    assert wishes(prefer=prefer, x_on_disconnect="cancel").leaving is DRAIN


def test_other_preferences_change_nothing() -> None:
    assert wishes(prefer="return=minimal, respond-asynchronously") == wishes()


@pytest.mark.parametrize(("header", "value"), [("X-On-Disconnect", "drian"), ("X-Resumable", "maybe")])
def test_a_header_with_a_slip_is_refused(header: str, value: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        wishes(**{header: value})
    assert caught.value.param == header
