"""Bytes, messages and JSON: each way there and back, and what broken input does."""

import base64
import json
import math
import struct
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct
from hypothesis import given
from hypothesis import strategies as st

from proto import codec
from proto.errors import ErrorCode, GatewayError
from proto.warp.request_pb2 import Request
from proto.warp.response_pb2 import ClientAction, ResponseEvent
from proto.warp.task_pb2 import Task

exact_integers = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
json_values = st.recursive(
    st.none() | st.booleans() | exact_integers | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)
json_objects = st.dictionaries(texts, json_values, max_size=5)


def text_event(text: str) -> ResponseEvent:
    event = ResponseEvent()
    append = event.client_actions.actions.add().append_to_message_content
    append.message.id = "m1"
    append.message.agent_output.text = text
    append.mask.paths.append("agent_output.text")
    return event


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


class TestNames:
    @pytest.mark.parametrize(
        "name", ["Request", "ResponseEvent.StreamInit", "warp.multi_agent.v1.Message.ToolCall.CallMCPTool", "TodoItem"]
    )
    def test_a_message_is_found_with_and_without_the_package(self, name: str) -> None:
        assert codec.message_type(name).DESCRIPTOR.full_name.endswith(name)

    @pytest.mark.parametrize(
        "name", ["", "Nothing", "google.protobuf.Struct", "ToolType", "Request.Input.type", "x" * 999]
    )
    def test_an_unknown_name_is_a_bad_request(self, name: str) -> None:
        with pytest.raises(GatewayError) as caught:
            codec.message_type(name)

        assert caught.value.code is ErrorCode.INVALID_REQUEST
        assert len(caught.value.message) < 200


class TestBytes:
    def test_unknown_fields_survive(self) -> None:
        task = Task(id="t1", server_data="opaque")
        later_release = task.SerializeToString() + b"\xa2\x06\x03new" + b"\x20\x05"  # fields 100 and 4

        again = codec.encode(codec.decode("Task", later_release))

        assert b"\xa2\x06\x03new" in again
        assert codec.decode("Task", again) == codec.decode("Task", later_release)

    def test_equal_messages_give_equal_bytes(self) -> None:
        members = {f"p{number}": number for number in range(50)}
        backwards = dict(reversed(members.items()))

        assert codec.encode(codec.to_struct(members)) == codec.encode(codec.to_struct(backwards))

    def test_broken_bytes_are_a_bad_request(self) -> None:
        with pytest.raises(GatewayError) as caught:
            codec.decode("Request", b"\x0a\xff")

        assert caught.value.code is ErrorCode.INVALID_REQUEST
        assert caught.value.__cause__ is not None


class TestJson:
    def test_the_view_has_the_names_of_the_schema(self) -> None:
        request = codec.from_json(
            "Request",
            {
                "task_context": {},
                "input": {"user_inputs": {"inputs": [{"user_query": {"query": " hi "}}]}},
                "settings": {"model_config": {"base": "auto"}, "supported_tools": ["CALL_MCP_TOOL"]},
                "metadata": {"logging": {"entrypoint": "USER_INITIATED", "n": 3}},
            },
        )

        assert isinstance(request, Request)
        assert list(request.settings.supported_tools) == [9]
        assert codec.to_json(request) == {
            "task_context": {},
            "input": {"user_inputs": {"inputs": [{"user_query": {"query": " hi "}}]}},
            "settings": {"model_config": {"base": "auto"}, "supported_tools": ["CALL_MCP_TOOL"]},
            "metadata": {"logging": {"entrypoint": "USER_INITIATED", "n": 3}},
        }
        assert json.dumps(codec.to_json(request)).count("3.0") == 0

    def test_camel_case_is_read_too(self) -> None:
        assert codec.from_json("Request", {"taskContext": {}}) == Request(task_context={})

    @pytest.mark.parametrize(
        "view", [{"input": 3}, {"nonsense": 1}, {"settings": {"supported_tools": ["NOPE"]}}, {1: 2}, 7]
    )
    def test_a_view_that_does_not_fit_is_a_bad_request(self, view: Any) -> None:
        with pytest.raises(GatewayError) as caught:
            codec.from_json("Request", view)

        assert caught.value.code is ErrorCode.INVALID_REQUEST

    def test_what_json_cannot_say_at_all_is_a_bad_request(self) -> None:
        appended = ClientAction.AppendToMessageContent(mask=FieldMask(paths=["agentOutput"]))
        with pytest.raises(GatewayError, match="no JSON view") as refusal:
            codec.to_json(appended)
        assert refusal.value.code is ErrorCode.INVALID_REQUEST

    def test_numbers_json_cannot_say_are_null(self) -> None:
        event = text_event("x")
        call = event.client_actions.actions.add().add_messages_to_task.messages.add().tool_call
        call.call_mcp_tool.args.fields["deep"].list_value.values.add().number_value = math.nan

        view = codec.to_json(event)

        message = view["client_actions"]["actions"][1]["add_messages_to_task"]["messages"][0]
        assert message["tool_call"]["call_mcp_tool"]["args"] == {"deep": [None]}
        values = call.call_mcp_tool.args.fields["deep"].list_value.values
        assert math.isnan(values[0].number_value), "the message itself is left as it was"

    @given(json_objects)
    def test_message_to_json_and_back(self, arguments: dict[str, Any]) -> None:
        task = Task(id="t")
        message = task.messages.add(id="m")
        message.tool_call.call_mcp_tool.args.CopyFrom(codec.to_struct(arguments))

        view = codec.to_json(task)

        # By the view, not the message: -0.0 is a whole number, so it is written 0.
        assert codec.to_json(codec.from_json("Task", json.loads(json.dumps(view)))) == view


class TestStructs:
    @given(json_objects)
    def test_round_trip_over_the_wire(self, members: dict[str, Any]) -> None:
        wire = codec.encode(codec.to_struct(members))

        assert codec.from_struct(Struct.FromString(wire)) == members

    @given(json_objects)
    def test_it_is_the_struct_of_the_library(self, members: dict[str, Any]) -> None:
        expected = json_format.ParseDict(members, Struct())

        assert codec.to_struct(members) == expected

    @pytest.mark.parametrize(
        ("number", "text"),
        [
            (3.0, "3"),
            (-0.0, "0"),
            (2.0**53 - 1, "9007199254740991"),
            (2.0**53, "9007199254740992.0"),
            (1e300, "1e+300"),
            (0.5, "0.5"),
            (math.nan, "null"),
            (-math.inf, "null"),
        ],
    )
    def test_how_numbers_read(self, number: float, text: str) -> None:
        struct_ = Struct()
        struct_.fields["n"].number_value = number

        assert json.dumps(codec.from_struct(struct_)) == f'{{"n": {text}}}'

    def test_booleans_are_not_numbers(self) -> None:
        assert repr(codec.from_struct(codec.to_struct({"a": True, "b": 1, "c": 0, "d": False}))) == (
            "{'a': True, 'b': 1, 'c': 0, 'd': False}"
        )

    def test_members_come_sorted(self) -> None:
        assert list(codec.from_struct(codec.to_struct({"b": 1, "a": 2, "c": 3}))) == ["a", "b", "c"]

    @pytest.mark.parametrize(
        "members",
        [
            {"n": 10**400},
            {"s": "\ud800"},
            {"\ud800": 1},
            {"o": object()},
            {1: 2},
            nested(29),
            {"a": [[[]] * 2]} | nested(40),
        ],
    )
    def test_what_cannot_be_sent_is_a_bad_request(self, members: dict[str, Any]) -> None:
        with pytest.raises(GatewayError) as caught:
            codec.to_struct(members)

        assert caught.value.code is ErrorCode.INVALID_REQUEST

    def test_the_deepest_struct_allowed_can_still_be_read_where_structs_lie_deepest(self) -> None:
        event = ResponseEvent()
        message = event.client_actions.actions.add().move_messages_to_new_task.new_task.messages.add()
        message.tool_call.call_mcp_tool.args.CopyFrom(codec.to_struct(nested(28) | {"list": [[[1]]]}))

        assert ResponseEvent.FromString(codec.encode(event)) == event


class TestEventData:
    message = text_event("Grüße, 世界 \x00 >>>???")
    plain = base64.urlsafe_b64encode(message.SerializeToString()).decode()

    @pytest.mark.parametrize(
        "write",
        [
            lambda text: text,
            lambda text: text.encode(),
            lambda text: f'"{text}"',
            lambda text: text.rstrip("="),
            lambda text: f'"{text.rstrip("=")}"',
            lambda text: text.replace("-", "+").replace("_", "/"),
            lambda text: f" {text[:7]}\n{text[7:20]}\r\n\t{text[20:]} ",
        ],
    )
    def test_every_spelling_reads(self, write: Any) -> None:
        assert codec.parse_response_event(write(self.plain)) == self.message

    @pytest.mark.parametrize("nothing", ["", "  \r\n", '""', "[DONE]", ' "[DONE]" ', b"[DONE]\n"])
    def test_blank_and_done_carry_no_message(self, nothing: bytes | str) -> None:
        assert codec.decode_event_data(nothing) == b""
        assert codec.parse_response_event(nothing) is None

    @pytest.mark.parametrize("broken", ["A", "AAAAA", "{}", "CgA*", "Cg=A", "Grüße", b"\xff\xfe", "____", "DONE"])
    def test_broken_data_is_a_protocol_error_with_its_cause(self, broken: bytes | str) -> None:
        with pytest.raises(GatewayError) as caught:
            codec.parse_response_event(broken)

        assert caught.value.code is ErrorCode.UPSTREAM_PROTOCOL
        assert caught.value.__cause__ is not None

    def test_hexadecimal_is_read_as_base64(self) -> None:
        assert codec.decode_event_data("0a0b") == base64.b64decode("0a0b")

    def test_an_event_of_a_newer_schema_is_read(self) -> None:
        newer = self.message.SerializeToString() + b"\xfa\x07\x02hi"

        event = codec.parse_response_event(base64.urlsafe_b64encode(newer))

        assert event is not None
        assert event.WhichOneof("type") == "client_actions"
        assert codec.encode(event).endswith(b"\xfa\x07\x02hi")

    def test_an_unreadable_bill_does_not_cost_the_answer(self) -> None:
        charges_then_refresh = b"\x6a\x04\x0a\x02\x0a\xff" + b"\x48\x01"
        done = b"\x12\x00"
        finished = done + charges_then_refresh
        event = codec.parse_response_event(base64.urlsafe_b64encode(bytes([0x1A, len(finished)]) + finished))

        assert event is not None
        assert event.finished.WhichOneof("reason") == "done"
        assert event.finished.should_refresh_model_config
        assert not event.finished.HasField("request_charges")

    @given(st.binary(min_size=1))
    def test_any_bytes_come_back(self, data: bytes) -> None:
        assert codec.decode_event_data(base64.urlsafe_b64encode(data)) == data

    @given(st.binary() | st.text())
    def test_any_input_is_an_event_nothing_or_a_gateway_error(self, text: bytes | str) -> None:
        try:
            result: object = codec.parse_response_event(text)
        except GatewayError as error:
            result = error.code

        assert result is None or result is ErrorCode.UPSTREAM_PROTOCOL or isinstance(result, Message)


def test_doubles_are_what_travels() -> None:
    assert codec.encode(codec.to_struct({"n": 3}))[-8:] == struct.pack("<d", 3.0)
