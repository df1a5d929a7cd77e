"""What a worker and the upstream say to each other, as packets that a monitor can show.

Packets are published while somebody watches, and kept nowhere: a batch that nobody hears is gone.
"""

from enum import IntEnum, StrEnum
from typing import Final

import msgspec

from proto.codec import parse_response_event
from proto.errors import GatewayError
from proto.warp.response_pb2 import ClientAction, ResponseEvent

#: Bytes of a packet's data that are told; of larger ones only the size is.
MAX_DATA: Final = 1024 * 1024

#: What an earlier bridge called the actions (`docs/protocol.md` 5.2); the others go by their own names.
_ACTION_WORDS: Final = {
    "append_to_message_content": "APPEND_CONTENT",
    "add_messages_to_task": "ADD_MESSAGE",
    None: "UNKNOWN_ACTION",
}


class Watched(IntEnum):
    """How much of the packets somebody wants to see. More is greater."""

    NOTHING = 0
    SHAPES = 1
    CONTENT = 2


class PacketKind(StrEnum):
    """Which way a packet went, and whether it is an answer's or a refusal's."""

    REQUEST = "request"
    EVENT = "event"
    REFUSAL = "refusal"


class Packet(msgspec.Struct, frozen=True, array_like=True):
    """One message to or from the upstream.

    `number` counts the packets of one attempt, from 0; `at` is in Unix milliseconds; `type` says in a word what it is;
    `size` is in bytes of protobuf, of a refusal in bytes of its body. `data` is the request's protobuf, the base64 of
    an event as it came, or the beginning of a refusal's body; empty when only shapes are watched, and above `MAX_DATA`.
    """

    job_id: str
    attempt: int
    number: int
    at: int
    kind: PacketKind
    type: str
    size: int
    data: bytes = b""


class PacketBatch(msgspec.Struct, frozen=True, array_like=True):
    """What one worker process publishes at once. `dropped` packets before it found no room."""

    worker: str
    packets: list[Packet]
    dropped: int = 0


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PacketBatch)


def encode_packets(batch: PacketBatch) -> bytes:
    """The published form."""
    return _encoder.encode(batch)


def decode_packets(message: bytes) -> PacketBatch:
    """Read what a worker has published.

    Raises:
        msgspec.DecodeError: the bytes are no batch of packets of this or the previous release.
    """
    return _decoder.decode(message)


def type_of_data(data: bytes) -> str:
    """The word for the data of one server-sent event."""
    try:
        event = parse_response_event(data)
    except GatewayError:
        return "MALFORMED"
    return "EMPTY" if event is None else type_of_event(event)


def type_of_event(event: ResponseEvent) -> str:
    """The word for one event."""
    match event.WhichOneof("type"):
        case "init":
            return "INITIALIZATION"
        case "finished":
            return "FINISHED"
        case "client_actions":
            words = ",".join([_word(action) for action in event.client_actions.actions])
            return f"CLIENT_ACTIONS({words})" if words else "CLIENT_ACTIONS_EMPTY"
        case _:
            return "UNKNOWN_EVENT"


def _word(action: ClientAction) -> str:
    name = action.WhichOneof("action")
    return _ACTION_WORDS.get(name) or str(name).upper()


def size_of_data(data: bytes) -> int:
    """The bytes of protobuf that the base64 of an event stands for."""
    digits = len(data.rstrip(b"="))
    return digits * 3 // 4
