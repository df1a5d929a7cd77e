"""How the entries of running jobs reach the requests that wait for them.

One subscription per process carries the live entries of all its jobs. It is only the fast path: an entry out of
order, a new subscription, or two seconds of silence make a reader look into the log, which is the truth.
"""

import asyncio
from collections import deque
from typing import Final

import structlog

from proto.errors import ErrorCode, GatewayError
from proto.events import Event, decode_events
from store.connection import StoreError
from store.jobs import Entry, Jobs, Tail, parse_message
from store.subscriber import Subscriber

log = structlog.get_logger()

#: Seconds of silence after which the log is asked whether something was missed, once a second.
SILENCE: Final = 2.0
CHECK_EVERY: Final = 1.0


class ClientGoneError(Exception):
    """The client has left; nobody waits for the answer."""


class Reader:
    """One request's view of a job's log: every entry once, in order. Made and closed by the relay."""

    def __init__(self, job_id: str, now: float) -> None:
        self.job_id = job_id
        self.last_seq = 0
        self.heard_at = now
        self.kept_alive_at = now
        self._highest_seen = 0
        self._events: deque[Event] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._failure: Exception | None = None
        self._keepalive_due = False

    async def next(self) -> list[Event]:
        """Wait for what comes next; an empty list means that a keepalive is due.

        Raises:
            ClientGoneError: the client has left.
            GatewayError: the job's record has vanished.
        """
        while not self._events and self._failure is None and not self._keepalive_due:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._failure is not None:
            raise self._failure
        self._keepalive_due = False
        events = list(self._events)
        self._events.clear()
        return events

    def take(self, entry: Entry, now: float) -> bool:
        """Take an entry if it is the next one; False when it shows that something is missing before it."""
        self._highest_seen = max(self._highest_seen, entry.seq)
        if entry.seq > self.last_seq + 1:
            return False
        if entry.seq == self.last_seq + 1:
            self.last_seq = entry.seq
            self.heard_at = self.kept_alive_at = now
            self._events.extend(decode_events(entry.data))
            self._notify()
        return True

    @property
    def behind(self) -> bool:
        """Whether an entry was seen that is not yet taken."""
        return self._highest_seen > self.last_seq

    def keep_alive(self, now: float) -> None:
        """Ask the waiting request to send a keepalive."""
        self.kept_alive_at = now
        self._keepalive_due = True
        self._notify()

    def fail(self, failure: Exception) -> None:
        """Make the waiting request end with an exception."""
        self._failure = failure
        self._notify()

    def _notify(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Relay:
    """All readers of one API process."""

    def __init__(self, redis_url: str, jobs: Jobs, *, replica: str, keepalive: float) -> None:
        self.channel = jobs.keys.replica_channel(replica)
        self._jobs = jobs
        self._keepalive = keepalive
        self._readers: dict[str, Reader] = {}
        self._catching_up: dict[str, asyncio.Task[None]] = {}
        self._subscriber = Subscriber(redis_url, self.channel, self._on_message, self._on_subscribed)

    @property
    def connected(self) -> asyncio.Event:
        """Set while the subscription stands."""
        return self._subscriber.connected

    def open(self, job_id: str) -> Reader:
        """Start reading a job's log from its start. Open before admission, so that nothing can be missed."""
        reader = self._readers[job_id] = Reader(job_id, asyncio.get_running_loop().time())
        return reader

    def close(self, reader: Reader) -> None:
        """Stop reading."""
        self._readers.pop(reader.job_id, None)

    async def run(self) -> None:
        """Listen and look after silent readers until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._subscriber.run(), name="relay-subscriber")
            group.create_task(self._watch_silence(), name="relay-silence")

    def _on_message(self, message: bytes) -> None:
        job_id, entry = parse_message(message)
        reader = self._readers.get(job_id)
        if reader is not None and not reader.take(entry, asyncio.get_running_loop().time()):
            self._catch_up(reader)

    def _on_subscribed(self) -> None:
        for reader in self._readers.values():
            self._catch_up(reader)

    def _catch_up(self, reader: Reader) -> None:
        if reader.job_id not in self._catching_up:
            task = asyncio.create_task(self._read_log(reader), name="relay-catch-up")
            self._catching_up[reader.job_id] = task
            task.add_done_callback(lambda _: self._catching_up.pop(reader.job_id, None))

    async def _read_log(self, reader: Reader) -> None:
        """Read from where the reader stands, and again for what was published meanwhile."""
        try:
            while True:
                before = reader.last_seq
                for entry in await self._jobs.read(reader.job_id, after=before):
                    reader.take(entry, asyncio.get_running_loop().time())
                if not reader.behind or reader.last_seq == before:
                    return
        except StoreError:
            log.warning("relay.log_unreadable", job_id=reader.job_id)

    async def _watch_silence(self) -> None:
        """Once a second: a lost tail shows no gap, and keepalives must not hide a dead job."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CHECK_EVERY)
            silent = [r for r in self._readers.values() if loop.time() - r.heard_at >= SILENCE]
            if not silent:
                continue
            try:
                tails = await self._jobs.tails([reader.job_id for reader in silent])
            except StoreError:
                continue
            for reader, tail in zip(silent, tails, strict=True):
                self.look_after(reader, tail, loop.time())

    def look_after(self, reader: Reader, tail: Tail | None, now: float) -> None:
        """What a silent reader needs, now that it is known where its log ends and whether its job lives."""
        if tail is None:
            reader.fail(GatewayError(ErrorCode.INTERRUPTED, "The job's record is gone; the answer cannot be told."))
            return
        if tail.seq > reader.last_seq:
            self._catch_up(reader)
        elif tail.alive and now - reader.kept_alive_at >= self._keepalive:
            reader.keep_alive(now)
