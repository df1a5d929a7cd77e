"""One anonymous identity for the whole deployment, opt-in: made at most once, kept for ever, its calls counted.

The boundary, which no code here may move: a second identity is never requested, whatever became of the first, and
nothing refills its calls. What is spent or refused is told to the client as what it is.

Redis keeps two keys, neither with a TTL, neither ever deleted by the gateway:

| name | type | holds |
|---|---|---|
| `anonymous` | hash | `requested`: who asks for the identity, written before; `outcome`; what came of it, sealed |
| `token:<id>:calls` | string | calls left, set once when the identity was made; `lease.lua` counts them down |

The identity is one token of the pool. Making it is that token's first refresh, so it happens under the token's refresh
lock, outlives its caller's patience, and its errors show where those of any refresh do. `requested` guards beyond
that lock: only who wrote it may ask, once. A process that dies while asking leaves `requested` without an outcome, and
that stays: the identity may exist, so another would be a second one.
"""

import asyncio
import platform
import secrets
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import httpx
import structlog
from redis.exceptions import ResponseError

from proto.keys import Keys
from store.connection import Store, StoreError
from tokens.credentials import NOTHING, Credential, Kind, Sealer, SealError, Secret, token_id
from tokens.settings import TokenSettings
from tokens.sources.base import RefreshError, RefreshVerdict, SourceError
from tokens.sources.firebase import FirebaseLogin

log = structlog.get_logger()

#: Seconds the upstream may take to make the identity.
TIMEOUT: Final = 5.0
#: Milliseconds Redis may take to have written on disk who asks.
ON_DISK: Final = 3000
#: Seconds between tries to store what was made while the store is away.
STORE_AGAIN: Final = 0.5

NOT_KEPT: Final = "WARP_ANONYMOUS needs a Redis (7.2 or newer) or Valkey that keeps an append-only file"

TOKEN_ID: Final = token_id(Kind.ANONYMOUS, "the only one")

#: `docs/protocol.md` 2.6. The kind of user is the most restricted that there is; the name of the success type is
#: unverified.
QUERY: Final = """\
mutation CreateAnonymousUser($input: CreateAnonymousUserInput!, $requestContext: RequestContext!) {
  createAnonymousUser(input: $input, requestContext: $requestContext) {
    __typename
    ... on CreateAnonymousUserOutput { expiresAt anonymousUserType firebaseUid idToken }
    ... on UserFacingError { error { message } }
  }
}"""
WISH: Final = {
    "anonymousUserType": "NATIVE_CLIENT_ANONYMOUS_USER_FEATURE_GATED",
    "expirationType": "NO_EXPIRATION",
}


class Anonymous:
    """The last tier: an identity is made only in a deployment whose pool knows no account at all."""

    name = "anonymous"
    tier = 4
    standing = False

    def __init__(self, settings: TokenSettings, http: httpx.AsyncClient, store: Store, keys: Keys) -> None:
        self._settings = settings
        self._http = http
        self._store = store
        self._sealer = Sealer([key.get_secret_value() for key in settings.token_encryption_key])
        self._login = FirebaseLogin(settings, http)
        self._record_key = keys.pool("anonymous")
        self._calls_key = keys.pool(f"token:{TOKEN_ID}:calls")
        self._tokens_key = keys.pool("tokens")

    @property
    def capacity(self) -> int:
        """One when the operator has asked for it, else none."""
        return int(self._settings.warp_anonymous)

    async def acquire(self, n: int) -> Sequence[Credential]:  # noqa: ARG002  # there is one at most
        """The identity as a token that has yet to be refreshed; nothing if it is yet to be made and there are others.

        No identity is made to stand in for accounts that are limited, spent, blocked or in want of a login.

        Raises:
            SourceError: it cannot be made as things are.
        """
        if not self._login.configured:
            raise SourceError("WARP_ANONYMOUS needs WARP_FIREBASE_API_KEY")
        if b"requested" not in await self._record():
            known = await self._store.command("SMEMBERS", self._tokens_key)
            if set(known) - {TOKEN_ID.encode()}:
                return ()
            if not await self._redis_keeps():
                raise SourceError(NOT_KEPT)
        return [Credential(TOKEN_ID, Kind.ANONYMOUS, NOTHING, Secret(self.name))]

    async def refresh(self, credential: Credential) -> Credential:
        """A bearer of the identity, which is made if nobody has ever asked for it.

        Raises:
            RefreshError: it was refused, or what became of the asking is not known, or its login gave nothing.
            StoreError: Redis is away.
        """
        record = await self._record()
        if b"requested" not in record:
            if not await self._redis_keeps():
                raise RefreshError(RefreshVerdict.CONFIG, NOT_KEPT)
            record = await self._make()
        outcome = record.get(b"outcome", b"").decode()
        if outcome == "refused":
            raise RefreshError(
                RefreshVerdict.FINAL, "the upstream has refused an anonymous identity; none is made again"
            )
        if outcome not in ("made", "signed_in"):
            raise RefreshError(
                RefreshVerdict.FINAL,
                "an anonymous identity was asked for and what became of it is not known; no other is made",
            )
        try:
            opened = self._sealer.open(record[b"custom" if outcome == "made" else b"refresh"])
        except SealError as error:
            raise RefreshError(RefreshVerdict.SEALED, str(error)) from error
        blank = replace(credential, bearer=NOTHING, refresh_token=opened)
        fresh = await (self._login.sign_in(opened, blank) if outcome == "made" else self._login.refresh(blank))
        if fresh.refresh_token != opened:
            await self._keep(outcome="signed_in", refresh=self._sealer.seal(fresh.refresh_token), custom=b"")
        return replace(fresh, refresh_token=credential.refresh_token)

    async def _record(self) -> dict[bytes, bytes]:
        flat = await self._store.command("HGETALL", self._record_key)
        return dict(zip(flat[::2], flat[1::2], strict=True))

    async def _redis_keeps(self) -> bool:
        """Whether it keeps an append-only file: one that may forget who asked could let somebody ask again."""
        try:
            await self._store.command("WAITAOF", 1, 0, ON_DISK)
        except ResponseError:
            return False
        return True

    async def _make(self) -> dict[bytes, bytes]:
        """Ask for the identity, the one time, and keep what came of it.

        Raises:
            RefreshError: somebody else asks or has asked, or it came to nothing.
            StoreError: Redis is away, and whether it has noted that somebody asked is unknown.
        """
        owner = secrets.token_hex(8)
        if not await self._store.command("HSETNX", self._record_key, "requested", owner):
            return await self._record()
        on_disk = await self._store.command("WAITAOF", 1, 0, ON_DISK)
        if not on_disk[0]:
            await self._keep(outcome="refused", why="not asked: Redis was too slow to note it")
            raise RefreshError(
                RefreshVerdict.FINAL, "Redis did not note in time that an anonymous identity is asked for"
            )
        log.warning("anonymous.requested", token=TOKEN_ID, budget=self._settings.warp_anonymous_budget)
        try:
            custom_token = await self._ask()
        except RefreshError as error:
            await self._keep(outcome="refused", why=str(error))
            raise
        # The calls are set before the outcome: an identity without them cannot be lent.
        await self._until_stored("SET", self._calls_key, self._settings.warp_anonymous_budget, "NX")
        await self._keep(outcome="made", custom=self._sealer.seal(custom_token))
        log.info("anonymous.made", token=TOKEN_ID)
        return await self._record()

    async def _ask(self) -> Secret:
        """The custom token of a new identity; whatever goes wrong is final."""
        url = self._settings.warp_base_url.rstrip("/") + "/graphql/v2"
        host = httpx.URL(url).host
        variables = {"input": WISH, "requestContext": _context()}
        body = {"query": QUERY, "variables": variables, "operationName": "CreateAnonymousUser"}
        try:
            async with asyncio.timeout(TIMEOUT):
                response = await self._http.post(url, params={"op": "CreateAnonymousUser"}, json=body)
            told = response.json()
        except (httpx.HTTPError, TimeoutError, ValueError) as error:
            raise RefreshError(RefreshVerdict.FINAL, f"{host}: no identity: {type(error).__name__}") from None
        custom_token = _dig(told, "data", "createAnonymousUser", "idToken")
        if not response.is_success or not isinstance(custom_token, str) or not custom_token:
            raise RefreshError(RefreshVerdict.FINAL, f"{host}: {response.status_code} without an identity")
        return Secret(custom_token)

    async def _keep(self, **fields: str | bytes) -> None:
        flat = [part for name, value in fields.items() for part in (name, value)]
        await self._until_stored("HSET", self._record_key, *flat)

    async def _until_stored(self, *command: str | bytes | int) -> None:
        """What is kept exists nowhere else yet, so a store that is away is waited for."""
        while True:
            try:
                await self._store.command(*command)
            except StoreError:
                log.error("anonymous.not_stored", token=TOKEN_ID)
                await asyncio.sleep(STORE_AGAIN)
            else:
                return


def _context() -> dict[str, Any]:
    """What every operation tells of its client (`docs/protocol.md` 2.7): what this one is."""
    system = {"category": platform.system(), "name": platform.system(), "version": platform.release()}
    return {"clientContext": {"version": "warp2api"}, "osContext": {**system, "linuxKernelVersion": None}}


def _dig(value: object, *path: str) -> object:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
