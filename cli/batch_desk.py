"""What the `batch` commands do with batches that are there: list, status, cancel, results."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import orjson
from rich.console import Console

from cli.batch_client import BatchClient
from cli.batch_output import Outputs
from cli.batch_progress import display_for
from cli.batch_run import GOOD, SOME_FAILED, download, refused, tell
from cli.batch_view import BatchView, batch_details, batch_table, standing
from cli.gateway import find_gateway
from cli.problems import SetupError


def list_batches(url: str | None, key: str | None, most: int, *, as_json: bool) -> int:
    """Print the client's latest batches; the exit code."""
    with BatchClient(find_gateway(url, key)) as client:
        views = client.latest(most)
    if as_json:
        for view in views:
            print(orjson.dumps(view.told).decode())
    elif views:
        # A pipe has no width; a table that is cut there is of no use.
        console = Console(highlight=False, markup=False, width=None if Console().is_terminal else 250)
        console.print(batch_table(views, time.time()))
    else:
        print("no batches")
    return GOOD


def show_batch(batch_id: str, url: str | None, key: str | None, *, as_json: bool) -> int:
    """Print where a batch stands; the exit code."""
    with BatchClient(find_gateway(url, key)) as client:
        view = client.get(batch_id)
    if as_json:
        print(orjson.dumps(view.told, option=orjson.OPT_INDENT_2).decode())
    else:
        Console(highlight=False, markup=False, soft_wrap=True).print(batch_details(view, time.time()))
    return GOOD


def cancel_batches(batch_ids: Sequence[str], url: str | None, key: str | None) -> int:
    """Have no more of some batches run; the exit code: 1 if one had ended already."""
    late = False
    with BatchClient(find_gateway(url, key)) as client:
        for batch_id in batch_ids:
            ended = client.get(batch_id).ended
            view = client.cancel(batch_id)
            late = late or ended
            print(f"{batch_id} had ended: {view.status}" if ended else f"{batch_id} {view.status}")
    return SOME_FAILED if late else GOOD


def fetch_results(batch_id: str, output: Path | None, url: str | None, key: str | None, *, force: bool) -> int:
    """Write a batch's results as `batch run` does, or all of them to standard output; the exit code.

    Raises:
        SetupError: it has not ended, or the results cannot be fetched or written.
    """
    outputs = Outputs(output, force=force) if output is not None else None
    with BatchClient(find_gateway(url, key)) as client:
        view = client.get(batch_id)
        if not view.ended:
            raise SetupError(
                f"{batch_id} has not ended ({standing(view) or view.status}): `warp2api batch run --resume`"
                " waits for it"
            )
        if outputs is None:
            return _print(client, view)
        if view.errors and not view.results:
            return refused(view)
        with display_for(Console(stderr=True)) as display:
            written = download(client, view, outputs, display)
    return tell(view, written, outputs)


def _print(client: BatchClient, view: BatchView) -> int:
    for path in view.results:
        for piece in client.content(path):
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()
    if view.errors:
        return refused(view)
    return SOME_FAILED if view.failed else GOOD
