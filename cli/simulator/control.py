"""The endpoints under `/_sim/`, by which a test sees and steers it."""

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cli.simulator import refusals
from cli.simulator.accounts import Accounts
from cli.simulator.options import Options
from cli.simulator.script import ScriptError
from cli.simulator.state import State


class Control:
    """Shows and changes what a simulator knows."""

    def __init__(self, state: State, accounts: Accounts) -> None:
        self._state = state
        self._accounts = accounts

    def routes(self) -> list[Route]:
        """Its routes."""
        return [
            Route("/_sim/state", self.show, methods=["GET"]),
            Route("/_sim/reset", self.reset, methods=["POST"]),
            Route("/_sim/tokens", self.tokens, methods=["POST"]),
            Route("/_sim/settings", self.settings, methods=["POST"]),
        ]

    async def show(self, _: Request) -> Response:
        """What has happened (`State.show`), and the refreshes: counts by path, and what became of each token."""
        refreshes = {"refreshes": self._accounts.refreshes, "refresh_tokens": self._accounts.used}
        return JSONResponse(self._state.show() | refreshes)

    async def reset(self, _: Request) -> Response:
        """Forget everything, settings and scripts included."""
        self._state.reset()
        self._accounts.reset()
        return JSONResponse({})

    async def tokens(self, request: Request) -> Response:
        """`{token: script}`: text for every request, a list for one after the other, null for none."""
        try:
            scripts = msgspec.json.decode(await request.body(), type=dict[str, str | list[str] | None])
            for token, script in scripts.items():
                self._state.set_script(token, script)
        except (msgspec.DecodeError, ScriptError) as error:
            return refusals.bad_request(str(error))
        return JSONResponse({})

    async def settings(self, request: Request) -> Response:
        """Change some of the options; answers all of them. Naming `refresh_tokens` makes those the living ones."""
        try:
            changes = msgspec.json.decode(await request.body(), type=dict[str, Any])
            self._state.options = msgspec.convert(msgspec.structs.asdict(self._state.options) | changes, Options)
        except msgspec.DecodeError as error:
            return refusals.bad_request(str(error))
        if "refresh_tokens" in changes:
            self._accounts.reset()
        return JSONResponse(msgspec.structs.asdict(self._state.options))
