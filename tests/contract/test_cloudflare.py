"""The edge broker's deployment against Cloudflare's management API, and the tier against a broker, over real HTTP."""

import asyncio
import os
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from proto.errors import ErrorCode
from store.connection import Store
from tests.cloudflare_account import ACCOUNT, TOKEN, CloudflareAccount, cloudflare_account
from tests.edge_broker import EdgeBroker, edge_broker
from tests.token_endpoint import WEB_KEY
from tests.token_pools import INTERACTIVE, KEYS, refused, soon
from tokens import outcomes, refresh
from tokens.credentials import Secret, fingerprint
from tokens.edge import management
from tokens.edge.cloudflare_api import CloudflareError
from tokens.edge.management import MIGRATION, PREFIX, WORKER, BrokerStatus, account_id, shared_secret
from tokens.pool import open_pool
from tokens.refresh import Refreshed
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict, SourceError
from tokens.sources.cloudflare import CloudflareBroker
from tokens.verbs import State

ROOT = Path(__file__).parents[2]
NAME = "warp2api-broker"
URL = f"https://{NAME}.operator.workers.dev"
ADA, BOB = account_id(Secret("planted-ada")), account_id(Secret("planted-bob"))


@pytest.fixture
async def account() -> AsyncIterator[CloudflareAccount]:
    async with cloudflare_account() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


def settings(account: CloudflareAccount, tokens: str = "planted-ada", **changed: Any) -> TokenSettings:
    given = {"warp_refresh_token": tokens, "warp_firebase_api_key": WEB_KEY, **account.settings, **changed}
    return TokenSettings(_env_file=None, **given)


class Told(list[str]):
    def __call__(self, line: str) -> None:
        self.append(line)


def with_locals(error: BaseException) -> str:
    """The traceback as a tool shows it that adds local variables, less the test's own frame."""
    assert error.__traceback__ is not None
    error.__traceback__ = error.__traceback__.tb_next
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


# Deployment


async def test_deploying(account: CloudflareAccount, http: httpx.AsyncClient) -> None:
    given, told = settings(account, "planted-ada,,planted-bob"), Told()

    assert await management.deploy(given, http, told) == URL
    worker = account.workers[NAME]
    assert (worker.module, worker.main_module) == (WORKER.read_bytes(), "worker.js")
    assert (worker.migration_tag, worker.published) == (MIGRATION, True)
    assert {name: each.get("text") for name, each in worker.bindings.items()} == {
        "BROKER": None,
        "TOKEN_URLS": "https://securetoken.googleapis.com/v1/token https://app.warp.dev/proxy/token",
        "SHARED_SECRET": shared_secret(given).reveal(),
        "FIREBASE_API_KEY": WEB_KEY,
        PREFIX + ADA: "planted-ada",
        PREFIX + BOB: "planted-bob",
    }
    kinds = {name: each["type"] for name, each in worker.bindings.items()}
    assert {kinds.pop("BROKER"), kinds.pop("TOKEN_URLS")} == {"durable_object_namespace", "plain_text"}
    assert set(kinds.values()) == {"secret_text"}
    assert sorted(told) == sorted(
        [f"account {ADA}: new", f"account {BOB}: new", f"Worker {NAME}: created", "workers.dev: published"]
    )


async def test_deploying_again_changes_nothing(account: CloudflareAccount, http: httpx.AsyncClient) -> None:
    given, told = settings(account, "planted-ada,planted-bob"), Told()
    await management.deploy(given, http, told)
    before = account.workers[NAME]
    told.clear()
    account.calls.clear()

    assert await management.deploy(settings(account, "planted-bob,planted-ada"), http, told) == URL
    after = account.workers[NAME]
    assert (after.module, after.migration_tag, after.published) == (before.module, before.migration_tag, True)
    assert list(after.bindings.items()) == list(before.bindings.items())
    assert f"Worker {NAME}: updated" in told
    assert "workers.dev: already published" in told
    assert f"POST /scripts/{NAME}/subdomain" not in account.calls


async def test_accounts_are_added_and_kept_without_their_tokens_at_hand(
    account: CloudflareAccount, http: httpx.AsyncClient
) -> None:
    told = Told()
    await management.deploy(settings(account, "planted-ada"), http, told)
    await management.deploy(settings(account, "planted-bob"), http, told)
    await management.deploy(settings(account, ""), http, told)

    assert (await management.status(settings(account), http)).accounts == tuple(sorted((ADA, BOB)))
    assert account.workers[NAME].bindings[PREFIX + ADA]["text"] == "planted-ada"


async def test_pruning_removes_what_is_not_listed(account: CloudflareAccount, http: httpx.AsyncClient) -> None:
    told = Told()
    await management.deploy(settings(account, "planted-ada,planted-bob"), http, told)
    await management.deploy(settings(account, "planted-bob"), http, told, prune=True)

    assert (await management.status(settings(account), http)).accounts == (BOB,)
    assert f"account {ADA}: removed" in told
    with pytest.raises(CloudflareError, match="WARP_REFRESH_TOKEN"):
        await management.deploy(settings(account, ""), http, told, prune=True)


async def test_an_older_migration_is_continued(account: CloudflareAccount, http: httpx.AsyncClient) -> None:
    await management.deploy(settings(account), http, Told())
    account.workers[NAME].migration_tag = "v0"
    await management.deploy(settings(account), http, Told())

    assert account.workers[NAME].migration_tag == MIGRATION


async def test_status_and_removal(account: CloudflareAccount, http: httpx.AsyncClient) -> None:
    given, told = settings(account), Told()
    assert await management.status(given, http) == BrokerStatus(deployed=False)
    await management.deploy(given, http, told)
    assert await management.status(given, http) == BrokerStatus(True, URL, True, (ADA,), ())
    del account.workers[NAME].bindings["BROKER"]
    assert (await management.status(given, http)).missing == ("BROKER",)

    told.clear()
    await management.remove(given, http, told)
    await management.remove(given, http, told)
    assert account.workers == {}
    assert told == [f"Worker {NAME}: removed, with its secrets and what it kept", f"Worker {NAME}: was not there"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cloudflare_api_token": ""}, "CLOUDFLARE_API_TOKEN"),
        ({"cloudflare_account_id": ""}, "CLOUDFLARE_ACCOUNT_ID"),
        ({"cloudflare_api_token": "wrong"}, "HTTP 403 Authentication error .10000.; CLOUDFLARE_API_TOKEN needs"),
        ({"cloudflare_api_url": "http://127.0.0.1:1"}, "list Workers: ConnectError"),
        ({"warp_refresh_token": ""}, "WARP_REFRESH_TOKEN"),
        ({"warp_firebase_api_key": ""}, "WARP_FIREBASE_API_KEY"),
    ],
)
async def test_what_is_missing_or_wrong_is_said(
    account: CloudflareAccount, http: httpx.AsyncClient, changed: dict[str, Any], words: str
) -> None:
    with pytest.raises(CloudflareError, match=words):
        await management.deploy(settings(account, **changed), http, Told())
    assert account.workers == {}


async def test_an_account_without_a_workers_dev_subdomain(account: CloudflareAccount, http: httpx.AsyncClient) -> None:
    account.subdomain = None
    with pytest.raises(CloudflareError, match=r"workers\.dev subdomain"):
        await management.deploy(settings(account), http, Told())
    assert account.workers == {}


@pytest.mark.parametrize("told", [(500, {"success": False, "errors": None}), (200, []), (200, {"success": True})])
async def test_odd_answers(account: CloudflareAccount, http: httpx.AsyncClient, told: tuple[int, Any]) -> None:
    account.fail["GET /scripts"] = told
    with pytest.raises(CloudflareError, match="could not list Workers"):
        await management.status(settings(account), http)


@pytest.mark.parametrize("path", ["GET /scripts", f"PUT /scripts/{NAME}", f"POST /scripts/{NAME}/subdomain"])
async def test_a_traceback_with_locals_holds_no_secret(
    account: CloudflareAccount, http: httpx.AsyncClient, path: str
) -> None:
    account.fail[path] = (400, {"success": False, "errors": [{"code": 10021, "message": "no"}]})
    with pytest.raises(CloudflareError) as caught:
        await management.deploy(given := settings(account), http, Told())
    shown = with_locals(caught.value)

    for planted in ("planted-ada", TOKEN, WEB_KEY, shared_secret(given).reveal()):
        assert planted not in shown


async def test_the_secret_is_the_same_in_every_process_and_another_for_another_account(
    account: CloudflareAccount,
) -> None:
    one = shared_secret(settings(account))
    assert one == shared_secret(settings(account, "", warp_firebase_api_key="other"))
    assert one != shared_secret(settings(account, cloudflare_account_id="other"))
    assert one != shared_secret(settings(account, cloudflare_api_token="other"))
    assert shared_secret(settings(account, cloudflare_broker_secret="given")).reveal() == "given"
    assert not shared_secret(TokenSettings(_env_file=None))


# The command


async def warp2api(*args: str, given: dict[str, Any]) -> tuple[int, str, str]:
    env = {name: str(value) for name, value in given.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "cli.main",
        "cloudflare",
        *args,
        cwd=ROOT / "tests",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **{key.upper(): env[key] for key in env}},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_command(account: CloudflareAccount) -> None:
    given = {**account.settings, "warp_refresh_token": "planted-ada", "warp_firebase_api_key": WEB_KEY}

    assert await warp2api("status", given=given) == (1, "not deployed\n", "")
    code, out, err = await warp2api("deploy", given=given)
    assert (code, err) == (0, "")
    assert f"The broker answers at {URL}\n" in out
    code, out, err = await warp2api("status", given=given)
    assert (code, out, err) == (0, f"address: {URL}\naccounts: {ADA}\n", "")
    assert (await warp2api("remove", "--yes", given=given))[0] == 0
    assert (await warp2api("remove", "--yes", given=given))[1] == f"Worker {NAME}: was not there\n"
    code, out, err = await warp2api("deploy", given={**given, "cloudflare_api_token": "wrong"})
    assert (code, out) == (2, "")
    assert err.startswith("warp2api: could not list Workers: HTTP 403")
    assert len(err.splitlines()) == 1


# The tier


@pytest.fixture
async def broker() -> AsyncIterator[EdgeBroker]:
    async with edge_broker("planted-secret", {ADA: "ada", BOB: "bob"}) as running:
        yield running


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refresh, "PAUSES", (0.0, 0.0))


def tier(broker: EdgeBroker, **changed: Any) -> TokenSettings:
    given = {"cloudflare_broker_url": broker.base, "cloudflare_broker_secret": "planted-secret", **changed}
    return TokenSettings(_env_file=None, **given)


async def test_all_accounts_at_the_edge_join_and_are_renewed_there(broker: EdgeBroker, store: Store) -> None:
    async with open_pool(tier(broker), store, KEYS) as pool:
        report = await pool.refill("test")
        rows = await pool.describe()
        assert (report.created, report.refreshed) == (2, 2)
        assert {(row.tier, row.source, row.state) for row in rows} == {(2, "cloudflare", State.READY)}
        assert len({row.account for row in rows}) == 2
        assert (await pool.pool_stats()).size == 2
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            bearer = lease.authorization.removeprefix("Bearer ")
            lease.outcome(outcomes.UNAUTHORIZED)
        assert await pool.refresh_now(lease.token_id, lease.generation) is Refreshed.YES
    assert [body["refused"] for _, body in broker.asked] == ["", "", fingerprint(bearer)]


async def test_an_account_that_left_the_edge_is_withdrawn(broker: EdgeBroker, store: Store) -> None:
    async with open_pool(tier(broker), store, KEYS) as pool:
        await pool.refill("test")
        del broker.accounts[BOB]
        await pool.refill("test")
        assert sorted(row.state for row in await pool.describe()) == [State.READY, State.WITHDRAWN]


async def test_a_broker_that_is_away_does_not_hold_up_own_accounts(broker: EdgeBroker, store: Store) -> None:
    given = tier(broker, cloudflare_broker_url="http://127.0.0.1:1", warp_api_key="own")
    async with open_pool(given, store, KEYS) as pool:
        await pool.refill("test")
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            assert lease.authorization == "Bearer wk-own"


async def test_a_broker_that_does_not_answer_does_not_hold_up_own_accounts(broker: EdgeBroker, store: Store) -> None:
    broker.gate.clear()
    async with open_pool(tier(broker, warp_api_key="own"), store, KEYS) as pool:
        filling = asyncio.create_task(pool.refill("test"))
        async with pool.lease(INTERACTIVE, deadline=soon()) as lease:
            assert lease.authorization == "Bearer wk-own"
        assert not filling.done()
        broker.gate.set()
        assert (await filling).created == 3


async def test_an_account_that_needs_a_login_says_so(broker: EdgeBroker, store: Store) -> None:
    broker.refusal = (409, "login_required")
    async with open_pool(tier(broker), store, KEYS) as pool:
        await pool.refill("test")
        assert (await refused(pool)).code is ErrorCode.UPSTREAM_AUTH


@asynccontextmanager
async def source(given: TokenSettings) -> AsyncIterator[CloudflareBroker]:
    async with httpx.AsyncClient(trust_env=False) as client:
        yield CloudflareBroker(given, client)


@pytest.mark.parametrize(
    ("refusal", "verdict"),
    [
        ((409, "login_required"), RefreshVerdict.LOGIN),
        ((409, "account_disabled"), RefreshVerdict.FINAL),
        ((502, "unavailable"), RefreshVerdict.TRANSIENT),
        ((503, "not_configured"), RefreshVerdict.TRANSIENT),
        ((500, ""), RefreshVerdict.TRANSIENT),
        ((200, ""), RefreshVerdict.TRANSIENT),
    ],
)
async def test_what_the_broker_refuses(broker: EdgeBroker, refusal: tuple[int, str], verdict: RefreshVerdict) -> None:
    async with source(tier(broker)) as cloudflare:
        credential, _ = await cloudflare.acquire(2)
        broker.refusal = refusal
        with pytest.raises(RefreshError) as caught:
            await cloudflare.refresh(credential)
    assert caught.value.verdict is verdict


async def test_a_wrong_secret_says_what_to_do(broker: EdgeBroker) -> None:
    async with source(tier(broker, cloudflare_broker_secret="wrong")) as cloudflare:
        with pytest.raises(SourceError, match="401 unauthorized; run warp2api cloudflare deploy"):
            await cloudflare.acquire(1)


async def test_no_account_at_the_edge(broker: EdgeBroker) -> None:
    broker.accounts.clear()
    async with source(tier(broker)) as cloudflare:
        with pytest.raises(SourceError, match="holds no account"):
            await cloudflare.acquire(1)


async def test_the_broker_is_found_by_the_two_variables(account: CloudflareAccount) -> None:
    async with source(settings(account, "")) as cloudflare:
        assert cloudflare.capacity == 1
        assert await cloudflare._find() == URL
        assert await cloudflare._find() == URL
    assert account.calls == ["GET /subdomain"]
    account.subdomain = None
    async with source(settings(account, "")) as cloudflare:
        with pytest.raises(SourceError, match=r"workers\.dev"):
            await cloudflare.acquire(1)


async def test_without_configuration_there_is_no_such_tier(account: CloudflareAccount) -> None:
    for changed in (
        {},
        {"cloudflare_api_token": TOKEN},
        {"cloudflare_account_id": ACCOUNT},
        {"cloudflare_broker_url": "http://x"},
    ):
        async with source(TokenSettings(_env_file=None, **changed)) as cloudflare:
            assert cloudflare.capacity == 0


async def test_a_refresh_error_with_locals_holds_no_secret(broker: EdgeBroker) -> None:
    async with source(tier(broker)) as cloudflare:
        credential, _ = await cloudflare.acquire(2)
        fresh = await cloudflare.refresh(credential)
        broker.refusal = (502, "unavailable")
        with pytest.raises(RefreshError) as caught:
            await cloudflare.refresh(fresh)
    shown = with_locals(caught.value)

    for planted in ("planted-secret", fresh.bearer.reveal()):
        assert planted not in shown
