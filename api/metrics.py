"""What one front door counts itself; what it tells of the whole deployment is in `api/store_metrics.py`.

`docs/metrics.md` tells what each number means.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Counter, Gauge

from api.marks import NOT_KNOWN, Marks, clock
from proto.errors import ErrorCode, GatewayError
from proto.jobs import Lane
from proto.models import ModelCatalogue
from store.metrics import new_registry, stage_seconds

#: The label of models that are not in the catalogue: clients may write anything.
OTHER_MODEL: Final = "other"


class DoorMetrics:
    """The numbers of one front door process.

    Args:
        catalogue: bounds the names of models that become labels.
    """

    def __init__(self, catalogue: ModelCatalogue) -> None:
        self.registry = new_registry("api")
        self._catalogue = catalogue
        self._admissions = Counter(
            "warp2api_admissions", "Chats at the door.", ("dialect", "lane", "verdict"), registry=self.registry
        )
        self._answers = Counter(
            "warp2api_answers",
            "Requests answered, or left by their clients.",
            ("kind", "dialect", "model", "outcome"),
            registry=self.registry,
        )
        self._ended = Counter(
            "warp2api_jobs_ended", "Jobs that ended here.", ("lane", "outcome"), registry=self.registry
        )
        self._open = Gauge("warp2api_answers_open", "Requests that read a job's log now.", registry=self.registry)
        seconds = stage_seconds(self.registry)
        self._seconds = {
            (stage, lane): seconds.labels(stage, lane) for stage in ("admit", "first_byte", "answer") for lane in Lane
        }

    def count_open(self, count: Callable[[], int]) -> None:
        """Ask here how many requests read a log."""
        self._open.set_function(count)

    def admission(self, dialect: str, lane: Lane, verdict: str) -> None:
        """A chat was admitted or refused."""
        self._admissions.labels(dialect, lane, verdict).inc()

    def ended(self, lane: Lane, code: ErrorCode) -> None:
        """A job was ended by this front door, before a worker had claimed it."""
        self._ended.labels(lane, code).inc()

    @contextmanager
    def counted(self, marks: Marks) -> Iterator[None]:
        """Count the answer that the block makes, unless that is a stream under way: it is counted when it is over."""
        try:
            yield
        except GatewayError as error:
            marks.outcome = error.code.value
            raise
        except Exception:
            marks.outcome = ErrorCode.INTERNAL.value
            raise
        finally:
            if not marks.streaming:
                self.answered(marks)

    def answered(self, marks: Marks) -> None:
        """A request is over."""
        self._answers.labels(marks.kind, marks.dialect, self._model(marks.model), marks.outcome).inc()
        if marks.submitted is None or marks.admitted is None:
            return
        self._seconds["admit", marks.lane].observe(marks.admitted - marks.submitted)
        if marks.first_frame is not None:
            self._seconds["first_byte", marks.lane].observe(marks.first_frame - marks.submitted)
        if marks.delivered:
            self._seconds["answer", marks.lane].observe(clock() - marks.submitted)

    def _model(self, asked: str) -> str:
        return asked if asked == NOT_KNOWN else self._catalogue.known_id(asked) or OTHER_MODEL
