"""The commands of docs/tools.md, out of the page, against a running gateway."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai
import pytest

from proto.saved_stream import read_stream
from proto.stream_report import report_of
from tests.e2e.asking import ask
from tests.e2e.gateway import ROOT, Gateway, wait_for

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs/tools.md").read_text(encoding="utf-8")


class Shell:
    """Commands that run against a gateway."""

    def __init__(self, gateway: Gateway, folder: Path, commands: str) -> None:
        self.said: list[str] = []
        prelude = f'set -e; warp2api() {{ "{sys.executable}" -m cli.main "$@"; }}\n'
        self.process = subprocess.Popen(
            ["bash", "-c", prelude + commands],
            env={**os.environ, **gateway.environment, "PYTHONPATH": str(ROOT), "PORT": str(gateway.ports[0])},
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
def shell(gateway: Gateway, folder: Path, commands: str) -> Iterator[Shell]:
    running = Shell(gateway, folder, commands)
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


def done(gateway: Gateway, folder: Path, commands: str) -> str:
    """What commands that must succeed print."""
    with shell(gateway, folder, commands) as running:
        code, lines = running.end()
    assert code == 0, running.said
    return "\n".join(lines)


def modes(folder: Path) -> list[int]:
    return [path.stat().st_mode & 0o777 for path in folder.iterdir()]


# A dozen programs start one after the other.
@pytest.mark.timeout(180)
async def test_the_page_on_tools_as_an_operator_follows_it(
    gateway: Gateway, openai_client: openai.AsyncOpenAI, tmp_path: Path
) -> None:
    with shell(gateway, tmp_path, block("record")) as recording:
        wait_for(lambda: recording.says("the workers listen"), "the workers to be told")
        answer = await ask(openai_client, "Say something worth keeping.", stream=True)
        await ask(openai_client, "And something else.", stream=False)
        code, files = recording.end()
    job_id = answer.headers["x-job-id"]
    assert (code, files) == (0, [f"saved/{job_id}-1.sse"]), recording.said
    saved = tmp_path / "saved"
    report = report_of(read_stream((saved / f"{job_id}-1.sse").read_bytes()))
    assert (report.text, report.broken, report.ending.finish) == (answer.text, None, "stop")
    request = json.loads((saved / f"{job_id}-1.request.json").read_text())
    assert "worth keeping" in json.dumps(request["input"])
    assert modes(saved) == [0o600, 0o600, 0o600]

    parsed = done(gateway, tmp_path, block("parse"))
    assert json.loads(parsed.splitlines()[-1])["text"] == answer.text
    assert job_id in done(gateway, tmp_path, block("jobs list"))
    shown = done(gateway, tmp_path, block("jobs show").replace("JOB", job_id[:20]))
    assert answer.text.rstrip() in shown
    assert json.loads(shown.splitlines()[-1])["event"] == "finished"
    assert json.loads(done(gateway, tmp_path, block("convert")))["messages"] == [{"role": "user", "content": "Hello"}]


def block(word: str) -> str:
    """The commands of the page in which a command stands first."""
    blocks: list[str] = re.findall(r"^```bash\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return next(commands for commands in blocks if f"warp2api {word}" in commands)
