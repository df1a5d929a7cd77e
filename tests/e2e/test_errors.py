"""Every way a chat can fail upstream, as the SDKs show it (`docs/protocol.md` 6); and failures that nobody notices."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx
import openai
import pytest

from bench.processes import free_port
from cli.simulator.state import mask
from tests.e2e.asking import DIALECTS, Client, ask, user
from tests.e2e.conftest import ACCOUNTS, CLIENT_KEYS, LOCKED
from tests.e2e.gateway import Gateway, run_gateway, wait_for
from tests.servers import Simulator, run_simulator

both = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
in_both_dialects = pytest.mark.parametrize("dialect", DIALECTS)

SPENT = "insufficient_quota"
SERVER = "server_error"
BUSY = "service_unavailable_error"
INVALID = "invalid_request_error"


@dataclass(frozen=True)
class Row:
    """A row of the table: what the upstream does, what each SDK raises, how often the upstream is asked."""

    openai: type[openai.APIStatusError]
    openai_status: int
    openai_type: str
    openai_code: str | None
    anthropic: type[anthropic.APIStatusError]
    anthropic_status: int
    anthropic_type: str
    asked: tuple[int, ...] = (1,)

    def check(self, error: openai.APIError | anthropic.APIError) -> None:
        """The exception of a failure before the first byte."""
        if isinstance(error, openai.APIStatusError):
            assert type(error) is self.openai
            assert error.status_code == self.openai_status
            assert error.response.headers["x-request-id"]
        else:
            assert isinstance(error, anthropic.APIStatusError)
            assert type(error) is self.anthropic
            assert error.status_code == self.anthropic_status
            assert error.request_id
        self.check_body(error)

    def check_body(self, error: openai.APIError | anthropic.APIError) -> None:
        """What is the same when the failure comes inside a stream."""
        if isinstance(error, openai.APIError):
            assert (error.type, error.code) == (self.openai_type, self.openai_code)
        else:
            assert isinstance(error, anthropic.APIStatusError)
            assert error.type == self.anthropic_type
        assert not any(account in repr(error.body) for account in ACCOUNTS)


BAD_GATEWAY = (anthropic.InternalServerError, 502, "api_error")
UNAVAILABLE = (anthropic.ServiceUnavailableError, 503, "api_error")
OVERLOADED = (anthropic.OverloadedError, 529, "overloaded_error")
TIMEOUT = (anthropic.GatewayTimeoutError, 504, "timeout_error")
QUOTA = Row(openai.RateLimitError, 429, SPENT, SPENT, anthropic.RateLimitError, 429, "rate_limit_error", (2,))
TOO_LONG = Row(openai.BadRequestError, 400, INVALID, "context_length_exceeded", anthropic.BadRequestError, 400, INVALID)


def server(status: int, code: str, shown: tuple[type[anthropic.APIStatusError], int, str], *asked: int) -> Row:
    return Row(openai.InternalServerError, status, SERVER, code, *shown, asked or (1,))


#: By script. Two accounts are ready, so what another account may cure is asked twice.
ROWS = {
    "status 401": server(503, "upstream_auth", UNAVAILABLE, 2),
    "status 403": server(503, "upstream_account_blocked", UNAVAILABLE),
    "status 403 html": server(502, "upstream_rejected", BAD_GATEWAY),
    "status 400 model": Row(
        openai.NotFoundError, 404, INVALID, "model_not_found", anthropic.NotFoundError, 404, "not_found_error"
    ),
    "status 400": server(502, "upstream_bad_request", BAD_GATEWAY),
    "status 408": server(504, "upstream_timeout", TIMEOUT, 2),
    "status 429 credits": QUOTA,
    "status 429 quota": QUOTA,
    "status 429 retry=3600": Row(openai.InternalServerError, 503, BUSY, "server_is_overloaded", *OVERLOADED, (2,)),
    "status 500": server(502, "upstream_error", BAD_GATEWAY, 2, 3),
    "malformed html": server(502, "upstream_protocol", BAD_GATEWAY),
}

#: Failures that may come inside the stream; more often asked only while nothing has come.
IN_STREAM = {
    "malformed base64": server(502, "upstream_protocol", BAD_GATEWAY),
    "malformed protobuf": server(502, "upstream_protocol", BAD_GATEWAY),
    "eof": server(502, "upstream_truncated", BAD_GATEWAY, 2, 3),
    "cut": server(502, "upstream_truncated", BAD_GATEWAY, 2, 3),
    "finish reason=quota_limit": QUOTA,
    "finish reason=context_window_exceeded": TOO_LONG,
    "finish reason=llm_unavailable": server(503, "model_unavailable", OVERLOADED, 2),
    "finish reason=internal_error": server(502, "upstream_error", BAD_GATEWAY, 2, 3),
    "finish reason=invalid_api_key": server(503, "upstream_byok_invalid", UNAVAILABLE),
    "finish reason=other": server(502, "upstream_error", BAD_GATEWAY, 1, 2, 3),
}

#: Failures that change what the pool knows of an account, so that they must come one at a time to be the same.
ABOUT_ACCOUNTS = ("status 401", "status 403", "status 429", "finish reason=quota_limit")


@pytest.fixture
def client(
    dialect: str, openai_client: openai.AsyncOpenAI, anthropic_client: anthropic.AsyncAnthropic
) -> openai.AsyncOpenAI | anthropic.AsyncAnthropic:
    return openai_client if dialect == "openai" else anthropic_client


@pytest.fixture
def clients(openai_client: openai.AsyncOpenAI, anthropic_client: anthropic.AsyncAnthropic) -> list[Client]:
    return [openai_client, anthropic_client]


async def failure(client: Client, script: str, *, stream: bool) -> openai.APIError | anthropic.APIError:
    with pytest.raises((openai.APIError, anthropic.APIError)) as raised:
        await ask(client, script, stream=stream)
    return raised.value


# --- the table --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", [*ROWS, *IN_STREAM, "finish reason=none"])
async def test_before_the_first_byte_a_failure_is_a_status(
    gateway: Gateway, simulator: Simulator, clients: list[Client], script: str
) -> None:
    row = {**ROWS, **IN_STREAM, "finish reason=none": server(502, "empty_answer", BAD_GATEWAY)}[script]
    ways = [(client, stream) for client in clients for stream in (True, False)]
    if script.startswith(ABOUT_ACCOUNTS):
        for client, stream in ways:
            gateway.forget_tokens()
            row.check(await failure(client, f"[[sim:{script}]]", stream=stream))
    else:
        for error in await asyncio.gather(
            *[failure(client, f"[[sim:{script}]]", stream=stream) for client, stream in ways]
        ):
            row.check(error)
    assert simulator.state()["requests"] in [len(ways) * times for times in row.asked]


@pytest.mark.parametrize(("script", "times"), [("finish reason=internal_error", 2), ("finish reason=other", 1)])
async def test_how_often_an_unclear_end_is_asked_for_again(
    openai_client: openai.AsyncOpenAI, simulator: Simulator, script: str, times: int
) -> None:
    await failure(openai_client, f"[[sim:{script}]]", stream=False)
    assert simulator.state()["requests"] == times


@pytest.mark.parametrize("script", IN_STREAM)
async def test_after_the_first_byte_a_failure_is_told_in_the_stream(
    simulator: Simulator, clients: list[Client], script: str
) -> None:
    script, row = f'[[sim:text say="So far."]][[sim:{script}]]', IN_STREAM[script]
    first, second = await asyncio.gather(*[failure(client, script, stream=True) for client in clients])
    assert type(first) is openai.APIError
    assert type(second) is anthropic.APIStatusError
    assert second.status_code == 200
    for error in (first, second):
        row.check_body(error)
        assert error.answer.text == "So far."
        assert error.answer.stop is None
    assert simulator.state()["requests"] == 2


@pytest.mark.parametrize("script", IN_STREAM)
async def test_a_whole_answer_that_breaks_off_is_a_status(clients: list[Client], script: str) -> None:
    row, script = IN_STREAM[script], f'[[sim:text say="So far."]][[sim:{script}]]'
    for error in await asyncio.gather(*[failure(client, script, stream=False) for client in clients]):
        row.check(error)


@pytest.mark.parametrize("path", ["chat/completions", "messages"])
async def test_a_broken_stream_ends_with_its_error_and_no_pretended_end(gateway: Gateway, path: str) -> None:
    body = {"model": "auto", "max_tokens": 99, "stream": True, "messages": user("[[sim:text n=3]][[sim:cut]]")}
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        text = (await client.post(f"/v1/{path}", json=body)).text
    *frames, rest = text.split("\n\n")
    assert rest == ""
    assert "upstream" in frames[-1]
    assert "error" in frames[-1]
    assert "[DONE]" not in text
    assert "message_stop" not in text
    assert "message_delta" not in text
    assert '"finish_reason":"' not in text


async def test_an_upstream_that_falls_silent_is_given_up(simulator: Simulator, clients: list[Client]) -> None:
    late = server(504, "upstream_timeout", TIMEOUT)
    before = ["[[sim:silent headers]]", "[[sim:silent]]"]
    after = '[[sim:text say="So far."]][[sim:silent]]'
    asking = [failure(client, after, stream=True) for client in clients]
    asking += [failure(client, after, stream=False) for client in clients]
    asking += [
        failure(client, script, stream=each) for client in clients for script in before for each in (True, False)
    ]
    errors = await asyncio.gather(*asking)
    for broken in errors[:2]:
        late.check_body(broken)
        assert broken.answer.text == "So far."
        assert broken.answer.stop is None
    for error in errors[2:]:
        late.check(error)
    state = await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 0)
    assert state["requests"] == len(asking)


@in_both_dialects
@pytest.mark.parametrize(("script", "size"), [("[[sim:status 403 html]]", 5_000_000), ("", 8_100_000)])
async def test_a_conversation_too_large_for_the_upstream(client: Client, script: str, size: int) -> None:
    error = await failure(client, script + "x" * size, stream=True)
    too_large = anthropic.ContentTooLargeError
    Row(openai.APIStatusError, 413, INVALID, "request_too_large", too_large, 413, "request_too_large").check(error)


@in_both_dialects
async def test_a_model_the_upstream_does_not_know(client: Client) -> None:
    for stream in (True, False):
        with pytest.raises((openai.NotFoundError, anthropic.NotFoundError)) as raised:
            await ask(client, "Hello", stream=stream, model="nobody-knows-it")
        ROWS["status 400 model"].check(raised.value)


@in_both_dialects
async def test_the_words_for_a_full_context_are_those_clients_look_for(client: Client) -> None:
    error = await failure(client, "[[sim:finish reason=context_window_exceeded]]", stream=False)
    assert "prompt is too long" in error.message


@in_both_dialects
async def test_the_upstreams_own_words_for_the_user_are_passed_on(client: Client) -> None:
    error = await failure(client, "[[sim:status 429 credits]]", stream=False)
    assert "You have used all of your simulated credits." in error.message


async def test_images_by_url_are_refused_or_fetched_from_public_addresses_alone(
    gateway: Gateway, simulator: Simulator
) -> None:
    url = f"{gateway.simulator_url}/a.png"
    image_url = {"type": "image_url", "image_url": {"url": url}}
    image = {"type": "image", "source": {"type": "url", "url": url}}
    asking = [
        ("/v1/chat/completions", {"messages": [{"role": "user", "content": [image_url]}]}, "image_url.url"),
        ("/v1/messages", {"max_tokens": 9, "messages": [{"role": "user", "content": [image]}]}, "source.url"),
        ("/v1/responses", {"input": [{"role": "user", "content": [{"type": "input_image", "image_url": url}]}]}, ""),
    ]
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {CLIENT_KEYS[0]}"}) as client:
        for path, body, field in asking:
            plain = await client.post(gateway.url + path, json={"model": "auto", **body})
            fetching = await client.post(gateway.urls[LOCKED] + path, json={"model": "auto", **body})
            for reply, why in ((plain, "does not fetch"), (fetching, "its address is not a public one")):
                assert reply.status_code == 400
                message = reply.json()["error"]["message"]
                assert why in message
                assert "content[0]" in message
            assert field in message
    assert simulator.state()["requests"] == 0


async def test_a_clients_own_limit(gateway: Gateway, simulator: Simulator) -> None:
    async with (
        gateway.openai(door=LOCKED, api_key=CLIENT_KEYS[0]) as busy,
        gateway.anthropic(door=LOCKED, api_key=CLIENT_KEYS[0]) as the_same,
        gateway.openai(door=LOCKED, api_key=CLIENT_KEYS[1]) as another,
    ):
        stream = await busy.chat.completions.create(
            model="auto", messages=user("[[sim:text]][[sim:silent]]"), stream=True
        )
        for client in (busy, the_same):
            error = await failure(client, "Hello", stream=True)
            Row(
                *(openai.RateLimitError, 429, "rate_limit_error", "rate_limit_exceeded"),
                *(anthropic.RateLimitError, 429, "rate_limit_error"),
            ).check(error)
            assert 1 <= int(error.response.headers["retry-after"]) <= 60
        assert (await ask(another, "Hello", stream=True)).text
        await stream.close()
    await asyncio.to_thread(simulator.wait_for, lambda state: state["open_streams"] == 0)


# --- what another try or another account cures ------------------------------------------------------------------------


async def stats(gateway: Gateway) -> dict[str, int]:
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        found: dict[str, int] = (await client.get("/healthz")).json()["pool_stats"]
        return found


def asked(simulator: Simulator) -> list[tuple[str, int]]:
    """Every request upstream: whose, and how it was answered."""
    return [(seen["token"], seen["status"]) for seen in simulator.state()["seen"]]


@pytest.mark.parametrize("trouble", ["status 500", "status 502", "status 408"])
async def test_trouble_that_passes_is_not_noticed(simulator: Simulator, clients: list[Client], trouble: str) -> None:
    ways = [(client, stream) for client in clients for stream in (True, False)]
    script = '[[sim:%s times=1 key=%d]][[sim:text say="Here I am."]]'
    answers = await asyncio.gather(
        *[ask(client, script % (trouble, at), stream=stream) for at, (client, stream) in enumerate(ways)]
    )
    assert [answer.text for answer in answers] == ["Here I am."] * len(ways)
    assert simulator.state()["requests"] == 2 * len(ways)


@both
@pytest.mark.parametrize("trouble", ["cut", "eof", "finish reason=internal_error"])
async def test_a_broken_stream_nobody_saw_is_begun_again(
    openai_client: openai.AsyncOpenAI, simulator: Simulator, trouble: str, stream: bool
) -> None:
    await ask(openai_client, "Hello", stream=stream)
    ((used, _),) = asked(simulator)
    (idle,) = [account for account in ACCOUNTS if mask(account) != used]
    simulator.tokens({idle: [f"[[sim:{trouble}]]"]})
    assert (await ask(openai_client, '[[sim:text say="Again."]]', stream=stream)).text == "Again."
    assert simulator.state()["requests"] == 3


@in_both_dialects
@both
@pytest.mark.parametrize("limit", ["status 429 retry=3600", "status 429 credits", "finish reason=quota_limit"])
async def test_a_limited_account_hands_over_to_the_next_at_once(
    gateway: Gateway, client: Client, simulator: Simulator, limit: str, stream: bool
) -> None:
    await ask(client, "Hello", stream=stream)
    ((used, _),) = asked(simulator)
    (idle,) = [account for account in ACCOUNTS if mask(account) != used]
    simulator.tokens({idle: f"[[sim:{limit}]]"})

    assert (await ask(client, '[[sim:text say="The next."]]', stream=stream)).text == "The next."
    assert [token for token, _ in asked(simulator)] == [used, mask(idle), used]
    for _ in range(2):
        await ask(client, "Hello", stream=stream)
    assert [token for token, _ in asked(simulator)] == [used, mask(idle), used, used, used]
    told = await stats(gateway)
    assert (told["size"], told["ready"]) == (2, 1)
    assert (told["switches"], told["successful_switches"]) == (1, 1)
    assert told["rate_limited"] == ("retry" in limit)


@both
async def test_no_credits_anywhere_is_final_for_clients_too(
    gateway: Gateway, simulator: Simulator, stream: bool
) -> None:
    async with gateway.openai(max_retries=2) as first, gateway.anthropic(max_retries=2) as second:
        for patient in (first, second):
            gateway.forget_tokens()
            simulator.reset()
            error = await failure(patient, "[[sim:status 429 credits]]", stream=stream)
            QUOTA.check(error)
            assert error.response.headers["x-should-retry"] == "false"
            assert sorted(token for token, _ in asked(simulator)) == sorted(mask(account) for account in ACCOUNTS)
            QUOTA.check(await failure(patient, "Hello", stream=stream))
            assert simulator.state()["requests"] == 2


@in_both_dialects
async def test_sdks_try_again_what_may_pass_and_nothing_after_the_first_byte(
    gateway: Gateway, simulator: Simulator, dialect: str
) -> None:
    async with gateway.openai(max_retries=2) if dialect == "openai" else gateway.anthropic(max_retries=2) as patient:
        late = '[[sim:status 408 times=2]][[sim:text say="At last."]]'
        assert (await ask(patient, late, stream=True)).text == "At last."
        assert simulator.state()["requests"] == 3
        await failure(patient, '[[sim:text say="So far."]][[sim:cut]]', stream=True)
        assert simulator.state()["requests"] == 4


@in_both_dialects
async def test_when_all_accounts_cool_the_client_learns_for_how_long(client: Client, simulator: Simulator) -> None:
    for script in ("[[sim:status 429 retry=3000]]", "Hello"):
        error = await failure(client, script, stream=True)
        ROWS["status 429 retry=3600"].check(error)
        assert 2900 < int(error.response.headers["retry-after"]) <= 3000
    assert simulator.state()["requests"] == 2


@both
async def test_a_short_cooling_is_waited_for(
    openai_client: openai.AsyncOpenAI, simulator: Simulator, stream: bool
) -> None:
    script = '[[sim:status 429 retry=1 times=2]][[sim:text say="Worth the wait."]]'
    assert (await ask(openai_client, script, stream=stream)).text == "Worth the wait."
    assert [status for _, status in asked(simulator)] == [429, 429, 200]


@in_both_dialects
async def test_a_blocked_account_fails_its_job_and_is_not_used_again(
    gateway: Gateway, client: Client, simulator: Simulator
) -> None:
    ROWS["status 403"].check(await failure(client, "[[sim:status 403]]", stream=True))
    ((blocked, _),) = asked(simulator)
    for _ in range(2):
        await ask(client, "Hello", stream=True)
    assert blocked not in [token for token, _ in asked(simulator)[1:]]
    assert (await stats(gateway))["ready"] == 1


# --- other credentials ------------------------------------------------------------------------------------------------

BARE, KEYLESS, ALONE, ENDED, OFFLINE = range(1, 6)


@pytest.fixture(scope="module")
def token_simulator() -> Iterator[Simulator]:
    """A simulator whose refresh tokens rotate as long as the gateway lives, so nobody resets it."""
    with run_simulator(gap=0) as simulator:
        yield simulator


@pytest.fixture(scope="module")
def odd(token_simulator: Simulator) -> Iterator[Gateway]:
    """A gateway with a login that is to be refreshed; and beside it, as deployments of their own: one without any
    credentials, one that lacks the web key, one whose upstream is not there, one with a login that has ended, one
    that reaches no token endpoint.
    """
    login = {"WARP_API_KEY": "", "WARP_REFRESH_TOKEN": "rt-demo", "WARP_FIREBASE_API_KEY": "made-up-web-key"}
    nobody = f"http://127.0.0.1:{free_port()}"
    others = [
        {"DEPLOYMENT": "bare", "WARP_REFRESH_TOKEN": ""},
        {"DEPLOYMENT": "keyless", "WARP_FIREBASE_API_KEY": ""},
        {"DEPLOYMENT": "alone", "WARP_API_KEY": "wk-alone", "WARP_REFRESH_TOKEN": "", "WARP_BASE_URL": nobody},
        {"DEPLOYMENT": "ended", "WARP_REFRESH_TOKEN": "rt-ended"},
        {"DEPLOYMENT": "offline", "WARP_BASE_URL": nobody, "FIREBASE_TOKEN_URL": f"{nobody}/v1/token"},
    ]
    with run_gateway(token_simulator.url, **login) as gateway:
        for other in others:
            gateway.start_worker(**other)
            gateway.start_api(**other)
        for url in gateway.urls:
            wait_for(lambda url=url: _answers(url), f"{url} to answer")
        # From here on only the first deployment turns to the token endpoint.
        token_simulator.wait_for(lambda state: len(_renewals(state)) < len(state["refresh_tokens"]))
        yield gateway


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.TransportError:
        return False


@pytest.fixture
async def at_door(request: pytest.FixtureRequest, odd: Gateway) -> AsyncIterator[list[Client]]:
    """Both SDKs at one of the odd gateway's doors."""
    async with odd.openai(door=request.param) as first, odd.anthropic(door=request.param) as second:
        yield [first, second]


def door(number: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("at_door", [number], indirect=True, ids=[""])


async def failures(clients: list[Client]) -> list[openai.APIError | anthropic.APIError]:
    """What a simple question comes to, in every way to ask it."""
    return [await failure(client, "Hello", stream=stream) for client in clients for stream in (True, False)]


@door(0)
async def test_a_refused_login_is_refreshed_and_nobody_notices(
    odd: Gateway, token_simulator: Simulator, at_door: list[Client]
) -> None:
    await ask(at_door[0], "Hello", stream=True)
    for at, (client, stream) in enumerate([(client, stream) for client in at_door for stream in (True, False)]):
        before = token_simulator.state()
        script = f'[[sim:status 401 times=1 key={at}]][[sim:text say="Signed in."]]'
        assert (await ask(client, script, stream=stream)).text == "Signed in."
        after = token_simulator.state()
        (_, *new) = after["seen"][before["requests"] - 1 :]
        assert [seen["status"] for seen in new] == [401, 200]
        assert new[0]["token"] == before["seen"][-1]["token"]
        assert new[1]["token"] != new[0]["token"]
        assert len(_renewals(after)) == len(_renewals(before)) + 1
    assert set(_renewals(token_simulator.state())) == {"rotated"}
    assert (await stats(odd))["refreshes"] == 5


def _renewals(state: dict[str, Any]) -> list[str]:
    """What became of each renewal, but for those of the deployment whose login has ended: it tries when it likes."""
    return [outcome for token, outcome in state["refresh_tokens"] if token != mask("rt-ended")]


@door(0)
async def test_the_second_token_endpoint_stands_in(token_simulator: Simulator, at_door: list[Client]) -> None:
    token_simulator.settings(refresh_failures={"/v1/token": "503"})
    script = '[[sim:status 401 times=1]][[sim:text say="Signed in."]]'
    assert (await ask(at_door[0], script, stream=True)).text == "Signed in."
    assert token_simulator.state()["refreshes"]["/proxy/token"] == 1
    token_simulator.settings(refresh_failures={})


@door(OFFLINE)
async def test_a_login_that_cannot_be_renewed_just_now(at_door: list[Client]) -> None:
    for error in await failures(at_door):
        Row(openai.InternalServerError, 503, SERVER, None, *UNAVAILABLE).check(error)
        assert int(error.response.headers["retry-after"]) > 0


@door(ENDED)
async def test_a_login_that_has_ended(at_door: list[Client]) -> None:
    for error in await failures(at_door):
        server(503, "upstream_auth", UNAVAILABLE).check(error)
        assert "rt-ended" not in repr(error.body)


@door(BARE)
async def test_without_credentials_the_answer_names_what_to_set(odd: Gateway, at_door: list[Client]) -> None:
    for error in await failures(at_door):
        server(503, "upstream_not_configured", UNAVAILABLE).check(error)
        for name in ("WARP_API_KEY", "WARP_REFRESH_TOKEN", "WARP_FIREBASE_API_KEY", "WARP_JWT"):
            assert name in error.message
    async with httpx.AsyncClient(base_url=odd.urls[BARE]) as plain:
        assert (await plain.get("/readyz")).status_code == 503
        assert (await plain.get("/healthz")).status_code == 200


@door(KEYLESS)
async def test_a_login_without_the_web_key_names_it(at_door: list[Client]) -> None:
    for error in await failures(at_door):
        server(503, "upstream_not_configured", UNAVAILABLE).check(error)
        assert "WARP_FIREBASE_API_KEY" in error.message


@door(ALONE)
async def test_an_upstream_that_is_not_there(at_door: list[Client]) -> None:
    errors = await asyncio.gather(
        *[failure(client, "Hello", stream=stream) for client in at_door for stream in (True, False)]
    )
    for error in errors:
        server(502, "upstream_unreachable", BAD_GATEWAY).check(error)
