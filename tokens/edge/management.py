"""Deploying, inspecting and removing the edge broker. Each can be repeated: it ends in the same state."""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from pydantic import SecretStr

from tokens.credentials import Secret, fingerprint
from tokens.edge.cloudflare_api import CloudflareApi, CloudflareError
from tokens.settings import TokenSettings

WORKER: Final = Path(__file__).parent / "worker.js"
#: The behaviour of the runtime that the Worker was written and tested for.
COMPATIBILITY_DATE: Final = "2026-01-01"
#: The one migration there is: class Broker keeps its data in SQLite, which every Cloudflare plan has.
MIGRATION: Final = "v1"
PREFIX: Final = "REFRESH_TOKEN_"

#: Takes one line of progress.
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BrokerStatus:
    """What is deployed. `accounts` are the ids under which the broker knows them."""

    deployed: bool
    url: str = ""
    published: bool = False
    accounts: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def account_id(refresh_token: Secret) -> str:
    """The name of an account at the edge: a fingerprint of the refresh token that was deployed, which rotates away."""
    return fingerprint("edge", refresh_token.reveal())


def shared_secret(settings: TokenSettings) -> Secret:
    """What the broker asks of its callers: as configured, else derived from the API token and the account.

    Derived, so that every process with the two Cloudflare variables can call the broker and nothing else need be
    kept anywhere. Empty when neither is configured.
    """
    given = settings.cloudflare_broker_secret.get_secret_value()
    token = settings.cloudflare_api_token.get_secret_value()
    if given or not token:
        return Secret(given)
    text = f"warp2api edge broker\0{settings.cloudflare_account_id}\0{settings.cloudflare_worker_name}"
    return Secret(hmac.new(token.encode(), text.encode(), hashlib.sha256).hexdigest())


def cloudflare_api(settings: TokenSettings, http: httpx.AsyncClient) -> CloudflareApi:
    """The API as these settings reach it.

    Raises:
        CloudflareError: a setting is missing.
    """
    token = settings.cloudflare_api_token.get_secret_value()
    if not token or not settings.cloudflare_account_id:
        raise CloudflareError("set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID")
    return CloudflareApi(http, settings.cloudflare_api_url, settings.cloudflare_account_id, Secret(token))


async def broker_url(settings: TokenSettings, api: CloudflareApi) -> str:
    """Where the broker answers below workers.dev.

    Raises:
        CloudflareError: the account has no workers.dev subdomain, or could not be asked.
    """
    subdomain = await api.subdomain()
    if not subdomain:
        raise CloudflareError(
            "the account has no workers.dev subdomain yet: choose one in Cloudflare's dashboard, Workers & Pages"
        )
    return f"https://{settings.cloudflare_worker_name}.{subdomain}.workers.dev"


async def deploy(settings: TokenSettings, http: httpx.AsyncClient, say: Say, *, prune: bool = False) -> str:
    """Put the Worker there with the refresh tokens of WARP_REFRESH_TOKEN, and say where it answers.

    Module, bindings and secrets go in one upload, so there is never a broker without its secrets. Accounts deployed
    before are kept unless `prune`.

    Raises:
        CloudflareError: a setting is missing, or Cloudflare refused.
    """
    api, name = cloudflare_api(settings, http), settings.cloudflare_worker_name
    tokens = {account_id(Secret(each.get_secret_value())): each for each in settings.warp_refresh_token if each}
    script = (await api.scripts()).get(name)
    known = _accounts(await api.bindings(name)) if script else ()
    if not tokens and (prune or not known):
        raise CloudflareError("set WARP_REFRESH_TOKEN: there is no account for the broker to hold")
    if not settings.warp_firebase_api_key:
        raise CloudflareError("set WARP_FIREBASE_API_KEY: the broker needs it to refresh")
    url = await broker_url(settings, api)
    kept = () if prune else tuple(account for account in known if account not in tokens)
    for account in sorted(tokens):
        say(f"account {account}: {'already at the edge' if account in known else 'new'}")
    for account in known:
        if account not in tokens:
            say(f"account {account}: {'kept' if account in kept else 'removed'}")
    metadata = _metadata(settings, tokens, keep=bool(kept), applied=(script or {}).get("migration_tag"))
    await api.upload(name, metadata, WORKER.name, WORKER.read_bytes())
    say(f"Worker {name}: {'updated' if script else 'created'}")
    if await api.on_workers_dev(name):
        say("workers.dev: already published")
    else:
        await api.enable_workers_dev(name)
        say("workers.dev: published")
    return url


async def status(settings: TokenSettings, http: httpx.AsyncClient) -> BrokerStatus:
    """What is deployed.

    Raises:
        CloudflareError: a setting is missing, or Cloudflare refused.
    """
    api, name = cloudflare_api(settings, http), settings.cloudflare_worker_name
    if name not in await api.scripts():
        return BrokerStatus(deployed=False)
    bindings = await api.bindings(name)
    names = {each.get("name") for each in bindings}
    wanted = ("SHARED_SECRET", "FIREBASE_API_KEY", "TOKEN_URLS", "BROKER")
    return BrokerStatus(
        deployed=True,
        url=await broker_url(settings, api),
        published=await api.on_workers_dev(name),
        accounts=_accounts(bindings),
        missing=tuple(each for each in wanted if each not in names),
    )


async def remove(settings: TokenSettings, http: httpx.AsyncClient, say: Say) -> None:
    """Remove the Worker, its secrets and the rotated refresh tokens it keeps; nothing to do is said, and no error.

    Raises:
        CloudflareError: a setting is missing, or Cloudflare refused.
    """
    api, name = cloudflare_api(settings, http), settings.cloudflare_worker_name
    try:
        await api.delete(name)
    except CloudflareError as error:
        if not error.not_found:
            raise
        say(f"Worker {name}: was not there")
    else:
        say(f"Worker {name}: removed, with its secrets and what it kept")


def _accounts(bindings: list[dict[str, Any]]) -> tuple[str, ...]:
    names = [str(each.get("name")) for each in bindings if each.get("type") == "secret_text"]
    return tuple(sorted(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX)))


def _metadata(settings: TokenSettings, tokens: dict[str, SecretStr], *, keep: bool, applied: str | None) -> Secret:
    """The upload's description as JSON. A migration that was applied before must not be sent again."""
    urls = (settings.firebase_token_url, settings.warp_base_url.rstrip("/") + "/proxy/token")
    secrets = {
        "SHARED_SECRET": shared_secret(settings),
        "FIREBASE_API_KEY": Secret(settings.warp_firebase_api_key.get_secret_value()),
        **{PREFIX + account: Secret(tokens[account].get_secret_value()) for account in sorted(tokens)},
    }
    bindings: list[dict[str, Any]] = [
        {"type": "durable_object_namespace", "name": "BROKER", "class_name": "Broker"},
        {"type": "plain_text", "name": "TOKEN_URLS", "text": " ".join(urls)},
    ]
    described: dict[str, Any] = {"main_module": WORKER.name, "compatibility_date": COMPATIBILITY_DATE}
    if keep:
        described["keep_bindings"] = ["secret_text"]
    if applied != MIGRATION:
        described["migrations"] = {"new_tag": MIGRATION, "new_sqlite_classes": ["Broker"]}
        if applied:
            described["migrations"]["old_tag"] = applied
    described["bindings"] = bindings
    for name, secret in secrets.items():
        bindings.append({"type": "secret_text", "name": name, "text": secret.reveal()})
    return Secret(json.dumps(described))
