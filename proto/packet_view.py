"""Warp's messages as people read them: their JSON view, with what opaque strings hold shown beside them.

A string that only the upstream understands (`docs/protocol.md` 5.6, Q3) keeps its place and its value; if it is base64
of something that can be read, the member `<name>_decoded` follows it. Such members are for reading alone: encoding
passes over them, so a view that was edited encodes to what its raw members say.
"""

import base64
import binascii
import re
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from proto.codec import PACKAGE, decode, from_json, message_type, parse_response_event, to_json
from proto.errors import GatewayError
from proto.packets import Packet, PacketKind
from proto.wire import AnyDescriptor, WireError, WireField, read_fields

#: String fields whose content is opaque, in whatever message they stand.
OPAQUE: Final = frozenset({"server_data", "server_message_data", "payload", "serialized_result"})
DECODED: Final = "_decoded"
#: Levels of messages within an opaque string that are shown.
MAX_LEVELS: Final = 12
#: Characters of the shortest string that is taken for base64.
SHORTEST: Final = 4

_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}")
_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PRINTABLE_CONTROLS: Final = frozenset("\t\n\r")
_LENGTH: Final = 2


def view(message: Message) -> dict[str, Any]:
    """The JSON view of a message, with its opaque strings decoded beside them.

    Raises:
        GatewayError: it has no JSON view.
    """
    shown = to_json(message)
    _show_opaque(shown, message.DESCRIPTOR)
    return shown


def from_view(name: str, shown: dict[str, Any]) -> Message:
    """Build a named message from its view; what `view` has added is passed over.

    Raises:
        GatewayError: there is no such message, or the view does not fit it.
    """
    return from_json(name, _without_decoded(shown, message_type(name).DESCRIPTOR))


def view_of_packet(packet: Packet) -> Any:
    """What a packet says: the view of a request or an event, a refusal's body; None if its data is not there.

    What cannot be read is told as `{"unreadable": <why>}`.
    """
    if not packet.data:
        return None
    match packet.kind:
        case PacketKind.REQUEST:
            return _readable("Request", packet.data)
        case PacketKind.EVENT:
            return view_of_event(packet.data)
        case PacketKind.REFUSAL:
            return _refusal(packet.data)


def view_of_event(data: bytes | str) -> dict[str, Any] | None:
    """The view of the event in the `data` of one server-sent event; None if it carries none."""
    try:
        event = parse_response_event(data)
        return None if event is None else view(event)
    except GatewayError as error:
        return {"unreadable": error.message}


def decoded(text: str) -> Any:
    """What an opaque string holds, None if that cannot be told.

    JSON, text, or a protobuf message of unknown kind as an object of field numbers.
    """
    if len(text) < SHORTEST or not _BASE64.fullmatch(text):
        return None
    digits = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        data = base64.b64decode(digits + "=" * (-len(digits) % 4))
    except binascii.Error:
        return None
    readable = _text(data)
    if readable is None:
        return _fields(data, MAX_LEVELS)
    try:
        return orjson.loads(readable)
    except orjson.JSONDecodeError:
        return readable


def _readable(name: str, data: bytes) -> dict[str, Any]:
    try:
        return view(decode(name, data))
    except GatewayError as error:
        return {"unreadable": error.message}


def _refusal(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body.decode(errors="replace")


def _show_opaque(shown: dict[str, Any], kind: AnyDescriptor) -> None:
    for name, value in list(shown.items()):
        field = kind.fields_by_name.get(name)
        if field is None:
            continue
        if _is_opaque(field) and (inside := _decoded_field(name, value)) is not None:
            shown[name + DECODED] = inside
        inner = _ours(field)
        if inner is not None:
            for each in _messages(field, value):
                _show_opaque(each, inner)


def _decoded_field(name: str, value: str) -> Any:
    inside = decoded(value)
    return _server_message_data(inside) if name == "server_message_data" else inside


def _server_message_data(fields: Any) -> Any:
    """An id and a time by their names, where that is what it holds (observed; the schema promises nothing)."""
    if not isinstance(fields, dict) or not fields or not fields.keys() <= {"1", "3"}:
        return fields
    named: dict[str, Any] = {}
    if "1" in fields:
        if not isinstance(fields["1"], str) or not _UUID.fullmatch(fields["1"]):
            return fields
        named["uuid"] = fields["1"]
    if "3" in fields:
        moment = _moment(fields["3"])
        if moment is None:
            return fields
        named["timestamp"] = moment
    return named


def _moment(fields: Any) -> str | None:
    if not isinstance(fields, dict) or not fields.keys() <= {"1", "2"}:
        return None
    seconds, nanos = fields.get("1", 0), fields.get("2", 0)
    if not isinstance(seconds, int) or not isinstance(nanos, int):
        return None
    try:
        moment = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"


def _without_decoded(shown: Any, kind: AnyDescriptor) -> Any:
    """A view without what was added to it; anything that is no view of this kind is left to `from_json` to refuse."""
    if not isinstance(shown, dict):
        return shown
    kept = {}
    for name, value in shown.items():
        field = kind.fields_by_name.get(name) or kind.fields_by_camelcase_name.get(name)
        if field is None and _is_addition(name, kind):
            continue
        inner = _ours(field) if field is not None else None
        kept[name] = value if field is None or inner is None else _cleaned(field, value, inner)
    return kept


def _cleaned(field: FieldDescriptor, value: Any, inner: AnyDescriptor) -> Any:
    if isinstance(value, list):
        return [_without_decoded(each, inner) for each in value]
    if _is_map(field) and isinstance(value, dict):
        return {key: _without_decoded(each, inner) for key, each in value.items()}
    return _without_decoded(value, inner)


def _is_addition(name: str, kind: AnyDescriptor) -> bool:
    raw = kind.fields_by_name.get(name.removesuffix(DECODED))
    return name.endswith(DECODED) and raw is not None and _is_opaque(raw)


def _is_opaque(field: FieldDescriptor) -> bool:
    return field.name in OPAQUE and field.type == FieldDescriptor.TYPE_STRING


def _ours(field: FieldDescriptor) -> AnyDescriptor | None:
    """The kind of message of our schema that a field holds, a map's in its values; None for all else."""
    kind = field.message_type
    if kind is not None and _is_map(field):
        kind = kind.fields_by_name["value"].message_type
    return kind if kind is not None and kind.full_name.startswith(f"{PACKAGE}.") else None


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _messages(field: FieldDescriptor, value: Any) -> list[Any]:
    if _is_map(field):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _text(data: bytes) -> str | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    return text if all(character.isprintable() or character in _PRINTABLE_CONTROLS for character in text) else None


def _fields(data: bytes, levels: int) -> dict[str, Any] | None:
    """A message of unknown kind by its field numbers, None if the bytes are none."""
    if not levels:
        return None
    shown: dict[str, Any] = {}
    try:
        for field in read_fields(data):
            _add(shown, str(field.number), _value(field, levels))
    except WireError:
        return None
    return shown


def _add(shown: dict[str, Any], number: str, value: Any) -> None:
    """Put a value under its number; a number that comes again makes a list."""
    if number not in shown:
        shown[number] = value
    elif isinstance(shown[number], list):
        shown[number].append(value)
    else:
        shown[number] = [shown[number], value]


def _value(field: WireField, levels: int) -> Any:
    if field.wire_type != _LENGTH:
        return field.value if isinstance(field.value, int) else {}
    readable = _text(field.payload)
    if readable is not None:
        return readable
    inner = _fields(field.payload, levels - 1)
    return base64.b64encode(field.payload).decode() if inner is None else inner
