"""Schemathesis over the front door's own description: what is answered is what is promised, and never a 5xx."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case, checks
from schemathesis.specs.openapi import checks as openapi_checks

from api.openapi import document
from tests.e2e.gateway import Gateway
from tests.fuzz.conftest import SEED

pytestmark = pytest.mark.fuzz

DESCRIPTION: dict[str, Any] = orjson.loads(document())
#: Of each operation, beside the boundary cases that are the same every time.
EXAMPLES = 25
#: Whether good data is taken and bad data refused is not asked: tolerance has tests of its own.
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
]
config = schemathesis.Config(seed=SEED)
schema = schemathesis.openapi.from_dict(DESCRIPTION, config=config)


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@pytest.mark.timeout(120)
def test_every_answer_is_as_described(case: Case, target: Gateway, session: requests.Session) -> None:
    case.call_and_validate(base_url=target.url, session=session, checks=CHECKS)
