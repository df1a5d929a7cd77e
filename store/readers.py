"""The verbs of those who read a job: look, watch, leave. A replica of the front door counts as one reader of a job,
however many of its clients read it; a replica that has died reads nothing.
"""

from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from proto.jobs import Status
from proto.keys import Keys
from store.connection import Store
from store.jobs import CANCELLED_ENTRY, HEARTBEAT_AGE
from store.records import Record, read_record, record_call
from store.scripts import load_script

_FOLDER = Path(__file__).parent / "scripts"
_BEAT = load_script(_FOLDER, "beat")
_LEAVE = load_script(_FOLDER, "leave")
_WATCH = load_script(_FOLDER, "watch")

#: How a job is read: as one whole answer at its end, as the events of its log, or as a stream, which cannot take back
#: what it has shown.
ReadingMode: TypeAlias = Literal["whole", "events", "stream"]


class Watch(NamedTuple):
    """Where a log stands as its reading begins: it ends at `seq`, and up to `skipped` it is of former attempts."""

    skipped: int
    seq: int


class Readers:
    """The readers of one deployment's jobs, as any front door sees them. `channel` is a replica's own."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store = store
        self._keys = keys

    async def look(self, job_id: str) -> Record | None:
        """What is known of a job; None if there is none, or no longer."""
        (row,) = await self._store.gather([record_call(self._keys, job_id)])
        return read_record(row)

    async def watch(self, job_id: str, channel: str, mode: ReadingMode) -> Watch | None:
        """Have the job's entries published to this replica from now on; None without a record."""
        args = (channel, mode, round(HEARTBEAT_AGE * 1000))
        reply: list[int] | None = await self._store.run(_WATCH, self._keys_of(job_id), args)
        return Watch(*reply) if reply else None

    async def leave(self, job_id: str, channel: str) -> Status | None:
        """The replica's last reader has left: a job that nobody reads now is cancelled, unless it is to run on.

        Returns the job's status now, None if unknown.
        """
        args = (job_id, channel, round(HEARTBEAT_AGE * 1000), CANCELLED_ENTRY, self._keys.control_channel)
        answer: bytes | None = await self._store.run(_LEAVE, self._keys_of(job_id), args)
        return Status(answer.decode()) if answer else None

    async def beat(self, channel: str) -> None:
        """Say that the replica is there."""
        await self._store.run(_BEAT, (self._keys.replicas,), (channel,))

    async def retire(self, channel: str) -> None:
        """Say that the replica stops: what it has read nobody reads there any more."""
        await self._store.command("ZREM", self._keys.replicas, channel)

    def _keys_of(self, job_id: str) -> tuple[str, ...]:
        return (*self._keys.job(job_id), self._keys.replicas)
