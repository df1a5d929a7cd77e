"""What a worker keeps and takes of a conversation, attempt by attempt, on a real Valkey."""

from typing import Any

import pytest

from proto.continuation import last_answer
from proto.conversation import Conversation, Limits, Message, Role, TextPart, Tool, ToolCallPart, ToolResultPart
from proto.dialects.encoder import client_call_id
from proto.errors import ErrorCode
from proto.events import Event, Revised, Text, ToolCall
from proto.jobs import ChatJob
from proto.keys import Keys
from proto.warp.request_pb2 import Request
from proto.warp_request import RequestOptions
from store.connection import Store
from store.continuations import Bounds, Continuations, continuation_counts
from store.jobs import Claim
from tests.unit.warp_streams import INIT, add, call, create, echo, text
from workers.continuing import Continuing, Turn
from workers.errors import Blame, UpstreamError

KEYS = Keys("test-continuing")
TOOLS = [Tool("look", {"type": "object"})]
REFUSED = UpstreamError(ErrorCode.UPSTREAM_BAD_REQUEST, "no", blame=Blame.REQUEST)
ANSWER: list[Event] = [Text("Yes.")]


def said(role: Role, words: str) -> Message:
    return Message(role, [TextPart(words)])


FIRST = [said(Role.USER, "hello")]
SECOND = [*FIRST, said(Role.ASSISTANT, "Yes."), said(Role.USER, "on")]


@pytest.fixture
def kept(store: Store) -> Continuations:
    return Continuations(store, KEYS, Bounds(60, 1_000_000))


def claim(messages: list[Message], *, client: str = "a", **fields: Any) -> Claim:
    conversation = Conversation(**{"model": "auto", "messages": messages, "tools": TOOLS, **fields})
    return Claim(ChatJob("job", conversation), 1, 0, True, client)


async def begin(kept: Continuations | None, messages: list[Message], **options: Any) -> Turn:
    shop = Continuing(RequestOptions(), kept, options.pop("open_too", False), options.pop("most", 10_000))
    return await shop.begin(claim(messages, **options))


async def answer(turn: Turn, *, token: str = "t1", seen: list[Event] = ANSWER, whole: bool = True) -> Request:
    """Ask, be answered, keep; answers what was asked."""
    asked = turn.call(token)
    request = Request.FromString(asked.body)
    made = [] if request.task_context.tasks else [create(echo("q", "hello"))]
    asked.hear([INIT, *made, add(text(f"m{len(asked.known)}", "Yes."))])
    asked.show(seen)
    turn.answered(asked, token, whole=whole)
    await turn.keep()
    return request


async def counted(store: Store) -> dict[str, int]:
    return {name: count for name, count in (await continuation_counts(store, KEYS)).items() if count}


async def test_the_next_request_goes_on_and_the_one_after_it_too(store: Store, kept: Continuations) -> None:
    await answer(await begin(kept, FIRST))
    turn = await begin(kept, SECOND)
    assert turn.token_id == "t1"
    request = await answer(turn)
    third = await begin(kept, [*SECOND, said(Role.ASSISTANT, "Yes."), said(Role.USER, "further")])

    assert request.metadata.conversation_id == "conv"
    (entry,) = request.input.user_inputs.inputs
    assert entry.user_query.query == "on"
    later = Request.FromString(third.call("t1").body)
    assert [message.id for message in later.task_context.tasks[0].messages] == ["q", "m0", "m2"]
    assert third.call("t1").known == {"q", "m0", "m2"}
    assert await counted(store) == {"kept": 2, "hit": 2}


async def test_a_second_attempt_and_a_fork_send_the_transcript(store: Store, kept: Continuations) -> None:
    await answer(await begin(kept, FIRST))
    dead, again = await begin(kept, SECOND), await begin(kept, SECOND)
    assert dead.token_id
    assert not again.token_id
    assert not Request.FromString(again.call("t1").body).metadata.conversation_id
    assert await counted(store) == {"kept": 1, "hit": 1, "unknown": 1}


async def test_what_came_to_nothing_is_put_back_once(store: Store, kept: Continuations) -> None:
    await answer(await begin(kept, FIRST))
    turn = await begin(kept, SECOND)
    await turn.put_back()
    await turn.put_back()
    assert (await begin(kept, SECOND)).token_id == "t1"
    assert (await counted(store))["put_back"] == 1


async def test_another_accounts_token_gets_the_transcript(store: Store, kept: Continuations) -> None:
    await answer(await begin(kept, FIRST))
    turn = await begin(kept, SECOND)
    request = await answer(turn, token="t2")
    assert not request.metadata.conversation_id
    assert not request.task_context.tasks
    assert (await counted(store))["other_account"] == 1


async def test_a_refusal_falls_back_once_and_is_not_put_back(store: Store, kept: Continuations) -> None:
    await answer(await begin(kept, FIRST))
    turn = await begin(kept, SECOND)
    limited = UpstreamError(ErrorCode.OVERLOADED, "later", blame=Blame.TOKEN, token="rate_limited")
    assert not turn.refused(limited)
    assert turn.refused(REFUSED)
    assert not turn.refused(REFUSED)
    assert not Request.FromString(turn.call("t1").body).metadata.conversation_id
    await turn.put_back()
    assert not (await begin(kept, SECOND)).token_id
    assert await counted(store) == {"kept": 1, "hit": 1, "refused": 1, "unknown": 1}


@pytest.mark.parametrize(
    ("options", "outcome"),
    [
        ({"whole": False}, {"cut": 1}),
        ({"seen": [Text("No."), Revised(0, "Yes.")]}, {"cut": 1}),
        ({"seen": []}, {"cut": 1}),
    ],
)
async def test_an_answer_that_is_not_as_the_upstream_has_it_is_not_kept(
    store: Store, kept: Continuations, options: dict[str, Any], outcome: dict[str, int]
) -> None:
    await answer(await begin(kept, FIRST), **options)
    assert await counted(store) == outcome


async def test_a_conversation_that_grows_too_large_is_not_kept(store: Store, kept: Continuations) -> None:
    await answer(await begin(kept, FIRST, most=20))
    assert await counted(store) == {"not_followed": 1}


@pytest.mark.parametrize(
    ("options", "keeps"),
    [
        ({"client": "open"}, False),
        ({"client": "open", "open_too": True}, True),
        ({"tools": []}, False),
        ({"limits": Limits(max_tokens=9)}, True),
    ],
    ids=["open", "open and allowed", "a single question", "a limit that was not reached"],
)
async def test_who_is_remembered(store: Store, kept: Continuations, options: dict[str, Any], keeps: bool) -> None:
    await answer(await begin(kept, FIRST, **options))
    assert await counted(store) == ({"kept": 1} if keeps else {})


async def test_switched_off_nothing_is_looked_up() -> None:
    turn = await begin(None, SECOND)
    await answer(turn)
    assert not turn.token_id


async def test_what_cannot_be_read_is_passed_over(store: Store, kept: Continuations) -> None:
    found = last_answer(claim(SECOND).job.conversation)
    assert found is not None
    await kept.keep("a", found[0], b"from another release", "kept")
    assert not (await begin(kept, SECOND)).token_id
    assert (await counted(store))["unreadable"] == 1


async def test_a_store_that_is_away_only_costs_the_continuation() -> None:
    away = Store("redis://127.0.0.1:1/0")
    kept = Continuations(away, KEYS, Bounds(60, 1_000_000))
    turn = await begin(kept, SECOND)
    await answer(turn)
    await away.aclose()
    assert not turn.token_id


async def test_results_find_their_calls_again(kept: Continuations) -> None:
    """The upstream's id is none that clients can take; they know the call by another."""
    turn = await begin(kept, FIRST)
    asked = turn.call("t1")
    asked.hear([INIT, create(echo("q", "hello")), add(call("c", "no client's id"))])
    asked.show([ToolCall("no client's id", "look", "{}")])
    turn.answered(asked, "t1", whole=True)
    await turn.keep()

    shown = client_call_id("job", "no client's id")
    messages = [
        *FIRST,
        Message(Role.ASSISTANT, [ToolCallPart(shown, "look", "{}")]),
        Message(Role.USER, [ToolResultPart(shown, [TextPart("r")])]),
    ]
    request = Request.FromString((await begin(kept, messages)).call("t1").body)
    (entry,) = request.input.user_inputs.inputs
    assert entry.tool_call_result.tool_call_id == "no client's id"
