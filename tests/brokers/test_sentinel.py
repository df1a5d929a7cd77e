"""Everything in a Valkey behind Sentinels, whose master dies under load."""

import asyncio
import signal
from pathlib import Path

import openai
import pytest

from tests.brokers.operators import doctor_finds, flower_knows_the_workers
from tests.brokers.valkeys import Watched
from tests.e2e.asking import DIALECTS, ask
from tests.faults.run import judged
from tests.faults.world import World, run_world

pytestmark = [pytest.mark.brokers, pytest.mark.timeout(420)]

SECONDS = 10.0
CLIENTS = 10


async def test_a_failover_under_load(tmp_path: Path) -> None:
    with Watched(tmp_path, {"min-replicas-to-write": "1", "min-replicas-max-lag": "5"}) as valkeys:
        async with run_world(REDIS_URL=valkeys.url) as world:
            await flower_knows_the_workers(world, lengths=True)
            await doctor_finds(world, f"redis://127.0.0.1:{valkeys.master().port}/0", "the same server")
            await nothing_is_accepted_that_no_replica_has(world, valkeys)
            await nothing_is_lost_when_the_master_dies(world, valkeys)
            for dialect in DIALECTS:
                async with getattr(world.gateway, dialect)() as client:
                    assert (await ask(client, "[[sim:text say=after]]", stream=True)).text == "after"
            said = "".join(role.output.read_text() for role in world.gateway.roles)
    assert "planted" not in said
    assert "consumer.stalled" not in said
    assert "Unrecoverable" not in said
    assert "Control command error" not in said


async def nothing_is_accepted_that_no_replica_has(world: World, valkeys: Watched) -> None:
    replicas = [node for node in valkeys.nodes if node is not valkeys.master()]
    for node in replicas:
        node.signal(signal.SIGSTOP)
    try:
        async with world.gateway.openai() as client:
            with pytest.raises(openai.APIStatusError) as caught:
                await ask(client, "[[sim:text n=1]]", stream=False)
    finally:
        for node in replicas:
            node.signal(signal.SIGCONT)
    assert caught.value.status_code == 503
    assert caught.value.response.headers["retry-after"]


async def nothing_is_lost_when_the_master_dies(world: World, valkeys: Watched) -> None:
    before = valkeys.master()

    async def strike() -> None:
        await asyncio.sleep(SECONDS / 3)
        before.kill()
        await world.until(lambda: valkeys.master() is not before, "another master")
        before.start()  # it comes back as a replica

    figures = await judged(world, 2, SECONDS, CLIENTS, strike())
    assert figures.problems(recovery=60) == []
    assert valkeys.master() is not before
