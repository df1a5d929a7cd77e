"""The verbs of a job: admit, claim, append, renew, cancel, end and read, one Lua script each.

The scripts decide; everything that must be true together changes in one of them. All verbs may be sent again when
a reply was lost (`StoreError`): admitting knows the id, appending the sequence number, claiming the fencing token.
"""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final, NamedTuple

from proto.clients import NO_LIMITS, ClientLimits, Leaving
from proto.errors import ErrorCode
from proto.events import Failed, Terminal, Usage, encode_events
from proto.jobs import ChatJob, ChatMessage, Lane, ReplyHeader, Status, decode_job, encode
from proto.keys import Keys
from proto.packets import Watched
from store.admission import Admission, Admitted, Binding, Pace, Seat
from store.connection import Call, Store, script_call
from store.scripts import load_script
from store.settings import StoreSettings

_FOLDER = Path(__file__).parent / "scripts"
_ADMIT = load_script(_FOLDER, "admit")
_CLAIM = load_script(_FOLDER, "claim")
_APPEND = load_script(_FOLDER, "append")
_RENEW = load_script(_FOLDER, "renew")
_CANCEL = load_script(_FOLDER, "cancel")
_FAIL = load_script(_FOLDER, "fail")
_HANDBACK = load_script(_FOLDER, "handback")
_OVERDUE = load_script(_FOLDER, "overdue")
_OVERLOOKED = load_script(_FOLDER, "overlooked")
_REAP = load_script(_FOLDER, "reap")
_RESENT = load_script(_FOLDER, "resent")
_TAIL = load_script(_FOLDER, "tail")

#: How many workers may die with one job before it is the job that is given up. Being handed back does not count.
MAX_DEATHS: Final = 3
#: Seconds a log lives once a client has had the whole answer.
DELIVERED_TTL: Final = 60.0
#: Likewise of a line's job, once the answer is among its batch's results.
COLLECTED_TTL: Final = 10.0
#: Seconds a job without a deadline may wait, and those the log of a batch's job waits for the keeper to collect it.
MAX_QUEUED: Final = 24 * 3600.0
UNCOLLECTED_TTL: Final = 48 * 3600.0
#: Seconds a worker or a front door may be silent before it counts as gone.
HEARTBEAT_AGE: Final = 10.0


#: How the log of a job that was cancelled ends.
CANCELLED_ENTRY: Final = encode_events([Failed(ErrorCode.CANCELLED, "The job was cancelled.")])
#: How a job ends that nobody could take in time.
TOO_LATE: Final = Failed(ErrorCode.DEADLINE, "No worker took the job before its deadline.", 5.0)
_TOO_LATE_ENTRY: Final = encode_events([TOO_LATE])


class Claim(NamedTuple):
    """A job that is ours as long as its lease is renewed; `attempt` is the fencing token, `seq` where its log ends.

    `waited` and `age` are seconds since it was enqueued, the last time, and since it was admitted.
    """

    job: ChatJob
    attempt: int
    seq: int
    streamed: bool
    client: str
    waited: float = 0.0
    age: float = 0.0


class Ack(StrEnum):
    """The answer to an append or a renewal."""

    DONE = "done"
    CANCELLED = "cancelled"
    LOST = "lost"


class Renewed(NamedTuple):
    """The answer to a renewal: what became of each job, and what somebody watches of the packets."""

    acks: list[Ack]
    watched: Watched


class Entry(NamedTuple):
    """One entry of a log: its sequence number, from 1, and its encoded events."""

    seq: int
    data: bytes


class Place(NamedTuple):
    """Where a queued job stands in its lane, from 1, and the seconds that may take, None if nobody knows."""

    position: int
    wait: float | None


class Tail(NamedTuple):
    """Where a log ends, and whether somebody works on the job (for a queued one: whether its lane has workers)."""

    seq: int
    status: Status
    alive: bool
    place: Place | None = None


class Overlooked(NamedTuple):
    """A job that waits unusually long; `certain` when its message must be lost, as its lane has passed it over."""

    message: ChatMessage
    certain: bool


class Overdue(NamedTuple):
    """Ids of running jobs whose lease has expired, and of queued ones past their deadline."""

    leased: list[str]
    queued: list[str]


_ACKS = {0: Ack.DONE, 1: Ack.CANCELLED, -1: Ack.LOST}


class Jobs:
    """The jobs of one deployment, as any process sees them."""

    def __init__(self, store: Store, settings: StoreSettings) -> None:
        self.keys = Keys(settings.deployment)
        self.settings = settings
        self._store = store

    # --- the front door -------------------------------------------------------------------------------------------

    async def admit(
        self,
        job: ChatJob,
        header: ReplyHeader,
        *,
        client: str,
        reply_to: str,
        limits: ClientLimits = NO_LIMITS,
        leaving: Leaving = Leaving.CANCEL,
        keep: bool = False,
        binding: Binding | None = None,
        seat: Seat | None = None,
    ) -> Admitted:
        """Write the job if the waiting list and the client's limits have room.

        `reply_to` is the channel of the replica that reads it; empty: nobody does, until one watches. `keep`: the log
        lives no shorter once a client has had the whole answer. With a `binding` there is one job for all requests of
        the same idempotency key, until it fails. A job of a batch has a `seat`.
        """
        settings = self.settings
        kept = UNCOLLECTED_TTL if seat else settings.job_ttl
        lifetime = settings.job_deadline + kept + (0 if job.deadline else MAX_QUEUED)
        bound = (self.keys.binding(client, binding.key),) if binding else ()
        verdict, job_id, backlog = await self._store.run_for_good(
            _ADMIT,
            (*self.keys.job(job.id), self.keys.client(client), self.keys.rate(client), *bound),
            (
                job.id,
                client,
                job.lane,
                reply_to,
                int(header.stream and bool(reply_to)),
                encode(header),
                encode(job),
                job.deadline,
                _ms(lifetime),
                settings.max_waiting,
                settings.max_waiting_bytes,
                limits.concurrency,
                _ms(kept),
                int(leaving is Leaving.DRAIN),
                int(keep),
                limits.per_minute,
                binding.request if binding else "",
                *(seat or ()),
            ),
        )
        return Admitted(Admission(verdict.decode()), job_id.decode(), float(backlog) / 1000)

    async def pace(self, lane: Lane) -> Pace:
        """How a lane has lately been getting on."""
        lane_keys = f"{self.keys.waiting}:{lane}"
        calls = (("HMGET", f"{lane_keys}:pace", "every", "last"), ("GET", f"{lane_keys}:took"), ("TIME",))
        (every, last), took, (seconds, micros) = await self._store.gather([Call(call) for call in calls])
        now = int(seconds) + int(micros) / 1e6
        return Pace(_seconds(every), now - (_seconds(last) or now), _seconds(took))

    async def cancel(self, job_id: str) -> Status | None:
        """Cancel a queued job at once, tell a running one's worker. Returns the job's status now, None if unknown."""
        args = (job_id, CANCELLED_ENTRY, self.keys.control_channel)
        answer: bytes | None = await self._store.run(_CANCEL, self.keys.job(job_id), args)
        return Status(answer.decode()) if answer else None

    async def read(self, job_id: str, after: int = 0) -> list[Entry]:
        """The log's entries with a sequence number above `after`, oldest first."""
        rows: list[tuple[bytes, list[bytes]]] = await self._store.command(
            "XRANGE", self.keys.log(job_id), f"({after}-0" if after else "-", "+"
        )
        return [Entry(int(row_id.partition(b"-")[0]), fields[1]) for row_id, fields in rows]

    def delivered(self, job_id: str) -> None:
        """A client has had the whole answer: its log need not live as long as one nobody has read."""
        self._shorten(job_id, DELIVERED_TTL)

    def collected(self, job_id: str) -> None:
        """The answer of a line is among its batch's results: those of a whole batch are not to heap up here."""
        self._shorten(job_id, COLLECTED_TTL)

    def _shorten(self, job_id: str, longest: float) -> None:
        ttl = _ms(min(longest, self.settings.job_ttl))
        self._store.post(*[("PEXPIRE", key, ttl, "LT") for key in (self.keys.record(job_id), self.keys.log(job_id))])

    async def tails(self, job_ids: Sequence[str]) -> list[Tail | None]:
        """Where the logs of several jobs end, asked in one pipeline."""
        keys = self.keys
        shared = (keys.leases, keys.workers(Lane.INTERACTIVE), keys.workers(Lane.BATCH), keys.waiting)
        calls = [script_call(_TAIL, (keys.record(job_id), *shared), (job_id, _ms(HEARTBEAT_AGE))) for job_id in job_ids]
        return [_tail(reply) for reply in await self._store.gather(calls)]

    async def workers(self, lane: str) -> int:
        """How many worker processes of a lane have been heard of lately; keepers are those of `CONTROL_QUEUE`."""
        seconds, _ = await self._store.command("TIME")
        since = (int(seconds) - HEARTBEAT_AGE) * 1000
        count: int = await self._store.command("ZCOUNT", self.keys.workers(lane), since, "+inf")
        return count

    # --- the worker -----------------------------------------------------------------------------------------------

    async def claim(self, job_id: str, worker: str, nonce: str) -> Claim | None:
        """Take a queued job; None when it is not there to be taken (a duplicate message, cancelled, expired).

        A claim whose reply was lost is sent again with the same `nonce`, and answered as the first time.
        """
        keys = (*self.keys.job(job_id), self.keys.reached)
        args = (job_id, worker, _ms(self.settings.job_lease), nonce, _TOO_LATE_ENTRY, TOO_LATE.code)
        reply: tuple[int, int, bytes, int, bytes, int, int] | None = await self._store.run(_CLAIM, keys, args)
        if not reply:
            return None
        attempt, seq, payload, streamed, client, waited, age = reply
        return Claim(decode_job(payload), attempt, seq, streamed == 1, client.decode(), waited / 1000, age / 1000)

    def append_call(
        self,
        job_id: str,
        attempt: int,
        seq: int,
        entry: bytes,
        *,
        visible: bool,
        terminal: Terminal | None,
        usage: Usage | None = None,
    ) -> Call:
        """One flush of one job, to be sent by the relay writer; read its reply with `ack`.

        `usage` is the whole answer's; it goes into the record with the terminal event.
        """
        spent = (usage.input + usage.cache_read + usage.cache_write, usage.output) if usage else ("", "")
        args = (job_id, attempt, seq, entry, int(visible), *_end_of(terminal), *spent)
        return script_call(_APPEND, self.keys.job(job_id), args)

    @staticmethod
    def ack(reply: int) -> Ack:
        """What the reply to an append or one of a renewal's replies means."""
        return _ACKS[reply]

    async def renew(
        self, worker: str, lane: str, held: Sequence[tuple[str, int]] = (), concurrency: int = 0
    ) -> Renewed:
        """Renew the leases of all jobs a worker process holds, `(job id, attempt)` each, and its heartbeat.

        `concurrency` is how many jobs it may hold. A keeper holds none, and its lane is `CONTROL_QUEUE`.
        """
        keys = [self.keys.leases, self.keys.workers(lane), self.keys.reachable, *self.keys.watched]
        keys += [self.keys.record(job_id) for job_id, _ in held]
        args: list[str | int] = [_ms(self.settings.job_lease), worker, concurrency]
        for job_id, attempt in held:
            args += (job_id, attempt)
        watched, *replies = await self._store.run(_RENEW, keys, args)
        return Renewed([_ACKS[reply] for reply in replies], Watched(watched))

    async def retire(self, worker: str, lane: str) -> None:
        """Forget the heartbeat of a worker process that stops."""
        await self._store.command("ZREM", self.keys.workers(lane), worker)
        await self._store.command("HDEL", self.keys.worker_loads(lane), worker)

    async def hand_back(self, job_id: str, attempt: int) -> ChatMessage | None:
        """Give back a job that has shown nothing yet; None when it may not go back."""
        reply = await self._store.run(_HANDBACK, self.keys.job(job_id), (job_id, attempt))
        return ChatMessage(job_id, Lane(reply[0].decode()), reply[1]) if reply else None

    # --- the keeper -----------------------------------------------------------------------------------------------

    async def overdue(self, most: int = 200) -> Overdue:
        """The jobs that the reaper should look at; none until the store was reachable for a lease without a break."""
        keys, lease = (self.keys.leases, self.keys.waiting, self.keys.reachable), self.settings.job_lease
        leased, queued = await self._store.run(_OVERDUE, keys, (most, _ms(lease)))
        return Overdue([row.decode() for row in leased], [row.decode() for row in queued])

    async def overlooked(self, age: float, most: int = 200) -> list[Overlooked]:
        """Queued jobs whose message was sent more than `age` seconds ago, the oldest of each lane."""
        args = (self.keys.record(""), _ms(age), most, *Lane)
        rows = await self._store.run(_OVERLOOKED, (self.keys.waiting, self.keys.reached), args)
        return [
            Overlooked(ChatMessage(job_id.decode(), Lane(lane.decode()), attempt), certain == 1)
            for job_id, lane, attempt, certain in rows
        ]

    async def resent(self, job_ids: Sequence[str]) -> None:
        """The messages of these jobs were sent again: they count as enqueued now, behind all others."""
        await self._store.run(_RESENT, (self.keys.waiting,), (self.keys.record(""), *job_ids))

    async def reap(self, job_id: str) -> ChatMessage | Status | None:
        """Judge one job whose lease may have expired: a message to enqueue, how it ended, or None if left alone."""
        failed = Failed(ErrorCode.INTERRUPTED, "The worker that ran this job stopped; the answer is incomplete.")
        args = (job_id, encode_events([failed]), failed.code, MAX_DEATHS, CANCELLED_ENTRY)
        reply = await self._store.run(_REAP, self.keys.job(job_id), args)
        if isinstance(reply, list):
            return ChatMessage(job_id, Lane(reply[1].decode()), reply[2])
        return Status(reply.decode()) if reply in (b"failed", b"cancelled") else None

    async def fail(self, job_id: str, failed: Failed, *, status: Status = Status.QUEUED, deadline: int = 0) -> bool:
        """End a job nobody runs, if it is still in `status` and past `deadline` (Unix ms, 0 for none)."""
        args = (job_id, status, encode_events([failed]), failed.code, deadline)
        return bool(await self._store.run(_FAIL, self.keys.job(job_id), args))


def parse_message(message: bytes) -> tuple[str, Entry]:
    """Read what `append` publishes: the job's id and the entry."""
    job_id, seq, data = message.split(b":", 2)
    return job_id.decode(), Entry(int(seq), data)


def _end_of(terminal: Terminal | None) -> tuple[str, str]:
    if terminal is None:
        return "", ""
    if isinstance(terminal, Failed):
        status = Status.CANCELLED if terminal.code is ErrorCode.CANCELLED else Status.FAILED
        return status, terminal.code
    return Status.FINISHED, terminal.reason


def _tail(reply: tuple[int, bytes, int, int, int] | None) -> Tail | None:
    if not reply:
        return None
    seq, status, alive, position, wait = reply
    place = Place(position, wait / 1000 if wait >= 0 else None) if position else None
    return Tail(seq, Status(status.decode()), alive == 1, place)


def _seconds(ms: bytes | None) -> float | None:
    return None if ms is None else float(ms) / 1000


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
