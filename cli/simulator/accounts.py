"""Who may ask: bearers, the rotating token endpoint (`docs/protocol.md` 2.3) and the GraphQL helpers (2.7)."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import jwt
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cli.simulator import refusals
from cli.simulator.state import State, mask

_SIGNING_KEY = "the simulator's tokens are no secret; nobody checks them elsewhere"


@dataclass
class Accounts:
    """The tokens that are alive. `refreshes` counts by path; `used` is what came, masked, with the outcome."""

    state: State
    alive: dict[str, str] = field(default_factory=dict)
    refreshes: dict[str, int] = field(default_factory=dict)
    used: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Only the refresh tokens of the start are alive."""
        self.alive = {token: f"user-{number}" for number, token in enumerate(self.state.options.refresh_tokens)}
        self.refreshes.clear()
        self.used.clear()

    def bearer(self, authorization: str) -> str | None:
        """The token of an `Authorization` header, if it may be used."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        known = self.state.options.known_tokens
        try:
            jwt.decode(token, _SIGNING_KEY, algorithms=["HS256"])
        except jwt.ExpiredSignatureError:
            return None
        except jwt.InvalidTokenError:  # not one of ours
            return token if known is None or token in known else None
        return token

    async def refresh(self, request: Request) -> Response:
        """`POST /v1/token` and `/proxy/token`: the refresh token that came dies, a new one lives."""
        path = request.url.path
        self.refreshes[path] = self.refreshes.get(path, 0) + 1
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        failure = self.state.options.refresh_failures.get(path, "")
        if failure.isdigit():
            return self._refused(form, int(failure), "UNAVAILABLE")
        if failure:
            return self._refused(form, 400, failure)
        if form.get("grant_type") != "refresh_token" or "key" not in request.query_params:
            return self._refused(form, 400, "INVALID_GRANT_TYPE")
        if not form.get("refresh_token"):
            return self._refused(form, 400, "MISSING_REFRESH_TOKEN")
        user = self.alive.pop(form["refresh_token"], None)
        if user is None:
            return self._refused(form, 400, "INVALID_REFRESH_TOKEN")
        self.used.append((mask(form["refresh_token"]), "rotated"))
        return JSONResponse(self._issue(user))

    def _issue(self, user: str) -> dict[str, str]:
        lifetime = self.state.options.token_lifetime
        now = int(time.time())
        claims = {"sub": user, "user_id": user, "iat": now, "exp": now + lifetime, "jti": secrets.token_hex(4)}
        token = jwt.encode(claims, _SIGNING_KEY, algorithm="HS256")
        rotated = f"rt-{secrets.token_hex(12)}"
        self.alive[rotated] = user
        return {
            "id_token": token,
            "access_token": token,
            "refresh_token": rotated,
            "expires_in": str(lifetime),
            "token_type": "Bearer",
            "user_id": user,
            "project_id": "simulator",
        }

    def _refused(self, form: dict[str, str], status: int, message: str) -> Response:
        self.used.append((mask(form.get("refresh_token", "")), message))
        return JSONResponse({"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}}, status)

    async def graphql(self, request: Request) -> Response:
        """`POST /graphql/v2`: the limits and the models of the account."""
        token = self.bearer(request.headers.get("authorization", ""))
        if token is None:
            return refusals.unauthorized()
        try:
            body = await request.json()
        except ValueError:
            return refusals.bad_request("the body is not JSON")
        operation = request.query_params.get("op") or (body.get("operationName") if isinstance(body, dict) else None)
        if operation == "GetRequestLimitInfo":
            return _user({"requestLimitInfo": self._limits(token), "bonusGrants": [], "workspaces": []})
        if operation == "GetFeatureModelChoices":
            return _user({"workspaces": [{"featureModelChoice": {"agentMode": self._models()}}]})
        return JSONResponse({"errors": [{"message": f"unknown operation {operation!r}"}]})

    def _limits(self, token: str) -> dict[str, Any]:
        counts = self.state.tokens.get(mask(token))
        refresh = time.gmtime(time.time() + 7 * 86400)
        return {
            "isUnlimited": False,
            "requestLimit": self.state.options.request_limit,
            "requestsUsedSinceLastRefresh": counts.requests if counts else 0,
            "nextRefreshTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", refresh),
            "requestLimitRefreshDuration": "WEEKLY",
        }

    def _models(self) -> dict[str, Any]:
        choices = [
            {
                "id": model,
                "displayName": model,
                "baseModelName": model,
                "disableReason": None,
                "visionSupported": True,
                "contextWindow": {"isConfigurable": False, "min": 0, "max": 200000, "default": 200000},
                "usageMetadata": {"creditMultiplier": 1, "requestMultiplier": 1},
            }
            for model in self.state.options.models
        ]
        return {"defaultId": self.state.options.models[0], "choices": choices}


def _user(user: dict[str, Any]) -> Response:
    data = {"user": {"__typename": "UserOutput", "user": user, "responseContext": {"serverVersion": "simulator"}}}
    return JSONResponse({"data": data})
