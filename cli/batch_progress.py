"""How a batch goes on, shown on standard error: a bar in a terminal, else a line now and then."""

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, Self

from rich.console import Console
from rich.filesize import decimal
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from cli.batch_view import BatchView, Pace, standing

#: Seconds between two lines where nothing but numbers has changed.
LINE_EVERY: Final = 10.0


class Display(Protocol):
    """Shows how a batch goes on, while it is entered."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def moving(self, what: str, done: int, size: int) -> None:
        """So many bytes of a file went up or came down; `size` is 0 where it is not known."""

    def stands(self, view: BatchView, pace: Pace) -> None:
        """Where the batch is now."""

    def note(self, words: str) -> None:
        """Something to tell once."""


def display_for(console: Console) -> Display:
    """What suits a console."""
    return Bar(console) if console.is_terminal else Lines()


class Bar:
    """One bar that is drawn anew."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[words]}", markup=False),
            console=console,
        )
        self._task = self._progress.add_task("", total=None, words="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def moving(self, what: str, done: int, size: int) -> None:
        """A file goes up or comes down."""
        self._draw(what, size, done, moved(done, size))

    def stands(self, view: BatchView, pace: Pace) -> None:
        """The lines that have an outcome."""
        self._draw(f"{view.id} {view.status}", view.total, view.done, standing(view, pace))

    def note(self, words: str) -> None:
        """A line above the bar."""
        self._progress.console.print(words, markup=False, highlight=False, soft_wrap=True)

    def _draw(self, description: str, total: int, done: int, words: str) -> None:
        self._progress.update(
            self._task, description=description, total=total or None, completed=done, words=words, refresh=False
        )


class Lines:
    """A line at each change of status, and every few seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._status = ""
        self._next = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is left open."""

    def moving(self, what: str, done: int, size: int) -> None:
        """A file goes up or comes down."""
        self._line(what, moved(done, size))

    def stands(self, view: BatchView, pace: Pace) -> None:
        """The lines that have an outcome."""
        self._line(f"{view.id} {view.status}", standing(view, pace))

    def note(self, words: str) -> None:
        """A line of its own."""
        print(words, file=sys.stderr, flush=True)

    def _line(self, status: str, words: str) -> None:
        now = self._clock()
        if status == self._status and now < self._next:
            return
        self._status, self._next = status, now + LINE_EVERY
        self.note(f"{status}: {words}" if words else status)


def moved(done: int, size: int) -> str:
    """How much of a file has moved."""
    return f"{decimal(done)} of {decimal(size)}" if size else decimal(done)
