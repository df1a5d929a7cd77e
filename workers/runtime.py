"""The asyncio loop of a worker process: it runs in a thread of its own, and Celery's threads only wait for it."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Generic, TypeVar

import structlog
import uvloop

log = structlog.get_logger()

Parts = TypeVar("Parts")
Result = TypeVar("Result")

#: Exit status of a process that cannot go on: its supervisor starts it anew, its leases run out.
CRASHED: Final = 70


class Runtime(Generic[Parts]):
    """Opens what `open_parts` yields inside the loop's thread, and closes it there at `stop`."""

    def __init__(self, open_parts: Callable[[], AbstractAsyncContextManager[Parts]]) -> None:
        self._open_parts = open_parts
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="runtime", daemon=True)
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        self.parts: Parts

    def start(self) -> None:
        """Start the loop and wait until the parts are open."""
        self._thread.start()
        self._ready.wait()

    def call(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run a coroutine on the loop and wait for its result; for threads other than the loop's."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine on the loop without waiting; safe in a signal handler."""
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def stop(self) -> None:
        """Close the parts and end the thread; waits for both, and first for their opening."""
        self._ready.wait()
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            uvloop.run(self._main())
        except BaseException:
            # Nobody else would notice: jobs would hang with their leases renewed by nobody.
            log.exception("runtime.crashed")
            os._exit(CRASHED)

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        async with self._open_parts() as parts:
            self.parts = parts
            self._ready.set()
            await self._stopping.wait()


async def crash() -> None:
    """End the process at once: what it holds comes back by its leases, and its supervisor starts it anew."""
    os._exit(CRASHED)


@asynccontextmanager
async def background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run coroutines beside the block and cancel them after it; one that fails takes the block with it."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(coroutine) for coroutine in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
