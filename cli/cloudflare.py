"""`cloudflare`: the edge broker, deployed and removed. The work is in `tokens/edge/management.py`."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    import httpx

    from tokens.settings import TokenSettings

app = typer.Typer(
    help="The edge broker, a Cloudflare Worker that keeps refresh tokens: deploy, status, remove.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Result = TypeVar("Result")


@app.command()
def deploy(
    prune: Annotated[
        bool, typer.Option("--prune", help="Also remove the accounts that WARP_REFRESH_TOKEN does not name.")
    ] = False,
) -> None:
    """Put the Worker there, with the accounts of WARP_REFRESH_TOKEN; those deployed before are kept. Repeatable."""
    from tokens.edge import management

    url = _run(lambda settings, http: management.deploy(settings, http, print, prune=prune))
    print(f"The broker answers at {url}")
    print("Now take WARP_REFRESH_TOKEN out of this deployment's environment: a refresh token has one keeper at a time.")


@app.command()
def status() -> None:
    """What is deployed; exit code 1 when the broker is missing or incomplete."""
    from tokens.edge import management

    told = _run(management.status)
    if not told.deployed:
        print("not deployed")
        raise typer.Exit(1)
    print(f"address: {told.url}{'' if told.published else ' (not published)'}")
    print(f"accounts: {', '.join(told.accounts) or 'none'}")
    if told.missing:
        print(f"missing bindings: {', '.join(told.missing)}; deploy again")
    if told.missing or not told.published or not told.accounts:
        raise typer.Exit(1)


@app.command()
def remove(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove the Worker, its secrets and the rotated refresh tokens it keeps. Repeatable."""
    if not yes:
        typer.confirm("The refresh tokens at the edge are lost and each account needs a new login. Remove?", abort=True)
    from tokens.edge import management

    _run(lambda settings, http: management.remove(settings, http, print))


def _run(work: "Callable[[TokenSettings, httpx.AsyncClient], Awaitable[Result]]") -> Result:
    """Do it with the settings of the environment; what Cloudflare refuses is one line and exit code 2."""
    import asyncio

    import httpx

    from cli.problems import SetupError
    from tokens.edge.cloudflare_api import CloudflareError
    from tokens.settings import TokenSettings

    async def main() -> Result:
        async with httpx.AsyncClient() as http:
            return await work(TokenSettings(), http)

    try:
        return asyncio.run(main())
    except CloudflareError as error:
        raise SetupError(str(error)) from None
