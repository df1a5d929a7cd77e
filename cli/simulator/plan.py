"""An answer, worked out before its first byte goes: what is written when, and how it ends."""

from dataclasses import dataclass, field
from enum import Enum

from cli.simulator.frames import Framing
from proto.warp.task_pb2 import Message


class Ending(Enum):
    """What happens after the last frame."""

    COMPLETE = "complete"
    CUT = "cut"
    """The connection breaks."""
    SILENT = "silent"
    """Nothing, until the client leaves."""


@dataclass
class Plan:
    """Frames with the seconds to pass before each.

    Args:
        conversation: the root task's messages once the plan has been played to its end.
        wait: seconds before the response's headers; infinite: until the client leaves.
    """

    framing: Framing = field(default_factory=Framing)
    frames: list[tuple[float, bytes]] = field(default_factory=list)
    ending: Ending = Ending.COMPLETE
    wait: float = 0.0
    content_type: str = "text/event-stream"
    conversation: list[Message] = field(default_factory=list)
