"""Logging must not be able to stop what it tells of."""

import os

import structlog

from store.logs import LossyStream


def test_a_line_nobody_can_read_any_more_is_lost_and_nothing_else() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as broken:
        logger = structlog.WriteLoggerFactory(LossyStream(broken))()  # type: ignore[arg-type]
        logger.msg("heard")
        assert os.read(reading, 100) == b"heard\n"
        os.close(reading)

        logger.msg("lost")  # EPIPE

        with open(os.devnull, "w") as sink:  # noqa: PTH123 - what is left in the buffer has somewhere to go
            os.dup2(sink.fileno(), broken.fileno())
