"""The events of a log as they are, for programs that follow a job rather than one client API's answer."""

from typing import Final

import msgspec
import orjson

from proto.events import Event

#: The name under which the neutral events are asked for where else a dialect is named.
EVENTS: Final = "events"


class EventFrames:
    """A `StreamEncoder` that leaves nothing out, not even what no dialect has words for."""

    def opening(self) -> list[bytes]:
        return []

    def feed(self, event: Event) -> list[bytes]:
        name = str(event.__struct_config__.tag)
        data = orjson.dumps({"type": name, **msgspec.structs.asdict(event)})
        return [b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"]

    def keepalive(self) -> bytes:
        return b": keepalive\n\n"
