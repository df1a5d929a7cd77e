"""The relay writer: every job's output goes to its log through one pipeline at a time (group commit).

What arrives while a pipeline is in flight, from all jobs, goes in the next one, and adjacent pieces of text of one
job become one event before they are logged. Idle, a delta leaves at once; under load the batch grows by itself.
An entry that was not acknowledged is sent again unchanged: its sequence number makes that harmless.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from proto.events import OUTPUT_KINDS, TERMINAL_KINDS, Event, Reasoning, Terminal, Text, ToolCall, Usage, encode_events
from store.connection import Call, Store, StoreError
from store.jobs import Ack, Jobs
from workers.metrics import RelayNumbers
from workers.stages import clock

log = structlog.get_logger()

#: Characters a job may have waiting for the store before its upstream is no longer read.
MAX_BUFFERED: Final = 256 * 1024
#: Seconds between two flushes: nearly nothing for one job, at most this with many.
LONGEST_PAUSE: Final = 0.02
PAUSE_PER_JOB: Final = 0.0002
#: Seconds between two tries while the store is away.
RETRY_PAUSE: Final = 0.2


class JobLog:
    """One attempt's writing end of its job's log. `on_refused` hears once that the job is cancelled or lost."""

    def __init__(
        self, writer: "RelayWriter", job_id: str, attempt: int, seq: int, on_refused: Callable[[Ack], None]
    ) -> None:
        self.job_id = job_id
        self.visible = False
        self._writer = writer
        self._attempt = attempt
        self._seq = seq
        self._on_refused = on_refused
        self._events: list[Event] = []
        self._buffered = 0
        self._in_flight: Call | None = None
        self._terminal: Terminal | None = None
        #: What the upstream, or our own estimate, says the answer used; None until then.
        self.usage: Usage | None = None
        self._refusal: Ack | None = None
        self._changed = asyncio.Event()

    def append(self, events: Sequence[Event]) -> None:
        """Take events for the log; they leave with the next flush."""
        if not events or self._refusal is Ack.LOST:
            return
        for event in events:
            if isinstance(event, OUTPUT_KINDS):
                self.visible = True
                self._buffered += len(event.arguments if isinstance(event, ToolCall) else event.text)
            elif isinstance(event, Usage):
                self.usage = event
        self._writer.numbers.deltas += len(events)
        self._events.extend(events)
        self._writer.wake(self)

    async def room(self) -> None:
        """Wait while too much is buffered: the store is away or slow, and upstream must not be read faster."""
        while self._buffered > MAX_BUFFERED and self._refusal is not Ack.LOST:
            self._changed.clear()
            await self._changed.wait()

    async def end(self, terminal: Terminal) -> bool:
        """Append the terminal event and wait until it is in the log. False when the job was no longer ours."""
        self._terminal = terminal
        self.append([terminal])
        while (self._events or self._in_flight) and self._refusal is not Ack.LOST:
            self._changed.clear()
            await self._changed.wait()
        return self._refusal is not Ack.LOST

    @property
    def unsent(self) -> bool:
        """Whether another flush is due."""
        return bool(self._events or self._in_flight)

    def take(self) -> Call:
        """The append of all that waits, or the one that was not acknowledged."""
        if self._in_flight is None:
            events, self._events = merge(self._events), []
            self._buffered = 0
            self._changed.set()
            visible = any(isinstance(event, OUTPUT_KINDS) for event in events)
            ending = self._terminal if isinstance(events[-1], TERMINAL_KINDS) else None
            entry = encode_events(events)
            self._writer.numbers.bytes += len(entry)
            self._in_flight = self._writer.jobs.append_call(
                self.job_id,
                self._attempt,
                self._seq + 1,
                entry,
                visible=visible,
                terminal=ending,
                usage=self.usage,
            )
        return self._in_flight

    def drop(self) -> None:
        """Forget what was not sent."""
        self._events.clear()
        self._in_flight = None

    def settle(self, ack: Ack) -> None:
        """Hear what became of the append in flight."""
        self._in_flight = None
        self._seq += 1
        if ack is Ack.LOST:
            self._events.clear()
        if ack is not Ack.DONE and self._refusal is not ack:
            self._refusal = ack
            self._on_refused(ack)
        self._changed.set()


class RelayWriter:
    """Flushes the logs of all jobs of one worker process. `run` must be running for anything to move."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self.jobs = jobs
        self.numbers = RelayNumbers()
        self._store = store
        self._dirty: dict[JobLog, None] = {}
        self._open = 0
        self._wake = asyncio.Event()

    def open(self, job_id: str, attempt: int, seq: int, on_refused: Callable[[Ack], None]) -> JobLog:
        """The writing end for one claimed attempt; `seq` is where the log ends."""
        self._open += 1
        return JobLog(self, job_id, attempt, seq, on_refused)

    def close(self, job_log: JobLog) -> None:
        """The attempt is over; what it still had to say is dropped."""
        self._open -= 1
        job_log.drop()

    def wake(self, job_log: JobLog) -> None:
        """A log has something to flush."""
        self._dirty[job_log] = None
        self._wake.set()

    async def run(self) -> None:
        """Flush until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            batch, self._dirty = [job_log for job_log in self._dirty if job_log.unsent], {}
            calls = [job_log.take() for job_log in batch]
            began = clock()
            try:
                replies = await self._store.gather(calls)
            except StoreError:
                log.warning("relay.store_away", jobs=len(batch))
                self.numbers.failures += 1
                self._dirty = dict.fromkeys([*batch, *self._dirty])
                self._wake.set()
                await asyncio.sleep(RETRY_PAUSE)
                continue
            self.numbers.flushed(len(batch), clock() - began)
            for job_log, reply in zip(batch, replies, strict=True):
                job_log.settle(self.jobs.ack(reply))
                if job_log.unsent:
                    self.wake(job_log)
            await asyncio.sleep(min(LONGEST_PAUSE, PAUSE_PER_JOB * self._open))


def merge(events: Sequence[Event]) -> list[Event]:
    """Join adjacent pieces of one message's text or reasoning into one event each; nothing else changes."""
    merged: list[Event] = []
    run: list[str] = []
    for event in events:
        last = merged[-1] if merged else None
        if (
            isinstance(event, Text | Reasoning)
            and isinstance(last, Text | Reasoning)
            and type(last) is type(event)
            and last.message == event.message
        ):
            run.append(event.text)
            continue
        _close_run(merged, run)
        merged.append(event)
    _close_run(merged, run)
    return merged


def _close_run(merged: list[Event], run: list[str]) -> None:
    if run:
        first = merged[-1]
        assert isinstance(first, Text | Reasoning)  # noqa: S101  # only such events start a run
        merged[-1] = type(first)("".join([first.text, *run]), first.message)
        run.clear()
