"""From an understood request to a job: the same for a request of HTTP and a line of a batch."""

from proto.dialects.base import ParsedRequest
from proto.estimate import estimate_conversation
from proto.jobs import NO_ORIGIN, ChatJob, Lane, Origin, ReplyHeader


def draft_job(
    dialect: str,
    parsed: ParsedRequest,
    job_id: str,
    *,
    lane: Lane,
    now: float,
    deadline: int,
    origin: Origin = NO_ORIGIN,
) -> tuple[ChatJob, ReplyHeader]:
    """The job of a request and the reply header of its answer.

    `now` is in Unix seconds, `deadline` in Unix milliseconds, 0 for a job whose time begins with its claim.
    """
    input_tokens = estimate_conversation(parsed.conversation)
    header = ReplyHeader(
        dialect=dialect,
        model=parsed.requested_model,
        id_seed=job_id,
        created=int(now),
        stream=parsed.stream,
        include_usage=parsed.include_usage,
        input_tokens=input_tokens,
        ignored=parsed.ignored,
        extra=parsed.extra,
    )
    return ChatJob(job_id, parsed.conversation, lane, deadline, input_tokens, origin=origin), header
