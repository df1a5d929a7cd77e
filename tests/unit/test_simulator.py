"""The simulator through its socket: each script, by the events it sends; the tests of the gateway stand on it."""

import base64
import json
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any

import h2.connection
import h2.errors
import httpx
import jwt
import pytest
from google.protobuf.json_format import MessageToDict

from cli.simulator import script
from cli.simulator.script import VERBS
from cli.simulator.state import mask
from cli.simulator.texts import is_intact
from proto.conversation import Conversation, Message, Role, TextPart, Tool, ToolCallPart, ToolResultPart
from proto.warp.request_pb2 import Request
from proto.warp.response_pb2 import ResponseEvent
from proto.warp.task_pb2 import Task
from proto.warp_request import RequestOptions, build_request
from tests.servers import Simulator, run_simulator

HEADERS = {"authorization": "Bearer wk-1", "content-type": "application/x-protobuf"}
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}, "note": {"type": "string"}},
    "required": ["city", "days"],
}


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with run_simulator(gap=0) as simulator:
        yield simulator


@pytest.fixture
def simulator(running: Simulator) -> Simulator:
    running.reset()
    return running


def make_request(query: str, *, model: str = "auto", tools: tuple[str, ...] = (), reasoning: bool = False) -> Request:
    request = Request()
    request.task_context.SetInParent()
    request.input.user_inputs.inputs.add().user_query.query = query
    request.settings.model_config.base = model
    request.settings.supports_reasoning_message = reasoning
    request.settings.supported_tools.append(9)
    if tools:
        server = request.mcp_context.servers.add(id="server-1", name="client")
        for name in tools:
            server.tools.add(name=name).input_schema.update(WEATHER)
    return request


def post(simulator: Simulator, request: Request | bytes, token: str = "wk-1") -> httpx.Response:
    body = request if isinstance(request, bytes) else request.SerializeToString()
    headers = HEADERS | {"authorization": f"Bearer {token}"}
    return simulator.control.post("/ai/multi-agent", content=body, headers=headers)


def events_of(text: str) -> list[ResponseEvent]:
    return [
        ResponseEvent.FromString(base64.urlsafe_b64decode(line.removeprefix("data: ")))
        for line in text.split("\n\n")
        if line
    ]


def ask(simulator: Simulator, request: Request | bytes | str, **options: Any) -> list[ResponseEvent]:
    if isinstance(request, str):
        request = make_request(request, **options)
    response = post(simulator, request)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/event-stream"
    return events_of(response.text)


def actions_of(events: list[ResponseEvent]) -> list[Any]:
    return [action for event in events for action in event.client_actions.actions]


def kinds(events: list[ResponseEvent]) -> list[str | None]:
    return [
        event.WhichOneof("type")
        if event.WhichOneof("type") != "client_actions"
        else ",".join(str(action.WhichOneof("action")) for action in event.client_actions.actions)
        for event in events
    ]


def added(events: list[ResponseEvent], kind: str) -> list[Any]:
    return [
        message
        for action in actions_of(events)
        for message in action.add_messages_to_task.messages
        if message.WhichOneof("message") == kind
    ]


def deltas(events: list[ResponseEvent]) -> list[str]:
    """The pieces of the answer, first ones included."""
    return [
        message.agent_output.text
        for action in actions_of(events)
        for message in [*action.add_messages_to_task.messages, action.append_to_message_content.message]
        if message.HasField("agent_output")
    ]


def text_of(events: list[ResponseEvent]) -> str:
    return "".join(deltas(events))


def reason_of(events: list[ResponseEvent]) -> str | None:
    return events[-1].finished.WhichOneof("reason") if events[-1].HasField("finished") else "no end"


def arguments_of(call: Any) -> dict[str, Any]:
    return MessageToDict(call.tool_call.call_mcp_tool.args)


class TestWithoutScript:
    def test_it_says_what_it_is_and_what_it_received(self, simulator: Simulator) -> None:
        events = ask(simulator, "What is a queue?\nPlease.", model="gpt-5-mini", tools=("get_weather",))

        text = text_of(events)
        assert "simulator" in text
        assert "`gpt-5-mini`" in text
        assert "> What is a queue?\n> Please." in text
        assert "one message and 1 tool (get_weather)" in text
        assert added(events, "tool_call") == []

    def test_events_come_in_the_order_of_a_turn(self, simulator: Simulator) -> None:
        events = ask(simulator, "hello", reasoning=True)

        order = list(dict.fromkeys(kinds(events)))
        assert order == [
            "init",
            "create_task",
            "add_messages_to_task",
            "append_to_message_content",
            "update_task_message",
            "update_task_description",
            "finished",
        ]
        assert added(events, "user_query")[0].user_query.query == "hello"
        assert added(events, "agent_reasoning")
        assert added(events, "model_used")[0].model_used.model_id == "claude-4-5-sonnet"
        assert reason_of(events) == "done"

    def test_usage_fits_the_text(self, simulator: Simulator) -> None:
        events = ask(simulator, "[[sim:text n=10 size=8]]")

        charges = events[-1].finished.request_charges.usage_by_category["primary_agent"]
        count = charges.direct_api_inference_usage["claude-4-5-sonnet"].token_count
        assert count.output == 80 / 4
        assert count.input > 0

    def test_reasoning_comes_only_when_supported(self, simulator: Simulator) -> None:
        assert added(ask(simulator, "hello", reasoning=False), "agent_reasoning") == []

    def test_it_calls_the_tool_the_question_names(self, simulator: Simulator) -> None:
        events = ask(simulator, "Please use get_weather for me.", tools=("get_time", "get_weather"))

        (call,) = added(events, "tool_call")
        assert call.tool_call.call_mcp_tool.name == "get_weather"
        assert call.tool_call.call_mcp_tool.server_id == "server-1"
        assert arguments_of(call) == {"city": "Paris", "days": 2.0}
        assert reason_of(events) == "done"

    def test_it_quotes_tool_results(self, simulator: Simulator) -> None:
        request = make_request("[[sim:tools names=get_weather]]")
        result = request.input.user_inputs.inputs.add().tool_call_result
        result.tool_call_id = "call-1"
        result.call_mcp_tool.success.results.add().text.text = "Sunny,\n21 degrees"
        failed = request.input.user_inputs.inputs.add().tool_call_result
        failed.call_mcp_tool.error.message = "no network"

        events = ask(simulator, request)

        assert "> Sunny,\n> 21 degrees" in text_of(events)
        assert "> error: no network" in text_of(events)
        assert added(events, "tool_call") == []


class TestOutput:
    def test_text_has_as_many_deltas_as_asked(self, simulator: Simulator) -> None:
        events = ask(simulator, "[[sim:text n=7 size=5]]")

        assert [len(delta) for delta in deltas(events)] == [5] * 7

    def test_text_may_be_given(self, simulator: Simulator) -> None:
        events = ask(simulator, """say it [[sim:text say="a]] 'b'\\n[[c]]" size=3]] please""")

        assert text_of(events) == "a]] 'b'\n[[c]]"

    def test_checksummed_text_is_the_same_for_a_seed(self, simulator: Simulator) -> None:
        one, again, other = (text_of(ask(simulator, f"[[sim:checksum n=40 size=9 seed={seed}]]")) for seed in (7, 7, 8))

        assert one == again != other
        assert is_intact(one)
        assert is_intact(other)
        assert not is_intact(one[:50] + one[51:])

    def test_steps_play_in_order(self, simulator: Simulator) -> None:
        events = ask(
            simulator,
            "[[sim:reasoning n=3]] [[sim:text say=one]] [[sim:tools names=a,b,a]] [[sim:text say=two]]",
            tools=("a", "b"),
        )

        found = [
            message.WhichOneof("message")
            for action in actions_of(events)
            for message in action.add_messages_to_task.messages
        ]
        assert found[2:] == ["agent_reasoning", "agent_output", *["tool_call"] * 3, "agent_output"]
        calls = added(events, "tool_call")
        assert [call.tool_call.call_mcp_tool.name for call in calls] == ["a", "b", "a"]
        assert len({call.tool_call.tool_call_id for call in calls}) == 3

    def test_tool_arguments_may_be_given(self, simulator: Simulator) -> None:
        events = ask(simulator, """[[sim:tools names=not_offered args='{"n": 3, "x": [[1.5], null]}' apart]]""")

        (call,) = added(events, "tool_call")
        assert arguments_of(call) == {"n": 3.0, "x": [[1.5], None]}

    def test_a_call_may_be_cancelled_upstream(self, simulator: Simulator) -> None:
        events = ask(simulator, "[[sim:tools names=a cancel]]", tools=("a",))

        (call,), (result,) = added(events, "tool_call"), added(events, "tool_call_result")
        assert result.tool_call_result.WhichOneof("result") == "cancel"
        assert result.tool_call_result.tool_call_id == call.tool_call.tool_call_id

    def test_builtin_calls_a_tool_that_was_not_allowed(self, simulator: Simulator) -> None:
        (call,) = added(ask(simulator, "[[sim:builtin]]"), "tool_call")

        assert call.tool_call.WhichOneof("tool") == "run_shell_command"

    @pytest.mark.parametrize(
        ("word", "final"), [("", "The first draft. And its end."), (" mismatch", "Something else altogether.")]
    )
    def test_revise_ends_in_an_update(self, simulator: Simulator, word: str, final: str) -> None:
        events = ask(simulator, f"[[sim:revise{word}]]")

        assert text_of(events) == "The first draft."
        (update,) = [a.update_task_message for a in actions_of(events) if a.HasField("update_task_message")]
        assert update.message.agent_output.text == final
        assert list(update.mask.paths) == ["agent_output.text"]

    def test_rollback_takes_a_draft_back(self, simulator: Simulator) -> None:
        order = [str(action.WhichOneof("action")) for action in actions_of(ask(simulator, "[[sim:rollback]]"))]

        assert order[3:] == [
            "begin_transaction",
            "add_messages_to_task",
            "rollback_transaction",
            "begin_transaction",
            "add_messages_to_task",
            "commit_transaction",
        ]

    def test_a_subtask_has_a_parent(self, simulator: Simulator) -> None:
        root, sub = [
            a.create_task.task for a in actions_of(ask(simulator, "[[sim:subtask]]")) if a.HasField("create_task")
        ]

        assert sub.dependencies.parent_task_id == root.id
        assert sub.messages[0].agent_output.text

    def test_unknown_things_of_every_kind(self, simulator: Simulator) -> None:
        events = ask(simulator, "[[sim:unknown]]")

        assert None in kinds(events)
        assert "None" in kinds(events)
        assert text_of(events) == "A newer server said this."
        assert b"newer" in added(events, "agent_output")[0].SerializeToString()


class TestEnds:
    @pytest.mark.parametrize(
        "reason", [field.name for field in ResponseEvent.StreamFinished.DESCRIPTOR.oneofs_by_name["reason"].fields]
    )
    def test_every_reason(self, simulator: Simulator, reason: str) -> None:
        events = ask(simulator, f"[[sim:finish reason={reason}]]")

        assert reason_of(events) == reason
        assert deltas(events) == []

    def test_no_reason_and_no_usage(self, simulator: Simulator) -> None:
        events = ask(simulator, "[[sim:finish reason=none usage=none]]")

        assert reason_of(events) is None
        assert events[-1].finished.ByteSize() == 0

    @pytest.mark.parametrize(("usage", "field"), [("tokens", "token_usage"), ("total", "conversation_usage_metadata")])
    def test_other_forms_of_usage(self, simulator: Simulator, usage: str, field: str) -> None:
        finished = ask(simulator, f"[[sim:text]] [[sim:finish usage={usage}]]")[-1].finished

        names = {descriptor.name for descriptor, _ in finished.ListFields()}
        assert names == {"done", field, "conversation_usage_metadata"}

    def test_cut_breaks_the_connection(self, simulator: Simulator) -> None:
        received: list[str] = []
        with (
            simulator.control.stream(
                "POST", "/ai/multi-agent", content=body("[[sim:cut after=3]]"), headers=HEADERS
            ) as response,
            pytest.raises(httpx.RemoteProtocolError),
        ):
            received.extend(response.iter_text())

        assert len(deltas(events_of("".join(received)))) == 3
        assert simulator.state()["seen"][-1]["outcome"] == "cut"

    def test_eof_ends_without_a_finish(self, simulator: Simulator) -> None:
        events = ask(simulator, "[[sim:eof after=2]]")

        assert len(deltas(events)) == 2
        assert reason_of(events) == "no end"

    def test_silence_lasts_until_the_client_leaves(self, simulator: Simulator) -> None:
        with simulator.control.stream(
            "POST", "/ai/multi-agent", content=body("[[sim:silent after=1]]"), headers=HEADERS, timeout=0.3
        ) as response:
            lines = response.iter_lines()
            with pytest.raises(httpx.ReadTimeout):
                for _ in lines:
                    pass
            # A read that timed out has closed the connection.

        state = simulator.wait_for(lambda state: state["open_streams"] == 0)
        assert state["closed_early"] == 1
        assert state["seen"][-1]["outcome"] == "left"

    def test_silence_before_the_headers(self, simulator: Simulator) -> None:
        with pytest.raises(httpx.ReadTimeout):
            simulator.control.post(
                "/ai/multi-agent", content=body("[[sim:silent headers]]"), headers=HEADERS, timeout=0.2
            )

        assert simulator.wait_for(lambda state: state["open_streams"] == 0)["closed_early"] == 1

    def test_a_pause_and_a_wait_take_their_time(self, simulator: Simulator) -> None:
        with simulator.control.stream(
            "POST",
            "/ai/multi-agent",
            content=body("[[sim:text n=1]] [[sim:pause 30]] [[sim:text n=1]]"),
            headers=HEADERS,
        ) as response:
            first = next(response.iter_text())
            assert len(deltas(events_of(first))) == 1
        with pytest.raises(httpx.ReadTimeout):
            simulator.control.post("/ai/multi-agent", content=body("[[sim:wait 30]]"), headers=HEADERS, timeout=0.2)

        assert simulator.wait_for(lambda state: state["open_streams"] == 0)["closed_early"] == 2


def body(query: str) -> bytes:
    return make_request(query).SerializeToString()


class TestForm:
    plain = "[[sim:text n=4]]"

    def raw(self, simulator: Simulator, words: str) -> str:
        return post(simulator, make_request(f"{self.plain}[[sim:framing {words}]]")).text

    def test_quoted_and_unpadded(self, simulator: Simulator) -> None:
        lines = [line for line in self.raw(simulator, "quoted unpadded").split("\n\n") if line]

        assert all(re.fullmatch(r'data: "[\w-]+"', line) for line in lines)

    def test_standard_alphabet_over_several_lines(self, simulator: Simulator) -> None:
        text = self.raw(simulator, "standard lines")

        for event in text.strip().split("\n\n"):
            data = "".join(line.removeprefix("data: ") for line in event.split("\n"))
            assert ResponseEvent.FromString(base64.b64decode(data, validate=True))
        assert max(map(len, text.split("\n"))) < 50

    def test_crlf_and_comments(self, simulator: Simulator) -> None:
        text = self.raw(simulator, "crlf comments")

        assert "\n" not in text.replace("\r\n", "")
        assert ": a comment\r\n" in text
        assert "event: message\r\n" in text

    def test_split_writes_end_inside_lines(self, simulator: Simulator) -> None:
        with simulator.control.stream(
            "POST", "/ai/multi-agent", content=body(f"{self.plain}[[sim:framing split]]"), headers=HEADERS
        ) as response:
            chunks = list(response.iter_raw())

        assert len(chunks) > 4
        assert any(not chunk.endswith(b"\n") for chunk in chunks)
        assert len(deltas(events_of(b"".join(chunks).decode()))) == 4

    def test_malformed_events(self, simulator: Simulator) -> None:
        assert "data: {this is not base64!}\n\n" in post(simulator, make_request("[[sim:malformed]]")).text
        with pytest.raises(Exception, match="ResponseEvent"):
            events_of(post(simulator, make_request("[[sim:malformed protobuf]]")).text)

    def test_a_page_instead_of_a_stream(self, simulator: Simulator) -> None:
        response = post(simulator, make_request("[[sim:malformed html]]"))

        assert (response.status_code, response.headers["content-type"]) == (200, "text/html")


class TestRefusals:
    @pytest.mark.parametrize(
        ("script", "status", "headers", "text"),
        [
            ("401", 401, {}, "Unauthorized: User not in context"),
            ("403", 403, {"content-type": "application/json"}, "blocked from using AI features"),
            ("403 html", 403, {"content-type": "text/html; charset=utf-8"}, "403 Forbidden"),
            ("400", 400, {}, "error"),
            ("400 model", 400, {}, "not allowed for this account"),
            ("408", 408, {}, "error"),
            ("429", 429, {"retry-after": "1"}, "error"),
            ("429 retry=30", 429, {"retry-after": "30"}, "error"),
            ("429 credits", 429, {"x-warp-error-code": "OUT_OF_CREDITS"}, "userDisplayMessage"),
            ("429 quota", 429, {}, "No remaining quota"),
            ("503 retry=2", 503, {"retry-after": "2"}, "error"),
            ("500", 500, {}, "error"),
        ],
    )
    def test_statuses(self, simulator: Simulator, script: str, status: int, headers: dict[str, str], text: str) -> None:
        response = post(simulator, make_request(f"[[sim:text]] [[sim:status {script}]]"))

        assert response.status_code == status
        assert headers.items() <= dict(response.headers).items()
        assert text in response.text

    @pytest.mark.parametrize("script", ["429 bare", "401"])
    def test_some_have_no_retry_after(self, simulator: Simulator, script: str) -> None:
        assert "retry-after" not in post(simulator, make_request(f"[[sim:status {script}]]")).headers

    def test_unknown_models_are_refused(self, simulator: Simulator) -> None:
        response = post(simulator, make_request("hello", model="gpt-99"))

        assert response.status_code == 400
        assert "gpt-99" in response.json()["error"]

    @pytest.mark.parametrize(
        ("headers", "content", "status"),
        [
            ({"authorization": "Bearer"}, body("hello"), 401),
            ({"authorization": "Basic wk-1"}, body("hello"), 401),
            ({"content-type": "application/json"}, body("hello"), 400),
            ({}, b"\x0a\xff", 400),
            ({}, b"", 400),
        ],
    )
    def test_bad_requests(self, simulator: Simulator, headers: dict[str, str], content: bytes, status: int) -> None:
        response = simulator.control.post("/ai/multi-agent", content=content, headers=HEADERS | headers)

        assert response.status_code == status
        assert "error" in response.json()

    @pytest.mark.parametrize(
        "script",
        [
            "[[sim:tyxt]]",
            "[[sim:text m=3]]",
            "[[sim:text n=many]]",
            "[[sim:finish reason=boredom]]",
            "[[sim:cut]] [[sim:text]]",
            "[[sim:tools]]",
            "[[sim:tools names=a args=3]]",
            "[[sim:]]",
        ],
    )
    def test_a_slip_in_a_script_is_told(self, simulator: Simulator, script: str) -> None:
        response = post(simulator, make_request(script))

        assert response.status_code == 400
        assert response.json()["error"].startswith("simulator: ")

    def test_large_bodies_and_old_http_meet_the_edge(self, simulator: Simulator) -> None:
        simulator.settings(max_body=1000)
        assert post(simulator, make_request("x" * 2000)).status_code == 403
        simulator.settings(require_http2=True)
        assert "<html>" in post(simulator, make_request("hello")).text

    def test_a_step_may_be_played_a_few_times_only(self, simulator: Simulator) -> None:
        script = "[[sim:status 503 times=2 key=here]] [[sim:text say=done]]"

        statuses = [post(simulator, make_request(script)).status_code for _ in range(3)]

        assert statuses == [503, 503, 200]

    def test_what_follows_an_end_is_for_the_requests_that_it_does_not_end(self, simulator: Simulator) -> None:
        script = "[[sim:text say=begun times=1]][[sim:finish reason=internal_error times=1]][[sim:text say=done]]"

        answers = [events_of(post(simulator, make_request(script)).text) for _ in range(2)]

        assert [text_of(events) for events in answers] == ["begun", "done"]
        assert [events[-1].finished.WhichOneof("reason") for events in answers] == ["internal_error", "done"]


class TestTokens:
    def test_a_token_may_have_a_script(self, simulator: Simulator) -> None:
        simulator.tokens({"wk-a": ["[[sim:status 429]]", "[[sim:status 401]]"], "wk-b": "[[sim:text say=always]]"})
        request = make_request("[[sim:text say=asked]]")

        assert [post(simulator, request, "wk-a").status_code for _ in range(3)] == [429, 401, 200]
        assert {text_of(events_of(post(simulator, request, "wk-b").text)) for _ in range(2)} == {"always"}
        assert text_of(events_of(post(simulator, request, "wk-c").text)) == "asked"

        simulator.tokens({"wk-b": None})
        assert text_of(events_of(post(simulator, request, "wk-b").text)) == "asked"

    def test_only_known_tokens_when_some_are_named(self, simulator: Simulator) -> None:
        simulator.settings(known_tokens=["wk-known"])

        assert post(simulator, make_request("hello"), "wk-known").status_code == 200
        assert post(simulator, make_request("hello"), "wk-other").status_code == 401

    def refresh(self, simulator: Simulator, token: str, path: str = "/v1/token") -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return simulator.control.post(path, params={"key": "web-key"}, data=form)

    @pytest.mark.parametrize("path", ["/v1/token", "/proxy/token"])
    def test_refresh_tokens_rotate(self, simulator: Simulator, path: str) -> None:
        first = self.refresh(simulator, "rt-demo", path).json()
        claims = jwt.decode(first["id_token"], options={"verify_signature": False})
        second = self.refresh(simulator, first["refresh_token"], path).json()
        again = self.refresh(simulator, "rt-demo", path)

        assert claims["exp"] - claims["iat"] == int(first["expires_in"]) == 3600
        assert second["id_token"] != first["id_token"]
        assert again.status_code == 400
        assert again.json()["error"]["message"] == "INVALID_REFRESH_TOKEN"
        assert simulator.state()["refreshes"] == {path: 3}

    def test_issued_tokens_are_known_until_they_expire(self, simulator: Simulator) -> None:
        simulator.settings(known_tokens=[])
        good = self.refresh(simulator, "rt-demo").json()
        simulator.settings(token_lifetime=-1)
        expired = self.refresh(simulator, good["refresh_token"]).json()

        assert post(simulator, make_request("hello"), good["id_token"]).status_code == 200
        assert post(simulator, make_request("hello"), expired["id_token"]).status_code == 401

    @pytest.mark.parametrize(("failure", "status"), [("USER_DISABLED", 400), ("503", 503)])
    def test_an_endpoint_may_fail(self, simulator: Simulator, failure: str, status: int) -> None:
        simulator.settings(refresh_failures={"/v1/token": failure})

        assert self.refresh(simulator, "rt-demo").status_code == status
        assert self.refresh(simulator, "rt-demo", "/proxy/token").status_code == 200

    def test_limits_and_models(self, simulator: Simulator) -> None:
        post(simulator, make_request("hello"))

        def query(operation: str) -> Any:
            response = simulator.control.post(
                "/graphql/v2", params={"op": operation}, json={"operationName": operation}, headers=HEADERS
            )
            return response.json()["data"]["user"]["user"]

        limits = query("GetRequestLimitInfo")["requestLimitInfo"]
        assert (limits["requestLimit"], limits["requestsUsedSinceLastRefresh"]) == (1500, 1)
        choices = query("GetFeatureModelChoices")["workspaces"][0]["featureModelChoice"]["agentMode"]["choices"]
        assert "auto" in [choice["id"] for choice in choices]
        assert simulator.control.post("/graphql/v2", json={}).status_code == 401


class TestState:
    def test_it_tells_what_it_saw_but_no_token(self, simulator: Simulator) -> None:
        simulator.tokens({"wk-secret": "[[sim:status 401]]"})
        post(simulator, make_request("hello"), "wk-secret")
        post(simulator, make_request("there", tools=("a", "b")))

        state = simulator.state()

        assert "wk-secret" not in json.dumps(state)
        assert state["tokens"][mask("wk-secret")] == {"requests": 1, "open": 0, "statuses": {"401": 1}}
        assert (state["requests"], state["completed"]) == (2, 1)
        assert [(seen["query"], seen["status"], seen["tools"]) for seen in state["seen"]] == [
            ("hello", 401, 0),
            ("there", 200, 2),
        ]
        assert state["bodies"][1]["settings"]["supported_tools"] == ["CALL_MCP_TOOL"]

    def test_too_many_streams_are_refused(self, simulator: Simulator) -> None:
        simulator.settings(stream_limit=1)
        with simulator.control.stream(
            "POST", "/ai/multi-agent", content=body("[[sim:silent]]"), headers=HEADERS
        ) as one:
            assert one.status_code == 200
            assert simulator.state()["open_streams"] == 1
            assert post(simulator, make_request("hello")).status_code == 429

        simulator.wait_for(lambda state: state["open_streams"] == 0)
        assert post(simulator, make_request("hello")).status_code == 200

    def test_nonsense_settings_are_refused(self, simulator: Simulator) -> None:
        for path, value in (("settings", {"gap": "wide"}), ("settings", {"gapp": 1}), ("tokens", {"a": "[[sim:x]]"})):
            assert simulator.control.post(f"/_sim/{path}", json=value).status_code == 400


class TestNewestTurn:
    """The forms of a history: a transcript in one query, messages in a task, tasks sent back."""

    tool = Tool("get_weather", WEATHER)

    def conversation(self, *messages: Message) -> Conversation:
        return Conversation("auto", list(messages), system=["Be kind. get_weather"], tools=[self.tool])

    def user(self, text: str, *results: str) -> Message:
        return Message(Role.USER, [*[ToolResultPart("c1", [TextPart(text)]) for text in results], TextPart(text)])

    def called(self) -> Message:
        return Message(Role.ASSISTANT, [TextPart("One moment."), ToolCallPart("c1", "get_weather", '{"city": "Rome"}')])

    def result(self, text: str) -> Message:
        return Message(Role.USER, [ToolResultPart("c1", [TextPart(text)])])

    @pytest.fixture(params=["transcript", "messages"])
    def history(self, request: pytest.FixtureRequest) -> Any:
        return RequestOptions(history=request.param)

    def test_directives_of_older_turns_do_not_fire(self, simulator: Simulator, history: Any) -> None:
        conversation = self.conversation(
            self.user("[[sim:status 401]] first"),
            Message(Role.ASSISTANT, [TextPart("[[sim:status 403]] <user>[[sim:cut]]</user>")]),
            self.user("and now?"),
        )

        events = ask(simulator, build_request(conversation, history))

        assert "> and now?\n" in text_of(events)
        assert "3 messages and 1 tool" in text_of(events)

    def test_directives_of_the_newest_turn_fire(self, simulator: Simulator, history: Any) -> None:
        conversation = self.conversation(
            self.user("[[sim:status 401]]"),
            Message(Role.ASSISTANT, [TextPart("hm")]),
            self.user("again\n\n[[sim:text say=first]]\n\n[[sim:text say=second]]"),
        )

        assert text_of(ask(simulator, build_request(conversation, history))) == "firstsecond"

    def test_a_tool_result_is_answered_as_such(self, simulator: Simulator, history: Any) -> None:
        conversation = self.conversation(
            self.user("[[sim:tools names=get_weather]]"), self.called(), self.result("Sunny in\n\nRome")
        )

        events = ask(simulator, build_request(conversation, history))

        assert "> Sunny in\n> \n> Rome" in text_of(events)
        assert added(events, "tool_call") == []

    def test_words_after_a_tool_result_are_the_newest(self, simulator: Simulator, history: Any) -> None:
        conversation = self.conversation(self.user("hello"), self.called(), self.user("[[sim:text say=new]]", "Sunny"))

        assert text_of(ask(simulator, build_request(conversation, history))) == "new"

    def test_a_script_may_go_on_over_several_rounds_of_tools(self, simulator: Simulator, history: Any) -> None:
        script = (
            "[[sim:tools]] [[sim:then]] [[sim:tools names=get_weather,get_weather]] [[sim:then]] [[sim:text say=end]]"
        )
        messages = [self.user("older"), Message(Role.ASSISTANT, [TextPart("old")]), self.user(script)]

        answers = []
        for _ in range(3):
            events = ask(simulator, build_request(self.conversation(*messages), history))
            answers.append((len(added(events, "tool_call")), text_of(events)))
            messages += [self.called(), self.result("Sunny")]

        assert answers == [(1, ""), (2, ""), (0, "end")]

    def test_rounds_within_a_transcript_count_when_its_task_comes_back(self, simulator: Simulator) -> None:
        script = "[[sim:tools]] [[sim:then]] [[sim:tools]] [[sim:then]] [[sim:text say=end]]"
        transcript = self.conversation(self.user(script), self.called(), self.result("Sunny"))
        first = ask(simulator, build_request(transcript, RequestOptions()))
        request = make_request("")
        request.task_context.tasks.append(folded(first))
        del request.input.user_inputs.inputs[:]
        request.input.user_inputs.inputs.add().tool_call_result.tool_call_id = "c1"

        assert len(added(first, "tool_call")) == 1
        assert text_of(ask(simulator, request)) == "end"

    def test_tasks_that_come_back_unchanged_are_recognized(self, simulator: Simulator) -> None:
        first = ask(simulator, "[[sim:reasoning]] [[sim:checksum]] [[sim:tools names=get_weather]]")
        task = folded(first)
        request = make_request("[[sim:status 401]]")
        request.task_context.tasks.append(task)
        request.metadata.conversation_id = first[0].init.conversation_id
        del request.input.user_inputs.inputs[:]
        result = request.input.user_inputs.inputs.add().tool_call_result
        result.tool_call_id = "c1"
        result.call_mcp_tool.success.results.add().text.text = "Sunny"

        second = ask(simulator, request)
        request.task_context.tasks[0].messages[-2].agent_output.text += "!"
        ask(simulator, request)

        seen = simulator.state()["seen"]
        assert [each["history"] for each in seen] == ["none", "ours", "altered"]
        assert second[0].init.conversation_id == first[0].init.conversation_id
        assert "create_task" not in kinds(second)
        assert "> Sunny" in text_of(second)
        counts = second[-1].finished.request_charges.usage_by_category["primary_agent"].direct_api_inference_usage
        assert counts["claude-4-5-sonnet"].token_count.input_cache_read > 0


def folded(events: list[ResponseEvent]) -> Task:
    """The root task as a client has it in the end."""
    task = Task()
    for action in actions_of(events):
        match action.WhichOneof("action"):
            case "create_task":
                task.CopyFrom(action.create_task.task)
            case "add_messages_to_task":
                task.messages.extend(action.add_messages_to_task.messages)
            case "append_to_message_content":
                delta = action.append_to_message_content.message
                message = next(message for message in task.messages if message.id == delta.id)
                if delta.HasField("agent_reasoning"):
                    message.agent_reasoning.reasoning += delta.agent_reasoning.reasoning
                else:
                    message.agent_output.text += delta.agent_output.text
            case _:
                pass
    return task


def test_over_tls_it_speaks_http2() -> None:
    with run_simulator(tls=True, gap=0) as simulator:
        context = ssl.create_default_context(cafile=simulator.ca_file)
        with httpx.Client(http2=True, verify=context, base_url=simulator.url) as client:
            answer = client.post("/ai/multi-agent", content=body("[[sim:checksum n=30]]"), headers=HEADERS)
            assert answer.http_version == "HTTP/2"
            assert is_intact(text_of(events_of(answer.text)))
            with pytest.raises(httpx.RemoteProtocolError):
                client.post("/ai/multi-agent", content=body("[[sim:cut after=2]]"), headers=HEADERS)
            with client.stream("POST", "/ai/multi-agent", content=body("[[sim:silent]]"), headers=HEADERS) as silent:
                assert silent.status_code == 200
                assert simulator.state()["open_streams"] == 1
        state = simulator.wait_for(lambda state: state["open_streams"] == 0)

    assert state["closed_early"] == 1
    assert [seen["http_version"] for seen in state["seen"]] == ["2"] * 3


def test_over_http2_a_reset_of_one_stream_is_noticed_while_the_connection_stays() -> None:
    with run_simulator(tls=True, gap=0) as simulator:
        context = ssl.create_default_context(cafile=simulator.ca_file)
        context.set_alpn_protocols(["h2"])
        url = httpx.URL(simulator.url)
        with (
            socket.create_connection((url.host, url.port or 0), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=url.host) as wire,
        ):
            connection = h2.connection.H2Connection()
            connection.initiate_connection()
            pseudo = {":method": "POST", ":scheme": "https", ":authority": url.host, ":path": "/ai/multi-agent"}
            connection.send_headers(1, list((pseudo | HEADERS).items()))
            connection.send_data(1, body("[[sim:silent]]"), end_stream=True)
            wire.sendall(connection.data_to_send())
            simulator.wait_for(lambda state: state["open_streams"] == 1)

            connection.receive_data(wire.recv(65536))
            connection.reset_stream(1, h2.errors.ErrorCodes.CANCEL)
            wire.sendall(connection.data_to_send())

            state = simulator.wait_for(lambda state: state["open_streams"] == 0)

    assert state["closed_early"] == 1


def test_every_verb_is_explained() -> None:
    assert [verb for verb in VERBS if not re.search(rf"^    {verb} ", script.__doc__ or "", re.M)] == []
