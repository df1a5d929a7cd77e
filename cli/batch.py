"""`batch`: many requests at once, at a gateway, as its client. The work is in modules imported when a command runs."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="Batches at a running gateway, of either vendor's form: run, list, status, cancel, results, validate.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Url = Annotated[str | None, typer.Option(help="The gateway; default from HOST and PORT.")]
Key = Annotated[str | None, typer.Option(help="A client key; default the first of API_TOKENS.", show_default=False)]
BatchId = Annotated[str, typer.Argument(metavar="BATCH", help="A batch's id.")]
Output = Annotated[
    Path, typer.Option("--output", "-o", help="Where results go; lines that failed go to a file beside it, .errors.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that are there.")]
AsJson = Annotated[bool, typer.Option("--json", help="The vendor's object.")]


@app.command()
def run(
    output: Output,
    source: Annotated[
        Path | None, typer.Argument(metavar="INPUT", help="Requests, one a line, as OpenAI or Anthropic has them.")
    ] = None,
    url: Url = None,
    key: Key = None,
    resume: Annotated[
        str | None, typer.Option(metavar="BATCH", help="Wait for this batch in place of making one of INPUT.")
    ] = None,
    coalesce: Annotated[
        bool, typer.Option("--coalesce", help="Requests that are the same may share one answer.")
    ] = False,
    force: Force = False,
) -> None:
    """Run a file of requests and wait for the results; exit code 1 if lines failed, 2 if the gateway refuses.

    Ctrl-C leaves the batch running and says how to come back.
    """
    if (source is None) == (resume is None):
        raise typer.BadParameter("give either a file of requests or --resume", param_hint="INPUT")
    from cli.batch_run import run_batch

    raise typer.Exit(run_batch(source, output, url, key, resume=resume, coalesce=coalesce, force=force))


@app.command("list")
def list_batches(
    url: Url = None,
    key: Key = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one batch a line.")] = False,
) -> None:
    """The key's batches, of both APIs, the newest first."""
    from cli.batch_desk import list_batches

    raise typer.Exit(list_batches(url, key, most, as_json=as_json))


@app.command()
def status(batch: BatchId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Where a batch stands."""
    from cli.batch_desk import show_batch

    raise typer.Exit(show_batch(batch, url, key, as_json=as_json))


@app.command()
def cancel(
    batches: Annotated[list[str], typer.Argument(metavar="BATCH...", help="Ids of batches.")],
    url: Url = None,
    key: Key = None,
) -> None:
    """Have no more of some batches run; what is done stays. Exit code 1 if one had ended already."""
    from cli.batch_desk import cancel_batches

    raise typer.Exit(cancel_batches(batches, url, key))


@app.command()
def results(
    batch: BatchId,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="As for run; default all lines to standard output.")
    ] = None,
    url: Url = None,
    key: Key = None,
    force: Force = False,
) -> None:
    """The results of a batch that has ended; exit code 1 if lines failed."""
    from cli.batch_desk import fetch_results

    raise typer.Exit(fetch_results(batch, output, url, key, force=force))


@app.command()
def validate(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="As for run.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one error a line.")] = False,
) -> None:
    """Look through a file of requests as a gateway would, without one; exit code 1 if something is wrong."""
    from cli.batch_check import check_batch

    raise typer.Exit(check_batch(source, as_json=as_json))
