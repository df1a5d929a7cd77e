"""One request's view of a job's log."""

import asyncio
from collections import deque
from typing import NamedTuple

from proto.events import Event, decode_events
from store.jobs import Entry, Place


class ClientGoneError(Exception):
    """The client has left; nobody waits for the answer."""


class Taken(NamedTuple):
    """One entry of the log, read."""

    seq: int
    events: list[Event]


class Reader:
    """Every entry of one log once, in order. Made, fed and closed by the relay.

    Args:
        job_id: whose log it is.
        now: the event loop's time.
        skipped: the entries up to this one are of former attempts, whose output nobody was to see; they are left out.
    """

    def __init__(self, job_id: str, now: float, *, skipped: int = 0) -> None:
        self.job_id = job_id
        self._skipped = skipped
        self.last_seq = 0
        #: The highest sequence number that is known to be in the log.
        self.expected = 0
        self.heard_at = now
        self.kept_alive_at = now
        #: Where the job stood at the last keepalive, if it was queued.
        self.place: Place | None = None
        self._entries: deque[Taken] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._failure: Exception | None = None
        self._keepalive_due = False

    async def next(self) -> list[Taken]:
        """Wait for what comes next; an empty list means that a keepalive is due.

        Raises:
            ClientGoneError: the client has left.
            GatewayError: the job's record or log has vanished.
        """
        while not self._entries and self._failure is None and not self._keepalive_due:
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if self._failure is not None and (not self._entries or isinstance(self._failure, ClientGoneError)):
            raise self._failure
        self._keepalive_due = False
        entries = list(self._entries)
        self._entries.clear()
        return entries

    def take(self, entry: Entry, now: float) -> bool:
        """Take an entry if it is the next one; False when it shows that something is missing before it."""
        self.expect(entry.seq)
        if entry.seq > self.last_seq + 1:
            return False
        if entry.seq == self.last_seq + 1:
            self.last_seq = entry.seq
            self.heard_at = self.kept_alive_at = now
            if entry.seq > self._skipped:
                self._entries.append(Taken(entry.seq, decode_events(entry.data)))
                self._notify()
        return True

    def expect(self, seq: int) -> None:
        """Know that the log reaches so far."""
        self.expected = max(self.expected, seq)

    @property
    def behind(self) -> bool:
        """Whether the log is known to reach further than what was taken."""
        return self.expected > self.last_seq

    def keep_alive(self, now: float, place: Place | None = None) -> None:
        """Ask the waiting request to send a keepalive; `place` is where the job stands if it is queued."""
        self.kept_alive_at = now
        self.place = place
        self._keepalive_due = True
        self._notify()

    def fail(self, failure: Exception) -> None:
        """Make the waiting request end with an exception."""
        self._failure = failure
        self._notify()

    def _notify(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
