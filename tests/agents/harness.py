"""Runs one agent once, in an environment and folders of its own."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.agents.programs import AGENTS, Job, workplace
from tests.recorder import Exchange, Recorder

#: Seconds for one run; agents retry with pauses.
PATIENCE: Final = 150.0


@dataclass
class Outcome:
    """What an agent did: what it printed, what it asked, and how the folder looked afterwards."""

    printed: str
    exchanges: list[Exchange]
    folder: Path

    @property
    def colour(self) -> str:
        """What the file to be edited holds."""
        return (self.folder / "colour.txt").read_text()

    @property
    def checked(self) -> str:
        """What the last command saw."""
        return (self.folder / "checked.txt").read_text()

    @property
    def statuses(self) -> list[int | None]:
        """How its requests were answered."""
        return [each.status for each in self.exchanges]


def run_agent(name: str, door: Recorder, key: str, before: str, base: Path) -> Outcome:
    """Let an agent do its work at a door.

    Args:
        name: which agent.
        door: where the gateway is.
        key: the client key it has.
        before: the simulator's directives that come before the work.
        base: an empty folder.

    Raises:
        AssertionError: it ended with another status than 0; its output is in the message.
    """
    agent = AGENTS[name]
    home, folder = base / "home", base / "project"
    home.mkdir()
    folder.mkdir()
    workplace(folder)
    job = Job(door.url, key, home, folder, before + agent.work(folder))
    agent.prepare(job)
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **agent.environment(job)}
    with _output(base / "output") as output:
        status = subprocess.run(
            agent.command(job),
            env=environment,
            cwd=folder,
            input=(job.prompt if agent.reads_input else "").encode(),
            stdout=output,
            stderr=output,
            timeout=PATIENCE,
            check=False,
        ).returncode
    printed = (base / "output").read_text(errors="replace")
    assert status == 0, f"{name} ended with {status}:\n{printed[-4000:]}"
    return Outcome(printed, door.of(key), folder)


@contextmanager
def _output(path: Path) -> Iterator[int]:
    # A file, not a pipe: a helper process that outlives its agent would keep a pipe open.
    descriptor = os.open(path, os.O_CREAT | os.O_WRONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
