"""The bridge's translating, without a server: names, base64, chunks, schemas."""

import base64

import pytest

from api.bridge import codec
from proto.codec import message_type
from proto.errors import BadRequestError, GatewayError

INIT = b"\x0a\x06\x0a\x04conv"
FINISHED = b"\x1a\x02\x12\x00"


def test_a_type_is_named_with_or_without_the_package_or_not_at_all() -> None:
    assert codec.type_asked_for(None, codec.EVENT) == "warp.multi_agent.v1.ResponseEvent"
    assert codec.type_asked_for("Task", codec.EVENT) == "warp.multi_agent.v1.Task"
    for wrong in ("Nothing", 7, ["Task"], "google.protobuf.Struct"):
        with pytest.raises(BadRequestError) as caught:
            codec.type_asked_for(wrong, codec.EVENT)
        assert caught.value.param == "message_type"


@pytest.mark.parametrize("text", ["CgYKBGNvbnY=", "CgYKBGNvbnY", " CgYK\nBGNvbnY ", "-_8", "+/8=", ""])
def test_base64_of_either_alphabet(text: str) -> None:
    expected = base64.b64decode(text.strip().replace("\n", "").replace("-", "+").replace("_", "/") + "==")

    assert codec.from_base64(text, "f") == expected


@pytest.mark.parametrize(
    ("text", "words"), [("ab*d", "character 2 is '\\*'"), ("a", "not base64"), (5, "must be base64"), (None, "must be")]
)
def test_what_is_no_base64_is_told_where(text: object, words: str) -> None:
    with pytest.raises(BadRequestError, match=words) as caught:
        codec.from_base64(text, "protobuf_bytes")
    assert caught.value.param == "protobuf_bytes"


def test_a_packet_stands_in_json_data_or_is_the_body() -> None:
    assert codec.packet_of({"json_data": {"id": "t"}, "message_type": "Task"}) == {"id": "t"}
    assert codec.packet_of({"id": "t", "message_type": "Task"}) == {"id": "t"}
    with pytest.raises(BadRequestError, match="json_data"):
        codec.packet_of({"json_data": []})


def test_each_chunk_is_read_by_itself_and_all_together() -> None:
    good, bad = codec.to_base64(INIT), codec.to_base64(b"\x0a\x05x")

    told = codec.shown_chunks(codec.EVENT, [good, bad, "%", codec.to_base64(FINISHED)])

    first, second, third, last = told["chunks"]
    assert first == {"chunk_index": 0, "json_data": {"init": {"conversation_id": "conv"}}, "size": 8}
    assert "byte 0" in second["error"]
    assert second["size"] == 3
    assert third == {"chunk_index": 2, "error": "protobuf_chunks[2]: not base64: character 0 is '%'.", "size": 0}
    assert last["json_data"] == {"finished": {"done": {}}}
    assert "error" in told["complete"]
    assert (told["total_chunks"], told["total_size"], told["message_type"]) == (4, 15, codec.EVENT)
    assert codec.shown_chunks(codec.EVENT, [good])["complete"] == {"json_data": first["json_data"], "size": 8}
    with pytest.raises(BadRequestError, match="protobuf_chunks"):
        codec.shown_chunks(codec.EVENT, "CgY=")


def test_every_message_is_listed_once_with_its_fields() -> None:
    told = codec.schemas()
    names = [each["full_name"] for each in told["schemas"]]
    event = next(each for each in told["schemas"] if each["full_name"] == codec.EVENT)

    assert len(names) == len(set(names)) == told["total_count"] > 300
    assert all(message_type(name).DESCRIPTOR.full_name == name for name in names)
    assert event["field_count"] == 3
    assert event["fields"][0] == {
        "name": "init", "number": 1, "type": f"{codec.EVENT}.StreamInit", "label": "optional", "oneof": "type",
    }  # fmt: skip
    assert max(len(each["fields"]) for each in codec.schemas(10)["schemas"]) == 10
    query = codec.schema("Request.Input.UserQuery")["fields"][1]
    assert (query["label"], query["key"], query["type"]) == ("map", "string", "warp.multi_agent.v1.Attachment")


def test_what_is_shown_encodes_to_the_same_bytes() -> None:
    assert codec.encoded(codec.EVENT, codec.shown(codec.EVENT, INIT)["json_data"]) == INIT
    with pytest.raises(GatewayError, match="byte 0"):
        codec.shown(codec.EVENT, b"\x0a")
