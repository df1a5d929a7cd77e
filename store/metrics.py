"""What all processes share of their metrics: settings, the words that every registry says, and the page of numbers.

The front door tells its own at `GET /metrics`; every other process has a small server of its own. `docs/metrics.md`
lists what is told.
"""

import platform
from importlib.metadata import version
from typing import Final

import structlog
from prometheus_client import (
    CollectorRegistry,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from proto.events import Failed, Terminal

log = structlog.get_logger()

#: Upper bounds of what is measured in seconds: from a round trip on one machine to a job's deadline.
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


class MetricsSettings(BaseSettings):
    """Where a process other than the front door tells its numbers."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    metrics_port: int = Field(default=0, ge=0, le=65533)
    """Port on which a worker or a keeper tells its numbers at `/metrics`. 0: it does not."""
    metrics_host: str = "127.0.0.1"
    """Address on which it does. Whoever reaches it may read; there is no key."""


def new_registry(role: str) -> CollectorRegistry:
    """A registry that tells already what the process is, and what it uses of the machine."""
    disable_created_metrics()  # type: ignore[no-untyped-call]  # when each counter began: half as many numbers again that nobody asks for
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    info = Gauge(
        "warp2api_build_info", "1, for what this process is.", ("version", "python", "role"), registry=registry
    )
    info.labels(version("warp2api"), platform.python_version(), role).set(1)
    return registry


def stage_seconds(registry: CollectorRegistry) -> Histogram:
    """The one histogram of all stages of a chat; which there are is in `docs/metrics.md`."""
    return Histogram(
        "warp2api_stage_seconds", "Stages of a chat.", ("stage", "lane"), buckets=SECONDS, registry=registry
    )


def outcome_of(terminal: Terminal) -> str:
    """How a job ended, in a label: `finished`, or the code of its error."""
    return terminal.code.value if isinstance(terminal, Failed) else "finished"


def expose(registry: CollectorRegistry, settings: MetricsSettings) -> None:
    """Serve the numbers from a thread, if that is asked for. A port that is taken is no reason not to work."""
    if not settings.metrics_port:
        return
    try:
        start_http_server(settings.metrics_port, settings.metrics_host, registry)
    except OSError as error:
        log.error("metrics.not_served", host=settings.metrics_host, port=settings.metrics_port, why=error.strerror)
    else:
        log.info("metrics.served", host=settings.metrics_host, port=settings.metrics_port)
