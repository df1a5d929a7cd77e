"""What a trace says of an attempt: spans made of its marks once it is over, so that nothing is done for them before."""

from proto.errors import ErrorCode
from proto.events import Usage
from proto.jobs import Lane
from store import tracing
from store.jobs import Claim
from store.tracing import Kind, Span, Value
from workers.stages import Stages, Try, clock


def tell_attempt(
    claim: Claim, lane: Lane, stages: Stages, outcome: str, code: ErrorCode | None, usage: Usage | None
) -> None:
    """Record the attempt, its waits for tokens and its calls of the upstream; nothing if nobody asks for traces.

    `outcome` is `finished`, `failed` or `let_go`.
    """
    if not tracing.on():
        return
    job, to_unix = claim.job, tracing.now() - clock()
    span = tracing.begin(
        "chat.attempt",
        job.origin.trace,
        Kind.CONSUMER,
        to_unix + stages.claimed,
        {
            "warp2api.job.id": job.id,
            "warp2api.attempt": claim.attempt,
            "warp2api.lane": lane.value,
            "warp2api.queue.seconds": stages.waited,
            "warp2api.outcome": outcome,
            "gen_ai.request.model": job.conversation.model,
            "gen_ai.usage.input_tokens": usage.input if usage else None,
            "gen_ai.usage.output_tokens": usage.output if usage else None,
        },
    )
    if span is None:
        return
    over = clock()
    for number, each in enumerate(stages.tries, 1):
        _tell_try(span, each, number, over, to_unix)
    if stages.first_output is not None:
        span.event("first_output", to_unix + stages.first_output)
    span.end(to_unix + (stages.ended or over), error=code)


def _tell_try(attempt: Span, each: Try, number: int, over: float, to_unix: float) -> None:
    lease = tracing.begin("lease", attempt.trace, at=to_unix + each.began, attributes={"warp2api.try": number})
    if lease is not None:
        lease.end(to_unix + (each.leased or each.ended or over), error=None if each.leased else "not_lent")
    if each.asked is None:
        return
    attributes: dict[str, Value | None] = {
        "warp2api.try": number,
        "http.request.method": "POST",
        "http.response.status_code": each.status,
    }
    call = tracing.begin("upstream", attempt.trace, Kind.CLIENT, to_unix + each.asked, attributes)
    if call is None:
        return
    if each.answered is not None:
        call.event("headers", to_unix + each.answered)
    if each.first_event is not None:
        call.event("first_event", to_unix + each.first_event)
    call.end(to_unix + (each.ended or over), error=each.code)
