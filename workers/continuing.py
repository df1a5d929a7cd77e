"""Going on with a conversation that the upstream keeps, instead of telling it all again (`docs/protocol.md` 4.1, S1).

`Continuing` is one for a worker process, `Turn` one for an attempt at a job. Whatever is in the way (nothing kept,
taken by another request, another account's, refused by the upstream), the transcript goes up instead, and the client
notices nothing.

An entry is taken when the job begins. It is put back if the job ends before output; a worker that dies takes it along,
and the job's next attempt sends the transcript.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeVar

import structlog

from proto.clients import OPEN_CLIENT
from proto.continuation import (
    Continuation,
    Place,
    SeenAnswer,
    after_answer,
    last_answer,
    pack,
    unpack,
)
from proto.conversation import Conversation, Message
from proto.dialects.encoder import client_call_id
from proto.errors import ErrorCode, GatewayError
from proto.events import Event
from proto.warp.request_pb2 import Request
from proto.warp.response_pb2 import ResponseEvent
from proto.warp_request import RequestOptions, build_request, continue_request, message_ids, sent_tasks
from proto.warp_tasks import TaskLedger
from store.connection import StoreError
from store.continuations import Continuations
from store.jobs import Claim
from workers.errors import UpstreamError

log = structlog.get_logger()

Given = TypeVar("Given")
Result = TypeVar("Result")

#: Failures after which the same conversation is worth telling anew: the request itself may be what is in the way.
_REFUSALS: Final = {
    ErrorCode.UPSTREAM_BAD_REQUEST,
    ErrorCode.UPSTREAM_REJECTED,
    ErrorCode.UPSTREAM_TOO_LARGE,
    ErrorCode.CONTEXT_EXCEEDED,
    ErrorCode.UPSTREAM_INTERNAL,
    ErrorCode.UPSTREAM_OTHER,
    ErrorCode.EMPTY_ANSWER,
}
#: Bytes from which packing and unpacking are left to a thread: below, the thread costs more.
_SMALL: Final = 64 * 1024


@dataclass(frozen=True)
class Continuing:
    """How conversations travel, and where they are kept.

    Args:
        options: how a transcript travels when nothing is continued.
        kept: where entries are; None switches continuing off.
        open_too: also without client keys, where all clients are one.
        most: bytes that one conversation's tasks may come to.
    """

    options: RequestOptions
    kept: Continuations | None = None
    open_too: bool = False
    most: int = 4 * 1024 * 1024

    async def begin(self, claim: Claim) -> "Turn":
        """Look a claimed job's conversation up and prepare its request: at most one round trip.

        Raises:
            GatewayError: the conversation cannot be sent.
        """
        turn = Turn(claim, self, self.kept if self.open_too or claim.client != OPEN_CLIENT else None)
        await turn.look_up()
        return turn


class Call(NamedTuple):
    """One request to the upstream and what is to be remembered of its answer; `ledger` is None if nothing is."""

    body: bytes
    known: frozenset[str]
    ledger: TaskLedger | None
    seen: SeenAnswer

    def hear(self, messages: list[ResponseEvent]) -> None:
        """Follow what the upstream says."""
        if self.ledger is not None:
            for message in messages:
                self.ledger.feed(message)

    def show(self, events: list[Event]) -> list[Event]:
        """Note what is logged; hands it on."""
        if self.ledger is not None:
            self.seen.feed(events)
        return events


@dataclass
class _Taken:
    """What was found, and must not be lost if nothing comes of it."""

    place: Place
    data: bytes
    continuation: Continuation
    body: bytes = field(repr=False)


class Turn:
    """One attempt's conversation: which request to send, what to keep afterwards."""

    def __init__(self, claim: Claim, continuing: Continuing, kept: Continuations | None) -> None:
        self._claim = claim
        self._shop = continuing
        self._kept = kept
        self._taken: _Taken | None = None
        self._transcript: bytes | None = None
        self._answered: tuple[Call, str] | None = None

    @property
    def token_id(self) -> str:
        """The token whose account has the conversation; empty if there is none to go on with."""
        return self._taken.continuation.token if self._taken else ""

    @property
    def _conversation(self) -> Conversation:
        return self._claim.job.conversation

    async def look_up(self) -> None:
        """Take what is kept of the conversation, and prepare the first request."""
        found = last_answer(self._conversation) if self._kept is not None else None
        if self._kept is not None and found is not None:
            await self._take(self._kept, *found)
        if self._taken is None:
            self._tell_all()

    async def _take(self, kept: Continuations, place: Place, new: list[Message]) -> None:
        try:
            outcome, data = await kept.take(self._claim.client, place)
        except StoreError:
            outcome, data = "store_away", b""
        if outcome == "hit":
            try:
                continuation = await _off_loop(len(data), unpack, data)
                body = continue_request(self._conversation, new, continuation)
                self._taken = _Taken(place, data, continuation, body)
            except (ValueError, GatewayError):
                outcome = "unreadable"
                kept.count(outcome)
        log.info("conversation.looked_up", outcome=outcome)

    def call(self, token_id: str) -> Call:
        """The request to send with this token. A conversation stays with the account that began it.

        Raises:
            GatewayError: the conversation cannot be sent.
        """
        if self._taken is not None and self._taken.continuation.token != token_id:
            self._give_up("other_account")
        body = self._taken.body if self._taken else self._tell_all()
        remembers = self._kept is not None and self._may_go_on()
        has_tasks = self._taken is not None or self._shop.options.history == "messages"
        tasks = sent_tasks(body) if has_tasks else []
        ledger = TaskLedger(tasks, self._shop.most) if remembers else None
        return Call(body, message_ids(tasks), ledger, SeenAnswer())

    def refused(self, error: UpstreamError) -> bool:
        """Whether `error` may be about the continuation; from now on the transcript goes up then."""
        if self._taken is None or error.code not in _REFUSALS:
            return False
        self._give_up("refused")
        return True

    def answered(self, call: Call, token_id: str, *, whole: bool) -> None:
        """The answer has its end. `whole`: as the upstream meant it, so that the conversation can go on from it."""
        self._taken = None
        if whole:
            self._answered = call, token_id
        elif call.ledger is not None and self._kept is not None:
            self._kept.count("cut")

    async def put_back(self) -> None:
        """The job ended before output: whoever asks again may still go on from where it was."""
        taken, self._taken = self._taken, None
        if taken is None or self._kept is None:
            return
        try:
            await self._kept.keep(self._claim.client, taken.place, taken.data, "put_back")
        except StoreError as error:
            log.warning("conversation.not_put_back", why=str(error))

    async def keep(self) -> None:
        """Keep where the conversation stands now that the client has the answer; failing to is no failure."""
        if self._answered is None or self._kept is None:
            return
        (call, token_id), self._answered = self._answered, None
        try:
            await self._keep(self._kept, call, token_id)
        except StoreError as error:
            log.warning("conversation.not_kept", why=str(error))

    async def _keep(self, kept: Continuations, call: Call, token_id: str) -> None:
        if call.ledger is None:
            return
        tasks = call.ledger.active_tasks()
        upstream_ids = [each.id for each in call.seen.calls]
        answer = call.seen.message([client_call_id(self._claim.job.id, each) for each in upstream_ids])
        if call.seen.altered or not answer.parts:
            kept.count("cut")
        elif tasks is None or not call.ledger.conversation_id:
            log.info("conversation.not_kept", why=call.ledger.lost or "no tasks")
            kept.count("not_followed")
        else:
            place, ids = after_answer(self._conversation, answer)
            call_ids = {seen: own for seen, own in zip(ids, upstream_ids, strict=True) if seen != own}
            context = Request.TaskContext(tasks=tasks).SerializeToString()
            continuation = Continuation(call.ledger.conversation_id, token_id, context, call_ids)
            data = await _off_loop(len(context), pack, continuation)
            await kept.keep(self._claim.client, place, data, "kept")

    def _may_go_on(self) -> bool:
        """Whether more is likely to follow: a chat that had answers before, or one that may call tools."""
        return bool(self._conversation.tools) or last_answer(self._conversation) is not None

    def _tell_all(self) -> bytes:
        if self._transcript is None:
            self._transcript = build_request(self._conversation, self._shop.options)
        return self._transcript

    def _give_up(self, why: str) -> None:
        self._taken = None
        if self._kept is not None:
            self._kept.count(why)
        log.info("conversation.not_continued", why=why)


async def _off_loop(size: int, work: Callable[[Given], Result], given: Given) -> Result:
    """Run CPU work of about `size` bytes without holding up the other jobs for long."""
    return work(given) if size < _SMALL else await asyncio.to_thread(work, given)
