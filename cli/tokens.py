"""`tokens`: the operator's hands on the pool. The work is in `cli/token_desk.py`, imported when a command runs."""

import sys
from typing import Annotated

import typer

app = typer.Typer(
    help="The token pool: list, add, remove, refresh, pause, resume, watch, rotate-key.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Names = Annotated[list[str], typer.Argument(help="Token ids as `list` shows them, or their beginnings.")]


@app.command("list")
def list_tokens() -> None:
    """All tokens: tier, account, state, in flight, expiry, limits, last error. Nothing secret is shown."""
    from cli.token_desk import list_tokens, run

    run(list_tokens)


@app.command()
def add(
    kind: Annotated[str, typer.Option(help="api_key, refresh_token or jwt; `auto` tells by how it looks.")] = "auto",
) -> None:
    """Add an account of yours to the pool. Its secret is asked for, or read from standard input, never an argument."""
    from cli.token_desk import add_token, run

    secret = typer.prompt("Secret", hide_input=True) if sys.stdin.isatty() else sys.stdin.readline()
    run(lambda pool: add_token(pool, secret.strip(), kind))


@app.command()
def remove(names: Names) -> None:
    """Forget tokens. One that the environment still names would come back: pause it instead."""
    from cli.token_desk import remove_tokens, run

    run(lambda pool: remove_tokens(pool, names))


@app.command()
def refresh(names: Names) -> None:
    """Get new bearers now."""
    from cli.token_desk import refresh_tokens, run

    run(lambda pool: refresh_tokens(pool, names))


@app.command()
def pause(names: Names) -> None:
    """Lend these no more until they are resumed; chats that run go on."""
    from cli.token_desk import pause_tokens, run

    run(lambda pool: pause_tokens(pool, names))


@app.command()
def resume(names: Names) -> None:
    """Lend paused tokens again; also dead ones, once their account is in order again."""
    from cli.token_desk import resume_tokens, run

    run(lambda pool: resume_tokens(pool, names))


@app.command()
def watch(every: Annotated[float, typer.Option(min=0.2, help="Seconds between two looks.")] = 1.0) -> None:
    """The list, kept up to date until Ctrl-C."""
    from cli.token_desk import run, watch_tokens

    run(lambda pool: watch_tokens(pool, every))


@app.command("rotate-key")
def rotate_key() -> None:
    """Seal all stored secrets anew with the first key of TOKEN_ENCRYPTION_KEY; the others may then be removed."""
    from cli.token_desk import rotate_key, run

    run(rotate_key)
