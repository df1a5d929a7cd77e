"""`jobs`: the operator's view of the jobs. The work is in `cli/job_desk.py`, imported when a command runs."""

from enum import StrEnum
from typing import Annotated

import typer

app = typer.Typer(
    help="The jobs of all clients: list, show, tail, cancel.", no_args_is_help=True, rich_markup_mode=None
)


class Standing(StrEnum):
    """`proto.jobs.Status`, for the help."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Queue(StrEnum):
    """`proto.jobs.Lane`, for the help."""

    INTERACTIVE = "interactive"
    BATCH = "batch"


Name = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, its beginning, or the id of its answer.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON.")]


@app.command("list")
def list_jobs(
    status: Annotated[Standing | None, typer.Option(help="Only those that stand so.")] = None,
    lane: Annotated[Queue | None, typer.Option(help="Only those of this lane.")] = None,
    client: Annotated[str | None, typer.Option(help="Only those of this client.")] = None,
    model: Annotated[str | None, typer.Option(help="Only those of models that begin so.")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="JSON, one job a line.")] = False,
) -> None:
    """The latest jobs, the newest first; ended ones while their records live."""
    from cli.job_desk import Wanted, list_jobs, run

    wanted = Wanted(status, lane, client, model)
    raise typer.Exit(run(lambda desk: list_jobs(desk, wanted, most, as_json=as_json)))


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """One job: where it stands, its times, attempts, usage, error. What is said in it is not shown."""
    from cli.job_desk import run, show_job

    raise typer.Exit(run(lambda desk: show_job(desk, name, as_json=as_json)))


@app.command()
def tail(
    name: Name, events: Annotated[bool, typer.Option("--events", help="The log's events as JSON, one a line.")] = False
) -> None:
    """A job's answer as it comes, from its beginning; exit code 1 if it fails. To look changes nothing about it."""
    from cli.job_desk import run
    from cli.job_tail import tail_job

    raise typer.Exit(run(lambda desk: tail_job(desk, name, events=events)))


@app.command()
def cancel(names: Annotated[list[str], typer.Argument(metavar="JOB...", help="As for show.")]) -> None:
    """Cancel jobs; exit code 1 if one had ended already."""
    from cli.job_desk import cancel_jobs, run

    raise typer.Exit(run(lambda desk: cancel_jobs(desk, names)))
