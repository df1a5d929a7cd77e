"""The gateway's batch APIs, both vendors', as the commands use them."""

import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Self

import httpx

from cli.batch_input import BatchInput, CountedFile, message_batch_body
from cli.batch_view import BatchView, path_of, view_of
from cli.gateway import Gateway, not_there, refusal_text
from cli.problems import SetupError
from proto.batch_objects import COMPLETION_WINDOW
from proto.batches import BatchKind

#: Seconds without a byte from the gateway after which it counts as away.
SILENCE: Final = 60.0
#: Times that a download is taken up again where it broke off, without a byte in between.
DOWNLOAD_TRIES: Final = 6
#: Batches on a page, as both vendors allow.
PAGE: Final = 100

_MADE: Final = {BatchKind.OPENAI: "/v1/batches", BatchKind.ANTHROPIC: "/v1/messages/batches"}


class RefusedError(SetupError):
    """The gateway does not do it; its message says why."""


class AwayError(SetupError):
    """The gateway does not answer, or cannot now; later it may."""


class BatchClient:
    """A client's batches at one gateway.

    All calls raise `RefusedError` and `AwayError`.

    Args:
        gateway: where they are.
        pause: waits for some seconds.
    """

    def __init__(self, gateway: Gateway, pause: Callable[[float], None] = time.sleep) -> None:
        self.url = gateway.url
        self._pause = pause
        timeout = httpx.Timeout(SILENCE, connect=5)
        # The gateway is asked as it is addressed, not through a proxy of the environment.
        self._http = httpx.Client(base_url=gateway.url, headers=gateway.headers, timeout=timeout, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def submit(self, given: BatchInput, told: Callable[[int], None], *, coalesce: bool = False) -> BatchView:
        """Have the requests of a file run; `told` gets the bytes of each piece as it is sent.

        With `coalesce`, requests that are the same may share one answer.

        Raises:
            SetupError: a line cannot be sent.
        """
        headers = {"x-coalesce": "1"} if coalesce else {}
        if given.kind is BatchKind.ANTHROPIC:
            headers |= {"content-type": "application/json"}
            body = message_batch_body(given, told)
            return view_of(self._call("POST", _MADE[given.kind], content=body, headers=headers))
        with CountedFile(given.path, told) as file:
            form = {"data": {"purpose": "batch"}, "files": {"file": (given.path.name, file, "application/jsonl")}}
            file_id = self._call("POST", "/v1/files", **form)["id"]
        wanted = {"input_file_id": file_id, "endpoint": given.endpoint, "completion_window": COMPLETION_WINDOW}
        try:
            return view_of(self._call("POST", _MADE[given.kind], json=wanted, headers=headers))
        except RefusedError:
            self._call("DELETE", f"/v1/files/{file_id}")
            raise

    def get(self, batch_id: str) -> BatchView:
        """Where a batch stands."""
        return view_of(self._call("GET", path_of(batch_id)))

    def cancel(self, batch_id: str) -> BatchView:
        """Have no more of a batch run."""
        return view_of(self._call("POST", f"{path_of(batch_id)}/cancel"))

    def latest(self, most: int) -> list[BatchView]:
        """The latest batches of both kinds, at most so many, the newest first."""
        views = [view for kind in BatchKind for view in self._latest(kind, most)]
        return sorted(views, key=lambda view: view.created, reverse=True)[:most]

    def _latest(self, kind: BatchKind, most: int) -> list[BatchView]:
        views: list[BatchView] = []
        after = "after_id" if kind is BatchKind.ANTHROPIC else "after"
        while True:
            params = {"limit": str(min(most - len(views), PAGE))} | ({after: views[-1].id} if views else {})
            page = self._call("GET", _MADE[kind], params=params)
            views += [view_of(told) for told in page["data"]]
            if not page["has_more"] or len(views) >= most:
                return views

    def content(self, path: str) -> Iterator[bytes]:
        """A file's bytes, in pieces. A download that breaks off goes on where it was."""
        at = tries = 0
        while True:
            try:
                for piece in self._pieces(path, at):
                    at, tries = at + len(piece), 0
                    yield piece
            except AwayError:
                tries += 1
                if tries == DOWNLOAD_TRIES:
                    raise
                self._pause(2.0 ** (tries - 2))
            else:
                return

    def _pieces(self, path: str, start: int) -> Iterator[bytes]:
        # Places in the file are counted in its own bytes, so nobody in between may compress it.
        headers = {"accept-encoding": "identity"} | ({"range": f"bytes={start}-"} if start else {})
        try:
            with self._http.stream("GET", path, headers=headers) as answer:
                if start and answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
                    return  # all of it was there
                if not answer.is_success:
                    answer.read()
                _check(answer)
                if start and answer.status_code != httpx.codes.PARTIAL_CONTENT:
                    raise RefusedError(f"{self.url}{path}: it cannot be taken up where it broke off")
                yield from answer.iter_raw()
        except httpx.HTTPError as error:
            raise self._translated(error) from error

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._translated(error) from error
        _check(answer)
        try:
            told: dict[str, Any] = answer.json()
        except ValueError as error:
            raise RefusedError(f"{self.url}{path}: what answers there is no gateway of warp2api") from error
        return told

    def _translated(self, error: Exception) -> SetupError:
        if isinstance(error, httpx.ConnectError):
            return AwayError(not_there(self.url))
        if isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol):
            return AwayError(f"{self.url}: the connection broke off: {error or type(error).__name__}")
        return RefusedError(f"{self.url}: {error or type(error).__name__}")


def _check(answer: httpx.Response) -> None:
    """Raises:
    RefusedError: it is a refusal.
    AwayError: it is one that may have passed later.
    """
    if answer.is_success:
        return
    passing = answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error
    raise (AwayError if passing else RefusedError)(refusal_text(answer))
