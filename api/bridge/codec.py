"""What `/encode`, `/decode` and `/schemas` do: JSON and bytes of any message of the schema. Pure."""

import base64
import binascii
import re
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from proto.codec import PACKAGE, decode, encode, message_type
from proto.errors import BadRequestError, GatewayError
from proto.packet_view import from_view, view
from proto.warp import request_pb2

REQUEST: Final = f"{PACKAGE}.Request"
EVENT: Final = f"{PACKAGE}.ResponseEvent"
#: Fields that the earlier listing of schemas shows of each message (`docs/protocol.md` 5.2).
FIRST_FIELDS: Final = 10

_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/_=\s-]")
_TO_STANDARD: Final = str.maketrans("-_", "+/")
#: What is about a packet in a body, and not in it.
_ABOUT: Final = frozenset({"json_data", "message_type"})
_TYPE_WORDS: Final = {
    value: name.removeprefix("TYPE_").lower() for name, value in vars(FieldDescriptor).items() if name[:5] == "TYPE_"
}


def type_asked_for(given: Any, default: str) -> str:
    """The full name of the message type that a request names, or the default.

    Raises:
        GatewayError: the schema has no such message, or it is no name.
    """
    if given is None:
        return default
    if not isinstance(given, str):
        raise BadRequestError("message_type: must be the name of a message.", param="message_type")
    try:
        return str(message_type(given).DESCRIPTOR.full_name)
    except GatewayError as error:
        raise BadRequestError(f"message_type: {error.message}", param="message_type") from error


def packet_of(body: dict[str, Any]) -> dict[str, Any]:
    """The message in JSON that a body holds: its `json_data`, or its own members.

    Raises:
        BadRequestError: `json_data` is no object.
    """
    if "json_data" not in body:
        return {name: value for name, value in body.items() if name not in _ABOUT}
    packet = body["json_data"]
    if not isinstance(packet, dict):
        raise BadRequestError("json_data: must be a JSON object.", param="json_data")
    return packet


def encoded(name: str, packet: dict[str, Any]) -> bytes:
    """A message's bytes from its JSON; equal messages give equal bytes.

    Raises:
        GatewayError: the JSON does not fit; `param` names the field.
    """
    return encode(from_view(name, packet))


def shown(name: str, data: bytes) -> dict[str, Any]:
    """A message's JSON from its bytes, with its length.

    Raises:
        GatewayError: the bytes are no such message; the message names the byte.
    """
    return {"json_data": view(decode(name, data)), "size": len(data)}


def from_base64(given: Any, field: str) -> bytes:
    """The bytes that a base64 text of either alphabet stands for, padded or not.

    Raises:
        BadRequestError: it is none; the message names the character.
    """
    if not isinstance(given, str):
        raise BadRequestError(f"{field}: must be base64 text.", param=field)
    if strange := _NOT_BASE64.search(given):
        raise BadRequestError(f"{field}: not base64: character {strange.start()} is {strange[0]!r}.", param=field)
    digits = "".join(given.translate(_TO_STANDARD).split()).rstrip("=")
    try:
        return binascii.a2b_base64(digits + "=" * (-len(digits) % 4), strict_mode=True)
    except binascii.Error as error:
        raise BadRequestError(f"{field}: not base64: {error}.", param=field) from error


def to_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode()


def shown_chunks(name: str, given: Any) -> dict[str, Any]:
    """Chunks of a stream, each decoded by itself and all together; what cannot be read says why in its place.

    Raises:
        BadRequestError: they are no list.
    """
    if not isinstance(given, list):
        raise BadRequestError("protobuf_chunks: must be a list of base64 texts.", param="protobuf_chunks")
    chunks: list[dict[str, Any]] = []
    parts: list[bytes] = []
    for index, text in enumerate(given):
        chunk, data = _chunk(name, text, f"protobuf_chunks[{index}]")
        chunks.append({"chunk_index": index, **chunk})
        parts.append(data)
    whole = b"".join(parts)
    return {
        "chunks": chunks,
        "complete": _shown_or_error(name, whole),
        "total_chunks": len(chunks),
        "total_size": len(whole),
        "message_type": name,
    }


def _chunk(name: str, text: Any, field: str) -> tuple[dict[str, Any], bytes]:
    try:
        data = from_base64(text, field)
    except BadRequestError as error:
        return {"error": error.message, "size": 0}, b""
    return _shown_or_error(name, data), data


def _shown_or_error(name: str, data: bytes) -> dict[str, Any]:
    try:
        return shown(name, data)
    except GatewayError as error:
        return {"error": error.message, "size": len(data)}


@cache
def schemas(most: int | None = None) -> dict[str, Any]:
    """All messages of the schema by name, each with its first `most` fields; None: with all."""
    listed = [_schema(each, most) for each in _messages()]
    return {"schemas": listed, "total_count": len(listed), "message": f"{len(listed)} message types of {PACKAGE}"}


def schema(name: str) -> dict[str, Any]:
    """One message with all its fields.

    Raises:
        GatewayError: there is none.
    """
    return _schema(message_type(name).DESCRIPTOR, None)


def _messages() -> list[Any]:
    """Every message of every file that a request or an answer is made of, but for the entries of maps."""
    files, unseen = set(), [request_pb2.DESCRIPTOR.pool.FindFileContainingSymbol(each) for each in (REQUEST, EVENT)]
    found: list[Any] = []
    while unseen:
        file = unseen.pop()
        if file.name in files or file.package != PACKAGE:
            continue
        files.add(file.name)
        unseen.extend(file.dependencies)
        found.extend(file.message_types_by_name.values())
    for each in found:  # grows while it is walked: nested messages come after their outer one
        found.extend(inner for inner in each.nested_types if not inner.GetOptions().map_entry)
    return sorted(found, key=lambda each: str(each.full_name))


def _schema(kind: Any, most: int | None) -> dict[str, Any]:
    return {
        "name": kind.name,
        "full_name": kind.full_name,
        "field_count": len(kind.fields),
        "fields": [_field(field) for field in kind.fields[:most]],
    }


def _field(field: Any) -> dict[str, Any]:
    kind: Descriptor | None = field.message_type
    is_map = kind is not None and kind.GetOptions().map_entry
    described = {
        "name": field.name,
        "number": field.number,
        "type": _type_word(field),
        "label": "map" if is_map else "repeated" if field.is_repeated else "optional",
    }
    if is_map and kind is not None:
        described |= {"key": _type_word(kind.fields_by_name["key"]), "type": _type_word(kind.fields_by_name["value"])}
    if field.containing_oneof is not None:
        described["oneof"] = field.containing_oneof.name
    return described


def _type_word(field: Any) -> str:
    named = field.message_type or field.enum_type
    return str(named.full_name) if named is not None else _TYPE_WORDS[field.type]
