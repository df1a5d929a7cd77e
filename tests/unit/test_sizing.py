"""The arithmetic of docs/scaling.md, and that the page shows what it gives for the figures in docs/scaling.json."""

import math

import pytest

from bench.deployment import ROLES, JobSizes, Look
from bench.plan import (
    FULL,
    WORKER_CONCURRENCY,
    Cost,
    Figures,
    Load,
    Space,
    limits,
    per_stream,
    places,
    plan,
    store_core,
)
from bench.scaling import FEW, LARGE_HOLD, MANY, QUICK, SILENT, WATCHED, Held, Hold, Stretch, costs_of, medians
from bench.sizing import DOCS, blocks, number, read_figures, size, with_blocks

NOTHING = Cost(idle=0, job=0, kb=0, delta=0, stream=0, silent=0, watched=0)


def cost(**given: float) -> Cost:
    return Cost(**{**dict.fromkeys(NOTHING.__struct_fields__, 0.0), **given})


def figures(**costs: Cost) -> Figures:
    """Made-up ones; a cost not given is nothing."""
    names = [f"cpu.{role}" for role in (*ROLES, "valkey_main")] + ["store.bytes_in", "store.bytes_out"]
    by_role = dict.fromkeys(ROLES, 0.0)
    return Figures(
        machine={},
        costs={name: costs.get(name.rpartition(".")[2], cost(stream=0.001)) for name in names},
        space=Space(
            memory={**by_role, "worker": 100e6, "api": 50e6},
            memory_per_stream={**by_role, "worker": 1e5},
            memory_per_kb=by_role,
            files=by_role,
            files_per_stream=by_role,
            store_connections=70,
            store_stream=5000,
            store_kb=1000,
            store_entry=50,
            store_ended=4000,
        ),
        client_bytes=200,
        upstream_bytes=100,
        holds={},
    )


def test_the_page_shows_what_was_measured_last() -> None:
    page = (DOCS / "scaling.md").read_text(encoding="utf-8")

    assert with_blocks(page, blocks(read_figures())) == page, "python -m bench.sizing --write"


def test_a_stream_costs_by_its_deltas_and_its_share_of_a_job() -> None:
    costs = figures(worker=cost(stream=0.5, delta=0.1, job=6, kb=0.03))

    assert per_stream(costs, Load(1, rate=20, seconds=30, kb=100), "cpu.worker") == pytest.approx(0.5 + 2 + 0.2 + 0.1)


def test_a_worker_is_bounded_by_its_places_or_by_its_core() -> None:
    load = Load(1000, rate=10, seconds=30, kb=0)

    assert places(figures(worker=cost(delta=0.1)), load) == WORKER_CONCURRENCY
    assert places(figures(worker=cost(delta=1, idle=100)), load) == 50


def test_places_are_for_more_than_the_mean() -> None:
    assert Load(10_000, rate=1, seconds=1, kb=0).peak == 10_300
    assert plan(figures(), Load(10_000, rate=1, seconds=30, kb=0)).workers == math.ceil(10_300 / WORKER_CONCURRENCY)


@pytest.mark.parametrize("streams", [100, 1000, 10_000, 100_000])
def test_no_thread_of_a_plan_is_too_full(streams: int) -> None:
    made_up = figures(
        worker=cost(delta=0.1, job=4), api=cost(delta=0.04, job=2, idle=2), valkey_main=cost(delta=0.03, idle=7)
    )
    load = Load(streams, rate=20, seconds=30, kb=10)
    made = plan(made_up, load)

    assert made.store_core <= FULL
    assert streams / made.workers * per_stream(made_up, load, "cpu.worker") <= 1000 * FULL
    assert streams / made.doors * per_stream(made_up, load, "cpu.api") <= 1000 * FULL
    assert made.workers * made.places >= load.peak
    assert made.workers % made.deployments == made.doors % made.deployments == 0
    if made.deployments > 1:  # and no more of them than are needed
        assert store_core(made_up, load.share(made.deployments - 1)) > FULL


def test_the_memory_of_valkey_is_of_running_jobs_and_of_those_delivered_in_the_last_minute() -> None:
    made = plan(figures(), Load(300, rate=2, seconds=30, kb=10))

    running = 5000 + 10 * 1000 + 30 * 50
    assert made.store_memory == pytest.approx(300 * running + 10 * 60 * (4000 + 60 * 50))


def test_what_is_full_first_comes_first() -> None:
    made_up = figures(worker=cost(delta=0.1), api=cost(delta=0.05), valkey_main=cost(delta=0.03))
    found = limits(made_up, Load(1, rate=20, seconds=30, kb=10))

    assert [what for _, what in found[:3]] == ["one worker process", "one front door", "Valkey's main thread"]
    assert [streams for streams, _ in found] == sorted(streams for streams, _ in found)
    assert found[1][0] == 600
    assert found[2][0] == 1000


def look(at: float, used: float, deltas: float) -> Look:
    by_role = dict.fromkeys(ROLES, 0)
    store = dict.fromkeys(("commands", "scripts", "published", "bytes_in", "bytes_out"), 0)
    return Look(
        at, dict.fromkeys(ROLES, used), used, by_role, by_role, store, {"deltas": deltas, "entries": 0, "flushes": 0}
    )


def held(which: Hold, per_second: float) -> Held:
    """Ten seconds of a hold in which each process used so many ms a second for each stream, on top of 5 anyway."""
    seconds = 10
    used = seconds * (per_second * which.streams + 5) / 1000
    before, after = look(0, 1, 0), look(seconds, 1 + used, which.rate * which.streams * seconds)
    return Held(which, before, Stretch(before, after), JobSizes(0, 0, 0, 0), 0)


def test_the_costs_explain_what_was_measured() -> None:
    measured = {FEW: 0.5, MANY: 0.3, QUICK: 2.2, SILENT: 0.02, WATCHED: 0.75, LARGE_HOLD: 0.5}
    helds = {which: held(which, per_second) for which, per_second in measured.items()}
    idle = dict.fromkeys(helds[FEW].stretch.used(), 5.0)
    jobs = dict.fromkeys(idle, 3.0)
    found = costs_of(idle, helds, jobs, {**jobs, "cpu.api": 3.5})["cpu.api"]

    assert found["stream"] + MANY.rate * found["delta"] == pytest.approx(measured[MANY])
    assert found["stream"] + QUICK.rate * found["delta"] == pytest.approx(measured[QUICK])
    assert found["silent"] == pytest.approx(0.02)
    assert found["watched"] == pytest.approx(0.25)
    assert found["kb"] == pytest.approx(0.005)


def test_the_median_is_of_each_number() -> None:
    assert medians([{"a": {"b": 1}, "c": 9}, {"a": {"b": 3}, "c": 7}, {"a": {"b": 2}, "c": 8}]) == {
        "a": {"b": 2},
        "c": 8,
    }


@pytest.mark.parametrize("page", ["", "<!-- a -->\nx", "<!-- a -->\n<!-- end -->\n<!-- a -->\n<!-- end -->"])
def test_a_page_without_one_place_for_a_table_is_noticed(page: str) -> None:
    with pytest.raises(ValueError, match="one part called a"):
        with_blocks(page, {"a": "text"})


def test_numbers_have_three_digits() -> None:
    assert [number(each) for each in (0, 0.01234, 1.5, 12.34, 1234.5)] == ["0", "0.0123", "1.5", "12.3", "1,234"]
    assert [size(each) for each in (12, 45_600, 1.5e9)] == ["12 B", "45.6 kB", "1.5 GB"]
