"""The verbs of the keeper that runs the batches, one Lua script each.

One keeper of a deployment holds the lease at a time. Every verb that changes something carries the lease's nonce and
is refused once another keeper has it, so whatever a keeper does that only seemed dead changes nothing.
"""

import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from proto.batches import (
    FINAL_STATUSES,
    Batch,
    BatchStatus,
    Part,
    Taken,
    decode_taken,
    encode_part,
    encode_taken,
    read_record,
)
from proto.jobs import ChatJob, ReplyHeader
from store.admission import Admission, Seat
from store.connection import Argument, Call, Store
from store.jobs import Jobs
from store.scripts import Script, load_script

_FOLDER = Path(__file__).parent / "scripts"
_LEAD = load_script(_FOLDER, "batch_lead")
_RESIGN = load_script(_FOLDER, "batch_resign")
_MOVE = load_script(_FOLDER, "batch_move")
_TAKE = load_script(_FOLDER, "batch_take")
_ORPHANS = load_script(_FOLDER, "batch_orphans")
_COMMIT = load_script(_FOLDER, "batch_commit")


class NotLeadingError(Exception):
    """Another keeper runs the batches now: nothing was changed."""


class OpenBatch(NamedTuple):
    """A batch that has not ended, and how many of its lines are with jobs, of these with jobs that have ended, and
    how many wait to run again. `next_retry`: when the first of those may (Unix ms).
    """

    batch: Batch
    running: int
    ended: int
    retries: int
    next_retry: int | None


class Ended(NamedTuple):
    """A job of a batch that has ended; `job` is empty for a line of which none could be made."""

    line: int
    job: str
    status: str
    code: str


class Waiting(NamedTuple):
    """A line that waits to run again, and the bytes that stand for it: those that were read, whoever wrote them."""

    taken: Taken
    record: bytes


class Outcomes(NamedTuple):
    """What one commit makes part of a batch's results.

    `ended`: how many of the jobs that have ended it deals with; `last`: the last of them. `line`, `offset`: where the
    cursor comes to. `leave`: lines that are with no job any more, each with the job it had. `forget`: those that wait
    no longer to run again. `again`: those that will, each with its time (Unix ms).
    """

    ended: int
    last: Ended | None
    line: int
    offset: int
    out: Part | None
    err: Part | None
    succeeded: int
    errored: int
    cancelled: int
    expired: int
    leave: Mapping[int, str]
    forget: Sequence[Waiting]
    again: Sequence[tuple[int, Taken]]


class BatchRuns:
    """The batches of one deployment, as the keeper that runs them sees them.

    Verbs raise `StoreError` while the store is away, and may then be sent again.
    """

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self.nonce = secrets.token_hex(8)
        self._store = store
        self._jobs = jobs
        self._keys = jobs.keys

    async def lead(self) -> bool:
        """Take or renew the lease, for `JOB_LEASE` seconds; False while another keeper has it."""
        args = (self.nonce, round(self._jobs.settings.job_lease * 1000))
        return bool(await self._store.run(_LEAD, (self._keys.batch_runner,), args))

    async def resign(self) -> None:
        """Give the lease up, for the next keeper to take it at once."""
        await self._store.run(_RESIGN, (self._keys.batch_runner,), (self.nonce,))

    async def now(self) -> int:
        """The store's clock, by which batches expire and lines wait (Unix ms)."""
        seconds, micros = await self._store.command("TIME")
        return int(seconds) * 1000 + int(micros) // 1000

    async def open(self) -> list[OpenBatch]:
        """All batches that have not ended, oldest first."""
        ids: list[bytes] = await self._store.command("ZRANGE", self._keys.open_batches, 0, -1)
        calls = [Call(command) for batch_id in ids for command in self._look(batch_id.decode())]
        replies = await self._store.gather(calls)
        rows = [replies[at : at + 5] for at in range(0, len(replies), 5)]
        gone = [batch_id for batch_id, row in zip(ids, rows, strict=True) if not row[0]]
        if gone:
            await self._store.command("ZREM", self._keys.open_batches, *gone)  # nobody ran them until they expired
        return [_open_batch(row) for row in rows if row[0]]

    def _look(self, batch_id: str) -> list[tuple[Argument, ...]]:
        keys = self._keys.batch(batch_id)
        return [
            ("HGETALL", keys.record),
            ("HLEN", keys.running),
            ("LLEN", keys.done),
            ("ZCARD", keys.retry),
            ("ZRANGE", keys.retry, 0, 0, "WITHSCORES"),
        ]

    async def move(self, batch_id: str, from_: BatchStatus, to: BatchStatus, **fields: Argument) -> bool:
        """Bring a batch from one status to the next, with other fields of its record; False if it is in another one.

        Raises:
            NotLeadingError: another keeper runs the batches.
        """
        pairs = [word for pair in fields.items() for word in pair]
        args = (batch_id, from_, to, int(to in FINAL_STATUSES), *pairs)
        return await self._run(_MOVE, batch_id, args, self._keys.open_batches, self._keys.ended_batches)

    async def take(
        self,
        batch: Batch,
        taken: Sequence[Taken],
        retried: Sequence[Waiting],
        *,
        line: int,
        offset: int,
        joined: Sequence[Taken] = (),
    ) -> bool:
        """Note that lines are with jobs, before these are made, and where the cursor comes to.

        `retried`: what waited to run again and is among `taken` with its next job. `joined`: lines that are with jobs
        already, with their new mates. False when the batch is being closed, the cursor is not where it was when `batch`
        was read, or a line that was to be joined is no longer with its job.

        Raises:
            NotLeadingError: another keeper runs the batches.
        """
        waited = {old.taken.line: old.record for old in retried}
        args: list[Argument] = [batch.line, line, offset]
        for each in taken:
            code = each.refused.code if each.refused else ""
            args += (each.line, encode_taken(each), waited.get(each.line, b""), code)
        for each in joined:
            args += (each.line, encode_taken(each), "joined", "")
        return await self._run(_TAKE, batch.spec.id, args)

    async def orphans(self, batch_id: str) -> list[Taken]:
        """Lines that should be with jobs which are not there.

        Raises:
            NotLeadingError: another keeper runs the batches.
        """
        rows = await self._reply(_ORPHANS, batch_id, (self._keys.record(""),))
        return [decode_taken(row) for row in rows]

    async def admit(self, batch: Batch, taken: Taken, job: ChatJob, header: ReplyHeader) -> Admission:
        """Make a line's job, if it is still to have it. Its log is kept until it is collected."""
        keys = self._keys.batch(batch.spec.id)
        seat = Seat(taken.line, keys.running, keys.done)
        admitted = await self._jobs.admit(job, header, client=batch.spec.client, reply_to="", seat=seat)
        return admitted.verdict

    async def ended(self, batch_id: str, most: int) -> list[tuple[Ended, Taken | None]]:
        """The jobs of a batch that ended first, at most so many, and the lines they ran; None for one whose line is
        with another job, or with none.
        """
        keys = self._keys.batch(batch_id)
        rows: list[bytes] = await self._store.command("LRANGE", keys.done, 0, most - 1)
        if not rows:
            return []
        found = [_ended(row) for row in rows]
        values = await self._store.command("HMGET", keys.running, *[each.line for each in found])
        lines = [decode_taken(value) if value is not None else None for value in values]
        return [
            (each, line if line is not None and (not each.job or each.job == line.job) else None)
            for each, line in zip(found, lines, strict=True)
        ]

    async def running(self, batch_id: str) -> list[Taken]:
        """The lines of a batch that are with jobs."""
        rows: list[bytes] = await self._store.command("HVALS", self._keys.batch(batch_id).running)
        return [decode_taken(row) for row in rows]

    async def retries(self, batch_id: str, most: int, until: int | None = None) -> list[Waiting]:
        """Lines that wait to run again, soonest first; with `until` (Unix ms), those that may by then."""
        limit = "+inf" if until is None else until
        key = self._keys.batch(batch_id).retry
        rows: list[bytes] = await self._store.command("ZRANGEBYSCORE", key, "-inf", limit, "LIMIT", 0, most)
        return [Waiting(decode_taken(row), row) for row in rows]

    async def commit(self, batch: Batch, outcomes: Outcomes) -> bool:
        """Make outcomes part of the batch's results; False when the batch is not as it was when it was read.

        Raises:
            NotLeadingError: another keeper runs the batches.
        """
        last = _row_of(outcomes.last) if outcomes.last else ""
        args: list[Argument] = [outcomes.ended, last, batch.line, outcomes.line, outcomes.offset]
        args += [encode_part(part) if part else "" for part in (outcomes.out, outcomes.err)]
        args += [outcomes.succeeded, outcomes.errored, outcomes.cancelled, outcomes.expired]
        args += [len(outcomes.leave), len(outcomes.forget)]
        args += [word for pair in outcomes.leave.items() for word in pair]
        args += [each.record for each in outcomes.forget]
        for when, each in outcomes.again:
            args += (when, encode_taken(each))
        return await self._run(_COMMIT, batch.spec.id, args)

    async def _run(self, script: Script, batch_id: str, args: Sequence[Argument], *more_keys: str) -> bool:
        reply: bytes = await self._reply(script, batch_id, args, *more_keys)
        return reply == b"ok"

    async def _reply(self, script: Script, batch_id: str, args: Sequence[Argument], *more_keys: str) -> Any:
        keys = (self._keys.batch_runner, *self._keys.batch(batch_id), *more_keys)
        reply = await self._store.run(script, keys, (self.nonce, *args))
        if reply == b"lost":
            raise NotLeadingError
        return reply


def _open_batch(row: Sequence[Any]) -> OpenBatch:
    fields, running, ended, retries, first = row
    pairs = zip(fields[::2], fields[1::2], strict=True)
    return OpenBatch(read_record(dict(pairs)), running, ended, retries, int(float(first[1])) if first else None)


def _row_of(ended: Ended) -> str:
    return f"{ended.line} {ended.job or '-'} {ended.status} {ended.code}"


def _ended(row: bytes) -> Ended:
    line, job, status, code = row.decode().split(" ", 3)
    return Ended(int(line), "" if job == "-" else job, status, code)
