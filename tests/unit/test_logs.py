"""Logging must not be able to stop what it tells of, says everything in one form, and shows no values of variables."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import structlog

from proto.jobs import Lane
from store.logs import LossyStream, start_apart
from workers.ended import slow_stages
from workers.settings import WorkerSettings
from workers.stages import Stage

ROOT = Path(__file__).parents[2]

#: Everything that may come out of a process, each with a secret in a variable near it.
PROCESS = """
import asyncio, logging, sys, threading, warnings
import structlog
from store.logs import LogSettings, configure_logging

configure_logging(LogSettings(_env_file=None, log_format=sys.argv[1], log_level="debug"))
log = structlog.get_logger()
structlog.contextvars.bind_contextvars(request_id="req_1")

def fail(secret):
    raise ValueError("told")

def unraisable():
    class Broken:
        def __del__(self):
            fail("planted" + "-destructor")
    Broken()

log.info("thing.happened", number=1)
try:
    fail("planted" + "-event")
except ValueError:
    log.exception("thing.failed")
    logging.getLogger("library").exception("A library %s", "speaks")
log.info("stranger.wrote", model="\\x1b]0;planted\\x07\\n2026 [info] forged", other="\\u2028\\x85")
logging.getLogger("library").warning("A library wrote %s", "\\x1b[2J\\r\\n2026 [info] forged")
logging.getLogger("library").info("A library's daily business")
warnings.warn("beware")
thread = threading.Thread(target=fail, args=("planted" + "-thread",), name="helper")
thread.start()
thread.join()
unraisable()
fail("planted" + "-main")
"""


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


def said(log_format: str) -> str:
    process = subprocess.run(
        [sys.executable, "-c", PROCESS, log_format], cwd=ROOT, capture_output=True, text=True, timeout=50, check=False
    )
    assert process.returncode == 1
    assert process.stdout == ""
    return process.stderr


def event_of(line: dict[str, str]) -> str:
    """A line's event; of a warning's, what stands between its place in the source and the source."""
    return re.sub(r"^<string>:\d+: ", "", line["event"].partition("\n")[0])


def test_in_json_every_line_is_an_object_whoever_speaks() -> None:
    lines = [json.loads(line) for line in said("json").splitlines()]

    assert [(line["level"], line.get("logger"), event_of(line)) for line in lines] == [
        ("info", None, "thing.happened"),
        ("error", None, "thing.failed"),
        ("error", "library", "A library speaks"),
        ("info", None, "stranger.wrote"),
        ("warning", "library", "A library wrote \x1b[2J\r"),
        ("warning", "py.warnings", "UserWarning: beware"),
        ("error", None, "thread.crashed"),
        ("error", None, "exception.unraisable"),
        ("error", None, "process.crashed"),
    ]
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert [line.get("request_id") for line in lines] == ["req_1"] * 6 + [None] + ["req_1"] * 2
    crashes = [line for line in lines if "exception" in line]
    assert len(crashes) == 5
    assert all(line["exception"].endswith("ValueError: told") for line in crashes)
    assert all("in fail" in line["exception"] for line in crashes)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_what_strangers_write_begins_no_line_and_moves_no_terminal(log_format: str) -> None:
    for name in ("stranger.wrote", "A library wrote"):
        (line,) = [line for line in said(log_format).splitlines() if name in line]
        assert line.isprintable()
        assert "[info] forged" in line


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_form_shows_the_values_of_variables(log_format: str) -> None:
    lines = said(log_format)

    assert "ValueError: told" in lines
    assert "process.crashed" in lines
    assert "planted-" not in lines  # a traceback may quote the source, where the word is in two parts
    assert "Traceback" in lines
    assert "UserWarning: beware" in lines


async def test_what_outlives_a_request_does_not_name_it() -> None:
    async def named() -> dict[str, object]:
        return structlog.contextvars.get_contextvars()

    with structlog.contextvars.bound_contextvars(request_id="req_1"):
        assert await start_apart(named(), "apart") == {}


def test_the_limits_of_stages_are_read_from_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLOW_STAGE", " queue=0.5, total=60 ")
    assert WorkerSettings(_env_file=None).slow_stage == {Stage.QUEUE: 0.5, Stage.TOTAL: 60}

    monkeypatch.setenv("SLOW_STAGE", "")
    assert WorkerSettings(_env_file=None).slow_stage == {}

    for wrong in ("quene=1", "queue", "queue=fast", "queue=-1"):
        monkeypatch.setenv("SLOW_STAGE", wrong)
        with pytest.raises(ValueError, match=r"slow_stage|SLOW_STAGE"):
            WorkerSettings(_env_file=None)


def test_a_stage_is_slow_above_its_limit_and_batch_jobs_may_wait() -> None:
    limits = {Stage.TOTAL: 9.0, Stage.HEADERS: 1.0, Stage.QUEUE: 1.0, Stage.FIRST_OUTPUT: 0.0}
    took = {Stage.QUEUE: 1.5, Stage.LEASE: 99.0, Stage.HEADERS: 1.0, Stage.TOTAL: 10.0, Stage.FIRST_OUTPUT: 0.1}

    assert slow_stages(took, Lane.INTERACTIVE, limits) == [Stage.QUEUE, Stage.FIRST_OUTPUT, Stage.TOTAL]
    assert slow_stages(took, Lane.BATCH, limits) == [Stage.FIRST_OUTPUT]
    assert slow_stages({}, Lane.INTERACTIVE, limits) == []
