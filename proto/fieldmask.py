"""Masked changes of a stored message, as the upstream means them (`docs/protocol.md` 3.9).

A path is dotted field names as in the `.proto` files. Protobuf's own `FieldMask.MergeMessage` merges where this
replaces, knows no appending and refuses repeated fields on the way.
"""

from collections.abc import Callable, Iterable

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message


class FieldMaskError(ValueError):
    """A path that cannot be followed or a field that cannot be changed so. A name we do not know is neither."""


def replace_fields(stored: Message, incoming: Message, paths: Iterable[str]) -> None:
    """Give `stored` the values that `incoming` has at `paths`; lists are replaced whole, absent values cleared.

    Raises:
        FieldMaskError: a path leads through a map, a scalar, or lists of different lengths.
    """
    for path in paths:
        _apply(stored, incoming, path, _replace)


def append_fields(stored: Message, incoming: Message, paths: Iterable[str]) -> None:
    """Add the strings that `incoming` has at `paths` to the end of those of `stored`.

    Raises:
        FieldMaskError: as `replace_fields`, or a path does not end at a string.
    """
    for path in paths:
        _apply(stored, incoming, path, _append)


_Change = Callable[[Message, Message, str], None]


def _apply(stored: Message, incoming: Message, path: str, change: _Change) -> None:
    name, _, rest = path.partition(".")
    field = stored.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        return
    if not rest:
        change(stored, incoming, name)
        return
    if field.message_type is None or field.message_type.GetOptions().map_entry:
        raise FieldMaskError(f"{field.full_name} has no fields to mask")
    ours, theirs = getattr(stored, name), getattr(incoming, name)
    if not field.is_repeated:
        _apply(ours, theirs, rest, change)
        return
    if len(ours) != len(theirs):
        raise FieldMaskError(f"{field.full_name} has {len(ours)} elements and the change {len(theirs)}")
    for our, their in zip(ours, theirs, strict=True):
        _apply(our, their, rest, change)


def _replace(stored: Message, incoming: Message, name: str) -> None:
    field = stored.DESCRIPTOR.fields_by_name[name]
    stored.SetInParent()  # a default value switches a oneof too
    stored.ClearField(name)
    if field.is_repeated:
        getattr(stored, name).MergeFrom(getattr(incoming, name))
    elif field.has_presence and not incoming.HasField(name):
        return
    elif field.message_type is not None:
        getattr(stored, name).CopyFrom(getattr(incoming, name))
        getattr(stored, name).SetInParent()
    else:
        setattr(stored, name, getattr(incoming, name))


def _append(stored: Message, incoming: Message, name: str) -> None:
    field = stored.DESCRIPTOR.fields_by_name[name]
    if field.type != FieldDescriptor.TYPE_STRING or field.is_repeated:
        raise FieldMaskError(f"{field.full_name} is not a string")
    stored.SetInParent()
    setattr(stored, name, getattr(stored, name) + getattr(incoming, name))
