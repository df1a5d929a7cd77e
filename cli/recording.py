"""What the upstream sent, written into files as `curl` would have saved it; `warp2api parse` reads them."""

import os
from pathlib import Path
from typing import Final

import msgspec

from proto.codec import decode, to_json
from proto.errors import GatewayError
from proto.packets import Packet, PacketKind

#: Prompts and answers are in the files: nobody else reads them.
_MODE: Final = 0o600


class Recording:
    """The files of several jobs. A job that is asked for more than once (another token, another attempt) has a file for
    each time.

    Args:
        target: the folder that the files go into, or the one file that all goes into.
        requests: the requests are written as well, beside the responses.

    Attributes:
        files: the responses that were written, in order.
        notes: what is missing in them, in words.
    """

    def __init__(self, target: Path, *, requests: bool) -> None:
        self.files: list[Path] = []
        self.notes: list[str] = []
        self._target = target
        self._requests = requests
        self._next: dict[tuple[str, int], int] = {}
        self._tries: dict[str, int] = {}
        self._open: dict[str, Path] = {}

    def take(self, packet: Packet) -> None:
        """Write one packet down."""
        key = packet.job_id, packet.attempt
        expected = self._next.get(key, 0)
        self._next[key] = packet.number + 1
        if packet.kind is PacketKind.REQUEST or packet.job_id not in self._open:
            self._begin(packet)
        if packet.number != expected:
            self._miss(packet, f"packets are missing before this one: {packet.number - expected}")
        match packet.kind:
            case PacketKind.REQUEST:
                self._ask(packet)
            case PacketKind.EVENT:
                self._hear(packet)
            case PacketKind.REFUSAL:
                head = f"{packet.type.replace(' ', '/1.1 ', 1)}\r\n\r\n".encode()
                self._write(packet, head + packet.data)

    def _begin(self, packet: Packet) -> None:
        number = self._tries[packet.job_id] = self._tries.get(packet.job_id, 0) + 1
        path = self._target
        if path.is_dir():
            path /= f"{packet.job_id}-{number}.sse"
        elif self.files:
            path = path.with_stem(f"{path.stem}-{len(self.files) + 1}")
        _write(path, b"")
        self._open[packet.job_id] = path
        self.files.append(path)

    def _ask(self, packet: Packet) -> None:
        if not self._requests:
            return
        if packet.size and not packet.data:
            self._miss(packet, f"the request of {packet.size} bytes is too large to be told")
            return
        path = self._open[packet.job_id]
        _write(path.with_suffix(".request.bin"), packet.data)
        try:
            view = to_json(decode("Request", packet.data))
        except GatewayError as error:
            self.notes.append(f"{path}: the request has no JSON view: {error.message}")
            return
        text = msgspec.json.format(msgspec.json.encode(view), indent=2)
        _write(path.with_suffix(".request.json"), text + b"\n")

    def _hear(self, packet: Packet) -> None:
        if packet.size and not packet.data:
            self._miss(packet, f"an event of {packet.size} bytes is too large to be told")
            return
        lines = packet.data.split(b"\n")
        self._write(packet, b"".join(b"data: " + line + b"\n" for line in lines) + b"\n")

    def _miss(self, packet: Packet, what: str) -> None:
        self.notes.append(f"{self._open[packet.job_id]}: {what}")
        self._write(packet, f": {what}\n\n".encode())

    def _write(self, packet: Packet, data: bytes) -> None:
        with self._open[packet.job_id].open("ab") as file:
            file.write(data)


def _write(path: Path, data: bytes) -> None:
    """A new file of the operator's alone."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE), "wb") as file:
        os.fchmod(file.fileno(), _MODE)  # one that was there keeps its mode otherwise
        file.write(data)
