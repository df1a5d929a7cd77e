"""One chat job, from claim to terminal event.

Claim (the attempt number is the fencing token), lease a token, ask the upstream, translate what it says into events,
apply the limits it does not know, append to the log, end with exactly one terminal event.
"""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import structlog

from proto.errors import ErrorCode, GatewayError
from proto.events import Event, Failed, Finished, FinishReason, Restarted, Terminal
from proto.jobs import ChatMessage
from proto.limits import OutputLimiter
from proto.warp_events import EventTranslator
from store.connection import StoreError
from store.jobs import Ack, Claim, Jobs
from store.metrics import outcome_of as outcome_word
from store.models import SharedModels
from store.responses import Responses
from store.tracing import trace_id
from tokens import outcomes
from tokens.lease import Lease
from tokens.pool import TokenPool
from workers.continuing import Continuing, Turn
from workers.ended import tell_ended
from workers.errors import UpstreamError, truncated
from workers.held import STOP_OF_ACK, Held, Stop
from workers.metrics import WorkerMetrics
from workers.relay import RelayWriter
from workers.retry import Retries, error_of, outcome_of
from workers.spans import tell_attempt
from workers.stages import Stage, Stages, Try, clock
from workers.tap import Tap
from workers.upstream import Upstream
from workers.watchdog import Watchdog

log = structlog.get_logger()

#: Seconds between two tries to claim, or to borrow a token, while the store is away.
STORE_PAUSE: Final = 0.5


@dataclass(frozen=True)
class Workshop:
    """What every attempt of a worker process works with."""

    jobs: Jobs
    relay: RelayWriter
    held: Held
    pool: TokenPool
    upstream: Upstream
    continuing: Continuing
    models: SharedModels
    responses: Responses
    watchdog: Watchdog
    tap: Tap
    #: Seconds above which a stage is worth a warning.
    slow: Mapping[Stage, float]
    metrics: WorkerMetrics


async def run_chat(job_id: str, workshop: Workshop) -> ErrorCode | None:
    """Run one attempt of a job, if it is there to be claimed; returns the code it failed with, if it failed."""
    claim = await _claim(job_id, workshop)
    if claim is None:
        log.info("job.not_claimed", job_id=job_id)
        return None
    structlog.contextvars.bind_contextvars(**_log_context(claim))
    attempt = Attempt(claim, workshop)
    with workshop.held.hold(attempt):
        try:
            if workshop.held.draining and await workshop.held.hand_back([attempt]):
                return None  # claimed while the others were being handed back
            return await attempt.run()
        finally:
            workshop.relay.close(attempt.log)


def _log_context(claim: Claim) -> dict[str, str | int]:
    """What every line about an attempt names; the context ends with the task that runs it."""
    job = claim.job
    origin = job.origin
    named = {"request_id": origin.request_id, "client": claim.client, "trace_id": trace_id(origin.trace)}
    return {"job_id": job.id, "attempt": claim.attempt, **{name: value for name, value in named.items() if value}}


async def _claim(job_id: str, workshop: Workshop) -> Claim | None:
    """Claim the job; while the store is away its message is in our hands alone, so wait for the store.

    Raises:
        StoreError: it was away for longer than a job may take, or this process stops; the reaper sends another message.
    """
    until = time.monotonic() + workshop.jobs.settings.job_deadline
    nonce = secrets.token_hex(8)
    while True:
        try:
            return await workshop.jobs.claim(job_id, workshop.held.worker, nonce)
        except StoreError:
            if workshop.held.draining or time.monotonic() > until:
                raise
            await asyncio.sleep(STORE_PAUSE)


class Attempt:
    """One try at one job, by the worker that claimed it."""

    def __init__(self, claim: Claim, workshop: Workshop) -> None:
        self.job_id = claim.job.id
        self.attempt = claim.attempt
        self.stages = Stages(claim.waited, claim.age)
        self.log = workshop.relay.open(claim.job.id, claim.attempt, claim.seq, self._refused)
        self._exchange = workshop.tap.exchange(claim.job.id, claim.attempt)
        self._claim = claim
        self._shop = workshop
        self._task: asyncio.Task[object] | None = None
        self._stop: Stop | None = None
        self._ending = False
        self._turn: Turn | None = None

    async def hand_back(self) -> ChatMessage | None:
        """Give the job back if nobody has seen output of it, which the store knows, and end."""
        try:
            message = await self._shop.jobs.hand_back(self.job_id, self.attempt)
        except StoreError:
            log.warning("job.hand_back_failed")
            return None
        if message is not None:
            self.stop(Stop.LOST)
        return message

    def stop(self, why: Stop) -> None:
        """End at the next await; the first reason counts, and only a shutdown interrupts the ending itself."""
        if self._task is not None and (why is Stop.SHUTDOWN if self._ending else self._stop is None):
            self._stop = why
            self._task.cancel()

    def _refused(self, ack: Ack) -> None:
        self.stop(STOP_OF_ACK[ack])

    async def run(self) -> ErrorCode | None:
        """Answer the chat and end the job; returns the code it failed with, if it failed."""
        self._task = asyncio.current_task()
        metrics = self._shop.metrics
        metrics.claimed(self.stages)
        if self._claim.seq > 0:
            self.log.append([Restarted(self.attempt)])
        terminal = await self._terminal()
        self._ending = True
        if terminal is None or not await self._end(terminal):
            log.info("job.let_go", why=self._stop)
            metrics.let_go(self.stages, self._stop or Stop.LOST)
            tell_attempt(self._claim, self._shop.held.lane, self.stages, "let_go", None, self.log.usage)
            return None
        metrics.ended(self.stages, outcome_word(terminal))
        code = terminal.code if isinstance(terminal, Failed) else None
        tell_ended(code, self._shop.held.lane, self.stages, self._shop.slow)
        outcome = "failed" if code else "finished"
        tell_attempt(self._claim, self._shop.held.lane, self.stages, outcome, code, self.log.usage)
        return code

    async def _terminal(self) -> Terminal | None:
        """The event that ends the job; None when ending it is no longer up to this attempt."""
        try:
            async with asyncio.timeout(self._seconds_left()):
                return await self._answer()
        except asyncio.CancelledError:
            if self._stop is None or self._task is None:
                raise
            self._task.uncancel()
            return await self._stopped(self._stop)
        except TimeoutError:
            return Failed(ErrorCode.DEADLINE, "The answer was not complete before the job's deadline.")
        except GatewayError as error:
            return Failed(error.code, error.message, error.retry_after)
        except Exception:
            log.exception("job.crashed")
            return Failed(ErrorCode.INTERNAL, "The gateway's worker failed while running this job.")

    async def _stopped(self, why: Stop) -> Terminal | None:
        match why:
            case Stop.LOST:
                return None
            case Stop.CANCELLED:
                return Failed(ErrorCode.CANCELLED, "The job was cancelled.")
            case Stop.SHUTDOWN:
                return Failed(ErrorCode.INTERRUPTED, "The worker that ran this job was stopped.")

    async def _end(self, terminal: Terminal) -> bool:
        """Log the terminal event; False when it could not be, because the job or the time is no longer ours."""
        try:
            if not await self.log.end(terminal):
                return False
            self.stages.ended = clock()
            await self._keep()
            return True
        except asyncio.CancelledError:
            if self._stop is not Stop.SHUTDOWN or self._task is None:
                raise
            self._task.uncancel()
            return False

    async def _keep(self) -> None:
        """Keep what a later request may go on from: the conversation upstream, and the answer for one that names it.
        Until that is done the answer's log tells it.
        """
        if self._turn is not None:
            await self._turn.keep()
        if client := self._claim.job.keep_for:
            try:
                await self._shop.responses.response(client, self.job_id)
            except StoreError:
                log.warning("response.not_kept")

    def _seconds_left(self) -> float:
        deadline = self._claim.job.deadline
        return deadline / 1000 - time.time() if deadline else self._shop.jobs.settings.job_deadline

    async def _answer(self) -> Terminal:
        """Ask until there is an answer; what was taken to ask with goes back if nothing came of it."""
        turn = self._turn = await self._shop.continuing.begin(self._claim)
        try:
            return await self._ask_until_answered(turn)
        finally:
            if not self.log.visible:
                await turn.put_back()

    async def _ask_until_answered(self, turn: Turn) -> Terminal:
        """Ask, moving from token to token and trying again while nothing is visible."""
        shop = self._shop
        retries = Retries()
        loop_time = asyncio.get_running_loop().time
        deadline = loop_time() + self._seconds_left()
        failure: UpstreamError | None = None
        failed_at = 0.0
        try:
            while True:
                marks = self.stages.begin_try()
                async with shop.pool.lease(shop.held.lane, retries.tried, deadline, turn.token_id) as lease:
                    marks.leased = clock()
                    if failure is not None:
                        shop.metrics.again(failure.code)
                        waited = round(marks.leased - failed_at, 4)
                        log.info("upstream.again", code=failure.code, token=lease.token_id, waited=waited)
                    try:
                        return await self._ask(turn, lease, marks)
                    except UpstreamError as error:
                        lease.outcome(outcome_of(error))
                        failure, failed_at = error, marks.fail(error.code, error.status)
                        shop.metrics.failed(marks)
                if self.log.visible:
                    raise failure
                if not turn.refused(failure) and not await retries.permit(failure, lease, shop.pool):
                    raise failure
        except GatewayError as refusal:
            if failure is not None and refusal.code is failure.code is ErrorCode.QUOTA:
                raise failure from None  # the upstream may have had words for the user; the pool has none
            raise

    async def _ask(self, turn: Turn, lease: Lease, marks: Try) -> Terminal:
        """One call of the upstream, logged as it comes.

        Raises:
            UpstreamError: no complete answer; what came before may be visible.
        """
        job = self._claim.job
        call = turn.call(lease.token_id)
        translator = EventTranslator(input_tokens=job.input_tokens, known_messages=call.known)
        limiter = OutputLimiter(
            job.conversation.limits,
            parallel_tool_calls=job.conversation.parallel_tool_calls,
            reasoning=job.conversation.reasoning,
            input_tokens=job.input_tokens,
        )
        terminal: Terminal | None = None
        marks.asked = clock()
        async with self._shop.upstream.open(call.body, lease.authorization, self._exchange) as answer:
            marks.answer(answer.status)
            self._shop.metrics.answered(marks)
            try:
                async for messages in answer:
                    if marks.first_event is None:
                        marks.first_event = clock()
                    events = [event for message in messages for event in translator.feed(message)]
                    call.hear(messages)
                    terminal = self._log(call.show(limiter.feed(events))) or terminal
                    if limiter.done:
                        break  # the limit is reached: leaving the block makes the upstream stop
                    await self.log.room()
            except UpstreamError:
                self._append(limiter.end())  # what was held back had come before the break
                raise
            finally:
                if translator.models_stale:
                    self._shop.models.tell_stale()
        if terminal is None:
            raise truncated()
        marks.ended = clock()
        lease.outcome(outcomes.OK)
        whole = not (limiter.done or translator.violations) and _goes_on(terminal)
        turn.answered(call, lease.token_id, whole=whole)
        return terminal

    def _log(self, events: list[Event]) -> Terminal | None:
        """Append events up to the terminal one, which is returned if it is good and raised if it is bad."""
        last = events[-1] if events else None
        if not isinstance(last, Finished | Failed):
            self._append(events)
            return None
        self._append(events[:-1])
        if isinstance(last, Failed):
            raise error_of(last)
        return last

    def _append(self, events: list[Event]) -> None:
        self.log.append(events)
        if self.stages.first_output is None and self.log.visible:
            self.stages.first_output = clock()


def _goes_on(terminal: Terminal) -> bool:
    """Whether the upstream ended its answer itself."""
    return isinstance(terminal, Finished) and terminal.reason in (FinishReason.STOP, FinishReason.TOOL_CALLS)
