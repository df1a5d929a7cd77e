"""Every client library on every wire it speaks, through what a gateway can do to it."""

from typing import Any

import pytest

from tests.clients.harness import CLIENTS, Clients, key_of
from tests.clients.scenarios import BEGUN, CITIES, SAID, THOUGHTS
from tests.recording import keep

pytestmark = [pytest.mark.clients, pytest.mark.timeout(150)]

ROWS = [(name, wire) for name, client in CLIENTS.items() for wire in client.wires]
every_row = pytest.mark.parametrize(("name", "wire"), ROWS, ids=["-".join(row) for row in ROWS])
CALLS = [["get_weather", {"city": city}] for city in CITIES]

#: Libraries that have no place for the reasoning of a wire.
DROP_REASONING = {("langchain", "chat"), ("ai-sdk", "chat")}
#: Libraries that ask once and leave it to their user to ask again.
NEVER_RETRY = {("litellm", "messages")}


@every_row
@pytest.mark.parametrize("scenario", ["text", "text-whole"])
def test_text(clients: Clients, name: str, wire: str, scenario: str) -> None:
    facts = clients.facts(name, wire, scenario)
    assert facts["error"] is None
    assert facts["text"] == SAID
    assert facts["calls"] == []
    assert statuses(clients, name, wire, scenario) == [200]


@every_row
@pytest.mark.parametrize("scenario", ["tools", "tools-whole"])
def test_a_loop_of_tool_calls(clients: Clients, name: str, wire: str, scenario: str) -> None:
    facts = clients.facts(name, wire, scenario)
    assert facts["error"] is None
    assert facts["calls"] == CALLS
    assert facts["text"].startswith("Let me see.")
    assert "> Rome: 3 degrees" in facts["text"]
    assert statuses(clients, name, wire, scenario) == [200, 200, 200]
    sent = [exchange.body.decode() for exchange in clients.doors.exchanges(key_of(name, wire, scenario))]
    assert [body.count(": 3 degrees") for body in sent] == [0, 2, 3]
    assert facts["input_tokens"] > 10
    assert facts["output_tokens"] > 10


@every_row
def test_reasoning_and_its_way_back(clients: Clients, name: str, wire: str) -> None:
    facts = clients.facts(name, wire, "reasoning")
    assert facts["error"] is None
    assert facts["calls"] == CALLS
    assert "> Rome: 3 degrees" in facts["text"]
    if (name, wire) not in DROP_REASONING:
        assert facts["reasoning"].startswith(THOUGHTS)
    assert statuses(clients, name, wire, "reasoning") == [200, 200, 200]
    keep(f"{name}-{wire}", wire, clients.doors.exchanges(key_of(name, wire, "reasoning"))[-1])


@every_row
def test_a_429_is_waited_out(clients: Clients, name: str, wire: str) -> None:
    facts = clients.facts(name, wire, "limited")
    if (name, wire) in NEVER_RETRY:
        assert facts["error"]["class"] == "RateLimitError"
        assert statuses(clients, name, wire, "limited") == [429]
        return
    assert facts["error"] is None
    assert facts["text"] == SAID
    refused, answered = clients.doors.exchanges(key_of(name, wire, "limited"))
    assert (refused.status, answered.status) == (429, 200)
    assert answered.at - refused.at >= float(refused.answer_headers["retry-after"])


@every_row
@pytest.mark.parametrize(("scenario", "told"), [("error", "internal error"), ("cut", "broke off")])
def test_a_stream_that_fails_is_an_error_and_not_an_answer(
    clients: Clients, name: str, wire: str, scenario: str, told: str
) -> None:
    facts = clients.facts(name, wire, scenario)
    assert facts["text"] == BEGUN
    assert told in facts["error"]["message"]
    assert statuses(clients, name, wire, scenario) == [200]


def statuses(clients: Clients, name: str, wire: str, scenario: str) -> list[Any]:
    """How the requests of one run were answered, in their order."""
    return [each.status for each in clients.doors.exchanges(key_of(name, wire, scenario))]
