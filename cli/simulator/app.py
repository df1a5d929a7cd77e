"""The simulator as an ASGI application."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from cli.simulator.accounts import Accounts
from cli.simulator.chat import Chat
from cli.simulator.control import Control
from cli.simulator.options import Options
from cli.simulator.state import State


def create_simulator(options: Options | None = None) -> ASGIApp:
    """A simulator of its own: nothing is shared with another one."""
    state = State(options or Options())
    accounts = Accounts(state)
    return Starlette(
        routes=[
            Route("/ai/multi-agent", Chat(state, accounts), methods=["POST"]),
            Route("/v1/token", accounts.refresh, methods=["POST"]),
            Route("/proxy/token", accounts.refresh, methods=["POST"]),
            Route("/graphql/v2", accounts.graphql, methods=["POST"]),
            *Control(state, accounts).routes(),
            Route("/", _who, methods=["GET"]),
        ]
    )


async def _who(_: Request) -> Response:
    return PlainTextResponse("the upstream simulator of warp2api\n")
