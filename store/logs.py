"""Logging, the same in every process: one event a line, its fields beside it, to standard error.

The libraries' lines, Python's warnings and what would otherwise die on standard error as a bare traceback take the
same form. A traceback is never shown with the values of its variables: they hold prompts and tokens.
"""

import asyncio
import contextvars
import logging
import sys
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Final, Literal, TextIO, TypeVar, cast

import structlog
from pydantic_settings import BaseSettings, SettingsConfigDict

log = structlog.get_logger()

Result = TypeVar("Result")


class LogSettings(BaseSettings):
    """How much is logged and in what form."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least level of our own events that is logged; libraries speak from `warning` on, whatever it says."""
    log_format: Literal["text", "json"] = "text"
    """`text` for people, `json` for machines. One event a line, to standard error."""


#: Texts of many lines that are made here.
_OURS: Final = ("exception", "stack")


class LossyStream:
    """Writes lines that nobody may depend on: one that cannot be written (the reader of a pipe has died, the disk is
    full) is lost, and what was being done when it was written goes on.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write the text, if that can be done."""
        try:
            self._stream.write(text)
        except (OSError, ValueError):  # ValueError: the stream is closed
            return

    def flush(self) -> None:
        """Flush, if that can be done."""
        try:
            self._stream.flush()
        except (OSError, ValueError):
            return


def configure_logging(settings: LogSettings) -> None:
    """Send structlog's events, those of the libraries, warnings and uncaught exceptions through one formatter."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    rendering = _rendering(settings.log_format)
    stream = cast("TextIO", LossyStream(sys.stderr))
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _add_logger],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # The libraries speak up when something is wrong; their daily business is not ours.
    root.setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
    structlog.configure(
        processors=[*shared, *rendering],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    sys.excepthook = _on_uncaught
    threading.excepthook = _on_thread_died
    sys.unraisablehook = _on_unraisable


def start_apart(work: Coroutine[Any, Any, Result], name: str) -> asyncio.Task[Result]:
    """Start a task that outlives whoever happens to start it: its lines must not name that one's request or job."""
    return asyncio.get_running_loop().create_task(work, name=name, context=contextvars.Context())


def _rendering(log_format: str) -> list[structlog.typing.Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    plain = structlog.dev.plain_traceback
    return [_escape_controls, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=plain)]


def _escape_controls(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Write down as escapes what would move a terminal or begin a line: names and sentences may be a stranger's."""
    for name, value in event.items():
        if isinstance(value, str) and not value.isprintable() and name not in _OURS:
            event[name] = repr(value)[1:-1]
    return event


def _add_logger(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say which library speaks: its event is a sentence, and no name of ours."""
    event["logger"] = event["_record"].name
    return event


def _on_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    log.error("process.crashed", exc_info=(kind, error, traceback))


def _on_thread_died(crash: threading.ExceptHookArgs) -> None:
    if crash.exc_value is None or issubclass(crash.exc_type, SystemExit):
        return
    thread = crash.thread.name if crash.thread else None
    log.error("thread.crashed", thread=thread, exc_info=(crash.exc_type, crash.exc_value, crash.exc_traceback))


def _on_unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """What went wrong where nobody can be told: in a destructor or a callback of C code."""
    if lost.exc_value is not None:
        # Not the object, and not the message: they may show what it was made of.
        log.error("exception.unraisable", exc_info=(lost.exc_type, lost.exc_value, lost.exc_traceback))
