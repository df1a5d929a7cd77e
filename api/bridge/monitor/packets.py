"""The packets of the latest jobs, in memory alone and bounded."""

from collections.abc import Sequence
from typing import Final

from proto.packets import Packet

#: Bytes of packets that are remembered, a packet's own needs counted as `OVERHEAD`; the oldest jobs' are forgotten.
MOST_BYTES: Final = 32 * 1024 * 1024
OVERHEAD: Final = 300
#: Packets of one job.
MOST_OF_A_JOB: Final = 5000


class PacketHistory:
    """Packets by job."""

    def __init__(self) -> None:
        self._jobs: dict[str, list[Packet]] = {}
        self._bytes = 0

    def add(self, packets: Sequence[Packet]) -> None:
        """Remember packets, in the order they came."""
        for packet in packets:
            known = self._jobs.setdefault(packet.job_id, [])
            if len(known) < MOST_OF_A_JOB:
                known.append(packet)
                self._bytes += len(packet.data) + OVERHEAD
        while self._bytes > MOST_BYTES and self._jobs:
            forgotten = self._jobs.pop(next(iter(self._jobs)))
            self._bytes -= sum(len(packet.data) + OVERHEAD for packet in forgotten)

    def of(self, job_id: str, after: int = 0) -> list[Packet]:
        """The packets of a job but the first `after`."""
        return self._jobs.get(job_id, [])[after:]
