"""The pool service's app: five verbs over a pool (`tokens/lending.py`), for whoever knows the token."""

import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException as AnyHTTPException

from api.pool_service import shapes
from api.pool_service.body import BodyInTime
from api.telemetry import NO_TELEMETRY
from proto.errors import GatewayError
from tokens.credentials import SealError
from tokens.lending import Lend, Lending
from tokens.outcomes import Outcome, Verdict, quota, rate_limited
from tokens.refresh import Refreshed

log = structlog.get_logger()

OpenLending = Callable[[], AbstractAsyncContextManager[Lending]]

#: Bytes of a request's body, and seconds it may take: a list of a few thousand leases at most.
MAX_BODY: Final = 256 * 1024
BODY_WITHIN: Final = 30.0

_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    401: {"model": shapes.Problem, "description": "No or another token than POOL_SERVICE_TOKEN."},
    422: {"model": shapes.Problem, "description": "The request is not one of this kind."},
    503: {"model": shapes.Problem, "description": "The pool cannot be reached at the moment."},
}
_OVER: Final[dict[int | str, dict[str, Any]]] = {404: {"model": shapes.Problem, "description": "The lease is over."}}
_bearer = HTTPBearer(auto_error=False, description="POOL_SERVICE_TOKEN")


def create_app(token: str, open_lending: OpenLending, body_within: float = BODY_WITHIN) -> FastAPI:
    """Build the service; it opens its pool when it starts.

    Args:
        token: what callers must send as bearer.
        open_lending: opens the pool.
        body_within: seconds that a request's body may take to arrive. It is read before the token is looked at.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_lending() as lending:
            app.state.lending = lending
            yield

    async def authenticate(
        offered: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    ) -> None:
        if offered is None or not hmac.compare_digest(offered.credentials.encode(), token.encode()):
            raise _problem(401, "unauthorized", "Send POOL_SERVICE_TOKEN as `Authorization: Bearer …`.")

    app = FastAPI(
        title="warp2api pool service", version="1", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None,
        telemetry=NO_TELEMETRY, max_body_size=MAX_BODY,
        description="Lends the tokens of one deployment's pool to other deployments of the same operator.",
    )  # fmt: skip
    app.add_middleware(BodyInTime, seconds=body_within)
    _install_errors(app)
    guard: dict[str, Any] = {"dependencies": [Depends(authenticate)], "responses": _PROBLEMS}
    may_be_over: dict[str, Any] = {**guard, "responses": _PROBLEMS | _OVER}

    @app.get("/healthz", operation_id="health")
    async def healthz() -> dict[str, str]:
        """Alive. Needs no token."""
        return {"status": "ok"}

    @app.post("/v1/leases", operation_id="lease", **guard)
    async def lease(asked: shapes.LeaseRequest, lending: Pool) -> shapes.Lent:
        """Lend up to `count` different tokens. Renew each within `ttl` seconds, or it is taken back."""
        lends = await lending.lend(asked.count, asked.other_than)
        log.info("pool_service.lent", asked=asked.count, tokens=[each.token.token_id for each in lends])
        return shapes.Lent(ttl=lending.ttl, leases=[_shape(each) for each in lends])

    @app.post("/v1/leases/renew", operation_id="renew", **guard)
    async def renew(held: shapes.Held, lending: Pool) -> shapes.Renewed:
        """Keep leases for another `ttl` seconds."""
        return shapes.Renewed(ttl=lending.ttl, lost=await lending.renew(held.leases))

    @app.post("/v1/leases/outcome", operation_id="outcome", **may_be_over)
    async def outcome(report: shapes.OutcomeReport, lending: Pool) -> shapes.Standing:
        """Tell what the upstream made of a token: its limits are the account's, so every deployment should know."""
        stands = await lending.outcome(report.lease, _outcome(report))
        if stands is None:
            raise _lease_over()
        log.info("pool_service.outcome", verdict=report.verdict, stands=stands)
        return shapes.Standing(state=stands)

    @app.post(
        "/v1/leases/refresh",
        operation_id="refresh",
        **{**may_be_over, "responses": _PROBLEMS | _OVER | {409: {"model": shapes.Problem, "description": "Never."}}},
    )
    async def refresh(asked: shapes.RefreshRequest, lending: Pool) -> shapes.Lease:
        """A newer bearer for a token whose bearer was refused or runs out."""
        told, lent = await lending.refresh(asked.lease, asked.refused)
        if lent is None:
            raise _lease_over()
        if told is Refreshed.NEVER:
            raise _problem(409, "not_refreshable", "There will be no newer bearer for this token.")
        if told is Refreshed.NO:
            raise _problem(503, "not_refreshed", "The token could not be refreshed just now.")
        return _shape(Lend(asked.lease, lent))

    @app.post("/v1/leases/release", operation_id="release", **guard)
    async def release(held: shapes.Held, lending: Pool) -> shapes.Released:
        """Give tokens back."""
        released = await lending.release(held.leases)
        log.info("pool_service.released", leases=released)
        return shapes.Released(released=released)

    return app


def _lending(request: Request) -> Lending:
    lending: Lending = request.app.state.lending
    return lending


Pool = Annotated[Lending, Depends(_lending)]


def _shape(lend: Lend) -> shapes.Lease:
    lent = lend.token
    return shapes.Lease(
        lease=lend.lease_id,
        token=lent.token_id,
        bearer=lent.bearer.reveal(),
        kind=lent.kind,
        expires=lent.expires,
        account=lent.account,
    )


def _outcome(report: shapes.OutcomeReport) -> Outcome:
    match report.verdict:
        case "rate_limited":
            return rate_limited(report.rest or None)
        case "quota":
            return quota(report.rest or None)
        case "blocked" | "unauthorized":
            return Outcome(Verdict(report.verdict))


def _problem(status: int, error: str, message: str) -> HTTPException:
    return HTTPException(status, {"error": error, "message": message})


def _lease_over() -> HTTPException:
    return _problem(404, "lease_over", "This lease is over.")


def _install_errors(app: FastAPI) -> None:
    async def refused(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, AnyHTTPException)  # noqa: S101  # registered for nothing else
        detail: Any = error.detail
        body = detail if isinstance(detail, dict) else {"error": "refused", "message": str(detail)}
        # What is still coming of a body would be read, however much it is.
        headers = {"connection": "close"} if error.status_code in (408, 413) else error.headers
        return JSONResponse(body, error.status_code, headers)

    async def malformed(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for nothing else
        fields = sorted({".".join(map(str, each["loc"][1:])) for each in error.errors()})
        return JSONResponse({"error": "invalid_request", "message": f"Not valid: {', '.join(fields)}."}, 422)

    async def unavailable(_: Request, error: Exception) -> JSONResponse:
        log.warning("pool_service.unavailable", error=str(error))
        return JSONResponse({"error": "unavailable", "message": "The pool cannot be used just now."}, 503)

    handlers: dict[type[Exception], Callable[[Request, Exception], Awaitable[JSONResponse]]] = {
        AnyHTTPException: refused,
        RequestValidationError: malformed,
        GatewayError: unavailable,
        SealError: unavailable,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)
