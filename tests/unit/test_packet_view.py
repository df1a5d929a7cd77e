"""Messages as people read them: opaque strings decoded beside themselves, faults by field or byte, there and back."""

import base64
import json
from typing import Any

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from proto import codec
from proto.errors import GatewayError
from proto.packet_view import decoded, from_view, view, view_of_event, view_of_packet
from proto.packets import Packet, PacketKind
from proto.warp.request_pb2 import Request
from proto.warp.response_pb2 import ResponseEvent
from proto.warp.task_pb2 import Message as TaskMessage
from proto.wire import WireError, find_fault, read_fields
from tests.unit.test_codec import json_objects, text_event

UUID = "01234567-89ab-cdef-0123-456789abcdef"


def url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def server_message_data() -> str:
    moment = Timestamp(seconds=1757721600, nanos=5).SerializeToString()
    return url64(b"\x0a\x24" + UUID.encode() + b"\x1a" + bytes([len(moment)]) + moment)


class TestOpaque:
    @pytest.mark.parametrize(
        ("text", "holds"),
        [
            ("IgIQAQ==", {"4": {"2": 1}}),
            ("IgIQAQ", {"4": {"2": 1}}),
            (url64(b'{"status": "ok"}'), {"status": "ok"}),
            (url64("schön\n".encode()), "schön\n"),
            (url64(b"\x08\x01\x08\x02\x08\x03"), {"1": [1, 2, 3]}),
            (url64(b"\x12\x02\xff\xfe"), {"2": "//4="}),
            (server_message_data(), {"1": UUID, "3": {"1": 1757721600, "2": 5}}),
            ("done", None),
            ("not base64!", None),
            ("", None),
            ("abcde", None),
        ],
    )
    def test_what_it_holds(self, text: str, holds: Any) -> None:
        assert decoded(text) == holds

    @given(st.binary(max_size=200).map(url64) | st.text(max_size=50))
    def test_any_string_holds_json_or_nothing(self, text: str) -> None:
        json.dumps(decoded(text))

    def test_it_stands_beside_the_raw_and_is_never_encoded(self) -> None:
        event = ResponseEvent()
        added = event.client_actions.actions.add().add_messages_to_task.messages
        added.add(id="m1", server_message_data=server_message_data()).tool_call.server.payload = "IgIQAQ=="
        added.add(id="m2").tool_call_result.server.serialized_result = url64(b'{"n": 1}')
        added.add(id="m3").server_event.payload = "opaque, and no base64"

        shown = view(event)

        first, second, third = shown["client_actions"]["actions"][0]["add_messages_to_task"]["messages"]
        assert first["server_message_data"] == server_message_data()
        assert first["server_message_data_decoded"] == {"uuid": UUID, "timestamp": "2025-09-13T00:00:00.000000005Z"}
        assert first["tool_call"]["server"] == {"payload": "IgIQAQ==", "payload_decoded": {"4": {"2": 1}}}
        assert second["tool_call_result"]["server"]["serialized_result_decoded"] == {"n": 1}
        assert third["server_event"] == {"payload": "opaque, and no base64"}
        assert from_view("ResponseEvent", shown) == event
        first["server_message_data_decoded"]["uuid"] = "changed"
        assert from_view("ResponseEvent", shown) == event

    def test_arguments_are_plain_json_and_keep_members_that_only_look_added(self) -> None:
        arguments = {"payload": "IgIQAQ==", "payload_decoded": 7, "n": 3, "ratio": 0.5}
        message = TaskMessage(id="m")
        message.tool_call.call_mcp_tool.args.CopyFrom(codec.to_struct(arguments))

        shown = view(message)

        assert shown["tool_call"]["call_mcp_tool"]["args"] == arguments
        assert isinstance(shown["tool_call"]["call_mcp_tool"]["args"]["n"], int)
        assert from_view("Message", shown) == message

    def test_a_member_that_no_opaque_field_stands_behind_is_refused(self) -> None:
        with pytest.raises(GatewayError) as caught:
            from_view("Message", {"id": "m", "id_decoded": "m"})

        assert caught.value.param == "id_decoded"

    @given(json_objects, st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
    def test_there_and_back(self, arguments: dict[str, Any], opaque: str) -> None:
        request = Request()
        task = request.task_context.tasks.add(id="t", server_data=opaque)
        task.messages.add(id="m").tool_call.call_mcp_tool.args.CopyFrom(codec.to_struct(arguments))
        request.metadata.logging["n"].number_value = 3
        query = request.input.user_inputs.inputs.add().user_query
        query.query = opaque
        query.referenced_attachments["a"].plain_text = opaque

        again = from_view("Request", json.loads(json.dumps(view(request))))

        assert view(again) == view(request)


class TestFaultsOfJson:
    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"nope": 1}, "nope"),
            ({"input": {"nope": 1}}, "input.nope"),
            ({"task_context": {"tasks": [{}, {"messages": [{"timestamp": "x"}]}]}},
             "task_context.tasks[1].messages[0].timestamp"),
            ({"settings": {"supported_tools": ["NOPE"]}}, "settings.supported_tools[0]"),
            ({"settings": {"rules_enabled": "x"}}, "settings.rules_enabled"),
            ({"input": {"user_inputs": {"inputs": [{"user_query": {"query": 5}}]}}}, "input.inputs.query"),
        ],
    )  # fmt: skip
    def test_name_the_field(self, wrong: dict[str, Any], field: str) -> None:
        with pytest.raises(GatewayError) as caught:
            from_view("Request", wrong)

        assert caught.value.param == field
        assert field in caught.value.message

    @pytest.mark.parametrize("levels", [50, 200, 900])
    def test_deep_nesting_is_read_or_refused(self, levels: int) -> None:
        value: Any = "end"
        for _ in range(levels):
            value = {"a": value}
        try:
            message = from_view("Request.MCPContext.MCPTool", {"name": "t", "input_schema": value})
        except GatewayError:
            return
        assert view(message)["input_schema"] == value


class TestFaultsOfBytes:
    @pytest.mark.parametrize(
        ("data", "at"),
        [
            (b"\x0a\x05ab", 0),
            (b"\x08", 0),
            (b"\x0a\x01a\x07", 3),
            (b"\x00", 0),
            (b"\x0a\x01a\x0c", 3),
            (b"\x0a\x01a" + b"\x80" * 11, 3),
            (b"\x0a\x03a\xffb", 3),
            (b"\x0a\x01a\xa3\x06\x08\x01", 7),
        ],
    )
    def test_tell_the_byte(self, data: bytes, at: int) -> None:
        fault = find_fault(data, TaskMessage)

        assert fault is not None
        assert fault.at == at
        with pytest.raises(GatewayError, match=f"byte {at}: "):
            codec.decode("Message", data)

    def test_inside_a_message_it_counts_from_the_whole_ones_start(self) -> None:
        data = text_event("hello").SerializeToString()
        broken = data.replace(b"hello", b"hel\xffo")

        with pytest.raises(GatewayError, match=f"byte {broken.index(0xFF)}: text is not UTF-8"):
            codec.decode("ResponseEvent", broken)

    @given(st.binary(max_size=100))
    def test_there_is_one_when_protobuf_finds_one(self, data: bytes) -> None:
        try:
            codec.message_type("ResponseEvent").FromString(data)
        except Exception:
            assert find_fault(data, ResponseEvent) is not None

    def test_fields_are_told_with_where_they_stand(self) -> None:
        first, second, third = read_fields(b"\x08\x96\x01\x12\x02hi\x1b\x08\x01\x1c")

        assert (first.number, first.value, first.start, first.end) == (1, 150, 0, 3)
        assert (second.payload, second.inside) == (b"hi", 5)
        assert (third.number, third.end) == (3, 11)
        with pytest.raises(WireError, match="byte 0: a group ends"):
            list(read_fields(b"\x0c"))


def packet(kind: PacketKind, data: bytes) -> Packet:
    return Packet("j", 1, 0, 0, kind, "", len(data), data)


class TestPackets:
    def test_each_kind_is_shown(self) -> None:
        event: Message = text_event("hello")

        assert view_of_packet(packet(PacketKind.REQUEST, Request().SerializeToString() or b"")) is None
        assert view_of_packet(packet(PacketKind.REQUEST, b"\x22\x00")) == {"metadata": {}}
        assert view_of_packet(packet(PacketKind.EVENT, url64(event.SerializeToString()).encode())) == view(event)
        assert view_of_packet(packet(PacketKind.REFUSAL, b'{"error": "no"}')) == {"error": "no"}
        assert view_of_packet(packet(PacketKind.REFUSAL, b"<html>\xff")) == "<html>\ufffd"

    def test_what_cannot_be_read_says_why(self) -> None:
        assert view_of_packet(packet(PacketKind.REQUEST, b"\x08")) == {
            "unreadable": "The bytes are not a 'Request' message: byte 0: the message ends within a number."
        }
        told = view_of_event("%%%")
        assert told is not None
        assert "not base64" in told["unreadable"]
        assert view_of_event("[DONE]") is None
