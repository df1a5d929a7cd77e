"""What the log says of an attempt that has ended its job: how long each stage took, and which were slow."""

from collections.abc import Mapping

import structlog

from proto.errors import ErrorCode
from proto.jobs import Lane
from workers.stages import Stage, Stages

log = structlog.get_logger()

#: Stages that say nothing about a batch job: it takes what others leave.
UNHURRIED = frozenset({Stage.QUEUE, Stage.LEASE, Stage.TOTAL})


def tell_ended(code: ErrorCode | None, lane: Lane, stages: Stages, limits: Mapping[Stage, float]) -> None:
    """Log the end of a job with its timings; a second line warns if a stage took longer than its limit in seconds."""
    took = stages.seconds()
    timings = {stage.value: round(seconds, 3) for stage, seconds in took.items()}
    log.info("job.ended", code=code, tries=len(stages.tries), **timings)
    if slow := slow_stages(took, lane, limits):
        log.warning("job.slow", stages=slow, code=code, tries=len(stages.tries), **timings)


def slow_stages(took: Mapping[Stage, float], lane: Lane, limits: Mapping[Stage, float]) -> list[Stage]:
    """Which stages took longer than they may, in the order of a job's life."""
    judged = limits.keys() - UNHURRIED if lane is Lane.BATCH else limits.keys()
    return [stage for stage in Stage if stage in judged and took.get(stage, 0.0) > limits[stage]]
