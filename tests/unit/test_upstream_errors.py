"""What each refusal of the upstream means, from responses built by hand."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from proto.errors import ErrorCode, GatewayError
from tests.contract.streaming_app import FINISHED, INIT, frame
from workers.errors import LARGE_REQUEST, LONGEST_RETRY_AFTER, Blame, UpstreamError, failure, parse_retry_after, refusal
from workers.settings import UpstreamSettings
from workers.sse import MAX_EVENT
from workers.upstream import MAX_BODY, MAX_REFUSAL, Upstream, request_headers

NOW = 1_800_000_000.0
HTML = "<html><head><title>403 Forbidden</title></head></html>"


def refused(
    status: int, body: Any = "", *, headers: dict[str, str] | None = None, request_size: int = 100
) -> UpstreamError:
    text = body if isinstance(body, str) else json.dumps(body)
    return refusal(httpx.Response(status, headers=headers), text.encode(), request_size=request_size, now=NOW)


@pytest.mark.parametrize(
    ("status", "body", "code", "blame", "token", "retryable"),
    [
        (400, {"error": "bad request"}, "upstream_bad_request", "request", "neutral", False),
        (
            400,
            {"error": "Base model x is not allowed for this account"},
            "model_not_found",
            "request",
            "neutral",
            False,
        ),
        (400, {"error": "planning model\n'x' is Not Allowed"}, "model_not_found", "request", "neutral", False),
        (400, {"error": "invalid model_config"}, "upstream_bad_request", "request", "neutral", False),
        (400, "not json", "upstream_bad_request", "request", "neutral", False),
        (401, {"error": "Unauthorized: User not in context"}, "upstream_auth", "token", "unauthorized", False),
        (401, HTML, "upstream_auth", "token", "unauthorized", False),
        (403, {"error": "blocked from AI features"}, "account_blocked", "token", "blocked", False),
        (403, HTML, "upstream_rejected", "upstream", "neutral", False),
        (403, "", "upstream_rejected", "upstream", "neutral", False),
        (404, {}, "upstream_bad_request", "request", "neutral", False),
        (408, "", "upstream_timeout", "upstream", "neutral", True),
        (413, "", "upstream_too_large", "request", "neutral", False),
        (429, "", "overloaded", "token", "rate_limited", False),
        (429, {"error": "No remaining quota: upgrade"}, "quota", "token", "quota", False),
        (429, {"error": "no AI requests remaining"}, "quota", "token", "quota", False),
        (500, "", "upstream_error", "upstream", "neutral", True),
        (503, HTML, "upstream_error", "upstream", "neutral", True),
        (200, HTML, "upstream_protocol", "upstream", "neutral", False),
        (204, "", "upstream_protocol", "upstream", "neutral", False),
        (302, "", "upstream_protocol", "upstream", "neutral", False),
    ],
)
def test_statuses(status: int, body: Any, code: str, blame: str, token: str, retryable: bool) -> None:
    error = refused(status, body)
    assert (error.code, error.blame, error.token, error.retryable) == (code, blame, token, retryable)


@pytest.mark.parametrize("status", [400, 401, 403, 408, 413, 429, 500, 200])
def test_no_words_of_the_upstream_reach_the_client(status: int) -> None:
    assert "hunter2" not in refused(status, {"error": "hunter2", "userDisplayMessage": 5}).message
    assert "hunter2" not in refused(status, "hunter2").message


def test_only_a_large_request_is_refused_for_its_size() -> None:
    assert refused(403, HTML, request_size=LARGE_REQUEST).code is ErrorCode.UPSTREAM_REJECTED
    assert refused(403, HTML, request_size=LARGE_REQUEST + 1).code is ErrorCode.UPSTREAM_TOO_LARGE
    assert refused(403, {"error": "x"}, request_size=LARGE_REQUEST + 1).code is ErrorCode.ACCOUNT_BLOCKED


def test_a_blocked_account_is_told_by_content_type_too() -> None:
    cut_off = '{"error": "a text that goes on'
    assert refused(403, cut_off, headers={"content-type": "application/json"}).code is ErrorCode.ACCOUNT_BLOCKED


OUT_OF_CREDITS = {"X-Warp-Error-Code": "OUT_OF_CREDITS"}


class TestQuota:
    def test_the_display_message_is_passed_on(self) -> None:
        error = refused(429, {"userDisplayMessage": "Buy more.\n\x1b[31mNow"}, headers=OUT_OF_CREDITS)
        assert error.code is ErrorCode.QUOTA
        assert error.message == "Buy more.  [31mNow"

    @pytest.mark.parametrize("body", ["", "[]", {}, {"userDisplayMessage": 5}, {"userDisplayMessage": " "}])
    def test_without_one_we_say_it_ourselves(self, body: Any) -> None:
        assert "no credits" in refused(429, body, headers=OUT_OF_CREDITS).message

    def test_a_long_one_is_cut(self) -> None:
        assert len(refused(429, {"userDisplayMessage": "x" * 10_000}, headers=OUT_OF_CREDITS).message) == 500

    def test_other_codes_are_no_quota(self) -> None:
        assert refused(429, headers={"X-Warp-Error-Code": "AT_CLOUD_AGENT_CAPACITY"}).code is ErrorCode.OVERLOADED


@pytest.mark.parametrize(
    ("token", "helps"),
    [("rate_limited", True), ("unauthorized", True), ("quota", True), ("blocked", False), ("neutral", False)],
)
def test_when_another_token_may_help(token: Any, helps: bool) -> None:
    error = UpstreamError(ErrorCode.INTERNAL, "", blame=Blame.TOKEN, token=token)
    assert error.another_token_may_help is helps


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("1.5", 1.5),
        ("0", 0.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        ("nan", None),
        ("7 apples", None),
        ("9" * 400, LONGEST_RETRY_AFTER),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Fri, 15 Jan 2027 08:00:30 -0000", 30.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("Fri, 99 Jan 2027 07:00:00 GMT", None),
    ],
)
def test_retry_after(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


def test_retry_after_goes_with_the_error() -> None:
    assert refused(429, headers={"Retry-After": "12"}).retry_after == 12
    assert refused(503, headers={"Retry-After": "12"}).retry_after == 12


@pytest.mark.parametrize(
    ("error", "answered", "code", "retryable"),
    [
        (httpx.ConnectError(""), False, "upstream_unreachable", True),
        (httpx.ConnectTimeout(""), False, "upstream_unreachable", True),
        (httpx.ReadError(""), False, "upstream_unreachable", True),
        (httpx.RemoteProtocolError(""), False, "upstream_unreachable", True),
        (httpx.ReadTimeout(""), False, "upstream_idle", False),
        (httpx.ReadTimeout(""), True, "upstream_idle", False),
        (httpx.ReadError(""), True, "upstream_truncated", True),
        (httpx.RemoteProtocolError(""), True, "upstream_truncated", True),
    ],
)
def test_broken_connections(error: httpx.HTTPError, answered: bool, code: str, retryable: bool) -> None:
    found = failure(error, answered=answered)
    assert (found.code, found.retryable, found.token) == (code, retryable, "neutral")


class Chunks(httpx.AsyncByteStream):
    """A body in given chunks, which knows how much was read and whether it was closed."""

    def __init__(self, *chunks: bytes | Exception) -> None:
        self.chunks = list(chunks)
        self.closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self.chunks:
            chunk = self.chunks.pop(0)
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk

    async def aclose(self) -> None:
        self.closed = True


def upstream_with(body: Chunks, *, status: int = 200, kind: str = "text/event-stream") -> Upstream:
    transport = httpx.MockTransport(lambda _: httpx.Response(status, headers={"content-type": kind}, stream=body))
    return Upstream(httpx.AsyncClient(transport=transport), UpstreamSettings())


async def ask(upstream: Upstream, body: bytes = b"x") -> list[int]:
    async with upstream.open(body, "Bearer t") as answer:
        return [len(events) async for events in answer]


class TestAnswer:
    async def test_events_of_one_chunk_come_together(self) -> None:
        body = Chunks(frame(INIT) + frame(INIT), frame(INIT)[:9], frame(INIT)[9:] + frame(FINISHED))
        assert await ask(upstream_with(body, kind="Text/Event-Stream; charset=utf-8")) == [2, 2]
        assert body.closed

    async def test_what_follows_the_end_is_read_and_forgotten(self) -> None:
        body = Chunks(frame(FINISHED) + frame(INIT), b"data: !!\n\n", httpx.ReadError("late"))
        assert await ask(upstream_with(body)) == [1]
        assert not body.chunks

    async def test_an_empty_event_and_a_done_mark_are_nothing(self) -> None:
        assert await ask(upstream_with(Chunks(b"data:\n\ndata: [DONE]\n\n", frame(FINISHED)))) == [1]

    @pytest.mark.parametrize("bad", [b"data: !!\n\n", b"data: AAAA\n\n", b"data: " + b"A" * (MAX_EVENT + 1)])
    async def test_what_cannot_be_read_ends_it_after_what_came_before(self, bad: bytes) -> None:
        body = Chunks(frame(INIT) + bad, frame(FINISHED))
        async with upstream_with(body).open(b"x", "Bearer t") as answer:
            if len(bad) < 1000:
                assert await anext(answer) == [INIT]
            for _ in range(2):  # and it stays ended
                with pytest.raises(UpstreamError) as caught:
                    await anext(answer)
        assert caught.value.code is ErrorCode.UPSTREAM_PROTOCOL
        assert isinstance(caught.value.__cause__, GatewayError)

    async def test_no_end_is_truncation(self) -> None:
        with pytest.raises(UpstreamError) as caught:
            await ask(upstream_with(Chunks(frame(INIT))))
        assert caught.value.code is ErrorCode.UPSTREAM_TRUNCATED

    async def test_a_refusal_is_read_no_further_than_needed(self) -> None:
        body = Chunks(*[b"x" * 1024] * 100)
        with pytest.raises(UpstreamError) as caught:
            await ask(upstream_with(body, status=500))
        assert caught.value.code is ErrorCode.UPSTREAM_ERROR
        assert len(body.chunks) == 100 - MAX_REFUSAL // 1024
        assert body.closed

    async def test_a_refusal_that_breaks_off_is_still_a_refusal(self) -> None:
        with pytest.raises(UpstreamError) as caught:
            await ask(upstream_with(Chunks(b"{", httpx.ReadError("")), status=401, kind="text/html"))
        assert caught.value.code is ErrorCode.UPSTREAM_AUTH

    async def test_a_request_the_edge_would_refuse_is_not_sent(self) -> None:
        with pytest.raises(UpstreamError) as caught:
            await ask(upstream_with(Chunks()), b"x" * (MAX_BODY + 1))
        assert caught.value.code is ErrorCode.UPSTREAM_TOO_LARGE


class TestHeaders:
    def test_we_say_who_we_are(self) -> None:
        headers = request_headers(UpstreamSettings(warp_client_id="", warp_client_version=""))
        assert headers["user-agent"].startswith("warp2api/")
        assert headers["content-type"] == "application/x-protobuf"
        assert headers["accept"] == "text/event-stream"
        assert headers["x-warp-os-category"] in ("Linux", "macOS", "Windows")
        assert not headers.keys() & {"x-warp-client-id", "x-warp-client-version"}

    def test_the_operator_may_name_a_client(self) -> None:
        headers = request_headers(UpstreamSettings(warp_client_id="mine", warp_client_version="v1\r\nx: y"))
        assert headers["x-warp-client-id"] == "mine"
        assert headers["x-warp-client-version"] == "v1x: y"


@pytest.mark.parametrize("url", ["app.warp.dev", "ftp://x", ""])
def test_a_base_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="warp_base_url"):
        UpstreamSettings(warp_base_url=url)
