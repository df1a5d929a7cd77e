"""What a watcher may say: who it is, what it wants to see, which jobs it follows, and what is to be cancelled."""

from enum import StrEnum
from typing import TypeAlias

import msgspec

from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane
from store.records import Record


class Kind(StrEnum):
    """What can be watched."""

    JOBS = "jobs"
    PACKETS = "packets"
    POOL = "pool"
    WORKERS = "workers"
    STATS = "stats"
    BATCHES = "batches"


class Filter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="filter", tag_field="type"):
    """What is to be shown. A name that is not given, or null, lets every job through."""

    kinds: frozenset[Kind] = frozenset(Kind)
    client: str | None = None
    model: str | None = None
    lane: Lane | None = None
    job: str | None = None

    @property
    def chooses(self) -> bool:
        """Whether there are jobs it keeps away."""
        return any(each is not None for each in (self.client, self.model, self.lane, self.job))

    def shows(self, job_id: str, record: Record | None) -> bool:
        """Whether what is said about a job passes."""
        if not self.chooses:
            return True
        if record is None or self.job not in (None, job_id):
            return False
        asked = (self.client, self.model, self.lane)
        had = (record.client, record.header.model, record.lane)
        return all(want in (None, has) for want, has in zip(asked, had, strict=True))


class Hello(Filter, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="hello", tag_field="type"):
    """The first message. The key is left out on a gateway that asks for none."""

    key: str | None = None

    def __repr__(self) -> str:
        return "Hello(...)"


class Open(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="open", tag_field="type"):
    """Follow one job: its timeline, packets and log."""

    job: str


class Close(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="close", tag_field="type"):
    """Follow a job no longer."""

    job: str


class CancelBatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="cancel_batch", tag_field="type"):
    """Have no more of a batch run."""

    batch: str


Wish: TypeAlias = Hello | Filter | Open | Close | CancelBatch

_decoder = msgspec.json.Decoder(Wish)


def read_wish(message: str | bytes) -> Wish:
    """Read one message.

    Raises:
        GatewayError: it is no such message; the text names the field.
    """
    try:
        wish: Wish = _decoder.decode(message)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise GatewayError(ErrorCode.INVALID_REQUEST, f"This message cannot be read: {error!s:.200}") from None
    return wish
