"""The edge broker in the real runtime, against a token endpoint whose refresh tokens rotate.

They need what tests/edge/package.json names; `make test-all` installs it.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest

from store.connection import Store
from tests.cloudflare_account import cloudflare_account
from tests.edge.runtime import Edge, run_worker
from tests.token_endpoint import WEB_KEY, TokenEndpoint, make_jwt, token_endpoint
from tests.token_pools import INTERACTIVE, KEYS, soon
from tokens import outcomes, refresh
from tokens.credentials import Secret, fingerprint
from tokens.edge.management import PREFIX, account_id, deploy
from tokens.pool import open_pool
from tokens.refresh import Refreshed
from tokens.settings import TokenSettings
from tokens.verbs import State

pytestmark = pytest.mark.edge

SECRET = "planted-shared-secret"
ORIGIN = "planted-refresh-of-ada"
ADA = account_id(Secret(ORIGIN))

Start = Callable[..., AbstractContextManager[Edge]]


@pytest.fixture
async def endpoint() -> AsyncIterator[TokenEndpoint]:
    async with token_endpoint() as running:
        running.alive[ORIGIN] = "ada"
        yield running


@pytest.fixture
def start(tmp_path: Path, endpoint: TokenEndpoint) -> Start:
    """Starts the broker, holding Ada's account; each time over the same folder."""

    def _start(**changed: str) -> AbstractContextManager[Edge]:
        bindings = {
            "SHARED_SECRET": SECRET,
            "FIREBASE_API_KEY": WEB_KEY,
            "TOKEN_URLS": f"{endpoint.base}/v1/token {endpoint.base}/proxy/token",
            PREFIX + ADA: ORIGIN,
            **changed,
        }
        return run_worker(tmp_path, {name: value for name, value in bindings.items() if value})

    return _start


@pytest.fixture
def edge(start: Start) -> Iterator[Edge]:
    with start() as running:
        yield running


def client(edge: Edge, secret: str = SECRET) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {secret}"}
    return httpx.AsyncClient(base_url=edge.url, headers=headers, trust_env=False, timeout=20)


async def ask(edge: Edge, refused: str = "", account: str = ADA) -> httpx.Response:
    body = {"refused": fingerprint(refused)} if refused else None
    async with client(edge) as http:
        return await http.post(f"/v1/accounts/{account}/token", json=body)


def code(response: httpx.Response) -> tuple[int, str]:
    error: dict[str, Any] = response.json()["error"]
    assert error["message"]
    return response.status_code, error["code"]


async def test_an_access_token_for_an_account_and_nothing_else(edge: Edge, endpoint: TokenEndpoint) -> None:
    response = await ask(edge)

    assert response.status_code == 200
    assert response.json() == {"access_token": make_jwt("ada", endpoint.expires, 1), "expires_at": 4_000_000_000_000}
    assert response.headers["cache-control"] == "no-store"
    assert endpoint.calls == [("/v1/token", ORIGIN)]


async def test_one_that_lasts_is_handed_out_again(edge: Edge, endpoint: TokenEndpoint) -> None:
    assert (await ask(edge)).json() == (await ask(edge)).json()
    assert len(endpoint.calls) == 1


async def test_a_refused_one_is_replaced_once(edge: Edge, endpoint: TokenEndpoint) -> None:
    first = (await ask(edge)).json()["access_token"]
    second = (await ask(edge, refused=first)).json()["access_token"]
    third = (await ask(edge, refused=first)).json()["access_token"]

    assert first != second == third
    assert [token for _, token in endpoint.calls] == [ORIGIN, "rotated-1-ada"]


async def test_one_near_its_end_is_replaced(edge: Edge, endpoint: TokenEndpoint) -> None:
    endpoint.expires = int(time.time()) + 290
    await ask(edge)
    await ask(edge)

    assert [token for _, token in endpoint.calls] == [ORIGIN, "rotated-1-ada"]


async def test_concurrent_callers_share_one_refresh(edge: Edge, endpoint: TokenEndpoint) -> None:
    endpoint.gate.clear()
    asked = [asyncio.create_task(ask(edge)) for _ in range(40)]
    async with asyncio.timeout(20):
        while not endpoint.calls:
            await asyncio.sleep(0.01)
    await ask(edge, account="0" * 12)  # goes and comes while the refresh waits
    endpoint.gate.set()
    answers = await asyncio.gather(*asked)

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["access_token"] for answer in answers}) == 1
    assert len(endpoint.calls) == 1


async def test_a_rotated_refresh_token_survives_a_restart(start: Start, endpoint: TokenEndpoint) -> None:
    with start() as edge:
        first = (await ask(edge)).json()
    with start() as edge:
        assert (await ask(edge)).json() == first
        second = await ask(edge, refused=first["access_token"])

    assert second.status_code == 200
    assert [token for _, token in endpoint.calls] == [ORIGIN, "rotated-1-ada"]


async def test_the_second_endpoint_stands_in(edge: Edge, endpoint: TokenEndpoint) -> None:
    endpoint.fail("/v1/token", 503, "BUSY")

    assert (await ask(edge)).status_code == 200
    assert [path for path, _ in endpoint.calls] == ["/v1/token", "/proxy/token"]


async def test_both_spellings_and_a_token_that_does_not_parse(edge: Edge, endpoint: TokenEndpoint) -> None:
    endpoint.camel_case = endpoint.opaque = True
    told = (await ask(edge)).json()

    assert told["access_token"] == "opaque-1"
    assert abs(told["expires_at"] / 1000 - time.time() - 3600) < 60


async def test_no_endpoint_answers(edge: Edge, endpoint: TokenEndpoint) -> None:
    endpoint.fail("/v1/token", 503, "BUSY")
    endpoint.script["/proxy/token"] = [(200, b"<html>")]
    response = await ask(edge)

    assert code(response) == (502, "unavailable")
    assert response.headers["retry-after"] == "5"
    assert (await ask(edge)).status_code == 200


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("TOKEN_EXPIRED", "login_required"),
        ("INVALID_REFRESH_TOKEN : gone", "login_required"),
        ("USER_DISABLED", "account_disabled"),
    ],
)
async def test_a_final_refusal_is_not_tried_elsewhere_nor_again(
    edge: Edge, endpoint: TokenEndpoint, message: str, told: str
) -> None:
    endpoint.fail("/v1/token", 400, message)

    assert code(await ask(edge)) == (409, told)
    assert code(await ask(edge)) == (409, told)
    assert len(endpoint.calls) == 1


async def test_the_accounts(edge: Edge) -> None:
    async with client(edge) as http:
        assert (await http.get("/v1/accounts")).json() == {"accounts": [ADA]}


@pytest.mark.parametrize("secret", ["wrong", "", SECRET + "x", SECRET[:-1]])
async def test_only_the_shared_secret_opens(edge: Edge, endpoint: TokenEndpoint, secret: str) -> None:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    async with httpx.AsyncClient(base_url=edge.url, headers=headers, trust_env=False) as http:
        for response in (
            await http.get("/"),
            await http.get("/v1/accounts"),
            await http.post(f"/v1/accounts/{ADA}/token"),
        ):
            assert code(response) == (401, "unauthorized")
    assert endpoint.calls == []


@pytest.mark.parametrize(
    ("method", "path", "body", "told"),
    [
        ("GET", "/", b"", (404, "not_found")),
        ("POST", "/v1/accounts/000000000000/token", b"", (404, "not_found")),
        ("POST", "/v1/accounts/SHARED_SECRET/token", b"", (404, "not_found")),
        ("GET", f"/v1/accounts/{ADA}/token", b"", (405, "method_not_allowed")),
        ("DELETE", "/v1/accounts", b"", (405, "method_not_allowed")),
        ("POST", f"/v1/accounts/{ADA}/token", b"<", (400, "bad_request")),
        ("POST", f"/v1/accounts/{ADA}/token", b"null", (400, "bad_request")),
        ("POST", f"/v1/accounts/{ADA}/token", b'{"refused": 1}', (400, "bad_request")),
    ],
)
async def test_what_is_not_a_request(
    edge: Edge, endpoint: TokenEndpoint, method: str, path: str, body: bytes, told: tuple[int, str]
) -> None:
    async with client(edge) as http:
        assert code(await http.request(method, path, content=body)) == told
    assert endpoint.calls == []


@pytest.mark.parametrize("missing", ["SHARED_SECRET", "FIREBASE_API_KEY", "TOKEN_URLS"])
async def test_a_missing_binding_is_said(start: Start, missing: str) -> None:
    with start(**{missing: ""}) as edge:
        assert code(await ask(edge)) == (503, "not_configured")


async def test_no_secret_in_any_answer_nor_in_what_the_runtime_prints(edge: Edge, endpoint: TokenEndpoint) -> None:
    answers = [await ask(edge), await ask(edge, refused=make_jwt("ada", endpoint.expires, 1))]
    endpoint.alive.clear()
    answers.append(await ask(edge, refused=make_jwt("ada", endpoint.expires, 2)))
    async with client(edge) as http:
        answers += [await http.get("/v1/accounts"), await http.get("/none")]

    assert [answer.status_code for answer in answers] == [200, 200, 409, 200, 404]
    told = "".join(f"{answer.headers}{answer.text}" for answer in answers) + edge.printed()
    for planted in (ORIGIN, "rotated-", SECRET, WEB_KEY):
        assert planted not in told


# The tier in the pool, over the real Worker


async def test_the_pool_lends_what_the_edge_gives(
    edge: Edge, endpoint: TokenEndpoint, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "PAUSES", (0.0, 0.0))
    given = TokenSettings(_env_file=None, cloudflare_broker_url=edge.url, cloudflare_broker_secret=SECRET)
    async with open_pool(given, store, KEYS) as pool:
        await pool.refill("test")
        (row,) = await pool.describe()
        assert (row.tier, row.source, row.state) == (2, "cloudflare", State.READY)
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            assert lease.authorization == f"Bearer {make_jwt('ada', endpoint.expires, 1)}"
            lease.outcome(outcomes.UNAUTHORIZED)
        assert await pool.refresh_now(row.token_id, lease.generation) is Refreshed.YES
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            assert lease.authorization == f"Bearer {make_jwt('ada', endpoint.expires, 2)}"

    kept = [await store.command("HGETALL", KEYS.pool(f"token:{row.token_id}"))]
    assert ORIGIN.encode() not in b"".join(kept[0])
    assert b"rotated" not in b"".join(kept[0])
    assert [token for _, token in endpoint.calls] == [ORIGIN, "rotated-1-ada"]


async def test_what_deploy_uploads_is_what_the_tier_asks(endpoint: TokenEndpoint, tmp_path: Path, store: Store) -> None:
    """The whole way: deployed to Cloudflare's API, run as uploaded, called with what the settings derive."""
    async with cloudflare_account() as account, httpx.AsyncClient(trust_env=False) as http:
        given = {**account.settings, **endpoint.settings, "warp_refresh_token": ORIGIN}
        await deploy(TokenSettings(_env_file=None, **given), http, print)
        (worker,) = account.workers.values()
    texts = {name: each["text"] for name, each in worker.bindings.items() if "text" in each}
    with run_worker(tmp_path, texts) as edge:
        settings = TokenSettings(_env_file=None, **account.settings, cloudflare_broker_url=edge.url)
        async with open_pool(settings, store, KEYS) as pool:
            await pool.refill("test")
            async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
                assert lease.authorization == f"Bearer {make_jwt('ada', endpoint.expires, 1)}"
