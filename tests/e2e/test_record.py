"""What the upstream sends for jobs, saved by `record` while it comes and read by `parse`; `jobs` beside it."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai

from proto.saved_stream import read_stream
from proto.stream_report import report_of
from tests.e2e.asking import ask
from tests.e2e.gateway import ROOT, Gateway, wait_for


class Command:
    """A command that runs against a gateway."""

    def __init__(self, gateway: Gateway, folder: Path, *args: str) -> None:
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *args],
            env={**os.environ, **gateway.environment, "PYTHONPATH": str(ROOT)},
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(self.process.stderr)

    def says(self, words: str) -> bool:
        return any(words in line for line in list(self.said))

    def end(self) -> tuple[int, list[str]]:
        """Exit code and the lines of standard output."""
        assert self.process.stdout is not None
        lines = self.process.stdout.read().splitlines()
        self._reader.join(10)
        return self.process.wait(10), lines


@contextmanager
def command(gateway: Gateway, folder: Path, *args: str) -> Iterator[Command]:
    running = Command(gateway, folder, *args)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
        running.process.wait(10)
        for stream in (running.process.stdout, running.process.stderr):
            assert stream is not None
            running._reader.join(10)
            stream.close()


def done(gateway: Gateway, folder: Path, *args: str) -> tuple[int, str]:
    with command(gateway, folder, *args) as running:
        code, lines = running.end()
    return code, "\n".join(lines)


def modes(folder: Path) -> list[int]:
    return [path.stat().st_mode & 0o777 for path in folder.iterdir()]


async def test_what_was_recorded_is_what_was_answered(
    gateway: Gateway, openai_client: openai.AsyncOpenAI, tmp_path: Path
) -> None:
    with command(gateway, tmp_path, "record", "--next", "1", "--for", "40", "--request") as recording:
        wait_for(lambda: recording.says("the workers listen"), "the workers to be told")
        answer = await ask(openai_client, "Say something worth keeping.", stream=True)
        await ask(openai_client, "And something else.", stream=False)
        code, files = recording.end()
    job_id = answer.headers["x-job-id"]
    assert (code, files) == (0, [f"{job_id}-1.sse"]), recording.said

    saved = tmp_path / f"{job_id}-1.sse"
    report = report_of(read_stream(saved.read_bytes()))
    assert (report.text, report.broken, report.ending.finish) == (answer.text, None, "stop")
    request = json.loads((tmp_path / f"{job_id}-1.request.json").read_text())
    assert "worth keeping" in json.dumps(request["input"])
    assert modes(tmp_path) == [0o600, 0o600, 0o600]

    code, out = done(gateway, tmp_path, "parse", str(tmp_path), "--json")
    assert (code, json.loads(out)["text"]) == (0, answer.text)
    code, out = done(gateway, tmp_path, "jobs", "list", "--json")
    assert job_id in {json.loads(line)["id"] for line in out.splitlines()}
    assert code == 0
    code, out = done(gateway, tmp_path, "jobs", "tail", job_id[:20])
    assert (code, out.endswith(answer.text.rstrip())) == (0, True)
    code, out = done(gateway, tmp_path, "jobs", "show", job_id, "--json")
    assert (code, json.loads(out)["status"]) == (0, "finished")
    with command(gateway, tmp_path, "record", "--job", job_id) as late:
        assert late.end() == (2, [])
    assert late.says("has ended")
