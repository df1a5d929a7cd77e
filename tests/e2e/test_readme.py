"""The README's examples, and those of the page on batches, as a newcomer runs them: copied out, against the demo."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_supervisor import until
from tests.e2e.test_up import Up

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BATCHES = (ROOT / "docs/batches.md").read_text(encoding="utf-8")
GREETING = "I am the simulator that comes with warp2api"


def blocks(language: str, page: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = Up(tmp_path_factory.mktemp("demo"), "demo")
    try:
        until(lambda: "the demo is ready" in running.output, f"ready in {running.log}", 40)
        yield running
    finally:
        running.process.terminate()
        running.process.wait(45)
        running.close()


def run(command: list[str], code: str, demo: Up, folder: Path | None = None) -> str:
    assert "127.0.0.1:8010" in code
    code = code.replace("127.0.0.1:8010", f"127.0.0.1:{demo.port}")
    # The commands of this installation are found by their names.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [*command, code],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
        cwd=folder,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_curl_example_streams(demo: Up) -> None:
    (command,) = [block for block in blocks("bash") if block.startswith("curl")]

    frames = run(["bash", "-c"], command, demo).strip().split("\n\n")

    assert len(frames) > 10
    assert frames[-1] == "data: [DONE]"


@pytest.mark.parametrize("sdk", ["openai", "anthropic"])
def test_the_streaming_example_of_each_sdk(sdk: str, demo: Up) -> None:
    (code,) = [block for block in blocks("python") if f"from {sdk}" in block and "stream" in block]

    answer = run([sys.executable, "-c"], code, demo)

    assert GREETING in answer
    assert "> What is a queue good for?" in answer


def test_the_tool_example_calls_and_goes_on_from_the_result(demo: Up) -> None:
    (code,) = [block for block in blocks("python") if "tools" in block]

    first, _, rest = run([sys.executable, "-c"], code, demo).partition("\n")

    assert first == 'get_weather {"city":"Paris"}'
    assert "18 degrees and light rain in Paris" in rest


def test_the_batch_example_of_openais_sdk(demo: Up, tmp_path: Path) -> None:
    (code,) = [block for block in blocks("python", BATCHES) if "from openai" in block]

    told = run([sys.executable, "-c"], code, demo, tmp_path)

    assert told.startswith("completed BatchRequestCounts(completed=3, failed=0, total=3)")
    results = [json.loads(line) for line in (tmp_path / "results.jsonl").read_text().splitlines()]
    assert {line["custom_id"] for line in results} == {"0", "1", "2"}
    assert all(GREETING in line["response"]["body"]["choices"][0]["message"]["content"] for line in results)


def test_the_batch_example_of_anthropics_sdk(demo: Up) -> None:
    (code,) = [block for block in blocks("python", BATCHES) if "from anthropic" in block]

    told = run([sys.executable, "-c"], code, demo)

    assert "succeeded=3" in told
    assert told.count(GREETING) == 3


def test_the_batch_example_of_the_command_line(demo: Up, tmp_path: Path) -> None:
    (command,) = [block for block in blocks("bash", BATCHES) if "warp2api batch" in block]
    (line,) = blocks("json", BATCHES)
    (tmp_path / "lines.jsonl").write_text(line)

    told = run(["bash", "-e", "-c"], command, demo, tmp_path)

    assert "nothing is wrong; requests for /v1/chat/completions: 1" in told
    assert "1 of 1 lines succeeded, in results.jsonl" in told
    listed = told[told.index("BATCH ") :]
    assert told.split("\n")[1].split()[0] in listed
    assert GREETING in (tmp_path / "results.jsonl").read_text()
