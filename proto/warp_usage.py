"""What an answer cost: the first of the upstream's several accounts that says anything (`docs/protocol.md` 4.8)."""

import math

from proto.events import Usage
from proto.warp.response_pb2 import ResponseEvent

StreamFinished = ResponseEvent.StreamFinished


def usage_of(finished: StreamFinished, estimate: Usage) -> Usage:
    """The usage that `finished` tells of; a side of it that is missing comes from `estimate`.

    Reasoning tokens are never told apart upstream: they are our estimate, as a part of the output.
    """
    told = _from_charges(finished) or _from_models(finished) or Usage(_latest_input(finished))
    prompt = told.input + told.cache_read + told.cache_write
    output = told.output or estimate.output
    return Usage(
        input=told.input if prompt else estimate.input,
        output=output,
        cache_read=told.cache_read,
        cache_write=told.cache_write,
        reasoning=min(estimate.reasoning, output),
        credits=_credits(finished),
        estimated=not prompt or output != told.output,
    )


def _from_charges(finished: StreamFinished) -> Usage | None:
    counts = [
        inference.token_count
        for charged in finished.request_charges.usage_by_category.values()
        for models in (
            charged.direct_api_inference_usage,
            charged.byok_inference_usage,
            charged.custom_endpoint_inference_usage,
        )
        for inference in models.values()
    ]
    return _told(
        sum(count.input for count in counts),
        sum(count.output for count in counts),
        sum(count.input_cache_read for count in counts),
        sum(count.input_cache_write for count in counts),
    )


def _from_models(finished: StreamFinished) -> Usage | None:
    """Here the input is a total. That it includes the cached part goes by its name; no answer has shown it."""
    counts = finished.token_usage
    read = sum(count.input_cache_read for count in counts)
    write = sum(count.input_cache_write for count in counts)
    total = sum(count.total_input for count in counts)
    uncached = total - read - write if total >= read + write else total
    return _told(uncached, sum(count.output for count in counts), read, write)


def _told(uncached: int, output: int, cache_read: int, cache_write: int) -> Usage | None:
    if uncached or output or cache_read or cache_write:
        return Usage(uncached, output, cache_read, cache_write)
    return None


def _latest_input(finished: StreamFinished) -> int:
    return finished.conversation_usage_metadata.total_input_tokens


def _credits(finished: StreamFinished) -> float:
    """Every request is a conversation of its own upstream, so what that has spent is what this answer cost."""
    spent = finished.request_cost.exact or finished.conversation_usage_metadata.credits_spent
    return spent if math.isfinite(spent) else 0.0
