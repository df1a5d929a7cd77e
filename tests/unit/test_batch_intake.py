"""The requests of a large body, found as it comes."""

from typing import Any

import orjson
import pytest

from proto import batch_intake
from proto.batch_intake import BatchIntake
from proto.errors import BadRequestError, ErrorCode

GOOD = {"custom_id": "a-1", "params": {"model": "m", "max_tokens": 9, "temperature": 0.5, "messages": []}}


def take(body: bytes, size: int = 10_000, most: int = 1000) -> list[Any]:
    intake = BatchIntake(most)
    lines = b"".join([intake.feed(body[start : start + size]) for start in range(0, len(body), size)])
    assert intake.feed(b"") == b""
    intake.end()
    found = [orjson.loads(line) for line in lines.splitlines()]
    assert len(found) == intake.count
    return found


def body(*requests: Any, **more: Any) -> bytes:
    return orjson.dumps({**more, "requests": list(requests)})


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_requests_are_found_however_the_body_is_cut(size: int) -> None:
    other = {"custom_id": "b_2", "params": {"text": 'line\nbreak "é"', "n": -3}}
    given = body(GOOD, {**other, "more": 1}, metadata={"requests": [{"custom_id": "not one"}]})

    assert take(given, size) == [GOOD, other]


@pytest.mark.parametrize(
    ("given", "param"),
    [
        (b"", None),
        (b'{"requests": [', None),
        (b"nonsense", None),
        (b'{"requests": [{}] ]', None),
        (b"[]", "requests"),
        (b'{"requests": {}}', "requests"),
        (b'{"requests": 5}', "requests"),
        (body(), "requests"),
        (body(GOOD, 5), "requests[1]"),
        (body({"params": {}}), "requests[0].custom_id"),
        (body(GOOD, {"custom_id": 5, "params": {}}), "requests[1].custom_id"),
        (body({"custom_id": "", "params": {}}), "requests[0].custom_id"),
        (body({"custom_id": "a b", "params": {}}), "requests[0].custom_id"),
        (body({"custom_id": "a" * 65, "params": {}}), "requests[0].custom_id"),
        (body(GOOD, {"custom_id": "b", "params": {}}, GOOD), "requests[2].custom_id"),
        (body({"custom_id": "a"}), "requests[0].params"),
        (body(GOOD, {"custom_id": "b", "params": []}), "requests[1].params"),
        (body(GOOD, {"custom_id": "b", "params": {"text": "x" * 9000}}), "requests[1]"),
    ],
)
def test_a_fault_is_told_with_its_place(given: bytes, param: str | None) -> None:
    with pytest.raises(BadRequestError) as refusal:
        take(given, size=100)

    assert refusal.value.param == param
    assert refusal.value.message.startswith(param or "The request body")
    assert refusal.value.code in (ErrorCode.INVALID_REQUEST, ErrorCode.MISSING_FIELD)


def test_what_stands_around_a_fault_is_not_shown() -> None:
    with pytest.raises(BadRequestError) as refusal:
        take(b'{"requests": [{"custom_id": "a", "params": {"text": "a secret" nonsense}}]}')

    assert "secret" not in refusal.value.message


def test_there_may_be_so_many_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_intake, "MAX_REQUESTS", 3)
    requests = [{"custom_id": str(number), "params": {}} for number in range(4)]

    assert len(take(body(*requests[:3]))) == 3
    with pytest.raises(BadRequestError, match="may have 3 requests"):
        take(body(*requests))


@pytest.mark.parametrize("within", [b'{"requests":[{"custom_id":"a","params":', b'{"requests":', b'{"other":'])
def test_what_is_nested_too_deeply_is_refused_before_it_is_followed(within: bytes) -> None:
    with pytest.raises(BadRequestError, match=r"requests\[0\]: is nested deeper than 256 levels"):
        take(within + b"[" * 200_000, size=65536, most=10_000_000)
