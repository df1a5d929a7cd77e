"""Logging, the same in every process: one event a line, its fields beside it, to standard error."""

import logging
import sys
from typing import Literal, TextIO, cast

import structlog
from pydantic_settings import BaseSettings, SettingsConfigDict


class LogSettings(BaseSettings):
    """How much is logged and in what form."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore")

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    #: `text` for people, `json` for machines.
    log_format: Literal["text", "json"] = "text"


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
    """Send structlog's events and those of the libraries through one formatter."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    # The libraries speak up when something is wrong; their daily business is not ours.
    root.setLevel(max(level, logging.WARNING))
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(cast("TextIO", LossyStream(sys.stderr))),
        cache_logger_on_first_use=True,
    )
