"""How the upstream's credentials do, and refreshing them now: for keys with the right `monitor`. No secret is shown."""

import asyncio
import time
from dataclasses import asdict
from typing import Any, Final

import structlog
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.bridge.pages import is_own_page
from api.bridge.services import bridge_of
from api.replies import json_reply
from proto.clients import Right
from proto.errors import ErrorCode, GatewayError
from tokens.credentials import SealError
from tokens.pool import TokenPool
from tokens.refresh import Refreshed
from tokens.stats import pool_stats
from tokens.verbs import Snapshot, State, TokenRow

router = APIRouter()
log = structlog.get_logger()

#: Whose tokens no refresh helps, or shall help.
_LEFT_ALONE: Final = frozenset({State.DEAD, State.WITHDRAWN, State.PAUSED})


@router.get("/api/auth/status")
async def status(request: Request) -> Response:
    """Whether chats can be answered, and every token by its id and state."""
    bridge = bridge_of(request)
    bridge.client_keys.client(request.headers, Right.MONITOR)
    snapshot = await bridge.pool.verbs.snapshot()
    return json_reply(status_of(snapshot, bridge.pool.settings.pool_target))


@router.post("/api/auth/refresh")
async def refresh(request: Request) -> Response:
    """One pass over the sources, then a new bearer for every token that can have one."""
    bridge = bridge_of(request)
    client = bridge.client_keys.client(request.headers, Right.MONITOR)
    if bridge.client_keys.open and not is_own_page(request.headers):
        raise GatewayError(ErrorCode.NOT_PERMITTED, "Other web pages may not refresh a gateway without keys.")
    try:
        report = await refresh_pool(bridge.pool)
    except SealError as error:
        raise GatewayError(ErrorCode.NOT_CONFIGURED, f"The gateway's {error}.") from error
    log.info("auth.refreshed", by=client.name, refreshed=report["refreshed"], failed=report["failed"])
    return json_reply(report)


def status_of(snapshot: Snapshot, pool_target: int) -> dict[str, Any]:
    """What may be told; the members before `tokens` are an earlier bridge's (`docs/protocol.md` 5.2)."""
    stats = pool_stats(snapshot, pool_target)
    expired = bool(snapshot.rows) and all(0 < row.expires <= snapshot.now for row in snapshot.rows)
    told: dict[str, Any] = {
        "authenticated": stats.ready > 0,
        "token_present": stats.size > 0,
        "token_expired": expired,
        "message": f"{stats.ready} of {stats.size} tokens are ready",
    }
    if not stats.size:
        told["suggestion"] = "Set WARP_API_KEY, or say `warp2api tokens add`."
    elif not stats.ready:
        told["suggestion"] = "See the tokens' states; POST /api/auth/refresh tries them now."
    return told | {"tokens": [_token(row) for row in snapshot.rows], "pool_stats": stats}


async def refresh_pool(pool: TokenPool) -> dict[str, Any]:
    """Refill the pool and refresh what can be; says how it went.

    Raises:
        StoreError: the store is away.
        SealError: the stored secrets cannot be opened.
    """
    filled = await pool.refill("bridge")
    rows = [row for row in await pool.describe() if row.refreshable and row.state not in _LEFT_ALONE]
    told = await asyncio.gather(*[pool.refresh_now(row.token_id, row.generation) for row in rows])
    stats = await pool.pool_stats()
    refreshed = sum(each is Refreshed.YES for each in told)
    failed = len(told) - refreshed
    return {
        "success": stats.ready > 0 and not failed,
        "message": f"{refreshed} of {len(told)} tokens refreshed; {stats.ready} of {stats.size} are ready",
        "timestamp": time.time(),
        "created": filled.created,
        "refreshed": refreshed,
        "failed": failed,
        "pool_stats": asdict(stats),
    }


def _token(row: TokenRow) -> dict[str, Any]:
    return {
        "id": row.token_id,
        "tier": row.tier,
        "source": row.source,
        "kind": row.kind,
        "state": row.state,
        "cause": row.cause,
        "in_flight": row.in_flight,
        "expires_at": row.expires or None,
        "rests_until": row.rests_until or None,
        "refreshable": row.refreshable,
    }
