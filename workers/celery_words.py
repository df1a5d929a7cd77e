"""What Celery says past its logger, which would stand between the log's lines in a form of its own."""

import sys
import warnings
from typing import IO, Any

import celery.apps.worker
from celery import signals
from celery.exceptions import CPendingDeprecationWarning
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # the stubs leave it out

_worker: Any = celery.apps.worker  # the stubs leave `safe_say` out
_say = _worker.safe_say


def silence() -> None:
    """Have it say nothing but through its logger, and no warnings about what is meant as it is."""
    # It writes "Warm shutdown" and advice about Ctrl-C to standard output, straight to the descriptor.
    _worker.safe_say = _say_to_stderr
    # Its words on being root are for pickled messages; ours are JSON, and a container's root is no one else's.
    warnings.filterwarnings("ignore", category=SecurityWarning)
    # What it may do with running tasks when the broker goes away one day: ours go on, a lease recovers them. Celery has
    # these warnings shown while it starts.
    signals.worker_ready.connect(_silence_plans, weak=False)


def _silence_plans(**_: Any) -> None:
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)


def _say_to_stderr(message: str, stream: IO[Any] | None = sys.__stderr__) -> None:
    if stream is not sys.__stdout__:
        _say(message, stream)
