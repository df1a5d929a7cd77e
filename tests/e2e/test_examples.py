"""The pages' examples as a newcomer runs them: copied out, one after the other, against the demo."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import openai
import pytest

from proto.saved_stream import read_stream
from proto.stream_report import report_of
from tests.e2e.test_supervisor import until
from tests.e2e.test_up import Up
from tests.examples import EXAMPLES, GREETING, Run, blocks, examples

#: Seconds that one block may take.
PATIENCE = 80
PAGES = [page for page, known in EXAMPLES.items() if any(isinstance(how, Run) for how in known.values())]


def needs(page: str) -> pytest.MarkDecorator:
    """Where a page's examples are run: with the clients if curl is among them, which not every machine has."""
    curl = any(re.search(r"\bcurl\b", code) for _, code, how in examples(page) if isinstance(how, Run))
    return pytest.mark.clients if curl else pytest.mark.slow


@dataclass
class Demo:
    """A running demo, and a reader's shell on its machine."""

    up: Up
    environment: dict[str, str] = field(repr=False)
    #: What was asked besides: the answers by their jobs' ids.
    answers: dict[str, str] = field(default_factory=dict)

    def ask(self, words: str) -> str:
        """The id of the job that answered."""
        with openai.OpenAI(base_url=f"http://127.0.0.1:{self.up.port}/v1", api_key="any") as client:
            raw = client.chat.completions.with_raw_response.create(
                model="auto", messages=[{"role": "user", "content": words}]
            )
        job = raw.headers["x-job-id"]
        self.answers[job] = raw.parse().choices[0].message.content or ""
        return job

    def run(self, language: str, code: str, folder: Path, *, hears_chats: bool = False) -> str:
        """What a block prints to standard output; it must succeed."""
        said, complained = folder.with_suffix(".out"), folder.with_suffix(".err")
        command = ["bash", "-e", "-c"] if language == "bash" else [sys.executable, "-c"]
        with said.open("wb") as out, complained.open("wb") as err:
            process = subprocess.Popen(
                [*command, self._here(code, folder)], cwd=folder, env=self.environment, stdout=out, stderr=err
            )
            try:
                if hears_chats:
                    until(lambda: "the workers listen" in complained.read_text(), f"it listens:\n{code}", PATIENCE)
                    self.ask("Say something worth keeping.")
                    self.ask("And something else.")
                status = process.wait(PATIENCE)
            finally:
                process.kill()
                process.wait()
        assert status == 0, f"{code}\n{complained.read_text()}"
        return said.read_text()

    def _here(self, code: str, folder: Path) -> str:
        """An example with this demo's addresses and jobs, and with what it would write elsewhere in its folder."""
        if re.search(r"\bJOB\b", code):
            code = re.sub(r"\bJOB\b", self.ask("Something to look at.")[:20], code)
        for written, meant in (
            ("127.0.0.1:8010", f"127.0.0.1:{self.up.port}"),
            ("127.0.0.1:8000", f"127.0.0.1:{self.up.bridge}"),
            (".venv/bin/", f"{Path(sys.executable).parent}/"),
            ("/etc/warp2api/", f"{folder}/"),
        ):
            code = code.replace(written, meant)
        return code


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    running = Up(tmp_path_factory.mktemp("demo"), "demo")
    try:
        until(lambda: "the demo is ready" in running.output, f"ready in {running.log}", 40)
        child = running.child("api")
        assert child is not None
        # The commands of this installation are found by their names, and find the demo's store by its environment.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        yield Demo(running, {**child.environ(), "PATH": path, "KEY": "any"})
    finally:
        running.process.terminate()
        running.process.wait(45)
        running.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("page", [pytest.param(page, marks=needs(page)) for page in PAGES])
def test_the_examples_of_a_page(page: str, demo: Demo, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    folder.mkdir()
    for language, code, how in examples(page):
        if isinstance(how, Run):
            told = demo.run(language, code, folder, hears_chats=how.hears_chats)
            assert re.search(".*?".join(how.prints), told, re.DOTALL), f"{code}\nprinted\n{told}"
    if page in LEFT_BEHIND:
        LEFT_BEHIND[page](folder, demo)


def batches(folder: Path, demo: Demo) -> None:
    """Both ways to run a file of requests leave the same results."""
    for name in ("output.jsonl", "results.jsonl"):
        results = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        assert {line["custom_id"] for line in results} == {"0", "1", "2"}, name
        assert all(GREETING in line["response"]["body"]["choices"][0]["message"]["content"] for line in results)
    (line,) = [code for _, code in blocks("docs/batches.md", "json")]
    assert json.loads(line).keys() == json.loads((folder / "lines.jsonl").read_text().splitlines()[0]).keys()


def tools(folder: Path, demo: Demo) -> None:
    """What was recorded is the chat's, and nobody else may read it."""
    saved = folder / "saved"
    (stream,) = saved.glob("*.sse")
    report = report_of(read_stream(stream.read_bytes()))
    answer = demo.answers[stream.stem.removesuffix("-1")]
    assert "worth keeping" in answer
    assert (report.text, report.broken, report.ending.finish) == (answer, None, "stop")
    request = json.loads(stream.with_suffix(".request.json").read_text())
    assert "worth keeping" in json.dumps(request["input"])
    assert [path.stat().st_mode & 0o777 for path in saved.iterdir()] == [0o600, 0o600, 0o600]


#: Looks at what a page's examples have left in their folder.
LEFT_BEHIND = {"docs/batches.md": batches, "docs/tools.md": tools}
