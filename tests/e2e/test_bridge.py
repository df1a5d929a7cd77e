"""The bridge beside the shared gateway: a process of its own, with the front door's keys."""

import httpx
import pytest

from tests.e2e.conftest import CLIENT_KEYS
from tests.e2e.gateway import Gateway


@pytest.fixture(scope="module")
def bridge(gateway_processes: Gateway) -> str:
    """An open bridge's address."""
    return gateway_processes.start_bridge()


@pytest.fixture(scope="module")
def locked(gateway_processes: Gateway) -> str:
    """The address of one that asks for a key."""
    return gateway_processes.start_bridge(API_TOKENS=",".join(CLIENT_KEYS))


def test_it_lives_without_a_key_and_says_what_it_is(locked: str) -> None:
    answer = httpx.get(f"{locked}/healthz")

    assert answer.status_code == 200
    assert answer.json()["service"] == "warp2api bridge"
    assert answer.headers["x-request-id"]


def test_the_models_are_the_front_doors(gateway: Gateway, bridge: str) -> None:
    assert httpx.get(f"{bridge}/v1/models").json() == httpx.get(f"{gateway.url}/v1/models").json()


def test_errors_are_json_with_a_request_id(bridge: str, locked: str) -> None:
    unknown, wrong = httpx.get(f"{bridge}/nowhere"), httpx.get(f"{locked}/v1/models", headers={"x-api-key": "another"})

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_url")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert unknown.headers["x-request-id"] != wrong.headers["x-request-id"]
