"""Coding agents at real work, whatever the gateway does to them meanwhile: list, edit and run, seen on the disk."""

from pathlib import Path

import pytest

from tests.agents.harness import Outcome, run_agent
from tests.agents.programs import AGENTS, DONE
from tests.clients.harness import Doors, occupied
from tests.recording import keep
from tests.servers import Simulator

pytestmark = [pytest.mark.agents, pytest.mark.long, pytest.mark.timeout(240)]

every_agent = pytest.mark.parametrize("name", list(AGENTS))

THOUGHTS = "A colour can be changed."
BEGUN = "I begin."
#: An answer that begins, and fails when it is asked for the first time.
FAILURES = {
    "error": "[[sim:finish reason=internal_error times=1]]",
    "cut": "[[sim:cut times=1]]",
    "silence": "[[sim:silent times=1]]",
}
#: Requests for the work alone.
STEPS = {"aider-chat": 2, "aider-messages": 2, "codex": 4}
#: Agents that do not send reasoning back.
FORGET_REASONING = {"aider-chat", "aider-messages"}


@every_agent
def test_a_loop_of_tool_calls_with_reasoning(doors: Doors, name: str, tmp_path: Path) -> None:
    key = f"key-{name}-loop"
    outcome = run_agent(name, doors.usual, key, f'[[sim:reasoning say="{THOUGHTS}"]]', tmp_path)
    did_its_work(name, outcome)
    assert outcome.statuses == [200] * STEPS.get(name, 5)
    assert THOUGHTS in outcome.printed
    if name not in FORGET_REASONING:
        assert outcome.exchanges[-1].body.decode().count(THOUGHTS) == 2  # once in the script
    keep(name, AGENTS[name].wire, outcome.exchanges[-1], {str(tmp_path): "/somewhere"})


@every_agent
def test_a_429_is_waited_out(doors: Doors, simulator: Simulator, name: str, tmp_path: Path) -> None:
    key = f"key-{name}-limited"
    with occupied(doors.limited, [key]):
        outcome = run_agent(name, doors.limited, key, "", tmp_path)
    did_its_work(name, outcome)
    assert outcome.statuses[0] == 429
    assert outcome.statuses[-1] == 200
    # With a key, conversations go on from what the upstream keeps; it notices when they come back otherwise.
    assert {seen["history"] for seen in simulator.state()["seen"]} <= {"none", "ours"}


@every_agent
@pytest.mark.parametrize("failure", FAILURES)
def test_an_answer_that_breaks_off_is_asked_for_again(doors: Doors, name: str, failure: str, tmp_path: Path) -> None:
    before = f'[[sim:text say="{BEGUN}" times=1]]{FAILURES[failure]}'
    outcome = run_agent(name, doors.usual, f"key-{name}-{failure}", before, tmp_path)
    did_its_work(name, outcome)
    assert outcome.statuses == [200] * (STEPS.get(name, 5) + 1)


def did_its_work(name: str, outcome: Outcome) -> None:
    """The files are as they should be, and the agent knows."""
    assert outcome.colour == "blue\n"
    assert outcome.checked == "blue\n"
    if not name.startswith("aider"):
        assert DONE in outcome.printed
