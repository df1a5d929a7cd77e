"""The fault suite's short form: twenty seconds of random faults under load. `FAULTS_SEED=…` draws other ones."""

import os

import pytest

from tests.faults.run import run

SECONDS = 18.0
CLIENTS = 12
DEFAULT_SEED = 201
#: Far above what `make faults` asks for: here it only tells a pause from a standstill, on however busy a machine.
RECOVERY = 40.0


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_nothing_accepted_is_lost_or_garbled(capsys: pytest.CaptureFixture[str]) -> None:
    seed = int(os.environ.get("FAULTS_SEED") or DEFAULT_SEED)
    with capsys.disabled():
        print(f"\nFAULTS_SEED={seed}", flush=True)
    figures = await run(seed, SECONDS, CLIENTS)
    print(figures.table())
    assert figures.problems(recovery=RECOVERY) == []
