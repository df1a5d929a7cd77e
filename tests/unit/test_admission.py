"""What a client is told of its limits, and what makes two requests the same one."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from starlette.requests import Request

from api.idempotency import binding_of
from api.rate_headers import rate_headers
from api.submit import LONGEST_WAIT, UNKNOWN_WAIT, room_wait, share_wait
from proto.dialects.base import Vendor
from proto.errors import BadRequestError
from store.admission import Pace

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def request(key: str | None = "k", path: str = "/v1/messages") -> Request:
    headers = [] if key is None else [(b"idempotency-key", key.encode("latin-1"))]
    return Request({"type": "http", "method": "POST", "path": path, "query_string": b"beta=true", "headers": headers})


class TestHeaders:
    @pytest.mark.parametrize(
        ("per_minute", "backlog", "left", "reset"),
        [
            (60, 0.0, "60", "0s"),
            (60, 1.0, "59", "1s"),
            (60, 0.999, "59", "0.999s"),
            (7, 3 * 60 / 7, "4", "25.715s"),
            (60, 60.0, "0", "1m0s"),
            (1, 60.0, "0", "1m0s"),
            (60, 62.0, "0", "1m2s"),
        ],
    )
    def test_openais(self, per_minute: int, backlog: float, left: str, reset: str) -> None:
        assert rate_headers(Vendor.OPENAI, per_minute, backlog, NOON) == {
            "x-ratelimit-limit-requests": str(per_minute),
            "x-ratelimit-remaining-requests": left,
            "x-ratelimit-reset-requests": reset,
        }

    def test_anthropics(self) -> None:
        assert rate_headers(Vendor.ANTHROPIC, 60, 1.2, NOON) == {
            "anthropic-ratelimit-requests-limit": "60",
            "anthropic-ratelimit-requests-remaining": "58",
            "anthropic-ratelimit-requests-reset": "2026-11-22T12:00:02Z",
        }

    def test_none_without_a_limit(self) -> None:
        assert rate_headers(Vendor.OPENAI, 0, 0.0, NOON) == {}


class TestBinding:
    def test_a_request_without_a_key_has_none(self) -> None:
        assert binding_of(request(None), {}) is None

    @pytest.mark.parametrize("key", ["", "a b", "a\tb", "k" * 256, "schlüssel", "\x7f"])
    def test_a_key_that_is_none_is_refused(self, key: str) -> None:
        with pytest.raises(BadRequestError) as raised:
            binding_of(request(key), {})
        assert raised.value.param == "Idempotency-Key"

    def test_how_a_body_is_written_does_not_matter(self) -> None:
        one: dict[str, Any] = {"model": "auto", "messages": [{"role": "user", "content": "ü"}], "stream": True}
        same = dict(reversed(one.items()))
        assert binding_of(request("k" * 255), one) == binding_of(request("k" * 255), same)

    def test_a_body_that_cannot_be_written_again_is_refused(self) -> None:
        deep: Any = orjson.loads(b'{"a":' * 300 + b"1" + b"}" * 300)
        with pytest.raises(BadRequestError, match="nested"):
            binding_of(request(), {"metadata": deep})

    @pytest.mark.parametrize("other", [{"a": 1}, {"a": True, "stream": True}, {"a": [2, 1]}, {"a": [1, 2, 3]}, {}])
    def test_what_it_says_does(self, other: dict[str, Any]) -> None:
        first, second = binding_of(request(), {"a": [1, 2]}), binding_of(request(), other)
        assert first is not None
        assert second is not None
        assert first.key == second.key
        assert first.request != second.request

    def test_the_route_does_and_the_key_is_not_kept(self) -> None:
        chat, messages = binding_of(request("k", "/v1/chat/completions"), {}), binding_of(request("k"), {})
        assert chat is not None
        assert messages is not None
        assert chat.request != messages.request
        assert len(chat.key) == 64


class TestWaiting:
    def test_a_share_is_free_when_the_next_of_its_jobs_ends(self) -> None:
        assert share_wait(Pace(every=None, still=0, took=30), 10) == 3.0
        assert share_wait(Pace(every=9, still=9, took=2), 10) == 1.0
        assert share_wait(Pace(every=1, still=0, took=500), 1) == LONGEST_WAIT
        assert share_wait(Pace(every=1, still=0, took=None), 1) == UNKNOWN_WAIT

    def test_there_is_room_when_a_tenth_of_the_list_was_taken(self) -> None:
        assert room_wait(Pace(every=0.05, still=1, took=None), 1000) == 5.0
        assert room_wait(Pace(every=0.05, still=8, took=None), 1000) == 8.0
        assert room_wait(Pace(every=0.001, still=0, took=30), 1000) == 1.0
        assert room_wait(Pace(every=20, still=0, took=30), 1000) == LONGEST_WAIT
        assert room_wait(Pace(every=None, still=0, took=30), 1000) == UNKNOWN_WAIT
