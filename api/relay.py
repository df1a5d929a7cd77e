"""How the entries of running jobs reach the requests that wait for them.

One subscription per process carries the live entries of all the jobs read here. It is only the fast path: an entry out
of order, a new subscription, or two seconds of silence make a reader look into the log, which is the truth.
"""

import asyncio
from collections import Counter
from typing import Final

import structlog

from api.reader import Reader
from proto.errors import ErrorCode, GatewayError
from proto.jobs import TERMINAL_STATUSES
from store.connection import StoreError
from store.jobs import HEARTBEAT_AGE, Jobs, Tail, parse_message
from store.readers import Readers, ReadingMode
from store.subscriber import Subscriber

log = structlog.get_logger()

#: Seconds of silence after which the log is asked whether something was missed, once a second.
SILENCE: Final = 2.0
CHECK_EVERY: Final = 1.0
#: Seconds between two signs of life of this replica.
BEAT_EVERY: Final = 2.0
#: Seconds without one after which there was an outage, and others' signs may be as old.
OUTAGE: Final = HEARTBEAT_AGE / 2


class Relay:
    """All readers of one API process."""

    def __init__(self, redis_url: str, jobs: Jobs, readers: Readers, *, replica: str, keepalive: float) -> None:
        self.channel = jobs.keys.replica_channel(replica)
        self._jobs = jobs
        self._store_readers = readers
        #: Seconds without anything to show after which a stream gets a keepalive.
        self.keepalive = keepalive
        self._readers: dict[str, set[Reader]] = {}
        self._attaching: Counter[str] = Counter()
        self._beat_at: float | None = None
        self._settled_at = 0.0
        self._catching_up: dict[Reader, asyncio.Task[None]] = {}
        self._subscriber = Subscriber(redis_url, self.channel, self._on_message, self._on_subscribed)

    @property
    def connected(self) -> asyncio.Event:
        """Set while the subscription stands."""
        return self._subscriber.connected

    def open(self, job_id: str) -> Reader:
        """Start reading the log of a job that is yet to be admitted, so that nothing can be missed."""
        return self._add(Reader(job_id, asyncio.get_running_loop().time()))

    async def attach(self, job_id: str, mode: ReadingMode) -> Reader | None:
        """Start reading the log of a job that is there already; None without a record.

        Raises:
            StoreError: the store is away.
        """
        self._attaching[job_id] += 1
        try:
            watch = await self._store_readers.watch(job_id, self.channel, mode)
        finally:
            self._attaching[job_id] -= 1
            self._attaching += Counter()  # drops what is at zero
        if watch is None:
            return None
        skipped = watch.skipped if mode == "stream" else 0
        reader = self._add(Reader(job_id, asyncio.get_running_loop().time(), skipped=skipped))
        reader.expect(watch.seq)
        self._catch_up(reader)
        return reader

    def close(self, reader: Reader) -> None:
        """Stop reading."""
        readers = self._readers.get(reader.job_id, set())
        readers.discard(reader)
        if not readers:
            self._readers.pop(reader.job_id, None)

    def is_read(self, job_id: str) -> bool:
        """Whether somebody reads the job here, or is about to."""
        return job_id in self._readers or job_id in self._attaching

    def note_beat(self, now: float) -> None:
        """This replica has said that it is there."""
        outage = self._beat_at is not None and now - self._beat_at >= OUTAGE
        self._beat_at = now
        if outage:
            self._settled_at = now + 2 * BEAT_EVERY

    def is_settled(self, now: float) -> bool:
        """Whether a replica that is not heard of is gone: after an outage they are heard of again one by one."""
        return self._beat_at is not None and now - self._beat_at < OUTAGE and now >= self._settled_at

    async def run(self) -> None:
        """Listen and look after silent readers until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._subscriber.run(), name="relay-subscriber")
            group.create_task(self._watch_silence(), name="relay-silence")
            group.create_task(self._beat(), name="relay-beat")

    def _on_message(self, message: bytes) -> None:
        job_id, entry = parse_message(message)
        for reader in self._readers.get(job_id, ()):
            if not reader.take(entry, asyncio.get_running_loop().time()):
                self._catch_up(reader)

    def _on_subscribed(self) -> None:
        for reader in self._all():
            self._catch_up(reader)

    def _add(self, reader: Reader) -> Reader:
        self._readers.setdefault(reader.job_id, set()).add(reader)
        return reader

    def _all(self) -> list[Reader]:
        return [reader for readers in self._readers.values() for reader in readers]

    def _catch_up(self, reader: Reader) -> None:
        if reader not in self._catching_up:
            task = asyncio.create_task(self._read_log(reader), name="relay-catch-up")
            self._catching_up[reader] = task
            task.add_done_callback(lambda _: self._catching_up.pop(reader, None))

    async def _read_log(self, reader: Reader) -> None:
        """Read from where the reader stands, and again for what was published meanwhile."""
        try:
            while True:
                before, expected = reader.last_seq, reader.expected
                for entry in await self._jobs.read(reader.job_id, after=before):
                    reader.take(entry, asyncio.get_running_loop().time())
                if reader.last_seq == before < expected:
                    reader.fail(GatewayError(ErrorCode.JOB_GONE, "The job's log is no longer complete."))
                if not reader.behind or reader.last_seq == before:
                    return
        except StoreError:
            log.warning("relay.log_unreadable", job_id=reader.job_id)

    async def _watch_silence(self) -> None:
        """Once a second: a lost tail shows no gap, and keepalives must not hide a dead job."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CHECK_EVERY)
            asked_at = loop.time()
            silent = [reader for reader in self._all() if asked_at - reader.heard_at >= SILENCE]
            if not silent:
                continue
            job_ids = list({reader.job_id for reader in silent})
            try:
                tails = dict(zip(job_ids, await self._jobs.tails(job_ids), strict=True))
            except StoreError:
                continue
            for reader in silent:
                if reader.heard_at < asked_at:
                    self.look_after(reader, tails[reader.job_id], loop.time())

    def look_after(self, reader: Reader, tail: Tail | None, now: float) -> None:
        """What a silent reader needs, now that it is known where its log ends and whether its job lives."""
        if tail is None:
            reader.fail(GatewayError(ErrorCode.INTERRUPTED, "The job's record is gone; the answer cannot be told."))
        elif tail.seq < reader.last_seq or (tail.status in TERMINAL_STATUSES and tail.seq == reader.last_seq):
            # Whoever has read the end is no longer silent: this one was told something else under its number.
            reader.fail(GatewayError(ErrorCode.INTERRUPTED, "The gateway's store has lost a part of the answer."))
        elif tail.seq > reader.last_seq:
            reader.expect(tail.seq)
            self._catch_up(reader)
        elif tail.alive and now - reader.kept_alive_at >= self.keepalive:
            reader.keep_alive(now, tail.place)

    async def _beat(self) -> None:
        """Say that this replica is there, so that another one's last reader knows whether the job is read here."""
        try:
            while True:
                try:
                    await self._store_readers.beat(self.channel)
                    self.note_beat(asyncio.get_running_loop().time())
                except StoreError:
                    log.debug("relay.beat_lost")
                await asyncio.sleep(BEAT_EVERY)
        finally:
            await self._retire()

    async def _retire(self) -> None:
        try:
            async with asyncio.timeout(1):
                await self._store_readers.retire(self.channel)
        except (StoreError, TimeoutError):
            log.debug("relay.beat_lost")
