"""What a client is told of its rate limit, under the names that each vendor's SDKs know."""

import math
from datetime import UTC, datetime, timedelta

from proto.dialects.base import Vendor


def remaining(per_minute: int, backlog: float) -> int:
    """How many jobs may be begun at once, `backlog` seconds before it is a whole minute's."""
    # A thousandth of a job is what the sums of intervals may be off.
    return max(0, math.floor((60 - backlog) * per_minute / 60 + 0.001))


def rate_headers(vendor: Vendor, per_minute: int, backlog: float, now: datetime) -> dict[str, str]:
    """Limit, rest, and when the whole limit is there again; nothing for a client without a rate limit.

    Args:
        vendor: whose names are used.
        per_minute: jobs a minute, 0 for no limit.
        backlog: seconds until all of them may be begun at once.
        now: the time.
    """
    if not per_minute:
        return {}
    told = {"limit": str(per_minute), "remaining": str(remaining(per_minute, backlog))}
    if vendor is Vendor.ANTHROPIC:
        full_at = now.astimezone(UTC) + timedelta(seconds=math.ceil(backlog))
        told["reset"] = full_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {f"anthropic-ratelimit-requests-{name}": value for name, value in told.items()}
    told["reset"] = _duration(backlog)
    return {f"x-ratelimit-{name}-requests": value for name, value in told.items()}


def _duration(seconds: float) -> str:
    """As OpenAI writes one: `1m0s`, `8.64s`."""
    minutes, rest = divmod(math.ceil(seconds * 1000) / 1000, 60)
    return (f"{minutes:.0f}m" if minutes else "") + f"{rest:.3f}".rstrip("0").rstrip(".") + "s"
