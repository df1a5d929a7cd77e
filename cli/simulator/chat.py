"""`POST /ai/multi-agent`: reads a request, refuses or answers it, and notices at once when the client leaves.

A bare ASGI application: the benchmark runs hundreds of its streams at a time.
"""

import asyncio
import math

from google.protobuf.message import DecodeError
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from cli.simulator import refusals
from cli.simulator.accounts import Accounts
from cli.simulator.frames import SPLIT_SIZE
from cli.simulator.performer import Performer
from cli.simulator.plan import Ending, Plan
from cli.simulator.script import ScriptError, Step, parse, select
from cli.simulator.seals import judge
from cli.simulator.state import Seen, State, TokenCounts, mask
from cli.simulator.turn import offered_tools, read_turn
from proto.warp.request_pb2 import Request

#: Bytes that are gathered into one write when there is no pause between them.
_WRITE_SIZE = 64 * 1024
_LONGEST_QUERY_SHOWN = 300


class Refusal(Exception):  # noqa: N818  # an answer, not an error
    """The request is answered without a stream."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class Chat:
    """The chat endpoint."""

    def __init__(self, state: State, accounts: Accounts) -> None:
        self._state = state
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        body = await _read(receive)
        token = self._accounts.bearer(headers.get("authorization", ""))
        seen = Seen(mask(token or ""), scope["http_version"], size=len(body))
        counts = self._state.arrived(seen, body)
        try:
            plan = self._admit(seen, headers, token, body)
        except Refusal as refusal:
            seen.status = refusal.response.status_code
            counts.statuses[seen.status] += 1
            await refusal.response(scope, receive, send)
            return
        seen.status = 200
        counts.statuses[200] += 1
        await self._stream(plan, seen, counts, receive, send)

    def _admit(self, seen: Seen, headers: dict[str, str], token: str | None, body: bytes) -> Plan:
        """The answer to a request.

        Raises:
            Refusal: it gets none.
        """
        options = self._state.options
        if len(body) > options.max_body or (options.require_http2 and not seen.http_version.startswith("2")):
            raise Refusal(refusals.edge())
        if token is None:
            raise Refusal(refusals.unauthorized())
        if headers.get("content-type") != "application/x-protobuf":
            raise Refusal(refusals.bad_request("content-type must be application/x-protobuf"))
        request = _parse(body)
        model = request.settings.model_config.base
        if model not in options.models:
            raise Refusal(refusals.model_not_allowed(model))
        if 0 < options.stream_limit <= self._state.open_streams:
            raise Refusal(refusals.overloaded())
        try:
            return self._plan(request, seen, token)
        except ScriptError as error:
            raise Refusal(refusals.bad_request(f"simulator: {error}")) from error

    def _plan(self, request: Request, seen: Seen, token: str) -> Plan:
        turn = read_turn(request)
        seen.model = request.settings.model_config.base
        seen.query, seen.results, seen.messages = turn.query[:_LONGEST_QUERY_SHOWN], len(turn.results), turn.messages
        seen.tools = len(offered_tools(request))
        seen.history = judge(request.task_context.tasks)
        seen.sent_conversation_id = request.metadata.conversation_id
        seen.fault = self._state.conversations.fault(request, seen.token)
        if seen.fault and self._state.options.strict:
            raise Refusal(refusals.bad_request(seen.fault))
        steps = self._due(self._state.script_of(token)) or self._due(parse(turn.query), turn.rounds)
        seen.script = [step.source for step in steps]
        for step in steps:
            if step.verb == "status":
                raise Refusal(refusals.scripted(step))
        performer = Performer(request, turn, self._state.options)
        seen.conversation_id = performer.conversation_id
        plan = performer.perform(steps)
        if plan.ending is Ending.COMPLETE:
            self._state.conversations.stands(seen.conversation_id, seen.token, plan.conversation)
        return plan

    def _due(self, steps: list[Step], rounds: int = 0) -> list[Step]:
        return select(steps, rounds, self._state.is_due)

    async def _stream(self, plan: Plan, seen: Seen, counts: TokenCounts, receive: Receive, send: Send) -> None:
        generation = self._state.generation
        outcome = "left"
        self._state.opened(seen, counts)
        leaving = asyncio.ensure_future(_left(receive))
        playing = asyncio.current_task()
        assert playing is not None  # noqa: S101  # this is a coroutine of one
        leaving.add_done_callback(lambda done: done.cancelled() or playing.cancel())
        try:
            await _play(plan, send)
            outcome = plan.ending.value
        except asyncio.CancelledError:
            if not leaving.done():  # the server is stopping
                raise
        finally:
            leaving.cancel()
            self._state.closed(seen, counts, outcome, generation)


def _parse(body: bytes) -> Request:
    try:
        request = Request.FromString(body)
    except DecodeError as error:
        raise Refusal(refusals.bad_request("the body is no Request")) from error
    if request.input.WhichOneof("type") is None:
        raise Refusal(refusals.bad_request("the request has no input"))
    return request


async def _read(receive: Receive) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _play(plan: Plan, send: Send) -> None:
    """Write a plan in its own time; pauses are kept on average, however late one write is."""
    loop = asyncio.get_running_loop()
    await _sleep(plan.wait)
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-type", plan.content_type.encode()), (b"cache-control", b"no-cache")],
        }
    )
    due = loop.time()
    gathered: list[bytes] = []
    size = 0
    for pause, frame in plan.frames:
        if pause or size > _WRITE_SIZE:
            await _write(plan, gathered, send)
            gathered, size = [], 0
            due += pause
            await _sleep(due - loop.time())
        gathered.append(frame)
        size += len(frame)
    await _write(plan, gathered, send)
    if plan.ending is Ending.SILENT:
        await _sleep(math.inf)
    if plan.ending is Ending.COMPLETE:
        await send(_chunk(b"", more=False))


async def _write(plan: Plan, frames: list[bytes], send: Send) -> None:
    data = b"".join(frames)
    size = SPLIT_SIZE if plan.framing.split else max(len(data), 1)
    for at in range(0, len(data), size):
        await send(_chunk(data[at : at + size], more=True))
        if plan.framing.split:
            await asyncio.sleep(0)


def _chunk(data: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


async def _sleep(seconds: float) -> None:
    if seconds == math.inf:
        await asyncio.get_running_loop().create_future()
    elif seconds > 0:
        await asyncio.sleep(seconds)
