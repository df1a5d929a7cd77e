"""What this process and the upstream say to each other, published as packets while somebody watches.

The tap never holds up a chat: packets wait in a bounded buffer, and what finds no room is counted and dropped. While
nobody watches, nothing is looked at.
"""

import asyncio
import time
from collections import deque
from typing import Final

import structlog

from proto.packets import MAX_DATA, Packet, PacketBatch, PacketKind, Watched, encode_packets, size_of_data, type_of_data
from store.connection import Store, StoreError

log = structlog.get_logger()

#: Seconds that packets wait for each other, and the bytes of data after which they no longer do.
FLUSH_EVERY: Final = 0.1
MAX_BATCH: Final = 64 * 1024
#: Packets, and bytes of their data, that may wait.
MAX_PACKETS: Final = 10_000
MAX_WAITING: Final = 8 * 1024 * 1024


class Tap:
    """The packets of all jobs of one worker process. `run` must be running for them to leave.

    Args:
        store: a connection that nothing else needs to be quick on.
        channel: where packets are published.
        worker: what this process is called.
    """

    def __init__(self, store: Store, channel: str, worker: str) -> None:
        #: What somebody wants to see just now.
        self.watched = Watched.NOTHING
        self._store = store
        self._channel = channel
        self._worker = worker
        self._waiting: deque[Packet] = deque()
        self._bytes = 0
        self._dropped = 0
        self._some = asyncio.Event()
        self._many = asyncio.Event()

    def exchange(self, job_id: str, attempt: int) -> "Exchange":
        """Where one attempt tells its packets."""
        return Exchange(self, job_id, attempt)

    def add(self, packet: Packet) -> None:
        """Take a packet if there is room."""
        if len(self._waiting) >= MAX_PACKETS or self._bytes + len(packet.data) > MAX_WAITING:
            self._dropped += 1
            return
        self._waiting.append(packet)
        self._bytes += len(packet.data)
        self._some.set()
        if self._bytes >= MAX_BATCH:
            self._many.set()

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._some.wait()
            try:
                async with asyncio.timeout(FLUSH_EVERY):
                    await self._many.wait()
            except TimeoutError:
                pass  # few packets, but they have waited long enough
            self._some.clear()
            self._many.clear()
            while self._waiting:
                await self._publish(self._take())

    def _take(self) -> PacketBatch:
        packets: list[Packet] = []
        size = 0
        while self._waiting and (not packets or size + len(self._waiting[0].data) <= MAX_BATCH):
            packet = self._waiting.popleft()
            packets.append(packet)
            size += len(packet.data)
        self._bytes -= size
        dropped, self._dropped = self._dropped, 0
        return PacketBatch(self._worker, packets, dropped)

    async def _publish(self, batch: PacketBatch) -> None:
        try:
            await self._store.command("PUBLISH", self._channel, encode_packets(batch))
        except StoreError:
            self._dropped += len(batch.packets) + batch.dropped
            log.debug("tap.dropped", packets=self._dropped)


class Exchange:
    """The packets of one attempt, numbered from 0. To be told of them only while `watched`."""

    __slots__ = ("_attempt", "_job_id", "_number", "_tap")

    def __init__(self, tap: Tap, job_id: str, attempt: int) -> None:
        self._tap = tap
        self._job_id = job_id
        self._attempt = attempt
        self._number = 0

    @property
    def watched(self) -> bool:
        """Whether somebody wants to know."""
        return self._tap.watched is not Watched.NOTHING

    def asked(self, body: bytes) -> None:
        """A request goes up."""
        self._add(PacketKind.REQUEST, "Request", len(body), body)

    def heard(self, events: list[bytes]) -> None:
        """Events came, each the data of one as it stood in the stream, readable or not."""
        for data in events:
            self._add(PacketKind.EVENT, type_of_data(data), size_of_data(data), data)

    def refused(self, status: int, body: bytes) -> None:
        """The upstream answered with something else than a stream."""
        self._add(PacketKind.REFUSAL, f"HTTP {status}", len(body), body)

    def _add(self, kind: PacketKind, word: str, size: int, data: bytes) -> None:
        told = self._tap.watched is Watched.CONTENT and len(data) <= MAX_DATA
        at = round(time.time() * 1000)
        packet = Packet(self._job_id, self._attempt, self._number, at, kind, word, size, data if told else b"")
        self._number += 1
        self._tap.add(packet)
