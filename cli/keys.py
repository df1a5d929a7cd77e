"""`keys`: the keys clients come in with. The work is in `cli/key_desk.py`, imported when a command runs."""

from typing import Annotated

import typer

app = typer.Typer(
    help="Client keys with names, limits and rights, in CLIENT_KEYS_FILE: add, list, revoke.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="The client's name: letters, digits, `.`, `_`, `-`.")],
    concurrency: Annotated[
        int | None,
        typer.Option(min=0, help="Jobs at once, 0: no limit; default CLIENT_CONCURRENCY.", show_default=False),
    ] = None,
    per_minute: Annotated[
        int | None, typer.Option(min=0, help="Jobs a minute, 0: no limit; default CLIENT_RATE.", show_default=False)
    ] = None,
    lane: Annotated[str, typer.Option(help="interactive, or batch for a client that can wait.")] = "interactive",
    right: Annotated[
        list[str] | None,
        typer.Option(
            help="chat, batch, monitor, monitor:content or monitor:cancel; repeatable; default chat.",
            show_default=False,
        ),
    ] = None,
    on_disconnect: Annotated[str, typer.Option(help="What becomes of a job whose client left: cancel or drain.")] = (
        "cancel"
    ),
) -> None:
    """Make a key and print it, this once."""
    from cli.key_desk import add_key

    options = {
        "concurrency": concurrency,
        "per_minute": per_minute,
        "lane": lane,
        "rights": right or ["chat"],
        "on_disconnect": on_disconnect,
    }
    print(add_key(name, options))


@app.command("list")
def list_keys() -> None:
    """All keys by name; a key itself is nowhere to be had."""
    from cli.key_desk import list_keys

    list_keys()


@app.command()
def revoke(names: Annotated[list[str], typer.Argument(help="Names as `list` shows them.")]) -> None:
    """Let these keys in no more. What they have running goes on to its end."""
    from cli.key_desk import revoke_keys

    revoke_keys(names)
    for name in names:
        print(f"{name} revoked")
