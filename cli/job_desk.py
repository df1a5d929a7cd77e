"""What the `jobs` commands do, straight on the store that the gateway uses."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

import msgspec
from rich.console import Console

from cli.embedded import resolve_redis_url
from cli.job_table import job_details, job_table, job_view, told_so_far
from cli.problems import SetupError
from proto.events import Event, decode_events
from proto.fold import fold
from proto.jobs import TERMINAL_STATUSES, Status
from store.connection import Call, Store
from store.jobs import Jobs
from store.logs import LogSettings, configure_logging
from store.monitor import Monitor
from store.records import Record
from store.settings import StoreSettings

#: How many of the latest jobs are looked through (the store keeps no more), and of those that run or wait.
RECENT: Final = 1000
#: What the ids of answers have before the id of their job.
_ANSWER_PREFIXES: Final = ("chatcmpl-", "msg_", "resp_")


class Desk(NamedTuple):
    """The store, as the commands see it."""

    jobs: Jobs
    monitor: Monitor
    store: Store
    url: str


class Wanted(NamedTuple):
    """Which jobs a list shows; what is None is not asked for. `model` may be its beginning."""

    status: str | None = None
    lane: str | None = None
    client: str | None = None
    model: str | None = None

    def takes(self, record: Record) -> bool:
        """Whether a job is one of them."""
        return (
            self.status in (None, record.status)
            and self.lane in (None, record.lane)
            and self.client in (None, record.client)
            and record.header.model.startswith(self.model or "")
        )


def run(work: Callable[[Desk], Awaitable[int]]) -> int:
    """Do something with the jobs, and close the store; returns the exit code, 130 after Ctrl-C."""
    resolve_redis_url()
    # What the store has to say to its log is said by the command in its own words.
    configure_logging(LogSettings(log_level="error"))
    try:
        return asyncio.run(_with_desk(work))
    except KeyboardInterrupt:
        print()
        return 130


async def _with_desk(work: Callable[[Desk], Awaitable[int]]) -> int:
    settings = StoreSettings()
    url = settings.redis_url.get_secret_value()
    store = Store(url)
    jobs = Jobs(store, settings)
    try:
        return await work(Desk(jobs, Monitor(store, jobs.keys), store, url))
    finally:
        await store.aclose()


async def list_jobs(desk: Desk, wanted: Wanted, most: int, *, as_json: bool) -> int:
    """Print the latest jobs that are wanted, the newest first."""
    records = await _known(desk)
    shown = dict([(job_id, record) for job_id, record in records.items() if wanted.takes(record)][:most])
    if as_json:
        for job_id, record in shown.items():
            print(msgspec.json.encode(job_view(job_id, record)).decode())
        return 0
    if not shown:
        print("no such job" if records else "no job is known: the records of those that ended are gone after JOB_TTL")
        return 0
    # A pipe has no width; a table that is cut there is of no use.
    console = Console(highlight=False, markup=False, width=None if Console().is_terminal else 250)
    console.print(job_table(shown, await _now(desk)))
    return 0


async def show_job(desk: Desk, name: str, *, as_json: bool) -> int:
    """Print all that is known of one job but what is said in it.

    Raises:
        SetupError: there is no such job, or several are meant.
    """
    (job_id,) = await named(desk, [name])
    record = await record_of(desk, job_id)
    (tail,) = await desk.jobs.tails([job_id])
    events = [event for entry in await desk.jobs.read(job_id) for event in decode_events(entry.data)]
    view = job_view(job_id, record, tail.place if tail else None) | {"log": _log_view(events, record)}
    if as_json:
        print(msgspec.json.format(msgspec.json.encode(view), indent=2).decode())
    else:
        Console(highlight=False, markup=False, soft_wrap=True).print(job_details(view, record, await _now(desk)))
    return 0


def _log_view(events: list[Event], record: Record) -> dict[str, object]:
    return {"entries": record.seq, **told_so_far(fold(events))}


async def cancel_jobs(desk: Desk, names: Sequence[str]) -> int:
    """Cancel jobs; returns 1 if one of them had ended already.

    Raises:
        SetupError: there is no such job, or several are meant; then none is cancelled.
    """
    late = False
    for job_id in await named(desk, names):
        match await desk.jobs.cancel(job_id):
            case Status.CANCELLED:
                print(f"{job_id} cancelled")
            case Status.RUNNING:
                print(f"{job_id} runs: its worker is told to stop")
            case ended:
                late = True
                print(f"{job_id} had ended: {ended or 'its record is gone'}")
    return 1 if late else 0


async def named(desk: Desk, names: Sequence[str]) -> list[str]:
    """The ids of the jobs of these ids, beginnings of ids, or ids of answers.

    Raises:
        SetupError: a name means no job, or several.
    """
    found = []
    for given in names:
        name = next((given.removeprefix(each) for each in _ANSWER_PREFIXES if given.startswith(each)), given)
        if await desk.monitor.records([name]):
            found.append(name)
            continue
        known = [job_id for job_id in await _known(desk) if name and job_id.startswith(name)]
        if len(known) != 1:
            how = "no job" if not known else f"{len(known)} jobs"
            raise SetupError(f"{how} known here begins with {given!r}: `warp2api jobs list` shows them")
        found += known
    return found


async def _known(desk: Desk) -> dict[str, Record]:
    """The latest jobs and, if others have come since, the first of those that run or wait; the newest first."""
    keys, last = desk.jobs.keys, RECENT - 1
    unfinished = await desk.store.gather([Call(("ZRANGE", key, 0, last)) for key in (keys.leases, keys.waiting)])
    ids = [*await desk.monitor.recent(RECENT), *[job_id.decode() for ids in unfinished for job_id in ids]]
    records = await desk.monitor.records(list(dict.fromkeys(ids)))
    return dict(sorted(records.items(), key=lambda known: known[1].admitted, reverse=True))


async def record_of(desk: Desk, job_id: str) -> Record:
    """What is known of a job.

    Raises:
        SetupError: nothing any more.
    """
    record = (await desk.monitor.records([job_id])).get(job_id)
    if record is None:
        raise SetupError(f"{job_id}: its record is gone")
    return record


async def has_ended(desk: Desk, job_id: str) -> bool:
    """Whether a job's log will not grow any more."""
    return (await record_of(desk, job_id)).status in TERMINAL_STATUSES


async def _now(desk: Desk) -> int:
    seconds, micros = await desk.store.command("TIME")
    return int(seconds) * 1000 + int(micros) // 1000
