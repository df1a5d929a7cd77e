"""Numbers for Prometheus: the token pool's (`docs/token-pool.md`), and those of continued conversations."""

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from api.services import services_of
from tokens.stats import COUNTERS, by_tier, pool_stats
from tokens.verbs import Snapshot, State

router = APIRouter()


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Counts alone, as in `/healthz`: they are kept in Redis for all processes, so any front door tells them whole."""
    health = services_of(request).health
    registry = CollectorRegistry()
    pool = pool_metrics(await health.pool_snapshot(), health.pool_target)
    registry.register(_Told([*pool, _continuations(await health.continuation_counts())]))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def pool_metrics(snapshot: Snapshot, pool_target: int) -> list[Metric]:
    """Tokens by tier and state, leases in flight by tier, and the counters of `pool_stats` by tier."""
    stats = pool_stats(snapshot, pool_target)
    target = GaugeMetricFamily("warp2api_pool_target", "Tokens to have ready.", value=stats.target)
    tokens = GaugeMetricFamily("warp2api_pool_tokens", "Tokens by tier and state.", labels=("tier", "state"))
    leases = GaugeMetricFamily("warp2api_pool_leases", "Leases in flight by tier.", labels=("tier",))
    tiers = sorted({row.tier for row in snapshot.rows})
    for tier in tiers:
        rows = [row for row in snapshot.rows if row.tier == tier]
        leases.add_metric([str(tier)], sum(row.in_flight for row in rows))
        for state in State:
            tokens.add_metric([str(tier), state], sum(row.state is state for row in rows))
    return [target, tokens, leases, *[_counter(snapshot, name) for name in COUNTERS]]


def _continuations(counts: dict[str, int]) -> Metric:
    family = CounterMetricFamily(
        "warp2api_continuations", "Conversations looked up, gone on with and kept.", labels=("outcome",)
    )
    for outcome, count in counts.items():
        family.add_metric([outcome], count)
    return family


def _counter(snapshot: Snapshot, name: str) -> Metric:
    family = CounterMetricFamily(f"warp2api_pool_{name}", f"Pool counter `{name}` by tier.", labels=("tier",))
    for tier, value in sorted(by_tier(snapshot, name).items()):
        family.add_metric([str(tier)], value)
    return family


class _Told:
    """A collector of what has been asked for already: the registry collects synchronously, Redis answers later."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> list[Metric]:
        return self._families
