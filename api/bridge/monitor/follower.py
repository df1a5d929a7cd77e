"""One watcher's view of one job: its timeline, its packets, and its log as it grows.

The log is polled: the monitor is no reader of the job, so that looking neither keeps it alive nor changes how it is
told.
"""

import asyncio
from typing import Any, Final

import structlog

from api.bridge.monitor.feed import Feed
from api.bridge.monitor.views import event_view, job_view, packet_view, timeline_view
from api.bridge.monitor.watcher import Watcher
from proto.errors import ErrorCode
from proto.events import TERMINAL_KINDS, decode_events
from proto.packets import Packet
from store.connection import StoreError

log = structlog.get_logger()

#: Seconds between two looks.
LOOK_EVERY: Final = 0.25
#: Looks after the end of the log: packets come a little later than what was made of them.
LOOKS_AFTER_END: Final = 12
#: Packets, and bytes of their data, told in one message.
MOST_PACKETS: Final = 100
MOST_BYTES: Final = 512 * 1024
#: Bytes of data that are decoded on the event loop; more is decoded beside it.
SMALL: Final = 16 * 1024


class Follower:
    """Tells a watcher of one job until the job has ended, or until cancelled."""

    def __init__(self, feed: Feed, watcher: Watcher, job_id: str) -> None:
        self._feed = feed
        self._watcher = watcher
        self._job_id = job_id
        self._steps = 0
        self._packets = 0
        self._seq = 0
        self._ended = False

    async def run(self) -> None:
        """Tell what is known, then what comes."""
        if not await self._begin():
            return
        looks = LOOKS_AFTER_END
        while looks:
            if self._watcher.lags:
                await asyncio.sleep(LOOK_EVERY)
                continue
            try:
                await self._tell_log()
            except StoreError:
                log.debug("monitor.log_unreadable", job_id=self._job_id)
            await self._tell_packets()
            self._tell_timeline()
            if self._ended:
                looks -= 1
            await asyncio.sleep(LOOK_EVERY)

    async def _begin(self) -> bool:
        """Tell what is known; False if there is no such job."""
        try:
            known = await self._feed.know(self._job_id)
        except StoreError as error:
            self._refuse(error.code, error.message)
            return False
        if known is None:
            self._refuse(ErrorCode.JOB_NOT_FOUND, "There is no such job, or no longer.")
            return False
        self._steps = len(known.timeline)
        message = self._job(await self._next_packets())
        if message is not None:
            self._watcher.offer(message)
        return True

    def _refuse(self, code: ErrorCode, message: str) -> None:
        self._watcher.opened.discard(self._job_id)
        self._watcher.offer({"event": "error", "code": code, "message": message, "job": self._job_id})

    def _job(self, packets: list[dict[str, Any]]) -> dict[str, Any] | None:
        known = self._feed.board.get(self._job_id)
        if known is None:
            return None
        job, timeline = job_view(self._job_id, known), timeline_view(known)
        return {"event": "job", "job": job, "timeline": timeline, "packets": packets}

    def _tell_timeline(self) -> None:
        known = self._feed.board.get(self._job_id)
        if known is not None and len(known.timeline) > self._steps:
            self._steps = len(known.timeline)
            message = self._job([])
            if message is not None:
                self._watcher.offer(message)

    async def _tell_packets(self) -> None:
        while not self._watcher.lags and (packets := await self._next_packets()):
            self._watcher.offer({"event": "packets", "packets": packets, "dropped": 0})

    async def _next_packets(self) -> list[dict[str, Any]]:
        fresh = self._feed.packets.of(self._job_id, self._packets)[:MOST_PACKETS]
        size = 0
        taken: list[Packet] = []
        for packet in fresh:
            size += len(packet.data)
            if taken and size > MOST_BYTES:
                break
            taken.append(packet)
        self._packets += len(taken)
        content = self._watcher.sees_content
        if not content or size <= SMALL:
            return _views(taken, content=content)
        return await asyncio.to_thread(_views, taken, content=content)

    async def _tell_log(self) -> None:
        if self._ended:
            return
        entries = await self._feed.jobs.read(self._job_id, after=self._seq)
        if not entries:
            return
        events = [event for entry in entries for event in decode_events(entry.data)]
        shown = [event_view(event, content=self._watcher.sees_content) for event in events]
        after, self._seq = self._seq, entries[-1].seq
        message = {"event": "log", "job": self._job_id, "after": after, "seq": self._seq, "events": shown}
        self._watcher.offer(message)
        self._ended = isinstance(events[-1], TERMINAL_KINDS)


def _views(packets: list[Packet], *, content: bool) -> list[dict[str, Any]]:
    return [packet_view(packet, content=content) for packet in packets]
