"""Lines of a batch that ask the same and run at the same time share one job, if the batch's client wants that.

A line that shares is nowhere but with the line whose job it shares: in the record of that one, through every try, until
one commit writes down what became of both.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec
import orjson

from proto.batches import Mate, Taken
from proto.jobs import ChatJob, ReplyHeader

#: Lines that one job may answer; their results are rendered together.
MOST_SHARED: Final = 100


class Draft(NamedTuple):
    """A line and the job it is to have; none if none can be made of it."""

    taken: Taken
    job: ChatJob | None = None
    header: ReplyHeader | None = None


def digest_of(body: Any) -> str:
    """The same for two requests exactly if they ask the same, in whatever order."""
    return hashlib.blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def share_jobs(drafts: Sequence[Draft], running: Sequence[Taken]) -> tuple[list[Draft], list[Taken]]:
    """Have drafted lines share jobs with each other and with lines that are with jobs already (`running`).

    Returns the drafts that are left, and those of `running` that were joined, with their mates.
    """
    leaders = {taken.request: taken for taken in running if _has_room(taken)}
    grown: dict[int, Taken] = {}
    left: list[Draft] = []
    for draft in drafts:
        taken = draft.taken
        leader = leaders.get(taken.request)
        if leader is None or taken.run > 1:  # what runs again has mates of its own
            left.append(draft)
            leader = taken
        else:
            leader = msgspec.structs.replace(leader, mates=(*leader.mates, Mate(taken.line, taken.custom_id)))
            grown[leader.line] = leader
        leaders.pop(taken.request, None)
        if _has_room(leader):
            leaders[leader.request] = leader
    left = [draft._replace(taken=grown.pop(draft.taken.line, draft.taken)) for draft in left]
    return left, list(grown.values())


def _has_room(taken: Taken) -> bool:
    return bool(taken.request) and len(taken.mates) + 1 < MOST_SHARED
