"""`record`: what the upstream sends for jobs, saved while it comes. Workers tell it only while somebody listens."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from cli.job_desk import Desk, named, record_of, run
from cli.problems import SetupError
from cli.recording import Recording
from proto.jobs import TERMINAL_STATUSES
from proto.packets import Packet, Watched, decode_packets
from store.monitor import WATCHED_TTL
from store.subscriber import Subscriber

#: Seconds between two looks at how the jobs stand.
EVERY: Final = 0.25
#: Seconds after a job's end in which its last packets come: workers publish them ten times a second.
LINGER: Final = 0.75


def run_record(target: Path, *, job: str | None, most: int, seconds: float | None, requests: bool) -> int:
    """Save responses; returns 1 if nothing came or something is missing in what came, 130 after Ctrl-C.

    Args:
        target: a folder, or the file to write.
        job: this job alone; one that runs already is saved from here on.
        most: without a job, how many that begin from now on; 0 for all.
        seconds: when to stop at the latest, after the workers listen; None for no limit.
        requests: the requests as well.

    Raises:
        SetupError: there is no such job, or it has ended; or the folder is not there.
    """
    if not (target.is_dir() or target.parent.is_dir()):
        raise SetupError(f"{target}: there is no such folder")
    recording = Recording(target, requests=requests)

    async def work(desk: Desk) -> int:
        listener = Listener(recording, await wanted_job(desk, job), most)
        try:
            await _listen(desk, listener, seconds)
        finally:
            _tell(listener)
        return 0 if recording.files and not recording.notes else 1

    return run(work)


async def _listen(desk: Desk, listener: "Listener", seconds: float | None) -> None:
    """Until all wanted jobs have ended, or the time is over."""
    async with _workers_tell(desk, listener) as tasks:
        say("the workers listen; the files will hold prompts and answers")
        began, ended = time.monotonic(), 0.0
        while seconds is None or time.monotonic() - began < seconds:
            stopped, _ = await asyncio.wait(tasks, timeout=EVERY)
            for task in stopped:
                task.result()
            done = listener.complete and not await _unfinished(desk, listener.jobs)
            ended = (ended or time.monotonic()) if done else 0.0
            if ended and time.monotonic() - ended > LINGER:
                return


class Listener:
    """Sorts packets: which jobs are wanted, and which of them have been met."""

    def __init__(self, recording: Recording, wanted: str | None, most: int) -> None:
        self.recording = recording
        self.jobs: set[str] = {wanted} if wanted else set()
        self.dropped = 0
        self._wanted = wanted
        self._most = most

    @property
    def complete(self) -> bool:
        """Whether no further job is wanted."""
        return self._wanted is not None or 0 < self._most <= len(self.jobs)

    def heard(self, message: bytes) -> None:
        """Take what a worker has published."""
        batch = decode_packets(message)
        self.dropped += batch.dropped
        for packet in batch.packets:
            if self._takes(packet):
                self.recording.take(packet)

    def _takes(self, packet: Packet) -> bool:
        if packet.job_id not in self.jobs and not self.complete and packet.number == 0:
            self.jobs.add(packet.job_id)
        return packet.job_id in self.jobs


def say(message: str) -> None:
    """A word to the operator; standard output stays for the files' names."""
    print(f"warp2api: {message}", file=sys.stderr, flush=True)


async def wanted_job(desk: Desk, job: str | None) -> str | None:
    """The id of the job that is asked for, if one is.

    Raises:
        SetupError: there is no such job, or it has ended.
    """
    if job is None:
        return None
    (job_id,) = await named(desk, [job])
    if (await record_of(desk, job_id)).status in TERMINAL_STATUSES:
        raise SetupError(f"{job_id} has ended: what the upstream sent is kept nowhere")
    return job_id


@asynccontextmanager
async def _workers_tell(desk: Desk, listener: Listener) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Hear the workers' packets; begins when they know that somebody listens. The tasks never end by themselves."""
    await desk.monitor.watch(Watched.CONTENT)
    subscriber = Subscriber(desk.url, desk.jobs.keys.packets_channel, listener.heard, lambda: None)
    tasks = [asyncio.create_task(subscriber.run()), asyncio.create_task(_watch(desk))]
    try:
        await subscriber.connected.wait()
        # Each worker learns it with its next renewal, of which there are three in a lease.
        await asyncio.sleep(desk.jobs.settings.job_lease / 2)
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _watch(desk: Desk) -> None:
    while True:
        await desk.monitor.watch(Watched.CONTENT)
        await asyncio.sleep(WATCHED_TTL / 3)


async def _unfinished(desk: Desk, job_ids: set[str]) -> bool:
    records = await desk.monitor.records(sorted(job_ids))
    return any(record.status not in TERMINAL_STATUSES for record in records.values())


def _tell(listener: Listener) -> None:
    for file in listener.recording.files:
        print(file)
    for note in listener.recording.notes:
        say(note)
    if listener.dropped:
        say(f"{listener.dropped} packets of all jobs found no room and were dropped")
    if not listener.recording.files:
        say("nothing came")
