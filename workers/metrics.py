"""The numbers of workers and keeper. Stages are those of `workers/stages.py`; `docs/metrics.md` tells what each means.

What happens for every flush is added up in plain numbers, which the registry reads when it is asked.
"""

from collections.abc import Iterable, Mapping, Sized
from typing import Final

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from proto.errors import ErrorCode
from proto.jobs import Lane
from store.metrics import SECONDS, new_registry, stage_seconds
from workers.stages import Stage, Stages, Try

#: The status of an upstream that could not be reached, or broke off before the head of its answer.
NO_STATUS: Final = "none"


#: What the reaper can find: a job to run again, one that ended as failed or cancelled, one that waited too long.
VERDICTS: Final = ("again", "failed", "cancelled", "too_late")


class RelayNumbers(Collector):
    """What the relay writer has flushed. All of it is read from another thread, which may see a flush half counted."""

    def __init__(self) -> None:
        self.flushes = 0
        self.failures = 0
        self.entries = 0
        self.deltas = 0
        self.bytes = 0
        self.seconds = Histogram(
            "warp2api_relay_flush_seconds", "Round trips of flushes.", buckets=SECONDS, registry=None
        )

    def flushed(self, entries: int, seconds: float) -> None:
        """One pipeline with so many appends was answered."""
        self.flushes += 1
        self.entries += entries
        self.seconds.observe(seconds)

    def collect(self) -> Iterable[Metric]:
        """The counters, and the histogram."""
        yield CounterMetricFamily("warp2api_relay_flushes", "Flushes: pipelines of appends.", self.flushes)
        yield CounterMetricFamily("warp2api_relay_failures", "Flushes that the store did not answer.", self.failures)
        yield CounterMetricFamily("warp2api_relay_entries", "Log entries written.", self.entries)
        yield CounterMetricFamily("warp2api_relay_deltas", "Events that went into those entries.", self.deltas)
        yield CounterMetricFamily("warp2api_relay_bytes", "Bytes of those entries.", self.bytes)
        yield from self.seconds.collect()


class WorkerMetrics:
    """The numbers of one worker process.

    Args:
        lane: the one it works for.
        concurrency: how many jobs it runs at once.
        running: those that it runs now.
        relay: what its relay writer counts.
    """

    def __init__(self, lane: Lane, concurrency: int, running: Sized, relay: RelayNumbers) -> None:
        self.registry = new_registry(f"worker-{lane}")
        self._lane = lane.value
        seconds = stage_seconds(self.registry)
        self._seconds = {stage: seconds.labels(stage.value, self._lane) for stage in Stage}
        self._ended = self._counter("warp2api_jobs_ended", "Jobs that ended here.", "lane", "outcome")
        self._let_go = self._counter(
            "warp2api_attempts_let_go", "Attempts that ended without ending their job.", "lane", "why"
        )
        self._answers = self._counter("warp2api_upstream_answers", "Answers by HTTP status.", "status")
        self._failures = self._counter("warp2api_upstream_failures", "Tries that failed.", "code")
        # An alert sees a counter grow only if it was there before.
        self._failures.labels(ErrorCode.ACCOUNT_BLOCKED)
        self._retries = self._counter("warp2api_upstream_retries", "Tries after one that failed.", "code")
        most = Gauge("warp2api_worker_concurrency", "Jobs at once, at most.", ("lane",), registry=self.registry)
        most.labels(self._lane).set(concurrency)
        now = Gauge("warp2api_worker_running", "Jobs at work.", ("lane",), registry=self.registry)
        now.labels(self._lane).set_function(lambda: len(running))
        self.registry.register(relay)

    def claimed(self, stages: Stages) -> None:
        """An attempt begins."""
        self._seconds[Stage.QUEUE].observe(stages.waited)

    def again(self, code: ErrorCode) -> None:
        """A try begins after one that failed with this code."""
        self._retries.labels(code).inc()

    def answered(self, each: Try) -> None:
        """The head of an answer is there."""
        self._answers.labels(each.status).inc()

    def failed(self, each: Try) -> None:
        """A try has failed."""
        self._failures.labels(each.code).inc()
        if each.answered is None or each.refused:
            self._answers.labels(each.status or NO_STATUS).inc()

    def ended(self, stages: Stages, outcome: str) -> None:
        """An attempt has ended its job."""
        self._ended.labels(self._lane, outcome).inc()
        self._measure(stages)

    def let_go(self, stages: Stages, why: str) -> None:
        """An attempt is over, and its job is not."""
        self._let_go.labels(self._lane, why).inc()
        self._measure(stages)

    def _measure(self, stages: Stages) -> None:
        for each in stages.tries:
            for stage, took in each.seconds().items():
                self._seconds[stage].observe(took)
        for stage, took in stages.whole().items():
            self._seconds[stage].observe(took)

    def _counter(self, name: str, words: str, *labels: str) -> Counter:
        return Counter(name, words, labels, registry=self.registry)


#: How a line of a batch can end.
LINE_OUTCOMES: Final = ("succeeded", "errored", "cancelled", "expired")


class BatchNumbers(Collector):
    """How the lines of batches ended whose results this keeper has written, read from another thread."""

    def __init__(self) -> None:
        self._ended = dict.fromkeys(LINE_OUTCOMES, 0)

    def ended(self, counts: Mapping[str, int]) -> None:
        """So many lines have results now, by outcome."""
        for outcome, count in counts.items():
            self._ended[outcome] += count

    def collect(self) -> Iterable[Metric]:
        """The counter."""
        lines = CounterMetricFamily("warp2api_batch_lines_ended", "Lines of batches with results.", labels=("outcome",))
        for outcome, count in self._ended.items():
            lines.add_metric([outcome], count)
        yield lines


class ReaperNumbers(Collector):
    """What the reaper has done, read from another thread."""

    def __init__(self) -> None:
        self.rounds = 0
        self.put_off = 0
        self.messages_lost = 0
        self._verdicts = dict.fromkeys(VERDICTS, 0)

    def verdict(self, word: str) -> None:
        """A job was judged; the word is one of `VERDICTS`."""
        self._verdicts[word] += 1

    def collect(self) -> Iterable[Metric]:
        """The counters."""
        yield CounterMetricFamily("warp2api_reaper_rounds", "Looks at what nobody runs.", self.rounds)
        yield CounterMetricFamily("warp2api_reaper_failures", "Looks that store or broker prevented.", self.put_off)
        yield CounterMetricFamily("warp2api_messages_lost", "Messages sent again.", self.messages_lost)
        reaped = CounterMetricFamily("warp2api_jobs_reaped", "Jobs judged by the reaper.", labels=("verdict",))
        for word, count in self._verdicts.items():
            reaped.add_metric([word], count)
        yield reaped
