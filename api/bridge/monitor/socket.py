"""`WS /ws`: one watcher's connection, from its hello to its end."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from typing import Final

import orjson
import structlog
from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from api.bridge.monitor.feed import Feed
from api.bridge.monitor.follower import Follower
from api.bridge.monitor.watcher import BAD_KEY, NO_HELLO, NOT_PERMITTED, Watcher
from api.bridge.monitor.wishes import CancelBatch, Close, Filter, Hello, Open, Wish, read_wish
from api.bridge.pages import is_own_page
from api.bridge.services import BridgeServices, bridge_of
from proto.clients import Client, Right
from proto.errors import ErrorCode, GatewayError
from store.connection import Store, StoreError

log = structlog.get_logger()

#: Seconds for the first message.
HELLO_WITHIN: Final = 5.0
#: Seconds for a connection to take its last message.
CLOSE_WITHIN: Final = 5.0
#: Seconds between two looks at whether the key still opens the monitor.
LOOK_AT_KEY_EVERY: Final = 10.0
#: Jobs that one watcher may follow at once.
MOST_OPEN: Final = 16

#: Rights that decide what a watcher sees and may do here.
SHOWN_RIGHTS: Final = {Right.MONITOR, Right.CONTENT, Right.BATCH, Right.CANCEL}

router = APIRouter()


@router.websocket("/ws")
async def watch(websocket: WebSocket) -> None:
    """The live monitor."""
    services = bridge_of(websocket)
    if services.client_keys.open and not is_own_page(websocket.headers):
        await websocket.close()  # before it is accepted: a 403
        return
    await websocket.accept()
    try:
        hello = await _hello(websocket)
        client = _admit(services, hello)
    except GatewayError as error:
        await _refuse(websocket, error)
        return
    except WebSocketDisconnect:
        return
    watcher = Watcher(client, hello)
    watcher.offer(
        {
            "event": "connected",
            "version": version("warp2api"),
            "client": client.name,
            "rights": sorted(client.rights & SHOWN_RIGHTS),
            "now": await _now(services.store),
        }
    )
    async with services.hub.watching(watcher) as feed:
        code = await Connection(websocket, watcher, feed).run(lambda: _admit(services, hello))
    if code is not None:
        log.info("monitor.closed", client=client.name, code=code)
        await _close(websocket, code)


async def _hello(websocket: WebSocket) -> Hello:
    """The first message.

    Raises:
        GatewayError: it does not come, or is another.
    """
    try:
        async with asyncio.timeout(HELLO_WITHIN):
            wish = read_wish(await _receive(websocket))
    except TimeoutError:
        raise GatewayError(ErrorCode.INVALID_REQUEST, "No hello came.") from None
    if not isinstance(wish, Hello):
        raise GatewayError(ErrorCode.INVALID_REQUEST, "The first message has to be a hello.")
    return wish


def _admit(services: BridgeServices, hello: Hello) -> Client:
    """Who watches.

    Raises:
        GatewayError: INVALID_API_KEY, or NOT_PERMITTED if the key does not open the monitor.
    """
    client = services.client_keys.holder([hello.key] if hello.key else [])
    if Right.MONITOR not in client.rights:
        raise GatewayError(ErrorCode.NOT_PERMITTED, f"This API key lacks the right {Right.MONITOR.value!r}.")
    return client


class Connection:
    """Sends what the feed has for a watcher, and does what it asks for."""

    def __init__(self, websocket: WebSocket, watcher: Watcher, feed: Feed) -> None:
        self._websocket = websocket
        self._watcher = watcher
        self._feed = feed
        self._followers: dict[str, asyncio.Task[None]] = {}
        self._group: asyncio.TaskGroup

    async def run(self, admit: Callable[[], object]) -> int | None:
        """Go on until one side has enough; returns the code to close with, None if the other side has gone.

        Args:
            admit: raises `GatewayError` once the watcher may no longer watch.
        """
        async with asyncio.TaskGroup() as group:
            self._group = group
            tasks = [group.create_task(work) for work in (self._send(), self._listen(), self._look_at_key(admit))]
            code = await self._watcher.closing
            for task in [*tasks, *self._followers.values()]:
                task.cancel()
        return code

    async def _send(self) -> None:
        try:
            while True:
                await self._websocket.send_text(await self._watcher.next())
        except WebSocketDisconnect:
            self._watcher.close(None)

    async def _listen(self) -> None:
        try:
            while True:
                message = await _receive(self._websocket)
                try:
                    await self._heed(read_wish(message))
                except GatewayError as error:
                    self._watcher.offer(_error(error))
        except WebSocketDisconnect:
            self._watcher.close(None)

    async def _look_at_key(self, admit: Callable[[], object]) -> None:
        while True:
            await asyncio.sleep(LOOK_AT_KEY_EVERY)
            try:
                admit()
            except GatewayError as error:
                self._watcher.offer(_error(error))
                self._watcher.close(_code_of(error))

    async def _heed(self, wish: Wish) -> None:
        match wish:
            case Hello():
                raise GatewayError(ErrorCode.INVALID_REQUEST, "The hello has been said; send a filter.")
            case Filter():
                self._watcher.wants = wish
                self._feed.greet(self._watcher)
            case Open(job):
                self._open(job)
            case Close(job):
                self._watcher.opened.discard(job)
                if (task := self._followers.pop(job, None)) is not None:
                    task.cancel()
            case CancelBatch(batch):
                await self._cancel_batch(batch)

    async def _cancel_batch(self, batch_id: str) -> None:
        """Cancel a batch for somebody who may: its own client, or who may cancel everybody's."""
        try:
            batch = await self._feed.batches.get(batch_id)
            client = self._watcher.client
            is_own = Right.BATCH in client.rights and batch.spec.client == client.name
            if not is_own and Right.CANCEL not in client.rights:
                message = f"To cancel another client's batch takes the right {Right.CANCEL.value!r}, one's own 'batch'."
                raise GatewayError(ErrorCode.NOT_PERMITTED, message)
            await self._feed.batches.cancel(batch_id)
            log.info("monitor.batch_cancelled", client=client.name, batch=batch_id, batch_client=batch.spec.client)
            await self._feed.tell_batches()
        except GatewayError as error:
            self._watcher.offer({**_error(error), "batch": batch_id[:64]})

    def _open(self, job_id: str) -> None:
        """Follow a job, from the beginning if it is followed already."""
        if (task := self._followers.pop(job_id, None)) is not None:
            task.cancel()
        if len(self._followers) >= MOST_OPEN:
            raise GatewayError(ErrorCode.INVALID_REQUEST, f"No more than {MOST_OPEN} jobs can be open; close one.")
        self._watcher.opened.add(job_id)
        task = self._group.create_task(Follower(self._feed, self._watcher, job_id).run())
        self._followers[job_id] = task
        task.add_done_callback(lambda done: self._forget(job_id, done))

    def _forget(self, job_id: str, done: asyncio.Task[None]) -> None:
        if self._followers.get(job_id) is done:
            del self._followers[job_id]
            self._watcher.opened.discard(job_id)


async def _receive(websocket: WebSocket) -> str | bytes:
    """The next message, of either kind.

    Raises:
        WebSocketDisconnect: there will be none.
    """
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text: str | None = message.get("text")
    data: bytes | None = message.get("bytes")
    return text if text is not None else data or b""


async def _refuse(websocket: WebSocket, error: GatewayError) -> None:
    try:
        await websocket.send_text(orjson.dumps(_error(error)).decode())
    except WebSocketDisconnect:
        return
    await _close(websocket, _code_of(error))


async def _close(websocket: WebSocket, code: int) -> None:
    """Close; one who does not read cannot be told why."""
    with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):  # RuntimeError: closed in the meantime
        async with asyncio.timeout(CLOSE_WITHIN):
            await websocket.close(code)


def _error(error: GatewayError) -> dict[str, str]:
    return {"event": "error", "code": error.code, "message": error.message}


def _code_of(error: GatewayError) -> int:
    codes = {ErrorCode.INVALID_API_KEY: BAD_KEY, ErrorCode.NOT_PERMITTED: NOT_PERMITTED}
    return codes.get(error.code, NO_HELLO)


async def _now(store: Store) -> int:
    """Unix ms by the clock that all times of jobs are by; while the store is away, by our own."""
    try:
        seconds, micros = await store.command("TIME")
    except StoreError:
        return round(time.time() * 1000)
    return int(seconds) * 1000 + int(micros) // 1000
