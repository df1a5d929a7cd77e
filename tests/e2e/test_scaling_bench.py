"""That what docs/scaling.md is measured with still runs: a few streams in place of a thousand."""

import pytest

from bench import scaling
from bench.deployment import ROLES, run_deployment
from bench.scaling import Hold, hold
from bench.workplace import workplace

# Ten seconds of it are until the workers know that nobody watches any more.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

STREAMS, RATE = 5, 4


async def test_held_streams_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "SETTLE", 0.5)
    with workplace(http2=True) as (environment, _), run_deployment(environment, workers=1) as deployment:
        held = await hold(deployment, Hold("watched", STREAMS, RATE, padding=10_000, watched=True), window=2)
        each = await scaling.end_to_end(deployment, 0, dict.fromkeys(held.stretch.used(), 0.0))
    used = held.stretch.used()

    assert held.stretch.relayed("deltas") > 0
    assert held.client_bytes > 0
    assert held.sizes.payload > 10_000
    assert held.sizes.entries > 1
    assert used["store.scripts"] >= held.stretch.relayed("entries")
    assert held.stretch.before.descriptors["api"] >= STREAMS
    assert all(held.stretch.before.memory[role] > 1e6 for role in ROLES)
    assert each["cpu.worker"] > 0
