"""Requests against all reason at a whole gateway: refused in the route's own words or answered, and never a 5xx."""

import http.client
import socket
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from api.openapi import document
from tests.e2e.gateway import Gateway
from tests.fuzz.conftest import CLIENT_TIMEOUT, MAX_BODY, SEED
from tests.unit.nonsense import GOOD, bodies

pytestmark = pytest.mark.fuzz

ROUTES = {"/v1/chat/completions": "openai", "/v1/messages": "anthropic", "/v1/responses": "responses"}
EXAMPLES = 250
JSON = {"content-type": "application/json"}
drawn = settings(
    max_examples=EXAMPLES,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def _validator(name: str) -> Any:
    components = orjson.loads(document())["components"]
    return jsonschema_rs.validator_for({"$ref": f"#/components/schemas/{name}", "components": components})


ERRORS = {"anthropic": _validator("AnthropicError")}
OPENAI_ERROR = _validator("OpenAIError")


class Asker:
    """A client that sends what it is told to, byte by byte."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def ask(
        self, method: str, path: str, body: bytes | Iterator[bytes], headers: dict[str, Any]
    ) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer; a connection that was closed is opened again."""
        try:
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            return response.status, response.headers.get("content-type", ""), response.read()
        except (http.client.HTTPException, ConnectionError):
            self._connection.close()
            raise

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def asker(target: Gateway) -> Iterator[Asker]:
    asker = Asker(target.ports[0])
    yield asker
    asker.close()


def check_answer(dialect: str, answer: tuple[int, str, bytes]) -> None:
    status, kind, body = answer
    assert status < 500, body
    if status >= 400 and kind == "application/json":
        ERRORS.get(dialect, OPENAI_ERROR).validate(orjson.loads(body))
    elif status >= 400:
        assert (status, kind) == (400, "text/plain; charset=utf-8"), "only uvicorn's own, for what is no HTTP"


@pytest.mark.parametrize("path", ROUTES)
def test_any_body_is_answered(path: str, asker: Asker) -> None:
    dialect = ROUTES[path]

    @seed(SEED)
    @drawn
    @given(bodies(dialect))
    def check(body: bytes) -> None:
        check_answer(dialect, asker.ask("POST", path, body, JSON))

    check()


_names = st.sampled_from(
    [
        "Idempotency-Key",
        "X-Resumable",
        "X-On-Disconnect",
        "X-Client-Request-Id",
        "Prefer",
        "Last-Event-ID",
        "Content-Type",
        "Content-Encoding",
        "Accept",
        "Accept-Encoding",
        "Authorization",
        "X-Api-Key",
        "Anthropic-Version",
        "Expect",
        "Upgrade",
        "Range",
        "Cookie",
        "X-Forwarded-For",
    ]
)
_header_values = st.one_of(
    st.sampled_from(["", "0", "1", "yes", "cancel", "drain", "respond-async", "respond-async; wait=99999999", "0.0"]),
    st.sampled_from(["gzip", "application/json; charset=utf-16", "*/*;q=9", "Bearer", "Bearer  x", "websocket"]),
    st.text(st.characters(min_codepoint=0, max_codepoint=255, exclude_characters="\r\n"), max_size=60),
    st.just("x" * 5000),
)
_paths = st.one_of(
    st.sampled_from([*ROUTES, "/v1/messages/count_tokens"]),
    st.builds(
        "/v1/{}/{}{}".format,
        st.sampled_from(["jobs", "responses", "models"]),
        st.sampled_from(["0" * 24, "resp_" + "0" * 24, "%00", "%ff", "..", "a%2Fb", "x" * 3000, "*", "auto"]),
        st.sampled_from(["", "/", "/events", "/events?after_frames=-1", "/events?dialect=%00", "/cancel", "?limit=x"]),
    ),
)


def test_any_headers_are_answered(asker: Asker) -> None:
    @seed(SEED)
    @drawn
    @given(_paths, st.dictionaries(_names, _header_values, max_size=4), st.sampled_from(["GET", "POST", "DELETE"]))
    def check(path: str, headers: dict[str, str], method: str) -> None:
        # The vendors' own routes speak their vendor's language, whatever the headers say.
        hinted = "anthropic" if "Anthropic-Version" in headers and not path.startswith("/v1/chat") else "openai"
        dialect = "anthropic" if path.startswith("/v1/messages") else hinted
        body = orjson.dumps(GOOD[ROUTES.get(path, "anthropic")])
        sent = JSON | {name: value.encode("latin-1") for name, value in headers.items()}
        check_answer("" if path.startswith("/v1/responses") else dialect, asker.ask(method, path, body, sent))

    check()


def test_any_bytes_on_a_connection_leave_the_others_alone(target: Gateway, asker: Asker) -> None:
    body = orjson.dumps(GOOD["anthropic"])
    good = b"POST /v1/messages HTTP/1.1\r\nhost: g\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
    whole = good % (len(body), body)

    @seed(SEED)
    @settings(drawn, max_examples=60)
    @given(st.integers(0, len(whole)), st.binary(max_size=20), st.booleans(), st.booleans())
    def check(place: int, noise: bytes, goes_on: bool, half_closes: bool) -> None:
        sent = whole[:place] + noise + (whole[place:] if goes_on else b"")
        with socket.create_connection(("127.0.0.1", target.ports[0]), timeout=30) as connection:
            connection.sendall(sent)
            if half_closes:
                connection.shutdown(socket.SHUT_WR)
                answer = connection.recv(100)
                assert not answer.startswith(b"HTTP/1.1 5"), answer
        check_answer("anthropic", asker.ask("POST", "/v1/messages", body, JSON))

    check()


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
def test_a_body_that_is_too_large(path: str, chunked: bool, asker: Asker) -> None:
    large = b'{"model":"' + b"x" * MAX_BODY + b'"}'
    answer = asker.ask("POST", path, iter([large]) if chunked else large, JSON)
    assert answer[0] == 413
    check_answer(ROUTES[path], answer)


@pytest.mark.parametrize("path", ROUTES)
def test_a_body_that_does_not_come(path: str, asker: Asker) -> None:
    answer = asker.ask("POST", path, b"{", JSON | {"content-length": "50"})
    assert answer[0] == 408, f"after {CLIENT_TIMEOUT} s"
    check_answer(ROUTES[path], answer)
