"""A batch is exact whatever dies while it runs: no line lost, none twice, none garbled."""

import os

import pytest

from tests.faults.batches import run_struck_batch

DEFAULT_SEED = 7


def _seed(capsys: pytest.CaptureFixture[str]) -> int:
    seed = int(os.environ.get("FAULTS_SEED") or DEFAULT_SEED)
    with capsys.disabled():
        print(f"\nFAULTS_SEED={seed}", flush=True)
    return seed


@pytest.mark.faults
@pytest.mark.timeout(300)
@pytest.mark.parametrize("alike", [1, 3])
async def test_a_batch_under_kills_is_exact(capsys: pytest.CaptureFixture[str], alike: int) -> None:
    result = await run_struck_batch(200, _seed(capsys), patience=240, alike=alike)
    print(result.seconds, result.strikes, result.batch)
    assert result.wrong(200) == []
    assert result.strikes


@pytest.mark.faults
@pytest.mark.long
@pytest.mark.timeout(3600)
async def test_twenty_thousand_lines_under_kills_are_exact(capsys: pytest.CaptureFixture[str]) -> None:
    result = await run_struck_batch(20_000, _seed(capsys), patience=3500, deltas=4, gap=0.02, concurrency=64)
    with capsys.disabled():
        print(f"{result.seconds:.0f} s, struck {dict(result.strikes)}")
    assert result.wrong(20_000) == []
