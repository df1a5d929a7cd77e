"""`warp2api batch` against a real gateway: files of either vendor's lines in, files of results out."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.batch_desk import cancel_batches, fetch_results, list_batches, show_batch
from cli.batch_run import run_batch
from cli.problems import SetupError
from tests.e2e.gateway import Gateway, run_gateway, wait_for
from tests.servers import Simulator

CHAT, MESSAGES = "/v1/chat/completions", "/v1/messages"
#: What the upstream answers at once to each: words, that it has no such model, or nothing.
GOOD, BAD, SILENT = '[[sim:text say="{}"]]', "[[sim:status 400 model]]", "[[sim:silent]]"
KEY = "client-key"
KINDS = ("openai", "anthropic")


@pytest.fixture(scope="module")
def running(simulator_process: Simulator) -> Iterator[Gateway]:
    with run_gateway(simulator_process.url, BATCH_RETRY_PAUSE="0.1", API_TOKENS=KEY) as gateway:
        gateway.start_worker("batch")
        yield gateway


@pytest.fixture
def url(running: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    return f"{running.url}/v1"


def write(path: Path, kind: str, texts: dict[str, str]) -> Path:
    """A file of requests, one for each name."""
    lines: list[dict[str, Any]] = []
    for name, text in texts.items():
        body = {"model": "auto", "max_tokens": 50, "messages": [{"role": "user", "content": text}]}
        request = {"params": body} if kind == "anthropic" else {"method": "POST", "url": CHAT, "body": body}
        lines.append({"custom_id": name, **request})
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    return path


def read(path: Path) -> dict[str, dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    found = {line["custom_id"]: line for line in lines}
    assert len(found) == len(lines)
    return found


def text_of(line: dict[str, Any]) -> str:
    if "result" in line:
        said: str = line["result"]["message"]["content"][0]["text"]
    else:
        said = line["response"]["body"]["choices"][0]["message"]["content"]
    return said


def run(source: Path | None, output: Path, url: str, resume: str | None = None, *, force: bool = False) -> int:
    return run_batch(source, output, url, KEY, resume=resume, force=force)


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_requests_becomes_a_file_of_results(
    kind: str, url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    errors = tmp_path / "out.jsonl.errors"
    write(source, kind, {f"line-{number}": GOOD.format(f"Answer {number}") for number in range(20)})

    assert run(source, output, url) == 0
    told = capsys.readouterr()
    batch_id = told.out.split()[0]
    assert "20 of 20 lines succeeded" in told.out
    assert "uploading in.jsonl" in told.err
    assert f"{batch_id} in_progress" in told.err
    assert {name: text_of(line) for name, line in read(output).items()} == {
        f"line-{number}": f"Answer {number}" for number in range(20)
    }

    with pytest.raises(SetupError, match="--force"):
        run(source, output, url)
    with pytest.raises(SetupError, match="it is the input"):
        run(source, source, url, force=True)

    write(source, kind, {"good": GOOD.format("Better"), "bad": BAD})
    assert run(source, output, url, force=True) == 1
    told = capsys.readouterr()
    assert "1 of 2 lines succeeded" in told.out
    assert "  1 x " in told.out
    assert (set(read(output)), set(read(errors))) == ({"good"}, {"bad"})

    assert run(None, output, url, batch_id, force=True) == 0
    assert len(read(output)) == 20
    assert not errors.exists(), "those of the batch before"
    capsys.readouterr()
    assert fetch_results(batch_id, None, url, KEY, force=False) == 0
    assert len(capsys.readouterr().out.splitlines()) == 20
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_what_the_gateway_refuses_is_told_by_line(url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    write(source, "openai", {"one": "x"})
    source.write_text(source.read_text() * 2)
    assert run(source, output, url) == 2
    assert "line 2, custom_id: custom_id is that of line 1 as well." in capsys.readouterr().err

    write(source, "anthropic", {"one": "x", "not good": "x"})
    with pytest.raises(SetupError, match=r"requests\[1\].custom_id"):
        run(source, output, url)
    with source.open("a") as file:
        file.write("{nonsense\n")
    with pytest.raises(SetupError, match="line 3 cannot be read"):
        run(source, output, url)
    write(source, "anthropic", {"one": "x"})
    with pytest.raises(SetupError, match=r"401: .*--key"):
        run_batch(source, output, url, "another-key")
    with pytest.raises(SetupError, match="404: There is no batch 'batch_x'"):
        run(None, output, url, "batch_x")
    assert not output.exists()


def test_ctrl_c_leaves_the_batch_running_and_says_how_to_come_back(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write(tmp_path / "in.jsonl", "openai", {"good": GOOD.format("Done"), "silent": SILENT})
    words = ["batch", "run", str(source), "-o", "my out.jsonl", "--url", url, "--key", KEY]
    with (tmp_path / "err").open("wb") as sink:
        # A shell that runs tests in the background has them ignore Ctrl-C; this process is to hear it.
        process = subprocess.Popen(
            [sys.executable, "-m", "cli.main", *words],
            cwd=tmp_path,
            stderr=sink,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        wait_for(lambda: "batch_" in (tmp_path / "err").read_text(), "the batch to be told of")
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.wait()
    told = (tmp_path / "err").read_text()
    (batch_id,) = {word for word in told.split() if word.startswith("batch_")}
    assert f"warp2api batch run --resume {batch_id} -o 'my out.jsonl' --url {url}" in told
    assert KEY not in told
    assert not (tmp_path / "my out.jsonl").exists()

    with pytest.raises(SetupError, match="has not ended"):
        fetch_results(batch_id, None, url, KEY, force=False)
    wait_for(lambda: _done(batch_id, url, capsys) == 1, "the line that is answered")
    assert cancel_batches([batch_id], url, KEY) == 0
    assert run(None, tmp_path / "my out.jsonl", url, batch_id) == 1
    assert (set(read(tmp_path / "my out.jsonl")), set(read(tmp_path / "my out.jsonl.errors"))) == ({"good"}, {"silent"})
    capsys.readouterr()
    assert cancel_batches([batch_id], url, KEY) == 1
    assert capsys.readouterr().out.startswith(f"{batch_id} had ended: ")


def _done(batch_id: str, url: str, capsys: pytest.CaptureFixture[str]) -> int:
    capsys.readouterr()
    assert show_batch(batch_id, url, KEY, as_json=True) == 0
    completed: int = json.loads(capsys.readouterr().out)["request_counts"]["completed"]
    return completed


def test_batches_of_both_kinds_are_listed_newest_first(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = []
    for kind in KINDS:
        source = write(tmp_path / f"{kind}.jsonl", kind, {"one": GOOD.format("One")})
        assert run(source, tmp_path / "out.jsonl", url, force=True) == 0
        ids.append(capsys.readouterr().out.split()[0])
    assert list_batches(url, KEY, 100, as_json=True) == 0
    listed = [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()]
    assert set(ids) <= set(listed)
    # OpenAI's times are in whole seconds, so only those of one kind are in their exact order.
    assert [next(each for each in listed if each.startswith(kind)) for kind in ("batch_", "msgbatch_")] == ids
    assert list_batches(url, KEY, 2, as_json=False) == 0
    rows = capsys.readouterr().out.splitlines()
    assert rows[0].split() == ["BATCH", "STATUS", "ENDPOINT", "LINES", "MADE"]
    assert len(rows) == 3
    assert "1 of 1" in rows[1]
    assert show_batch(ids[1], url, KEY, as_json=False) == 0
    assert f"{ids[1]}" in capsys.readouterr().out
