"""The supervisor with small stand-in children, each in a process of its own; every wait is for a state seen."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cli.supervisor import RestartPolicy

ROOT = Path(__file__).parents[2]

#: A child that writes what happens to it into a shared journal, and says when it can be signalled.
CHILD = """
    import os, signal, sys, time
    name, journal, manner = sys.argv[1:]
    def note(what):
        with open(journal, "a") as file:
            file.write(f"{name} {what}\\n")
    def on_term(*_):
        note("term")
        if manner == "obeys":
            note("gone")
            os._exit(0)
    signal.signal(signal.SIGTERM, on_term)
    signal.signal(signal.SIGINT, lambda *_: note("int"))
    note(f"up {os.getpid()}")
    print(f"{name} says hello", flush=True)
    if manner == "dies":
        os._exit(7)
    if manner == "refuses":
        os._exit(2)
    if manner == "slow":
        while open(journal).read().count("release") == 0:
            time.sleep(0.01)
        os._exit(0)
    while True:
        signal.pause()
"""

#: Runs a supervisor over children named on the command line as `name:manner:stage`, and `:extra` if not essential.
RUNNER = """
    import asyncio, sys
    from cli.supervisor import Child, RestartPolicy, Supervisor
    child_script, journal, drain, echo, *specs = sys.argv[1:]
    children = []
    for spec in specs:
        name, manner, stage, *extra = spec.split(":")
        command = [sys.executable, child_script, name, journal, manner]
        async def ready(name=name, manner=manner):
            return manner != "refuses" and f"{name} up" in open(journal).read()
        children.append(Child(name, command, stage=int(stage), ready=ready, essential=not extra))
    supervisor = Supervisor(
        children, drain_timeout=float(drain), stop_margin=0, echo=float(echo),
        restarts=lambda: RestartPolicy(first_pause=0.01),
        on_ready=lambda: print("all ready", flush=True),
    )
    sys.exit(asyncio.run(supervisor.run()))
"""


def until(seen: Callable[[], object], what: str, seconds: float = 20) -> None:
    give_up = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < give_up, f"not seen in time: {what}"
        time.sleep(0.01)


class Run:
    """A supervisor in a process of its own, and what it and its children wrote."""

    def __init__(self, folder: Path, *specs: str, drain: float = 30, echo: float = 0) -> None:
        self.journal_file, self.output_file = folder / "journal", folder / "output"
        self.journal_file.touch()
        (folder / "child.py").write_text(textwrap.dedent(CHILD))
        (folder / "runner.py").write_text(textwrap.dedent(RUNNER))
        with self.output_file.open("wb") as output:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    folder / "runner.py",
                    folder / "child.py",
                    self.journal_file,
                    str(drain),
                    str(echo),
                    *specs,
                ],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )

    @property
    def journal(self) -> list[str]:
        return self.journal_file.read_text().splitlines()

    @property
    def output(self) -> str:
        return self.output_file.read_text()

    def until_ready(self) -> None:
        until(lambda: "all ready" in self.output, "the supervisor's ready")

    def pids(self, name: str) -> list[int]:
        return [int(line.split()[2]) for line in self.journal if line.startswith(f"{name} up ")]

    def ended(self) -> int:
        return self.process.wait(timeout=20)

    def close(self) -> None:
        for line in self.journal:
            if " up " in line:
                with suppress(ProcessLookupError):
                    os.kill(int(line.split()[2]), signal.SIGKILL)
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start_one(*specs: str, drain: float = 30, echo: float = 0) -> Run:
        runs.append(Run(tmp_path, *specs, drain=drain, echo=echo))
        return runs[-1]

    yield start_one
    for run in runs:
        run.close()


GATEWAY = ("valkey:obeys:0", "api:obeys:1", "worker:obeys:1", "keeper:obeys:1")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_one_signal_is_one_sigterm_for_each_child_and_the_first_stage_goes_last(
    start: Callable[..., Run], number: signal.Signals
) -> None:
    run = start(*GATEWAY)
    run.until_ready()

    run.process.send_signal(number)

    assert run.ended() == 0
    terms = [line for line in run.journal if line.endswith("term")]
    assert sorted(terms) == ["api term", "keeper term", "valkey term", "worker term"]
    assert run.journal[-2:] == ["valkey term", "valkey gone"]
    assert "api    | api says hello" in run.output.splitlines()


def test_children_start_stage_by_stage(start: Callable[..., Run]) -> None:
    run = start("front:obeys:1", "base:obeys:0")
    run.until_ready()

    assert [line.split()[0] for line in run.journal] == ["base", "front"]


def test_within_a_stage_children_are_asked_to_stop_in_order_and_without_waiting(start: Callable[..., Run]) -> None:
    run = start("api:slow:1", "worker:slow:1", "keeper:slow:1")
    run.until_ready()
    run.process.send_signal(signal.SIGTERM)
    until(lambda: sum(line.endswith("term") for line in run.journal) == 3, "three SIGTERMs while none has gone")

    run.process.send_signal(signal.SIGTERM)

    assert run.ended() == 0
    assert run.output.count("did not stop in time: killed") == 3
    assert "SIGTERM again: killing what is left." in run.output


def test_a_signal_sent_twice_at_once_is_one(start: Callable[..., Run]) -> None:
    run = start("api:slow:1", "worker:slow:1", echo=3600)
    run.until_ready()
    run.process.send_signal(signal.SIGTERM)
    until(lambda: sum(line.endswith("term") for line in run.journal) == 2, "both SIGTERMs")

    run.process.send_signal(signal.SIGTERM)
    with run.journal_file.open("a") as journal:
        journal.write("release\n")

    assert run.ended() == 0
    assert "killed" not in run.output
    assert sum(line.endswith("term") for line in run.journal) == 2


def test_a_ctrl_c_in_the_terminal_does_not_reach_the_children(start: Callable[..., Run]) -> None:
    run = start(*GATEWAY)
    run.until_ready()

    groups = {os.getpgid(run.pids(name)[0]) for name in ("valkey", "api", "worker", "keeper")}

    assert len(groups) == 4
    assert os.getpgid(run.process.pid) not in groups
    assert {os.getsid(group) for group in groups} == groups


def test_a_killed_child_is_named_and_started_again(start: Callable[..., Run]) -> None:
    run = start(*GATEWAY)
    run.until_ready()

    os.kill(run.pids("worker")[0], signal.SIGKILL)

    until(lambda: len(run.pids("worker")) == 2, "a second worker")
    assert "worker was killed by SIGKILL; starting it again in 0.01 s" in run.output
    assert len(run.pids("api")) == 1
    run.process.send_signal(signal.SIGTERM)
    assert run.ended() == 0
    assert run.journal.count("worker term") == 1


def test_the_whole_stops_with_its_reason_when_a_child_keeps_dying(start: Callable[..., Run]) -> None:
    run = start("valkey:obeys:0", "worker:dies:1")

    assert run.ended() == 1
    assert len(run.pids("worker")) == 5
    assert run.output.splitlines()[-1] == "stopped: worker exited with code 7, 5 deaths within 60 s"
    assert run.journal[-2:] == ["valkey term", "valkey gone"]


def test_a_child_that_is_not_essential_is_done_without_when_it_keeps_dying(start: Callable[..., Run]) -> None:
    run = start("worker:obeys:0", "bridge:dies:0:extra")
    until(lambda: "bridge exited with code 7, 5 deaths within 60 s; going on without it" in run.output, "giving up")
    run.until_ready()

    run.process.send_signal(signal.SIGTERM)

    assert run.ended() == 0
    assert len(run.pids("bridge")) == 5
    assert run.journal[-2:] == ["worker term", "worker gone"]


def test_a_child_that_refuses_its_configuration_is_not_started_again(start: Callable[..., Run]) -> None:
    run = start("valkey:obeys:0", "api:refuses:1", "worker:obeys:1")

    assert run.ended() == 2
    assert len(run.pids("api")) == 1
    assert "api refuses its configuration" in run.output


def test_a_child_that_does_not_stop_is_killed_and_named(start: Callable[..., Run]) -> None:
    run = start("valkey:obeys:0", "worker:stubborn:1", drain=0.2)
    run.until_ready()

    run.process.send_signal(signal.SIGTERM)

    assert run.ended() == 0
    assert "worker did not stop in time: killed" in run.output
    assert run.journal.count("worker term") == 1
    assert run.journal[-1] == "valkey gone"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_children_die_when_the_supervisor_is_killed(start: Callable[..., Run]) -> None:
    run = start(*GATEWAY)
    run.until_ready()

    run.process.kill()

    until(lambda: sum(line.endswith("gone") for line in run.journal) == 4, "four children gone")
    assert sum(line.endswith("term") for line in run.journal) == 4


def test_pauses_grow_and_old_deaths_are_forgotten() -> None:
    policy = RestartPolicy()

    assert [policy.died(now) for now in (0, 1, 2, 3)] == [0.5, 1, 2, 4]
    assert policy.died(61.5) == 2  # those at 0 and 1 no longer count
    assert [policy.died(61.6), policy.died(61.7)] == [4, None]
