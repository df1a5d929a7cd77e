"""Traces for operators who ask for them with OpenTelemetry's own variables; without that, nothing here costs anything.

A trace goes with its job as W3C headers (`Origin.trace`), so every attempt belongs to it, whichever worker runs it and
however it was enqueued. Spans carry ids, counts and codes: no text of a request, an answer or an exception.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from importlib.metadata import version
from os import environ
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import structlog
from dotenv import dotenv_values

from proto.errors import GatewayError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter
    from opentelemetry.trace import Tracer

log = structlog.get_logger()

#: W3C headers by which a span names its parent; empty for none.
Trace: TypeAlias = Mapping[str, str]
Value: TypeAlias = str | int | float | bool

#: The headers that matter; what else a client sends is its own.
HEADERS: Final = ("traceparent", "tracestate")
#: Seconds that a process which stops gives a collector to take the last spans.
PATIENCE: Final = 2.0


class Kind(Enum):
    """What a span is in its trace; OpenTelemetry's names."""

    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class _Tracing:
    """The process' tracer, and what it sends spans with; None while nobody asks for traces."""

    tracer: "Tracer | None" = None
    provider: "TracerProvider | None" = None
    exporter: "SpanExporter | None" = None


class Span:
    """A span under way. Times are Unix seconds, None for now; values that are None are left out."""

    def __init__(self, span: Any) -> None:
        self._span = span

    @property
    def trace(self) -> dict[str, str]:
        """The headers by which others become its children."""
        from opentelemetry.trace import set_span_in_context
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        headers: dict[str, str] = {}
        TraceContextTextMapPropagator().inject(headers, set_span_in_context(self._span))
        return headers

    def name(self, name: str) -> None:
        """Call it otherwise than it began."""
        self._span.update_name(name)

    def set(self, attributes: Mapping[str, Value | None]) -> None:
        """Tell more of it."""
        self._span.set_attributes(_given(attributes))

    def event(self, name: str, at: float) -> None:
        """Note that it came to something."""
        self._span.add_event(name, timestamp=_nanoseconds(at))

    def end(self, at: float | None = None, *, error: str | None = None) -> None:
        """It is over; `error` is a code, None when all went well."""
        if error is not None:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end(None if at is None else _nanoseconds(at))


def start_tracing(role: str) -> None:
    """Begin to trace if the environment or `.env` asks for it: an OTLP endpoint is set, or `OTEL_TRACES_EXPORTER`.

    All `OTEL_*` variables mean what OpenTelemetry's SDK says; the service is `warp2api` unless `OTEL_SERVICE_NAME` says
    otherwise. `role` tells which part of the gateway the process is.
    """
    for name, value in dotenv_values(".env").items():
        if name.startswith("OTEL_") and value:
            environ.setdefault(name, value)
    if not asked_for(environ):
        return
    try:
        from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter
    except ImportError:
        log.warning("tracing.not_installed", install="pip install 'warp2api[otel]'")
        return
    exporter: SpanExporter
    if environ.get("OTEL_TRACES_EXPORTER") == "console":
        exporter = ConsoleSpanExporter()
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter()
    # A collector that is away: one line for each batch that is lost is enough, not one for each try.
    logging.getLogger("opentelemetry.exporter").setLevel(logging.ERROR)
    trace_with(BatchSpanProcessor(exporter), role, exporter)
    log.info("tracing.started", exporter=environ.get("OTEL_TRACES_EXPORTER") or "otlp")


def asked_for(variables: Mapping[str, str]) -> bool:
    """Whether these variables ask for traces."""
    if variables.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return False
    exporter = variables.get("OTEL_TRACES_EXPORTER", "")
    if exporter:
        return exporter != "none"
    return any(variables.get(f"OTEL_EXPORTER_OTLP_{which}ENDPOINT") for which in ("", "TRACES_"))


def trace_with(processor: "SpanProcessor", role: str, exporter: "SpanExporter") -> None:
    """Begin to trace into this processor, which sends with this exporter. The provider is ours alone: no library's own
    instruments find it.
    """
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    known = {"service.version": version("warp2api"), "warp2api.role": role}
    if "OTEL_SERVICE_NAME" not in environ:
        known["service.name"] = "warp2api"
    provider = TracerProvider(resource=Resource.create(known), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    _Tracing.provider, _Tracing.exporter = provider, exporter
    _Tracing.tracer = provider.get_tracer("warp2api", version("warp2api"))


def stop_tracing() -> None:
    """Trace no more, and send what was not sent yet; a collector that is away holds up nobody for long."""
    provider, exporter = _Tracing.provider, _Tracing.exporter
    _Tracing.tracer = _Tracing.provider = _Tracing.exporter = None
    if provider is None:
        return
    sending = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
    sending.start()
    sending.join(PATIENCE)
    if exporter is not None and sending.is_alive():
        exporter.shutdown()  # which ends its tries
        sending.join(PATIENCE)


def on() -> bool:
    """Whether anybody asks for traces."""
    return _Tracing.tracer is not None


def begin(
    name: str,
    parent: Trace,
    kind: Kind = Kind.INTERNAL,
    at: float | None = None,
    attributes: Mapping[str, Value | None] | None = None,
) -> Span | None:
    """A span that begins now, or at a Unix time; None when nobody asks for traces. `Span.end` is the caller's to call.

    Without a parent it is the root of a new trace.
    """
    if _Tracing.tracer is None:
        return None
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return Span(
        _Tracing.tracer.start_span(
            name,
            context=TraceContextTextMapPropagator().extract(parent, Context()),
            kind=SpanKind[kind.value],
            attributes=_given(attributes or {}),
            start_time=None if at is None else _nanoseconds(at),
        )
    )


def span(name: str, parent: Trace, kind: Kind = Kind.INTERNAL) -> AbstractContextManager[object]:
    """A span around a block, as part of a trace that there is; an exception leaves its code in it."""
    return nullcontext() if _Tracing.tracer is None or not parent else _span(name, parent, kind)


@contextmanager
def _span(name: str, parent: Trace, kind: Kind) -> Iterator[None]:
    around = begin(name, parent, kind)
    error: str | None = None
    try:
        yield
    except BaseException as raised:
        error = raised.code.value if isinstance(raised, GatewayError) else type(raised).__name__
        raise
    finally:
        if around is not None:
            around.end(error=error)


def trace_id(trace: Trace) -> str | None:
    """The id of the trace that these headers name."""
    parts = trace.get("traceparent", "").split("-")
    return parts[1] if len(parts) == 4 else None


def _given(attributes: Mapping[str, Value | None]) -> dict[str, Value]:
    return {name: value for name, value in attributes.items() if value is not None}


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def now() -> float:
    """Unix seconds, the time of spans."""
    return time.time()
