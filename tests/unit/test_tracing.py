"""The seam of tracing: nothing without being asked, one trace across processes, and no texts."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from api.answered import Answered
from proto.conversation import Conversation, Message, Role, TextPart
from proto.errors import ErrorCode, GatewayError
from proto.events import Usage
from proto.jobs import ChatJob, Lane, Origin
from store import tracing
from store.jobs import Claim
from workers.spans import tell_attempt
from workers.stages import Stages, clock

ROOT = Path(__file__).parents[2]
PARENT = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "tracestate": "vendor=1"}


@pytest.fixture
def told() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing.trace_with(SimpleSpanProcessor(exporter), "test", exporter)
    yield exporter
    tracing.stop_tracing()


def by_name(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def claim_of(trace: dict[str, str]) -> Claim:
    conversation = Conversation("auto", [Message(Role.USER, [TextPart("planted prompt")])])
    job = ChatJob("job1", conversation, origin=Origin("req_1", trace))
    return Claim(job, 2, 0, True, "alice", 1.5, 2.0)


def attempt_of_two_tries() -> Stages:
    stages = Stages(waited=1.5, age=2.0)
    first = stages.begin_try()
    first.leased = clock()
    first.asked = clock()
    first.fail(ErrorCode.UPSTREAM_ERROR, 503)
    second = stages.begin_try()
    second.leased = clock()
    second.asked = clock()
    second.answer(200)
    second.first_event = stages.first_output = second.ended = stages.ended = clock()
    return stages


@pytest.mark.parametrize(
    ("variables", "asked"),
    [
        ({}, False),
        ({"OTEL_SERVICE_NAME": "gateway"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, False),
    ],
)
def test_traces_are_made_only_for_those_who_ask(variables: dict[str, str], asked: bool) -> None:
    assert tracing.asked_for(variables) is asked


def test_without_being_asked_nothing_of_opentelemetry_is_loaded() -> None:
    source = (
        "import sys; from store import tracing; tracing.start_tracing('test');"
        "assert tracing.begin('x', {}) is None;"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]"
    )
    environment = {"PATH": "/usr/bin", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", source], cwd="/", env=environment, check=True, timeout=50)


def test_an_install_without_the_extra_says_what_is_missing() -> None:
    source = (
        "import sys; sys.modules['opentelemetry.sdk'] = None; from store import tracing;"
        "tracing.start_tracing('test'); assert not tracing.on()"
    )
    environment = {"PATH": "/usr/bin", "PYTHONPATH": str(ROOT), "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
    ran = subprocess.run(
        [sys.executable, "-c", source],
        cwd="/", env=environment, check=True, timeout=50, capture_output=True, text=True,
    )  # fmt: skip
    assert "tracing.not_installed" in ran.stdout


def test_when_off_a_request_and_an_attempt_leave_no_trace() -> None:
    answered = Answered({"type": "http", "method": "POST", "path": "/v1/messages", "headers": []})
    assert answered.trace == {}
    with tracing.span("admit", PARENT):
        pass
    tell_attempt(claim_of(PARENT), Lane.INTERACTIVE, attempt_of_two_tries(), "finished", None, None)


def test_a_request_and_the_attempts_at_its_job_are_one_trace_of_the_clients(told: InMemorySpanExporter) -> None:
    headers = [(name.encode(), value.encode()) for name, value in PARENT.items()]
    answered = Answered({"type": "http", "method": "POST", "path": "/v1/messages", "headers": headers})
    with tracing.span("admit", answered.trace):
        pass
    began = time.time()
    tell_attempt(
        claim_of(answered.trace), Lane.INTERACTIVE, attempt_of_two_tries(), "finished", None, Usage(input=7, output=9)
    )
    answered.saw({"type": "http.response.start", "status": 200})
    answered.saw({"type": "http.response.body", "body": b"planted answer"})
    answered.tell()

    spans = told.get_finished_spans()
    assert [span.name for span in spans] == ["admit", "lease", "upstream", "lease", "upstream", "chat.attempt", "POST"]
    server, attempt = spans[-1], spans[-2]
    assert {f"{span.context.trace_id:032x}" for span in spans} == {"0af7651916cd43dd8448eb211c80319c"}
    assert server.kind is SpanKind.SERVER
    assert server.parent is not None
    assert f"{server.parent.span_id:016x}" == "b7ad6b7169203331"
    assert server.attributes is not None
    assert server.attributes["http.response.status_code"] == 200
    assert server.attributes["http.response.body.size"] == 14
    assert [event.name for event in server.events] == ["first_byte"]
    assert attempt.parent is not None
    assert attempt.parent.span_id == server.context.span_id
    assert attempt.attributes is not None
    assert attempt.attributes.items() >= {
        "warp2api.job.id": "job1", "warp2api.attempt": 2, "warp2api.lane": "interactive",
        "warp2api.outcome": "finished", "gen_ai.usage.input_tokens": 7, "gen_ai.usage.output_tokens": 9,
    }.items()  # fmt: skip
    refused, answer = spans[2], spans[4]
    assert all(span.parent and span.parent.span_id == attempt.context.span_id for span in spans[1:5])
    assert refused.attributes is not None
    assert refused.attributes["http.response.status_code"] == 503
    assert refused.attributes["error.type"] == "upstream_error"
    assert refused.status.status_code is StatusCode.ERROR
    assert answer.status.status_code is StatusCode.UNSET
    assert [event.name for event in answer.events] == ["headers", "first_event"]
    assert attempt.start_time is not None
    assert abs(attempt.start_time / 1e9 - began) < 60
    assert "planted" not in "".join(span.to_json() for span in spans)


def test_what_fails_is_told_by_its_code_and_not_by_its_words(told: InMemorySpanExporter) -> None:
    answered = Answered({"type": "http", "method": "POST", "path": "/v1/messages", "headers": []})
    with pytest.raises(GatewayError), tracing.span("publish", answered.trace):
        raise GatewayError(ErrorCode.UNAVAILABLE, "planted")
    with pytest.raises(KeyError), tracing.span("admit", answered.trace):
        raise KeyError("planted")
    tell_attempt(claim_of(answered.trace), Lane.BATCH, Stages(0, 0), "failed", ErrorCode.DEADLINE, None)

    spans = by_name(told)
    errors = {name: (span.attributes or {})["error.type"] for name, span in spans.items()}
    assert errors == {"publish": "unavailable", "admit": "KeyError", "chat.attempt": "deadline"}
    assert "planted" not in "".join(span.to_json() for span in spans.values())


def test_what_is_polled_is_not_traced_and_nonsense_for_a_parent_begins_a_new_trace(told: InMemorySpanExporter) -> None:
    polled = Answered({"type": "http", "method": "GET", "path": "/healthz", "headers": []})
    nonsense = [(b"traceparent", b"00-zz-\xff-01")]
    chat = Answered({"type": "http", "method": "POST", "path": "/v1/messages", "headers": nonsense})
    polled.tell()
    chat.tell()

    (span,) = told.get_finished_spans()
    assert span.parent is None
    assert tracing.trace_id(chat.trace) == f"{span.context.trace_id:032x}"
    assert tracing.trace_id({}) is None


class Stuck(InMemorySpanExporter):
    """Sends nothing until it is told to give up."""

    def __init__(self) -> None:
        super().__init__()
        self.given_up = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        assert self.given_up.wait(120)
        return SpanExportResult.FAILURE

    def shutdown(self) -> None:
        self.given_up.set()


def test_a_collector_that_takes_nothing_does_not_hold_up_a_process_that_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "PATIENCE", 0.05)
    stuck = Stuck()
    tracing.trace_with(BatchSpanProcessor(stuck), "test", stuck)
    with tracing.span("admit", PARENT):
        pass

    tracing.stop_tracing()

    assert stuck.given_up.is_set()
    assert not tracing.on()
