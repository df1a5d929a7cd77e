"""`batch run`: a file of requests in, a file of results out. The batch is the gateway's: it goes on without us."""

import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from rich.console import Console

from cli.batch_client import AwayError, BatchClient
from cli.batch_input import BatchInput, read_input
from cli.batch_output import Outputs, Written
from cli.batch_progress import Display, display_for
from cli.batch_view import BatchView, Pace
from cli.gateway import find_gateway
from cli.problems import SetupError

#: Seconds between two looks at a batch: first, and at most.
FIRST_LOOK: Final = 0.2
LOOK_EVERY: Final = 3.0
#: Seconds that the gateway may be away before nobody waits for it any more.
PATIENCE: Final = 600.0

#: Exit codes: every line succeeded, some did not, and what Ctrl-C ends with.
GOOD: Final = 0
SOME_FAILED: Final = 1
REFUSED: Final = 2
INTERRUPTED: Final = 130


def run_batch(
    source: Path | None,
    output: Path,
    url: str | None,
    key: str | None,
    *,
    resume: str | None = None,
    coalesce: bool = False,
    force: bool = False,
) -> int:
    """Have a file's requests run, or go on waiting for the batch `resume`, and write the results; the exit code.

    Raises:
        SetupError: input or output are not as they should be, or the gateway refuses.
    """
    outputs = Outputs(output, force=force, source=source)
    given = read_input(source) if source is not None else None
    with BatchClient(find_gateway(url, key)) as client, display_for(Console(stderr=True)) as display:
        if given is not None:
            view = submit(client, given, display, coalesce=coalesce)
            if view is None:
                return INTERRUPTED
        else:
            view = client.get(resume or "")
        again = come_back(view.id, output, url)
        try:
            view = follow(client, view, display)
            if view.errors and not view.results:
                return refused(view)
            written = download(client, view, outputs, display)
        except KeyboardInterrupt:
            display.note(f"{view.id} goes on without you.\n{again}")
            return INTERRUPTED
        except AwayError:
            display.note(f"{view.id} may go on all the same.\n{again}")
            raise
    return tell(view, written, outputs)


def submit(client: BatchClient, given: BatchInput, display: Display, *, coalesce: bool) -> BatchView | None:
    """Make a batch of a file; None after Ctrl-C.

    Raises:
        SetupError: a line cannot be sent, or the gateway refuses.
    """
    sent = 0

    def told(size: int) -> None:
        nonlocal sent
        sent += size
        display.moving(f"uploading {given.path.name}", sent, given.bytes)

    try:
        return client.submit(given, told, coalesce=coalesce)
    except KeyboardInterrupt:
        display.note("stopped before the gateway had told of a batch; `warp2api batch list` shows if there is one")
        return None


def follow(
    client: BatchClient,
    view: BatchView,
    display: Display,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> BatchView:
    """Wait for a batch's end, and show how it gets there.

    Raises:
        RefusedError: the gateway has no such batch any more.
        AwayError: nobody has answered for `PATIENCE` seconds.
    """
    pace, wait = Pace(), FIRST_LOOK
    while True:
        if view.total:
            pace.look(clock(), view.left)
        display.stands(view, pace)
        if view.ended:
            return view
        pause(wait)
        wait = min(wait * 1.5, LOOK_EVERY)
        view = _look(client, view.id, display, clock, pause)


def _look(
    client: BatchClient, batch_id: str, display: Display, clock: Callable[[], float], pause: Callable[[float], None]
) -> BatchView:
    since = clock()
    told = False
    while True:
        try:
            return client.get(batch_id)
        except AwayError as error:
            if clock() - since >= PATIENCE:
                raise
            if not told:
                display.note(f"{error}; waiting for it")
            told = True
        pause(LOOK_EVERY)


def download(client: BatchClient, view: BatchView, outputs: Outputs, display: Display) -> Written:
    """Write the results of a batch that has ended.

    Raises:
        SetupError: they cannot be fetched, or not be written.
    """
    received = 0

    def counted(path: str) -> Iterator[bytes]:
        nonlocal received
        for piece in client.content(path):
            received += len(piece)
            display.moving("fetching results", received, 0)
            yield piece

    return outputs.write(counted(path) for path in view.results)


def tell(view: BatchView, written: Written, outputs: Outputs) -> int:
    """Say what became of a batch; the exit code."""
    print(f"{view.id} {view.status}: {written.good} of {written.lines} lines succeeded, in {outputs.good}")
    if written.bad:
        print(f"{written.bad.total()} did not, in {outputs.bad}:")
        for why, count in written.bad.most_common(10):
            print(f"  {count} x {why}")
    if view.errors:
        return refused(view)
    if written.lines < view.total:
        raise SetupError(f"{view.total - written.lines} results of {view.total} are no longer kept by the gateway")
    return GOOD if view.status in ("completed", "ended") and not written.bad else SOME_FAILED


def refused(view: BatchView) -> int:
    """Say what is wrong with the input of a batch; the exit code."""
    print(f"warp2api: {view.id} {view.status}:", file=sys.stderr)
    for error in view.errors:
        print(f"  {error}", file=sys.stderr)
    return REFUSED


def come_back(batch_id: str, output: Path, url: str | None) -> str:
    """How to come back to a batch, and how to end it."""
    where = f" --url {shlex.quote(url)}" if url else ""
    return (
        f"  its results:  warp2api batch run --resume {batch_id} -o {shlex.quote(str(output))}{where}\n"
        f"  to end it:    warp2api batch cancel {batch_id}{where}"
    )
