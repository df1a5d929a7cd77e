"""Runs named children and keeps them running: start in order, restart what dies, stop in order with one SIGTERM each.

Every child leads a session of its own, so a Ctrl-C in the terminal reaches the supervisor alone, and asks the kernel
for a SIGTERM should the supervisor itself be killed (Linux only).
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Final, Literal

#: Exit code of a command that refuses its configuration: starting it again cannot help.
REFUSED: Final = 2
#: Seconds beyond the drain time before a child that was asked to stop is killed.
STOP_MARGIN: Final = 10.0
#: Seconds in which a second signal counts as the first one: `timeout` and service managers send theirs twice.
ECHO: Final = 0.5
#: Seconds between two questions whether a child is ready, and until its slowness is worth a word.
PROBE_INTERVAL: Final = 0.05
SLOW_START: Final = 15.0
_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None) if sys.platform == "linux" else None
_COLOURS: Final = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green")


@dataclass(frozen=True)
class Child:
    """One process to keep running.

    Args:
        stage: children start by rising stage, each stage when the one before is ready, and stop by falling stage,
            each when the one before has gone. Within a stage the order is the one they were given in.
        ready: asked again and again until it says yes; a child without one counts as ready at once.
        keep_open: descriptors the process inherits.
        on_ready: called when it said yes.
        hint: a word on where to look, said when the child dies or is slow to get ready.
        essential: whether the whole stops when the child cannot be kept alive; else only the child stays away.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] | None = None
    cwd: str | None = None
    stage: int = 0
    ready: Callable[[], Awaitable[bool]] | None = None
    on_ready: Callable[[], None] | None = None
    keep_open: tuple[int, ...] = ()
    hint: str = ""
    essential: bool = True


@dataclass
class RestartPolicy:
    """Pauses before each restart, and when to stop trying: `limit` deaths within `window` seconds."""

    limit: int = 5
    window: float = 60.0
    first_pause: float = 0.5
    _deaths: deque[float] = field(default_factory=deque)

    def died(self, now: float) -> float | None:
        """Seconds to wait before the next start; None: give up."""
        while self._deaths and now - self._deaths[0] > self.window:
            self._deaths.popleft()
        self._deaths.append(now)
        if len(self._deaths) >= self.limit:
            return None
        return self.first_pause * 2.0 ** (len(self._deaths) - 1)


class Output:
    """Lines of all children on one terminal or pipe, each with its name in front."""

    def __init__(self, names: Sequence[str], stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stdout
        self._width = max((len(name) for name in names), default=0)
        self._colour = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
        self._console = None
        if self._stream.isatty():
            from rich.console import Console

            self._console = Console(file=self._stream, highlight=False, soft_wrap=True)

    def line(self, name: str, text: str) -> None:
        """One line of a child."""
        if self._console is None:
            self._write(f"{name:<{self._width}} | {text}\n")
            return
        from rich.text import Text

        with contextlib.suppress(BrokenPipeError):
            prefix = Text(f"{name:<{self._width}} | ", style=self._colour.get(name, ""))
            self._console.print(prefix + Text.from_ansi(text))

    def say(self, text: str) -> None:
        """What the supervisor itself has to say."""
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # `up | head`: the children are not to suffer for it
            self._stream.write(text)
            self._stream.flush()


class Supervisor:
    """Runs children until a signal comes or one of them cannot be kept alive."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        output: Output | None = None,
        drain_timeout: float = 30.0,
        stop_margin: float = STOP_MARGIN,
        echo: float = ECHO,
        restarts: Callable[[], RestartPolicy] = RestartPolicy,
        on_ready: Callable[[], None] | None = None,
    ) -> None:
        self._children = list(children)
        self._output = output or Output([child.name for child in children])
        self._patience = drain_timeout + stop_margin
        self._echo = echo
        self._signalled_at = 0.0
        self._policies = {child.name: restarts() for child in children}
        self._on_ready = on_ready
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._last_words: dict[str, str] = {}
        self._asked: set[int] = set()
        self._given_up: set[str] = set()
        self._opened = False
        self._stop = asyncio.Event()
        self._kill = asyncio.Event()
        self._failure: str | None = None
        self._exit_code = 0

    async def run(self) -> int:
        """Returns the exit code: 0 after a signal, 1 after giving up, 2 if a child refused its configuration."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._signalled, number)
        keepers: list[tuple[Child, asyncio.Task[None]]] = []
        opening = loop.create_task(self._open(keepers), name="open")
        try:
            await self._stop.wait()
        finally:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            await self._close(keepers)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                loop.remove_signal_handler(number)
        if self._failure is None:
            self._output.say("stopped.")
            return 0
        self._output.say(f"stopped: {self._failure}")
        return self._exit_code

    def _signalled(self, number: signal.Signals) -> None:
        if not self._stop.is_set():
            self._signalled_at = time.monotonic()
            self._output.say(f"{number.name}: stopping; once more to kill.")
            self._stop.set()
        elif time.monotonic() - self._signalled_at > self._echo:
            self._output.say(f"{number.name} again: killing what is left.")
            self._kill.set()

    def _fail(self, reason: str, exit_code: int) -> None:
        if self._failure is None:
            self._failure, self._exit_code = reason, exit_code
        self._stop.set()

    async def _open(self, keepers: list[tuple[Child, asyncio.Task[None]]]) -> None:
        try:
            for stage in sorted({child.stage for child in self._children}):
                group = [child for child in self._children if child.stage == stage]
                keepers.extend((child, asyncio.create_task(self._keep(child), name=child.name)) for child in group)
                await asyncio.gather(*[self._until_ready(child) for child in group])
            self._opened = True
            if self._on_ready is not None:
                self._on_ready()
        except Exception as error:
            self._fail(f"start-up failed: {error!r}", 1)

    async def _until_ready(self, child: Child) -> None:
        patience = time.monotonic() + SLOW_START
        while not await self._is_ready(child):
            if child.name in self._given_up:
                return
            if time.monotonic() > patience:
                self._output.say(f"still waiting for {child.name}{': ' if child.hint else ''}{child.hint}")
                patience = time.monotonic() + SLOW_START
            await asyncio.sleep(PROBE_INTERVAL)
        if child.on_ready is not None:
            child.on_ready()

    async def _is_ready(self, child: Child) -> bool:
        return child.name in self._running and (child.ready is None or await child.ready())

    async def _keep(self, child: Child) -> None:
        """Start a child and start it again whenever it dies, until the whole stops."""
        try:
            while not self._stop.is_set() and child.name not in self._given_up:
                code = await self._live(child)
                if not self._stop.is_set():
                    await self._mourn(child, code)
        except Exception as error:
            self._fail(f"{child.name} could not be run: {error}", 1)

    async def _live(self, child: Child) -> int:
        """One life of a child, from its start to its exit code."""
        process = await self._start(child)
        self._running[child.name] = process
        if self._stop.is_set():  # asked to stop while it was being started
            self._terminate(process)
        try:
            await self._relay(child.name, process)
            return await process.wait()
        finally:
            del self._running[child.name]
            _kill_group(process.pid)  # what it may have left behind

    async def _mourn(self, child: Child, code: int) -> None:
        news = f"{child.name} {_fate(code)}" + (f" ({child.hint})" if child.hint else "")
        if code == REFUSED and not self._opened:
            self._fail(f"{child.name} refuses its configuration: {self._last_words.get(child.name, '')}", REFUSED)
            return
        pause = self._policies[child.name].died(time.monotonic())
        if pause is None:
            policy = self._policies[child.name]
            news = f"{news}, {policy.limit} deaths within {policy.window:g} s"
            if child.essential:
                self._fail(news, 1)
            else:
                self._given_up.add(child.name)
                self._output.say(f"{news}; going on without it")
            return
        self._output.say(f"{news}; starting it again in {pause:g} s")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), pause)

    async def _start(self, child: Child) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *child.command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=child.env,
            cwd=child.cwd,
            start_new_session=True,
            pass_fds=child.keep_open,
            preexec_fn=_die_with(os.getpid()),
        )

    async def _relay(self, name: str, process: asyncio.subprocess.Process) -> None:
        """Print a child's lines until it closes its output or dies (a grandchild may hold the pipe open)."""
        assert process.stdout is not None  # noqa: S101  # a pipe was asked for
        dead = asyncio.create_task(process.wait())
        rest = b""
        while True:
            reading = asyncio.create_task(process.stdout.read(65536))
            await asyncio.wait({reading, dead}, return_when=asyncio.FIRST_COMPLETED)
            if not reading.done():
                _kill_group(process.pid)  # dead, yet the pipe is open: only what it left behind holds it
            chunk = await reading
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > 65536 or (not chunk and rest):
                lines, rest = [*lines, rest], b""
            for line in lines:
                text = line.decode(errors="replace").rstrip("\r")
                self._last_words[name] = text
                self._output.line(name, text)
            if not chunk:
                await dead
                return

    async def _close(self, keepers: Sequence[tuple[Child, asyncio.Task[None]]]) -> None:
        """Stop stage by stage, from the last one down."""
        killed = asyncio.create_task(self._kill.wait())
        for stage in sorted({child.stage for child, _ in keepers}, reverse=True):
            group = {child.name: task for child, task in keepers if child.stage == stage}
            await self._close_stage(group, killed)
        killed.cancel()

    async def _close_stage(self, group: Mapping[str, asyncio.Task[None]], killed: asyncio.Task[Literal[True]]) -> None:
        """One SIGTERM each, then patience, then SIGKILL."""
        for name in group:
            if name in self._running and not killed.done():
                self._terminate(self._running[name])
        gone = asyncio.create_task(_settled(group.values()))
        await asyncio.wait([gone, killed], timeout=self._patience, return_when=asyncio.FIRST_COMPLETED)
        for name in group:
            if name in self._running:
                self._output.say(f"{name} did not stop in time: killed")
                _kill_group(self._running[name].pid)
        await gone

    def _terminate(self, process: asyncio.subprocess.Process) -> None:
        """Ask a process to stop, once in its life."""
        if process.pid not in self._asked:
            self._asked.add(process.pid)
            with contextlib.suppress(ProcessLookupError):
                process.terminate()


async def _settled(tasks: Iterable[asyncio.Task[None]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


def _fate(code: int) -> str:
    if code < 0:
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
    return f"exited with code {code}"


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _die_with(parent: int) -> Callable[[], None]:
    def ask_kernel() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # it died before we asked
                os._exit(1)

    return ask_kernel
