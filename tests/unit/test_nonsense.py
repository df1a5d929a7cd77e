"""Whatever the bytes of a request are: they are understood, or refused with an error that can be told."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings

from proto.dialects import DIALECTS, get_dialect
from proto.errors import BadRequestError
from proto.json_body import decode_json
from tests.unit.dialects import check_parse
from tests.unit.nonsense import GOOD, bodies, values


def understood(dialect: str, body: bytes) -> bool:
    try:
        decoded = decode_json(body)
    except BadRequestError as error:
        orjson.dumps(get_dialect(dialect).error(error, "r").body)
        return False
    return check_parse(get_dialect(dialect), decoded)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_good_requests_are_understood(dialect: str) -> None:
    assert understood(dialect, orjson.dumps(GOOD[dialect]))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_bytes_are_understood_or_refused(dialect: str) -> None:
    @settings(max_examples=150, deadline=None)
    @given(bodies(dialect))
    def check(body: bytes) -> None:
        understood(dialect, body)

    check()


@pytest.mark.parametrize("dialect", DIALECTS)
def test_any_values_are_understood_or_refused(dialect: str) -> None:
    """Also those that no JSON decodes to, such as lone surrogates."""

    @settings(max_examples=150, deadline=None)
    @given(values(dialect))
    def check(body: dict[str, Any]) -> None:
        check_parse(get_dialect(dialect), body)

    check()
