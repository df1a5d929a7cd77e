"""The opaque strings on its messages and tasks, and whether they came back as given (`docs/protocol.md` Q3)."""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Literal

from cli.simulator.turn import content_of
from proto.warp.task_pb2 import Task

_KEY = b"the simulator's seals are no secret"

History = Literal["none", "ours", "altered", "foreign"]


def seal(identity: str, content: str = "") -> str:
    """An opaque string for a message or task that will have this content in the end."""
    return hmac.new(_KEY, f"{identity}\0{content}".encode(), hashlib.sha256).hexdigest()[:32]


def judge(tasks: Iterable[Task]) -> History:
    """How a request's tasks compare with what was sent: none came, all as they were, changed, or not of our making."""
    found: set[str] = set()
    for task in tasks:
        found.add(_compare(task.server_data, seal(task.id)))
        for message in task.messages:
            found.add(_compare(message.server_message_data, seal(message.id, content_of(message))))
    if not found:
        return "none"
    if found == {"ours"}:
        return "ours"
    return "foreign" if found == {"foreign"} else "altered"


def _compare(given: str, right: str) -> str:
    if not given:
        return "foreign"
    return "ours" if given == right else "altered"
