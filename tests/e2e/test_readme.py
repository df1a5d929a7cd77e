"""The README's examples as a newcomer runs them: copied out of the page, against the demo."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.test_supervisor import until
from tests.e2e.test_up import Up

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
GREETING = "I am the simulator that comes with warp2api"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


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


def run(command: list[str], code: str, demo: Up) -> str:
    assert "127.0.0.1:8010" in code
    code = code.replace("127.0.0.1:8010", f"127.0.0.1:{demo.port}")
    done = subprocess.run([*command, code], capture_output=True, text=True, timeout=50, check=False)
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
