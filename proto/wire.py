"""Protobuf's wire format read field by field, without a schema."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

#: A message's descriptor; the stubs know two classes of them.
AnyDescriptor = Any

#: Bytes of the longest varint, and of the longest one that is a tag.
MAX_VARINT: Final = 10
MAX_TAG: Final = 5
#: The largest number a field may have.
MAX_NUMBER: Final = 2**29 - 1
#: Levels of messages within messages that are followed.
MAX_DEPTH: Final = 100

_VARINT, _FIXED64, _LENGTH, _GROUP, _END_GROUP, _FIXED32 = range(6)


class WireError(ValueError):
    """The bytes are no message. `at` is the offset, from 0, of the field that cannot be read."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(f"byte {at}: {why}")
        self.at = at
        self.why = why


class WireField(NamedTuple):
    """One field as it stands in the bytes.

    `start` and `end` are where it stands; `value` is its number, or its payload if it has a length, whose first byte is
    at `inside`. A group's value is empty.
    """

    number: int
    wire_type: int
    start: int
    inside: int
    end: int
    value: int | bytes

    @property
    def payload(self) -> bytes:
        """The payload of a field with a length; empty for others."""
        return self.value if isinstance(self.value, bytes) else b""


def read_fields(data: bytes, at: int = 0, end: int | None = None) -> Iterator[WireField]:
    """The fields of a serialized message that stands between two offsets.

    Raises:
        WireError: it ends within a field, or has a tag that protobuf does not know.
    """
    end = len(data) if end is None else end
    while at < end:
        field = _field(data, at, end, MAX_DEPTH)
        if field.wire_type == _END_GROUP:
            raise WireError(field.start, "a group ends that has not begun")
        yield field
        at = field.end


def find_fault(data: bytes, kind: type[Message]) -> WireError | None:
    """The first thing that makes the bytes no message of this kind; None if nothing does."""
    try:
        _check(data, 0, len(data), kind.DESCRIPTOR, MAX_DEPTH)
    except WireError as error:
        return error
    return None


def _check(data: bytes, at: int, end: int, kind: AnyDescriptor, depth: int) -> None:
    if not depth:
        raise WireError(at, f"nested more than {MAX_DEPTH} levels deep")
    for field in read_fields(data, at, end):
        known: Any = kind.fields_by_number.get(field.number)
        if known is None or field.wire_type != _LENGTH:
            continue
        if known.message_type is not None:
            _check(data, field.inside, field.end, known.message_type, depth - 1)
        elif known.type == FieldDescriptor.TYPE_STRING:
            _check_text(field, known.name)
        elif known.type == FieldDescriptor.TYPE_ENUM:
            _check_packed(data, field)


def _check_text(field: WireField, name: str) -> None:
    try:
        field.payload.decode()
    except UnicodeDecodeError as error:
        raise WireError(field.inside + error.start, f"{name} is not UTF-8 there") from error


def _check_packed(data: bytes, field: WireField) -> None:
    at = field.inside
    while at < field.end:
        _, at = _varint(data, at, field.end, at)


def _field(data: bytes, start: int, end: int, depth: int) -> WireField:
    tag, at = _varint(data, start, end, start)
    number, wire_type = tag >> 3, tag & 7
    if not 0 < number <= MAX_NUMBER or at - start > MAX_TAG:
        raise WireError(start, f"no field has the number {number}")
    inside = at
    value: int | bytes = b""
    match wire_type:
        case 0:
            value, at = _varint(data, at, end, start)
        case 1 | 5:
            at += 8 if wire_type == _FIXED64 else 4
            value = int.from_bytes(data[inside:at], "little")
        case 2:
            length, inside = _varint(data, at, end, start)
            at = inside + length
            value = data[inside:at]
        case 3:
            at = _group_end(data, at, end, number, depth)
        case 4:
            pass
        case _:
            raise WireError(start, f"there is no wire type {wire_type}")
    if at > end:
        raise WireError(start, f"field {number} ends {at - end} bytes after the message")
    return WireField(number, wire_type, start, inside, at, value)


def _group_end(data: bytes, at: int, end: int, number: int, depth: int) -> int:
    if not depth:
        raise WireError(at, f"nested more than {MAX_DEPTH} levels deep")
    while at < end:
        field = _field(data, at, end, depth - 1)
        at = field.end
        if field.wire_type == _END_GROUP:
            if field.number != number:
                break
            return at
    raise WireError(at, f"group {number} does not end")


def _varint(data: bytes, first: int, end: int, field: int) -> tuple[int, int]:
    value = 0
    for index, at in enumerate(range(first, min(end, first + MAX_VARINT))):
        value |= (data[at] & 0x7F) << (7 * index)
        if data[at] < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at + 1
    raise WireError(field, "the message ends within a number" if end - first < MAX_VARINT else "a number is too long")
