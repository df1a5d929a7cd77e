"""The upstream's list of models, asked for where credentials are (`docs/protocol.md` 2.7, 4.9).

The call belongs to Warp's own client and may change without notice, so whatever goes wrong leaves the old list.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec
import structlog

from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane
from proto.models import Model, ModelOffer
from store.connection import StoreError
from store.models import SharedModels
from tokens.pool import TokenPool
from workers.settings import UpstreamSettings
from workers.upstream import request_headers

log = structlog.get_logger()

OPERATION: Final = "GetFeatureModelChoices"
QUERY: Final = """
query GetFeatureModelChoices($requestContext: RequestContext!) {
  user(requestContext: $requestContext) {
    __typename
    ... on UserOutput {
      user { workspaces { featureModelChoice { agentMode { choices {
        id displayName disableReason contextWindow { max }
      } } } } }
    }
    ... on UserFacingError { error { message } }
  }
}
"""
#: Seconds between two looks whether it is time to ask.
LOOK_EVERY: Final = 10.0
#: Seconds for a token and for the answer.
TOKEN_TIMEOUT: Final = 10.0
ANSWER_TIMEOUT: Final = 20.0


class _Reply(msgspec.Struct, rename="camel"):
    """A piece of the answer; what is not declared is passed over."""


class _ContextWindow(_Reply):
    max: int | None = None


class _Choice(_Reply):
    id: str
    display_name: str | None = None
    disable_reason: str | None = None
    context_window: _ContextWindow | None = None


class _Feature(_Reply):
    choices: list[_Choice]


class _Features(_Reply):
    agent_mode: _Feature


class _Workspace(_Reply):
    feature_model_choice: _Features


class _User(_Reply):
    workspaces: list[_Workspace]


class _UserOutput(_Reply):
    user: _User


class _Data(_Reply):
    user: _UserOutput


class _Answer(_Reply):
    data: _Data


class ModelRefresher:
    """Fetches the list when it is old, or when the upstream has said that it changed.

    Any number may run: `SharedModels.begin_fetch` lets one of them ask, once a minute at most.

    Args:
        shared: where the list goes.
        pool: lends the token; one account's list counts for all.
        client: from `build_client`.
        settings: where the upstream is.
        every: seconds after which a list is old.
    """

    def __init__(
        self,
        shared: SharedModels,
        pool: TokenPool,
        client: httpx.AsyncClient,
        settings: UpstreamSettings,
        every: float,
    ) -> None:
        self._shared = shared
        self._pool = pool
        self._client = client
        self._url = httpx.URL(settings.warp_base_url + "/graphql/v2", params={"op": OPERATION})
        headers = {**request_headers(settings), "content-type": "application/json", "accept": "application/json"}
        self._headers = headers
        self._body = msgspec.json.encode(
            {
                "operationName": OPERATION,
                "query": QUERY,
                "variables": {"requestContext": _request_context(headers)},
            }
        )
        self._every = every

    async def run(self) -> None:
        """A round every `LOOK_EVERY` seconds, until cancelled."""
        while True:
            await self.round()
            await asyncio.sleep(LOOK_EVERY)

    async def round(self) -> None:
        """Fetch the list if it is time to. Failing changes nothing and is logged."""
        try:
            if await self._due() and await self._shared.begin_fetch():
                await self._refresh()
        except StoreError:
            pass  # whoever needs the store will say so

    async def _refresh(self) -> None:
        try:
            models = await self._fetch()
        except GatewayError as error:
            log.warning("models.refresh_failed", code=error.code, error=error.message)
            self._shared.tell_stale()  # so that the next try does not wait until the old list is due
        else:
            await self._shared.write(ModelOffer(time.time(), models))
            log.info("models.refreshed", models=len(models))

    async def _due(self) -> bool:
        try:
            offer = await self._shared.read()
        except msgspec.ValidationError:
            return True
        return offer is None or time.time() - offer.fetched_at >= self._every or await self._shared.is_stale()

    async def _fetch(self) -> list[Model]:
        """What one account may use now.

        Raises:
            GatewayError: there is no token, or no list in the answer.
        """
        deadline = asyncio.get_running_loop().time() + TOKEN_TIMEOUT
        # The lease learns nothing: what is refused here says little about the chat endpoint.
        async with self._pool.lease(Lane.BATCH, deadline=deadline) as lease:
            try:
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    response = await self._client.post(
                        self._url, content=self._body, headers={**self._headers, "authorization": lease.authorization}
                    )
            except (httpx.HTTPError, TimeoutError) as error:
                failure = f"The upstream did not answer with its models ({type(error).__name__})."
                raise GatewayError(ErrorCode.UPSTREAM_UNREACHABLE, failure) from error
        if response.status_code != httpx.codes.OK:
            raise GatewayError(ErrorCode.UPSTREAM_REJECTED, f"Asked for its models the upstream answered {response}.")
        return read_models(response.content)


def read_models(body: bytes) -> list[Model]:
    """The models of all workspaces that are not disabled, each once, in the order of the answer.

    Raises:
        GatewayError: UPSTREAM_PROTOCOL when there are none in it.
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.DecodeError as error:
        raise GatewayError(ErrorCode.UPSTREAM_PROTOCOL, f"The upstream's answer holds no models: {error}") from error
    models: dict[str, Model] = {}
    for workspace in answer.data.user.user.workspaces:
        for choice in workspace.feature_model_choice.agent_mode.choices:
            if choice.id and not choice.disable_reason:
                context = choice.context_window.max if choice.context_window else None
                models.setdefault(choice.id, Model(choice.id, choice.display_name or "", context or 0))
    if not models:
        raise GatewayError(ErrorCode.UPSTREAM_PROTOCOL, "The upstream's list of models is empty.")
    return list(models.values())


def _request_context(headers: Mapping[str, str]) -> dict[str, Any]:
    """What the headers say of us, as every operation wants it in its variables as well."""
    return {
        "clientContext": {"version": headers.get("x-warp-client-version")},
        "osContext": {
            "category": headers.get("x-warp-os-category"),
            "linuxKernelVersion": headers.get("x-warp-os-linux-kernel-version"),
            "name": headers.get("x-warp-os-name"),
            "version": headers.get("x-warp-os-version"),
        },
    }
