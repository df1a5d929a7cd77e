"""A whole gateway whose every part can be struck: two front doors, two workers, a keeper, Valkey, the upstream's wire.

It stands in for a supervisor: what dies or is told to stop is started again, on the same port.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from proto.jobs import Lane
from proto.keys import Keys
from tests.e2e.gateway import Gateway, Role, run_gateway, wait_for
from tests.faults.schedule import APIS, KEEPER, VALKEY, WIRE, WORKERS, Fault, Strike
from tests.faults.wire import Wire
from tests.servers import Simulator, run_simulator


@dataclass
class Part:
    """One process that is started again whenever it ends."""

    start: Callable[[], Role]
    role: Role = field(init=False)
    #: Exit statuses of those that were told to stop.
    stopped: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.role = self.start()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.role.process.pid, number)

    async def suffer(self, fault: Fault, seconds: float) -> None:
        """Be struck; returns when it has been started, or goes on, again."""
        if fault is Fault.PAUSE:
            self.signal(signal.SIGSTOP)
            try:
                await asyncio.sleep(seconds)
            finally:
                self.signal(signal.SIGCONT)
            return
        if fault is Fault.KILL:
            self.role.kill()
            await asyncio.sleep(seconds)
        else:
            self.role.tell_to_stop()
            self.stopped.append(await asyncio.to_thread(self.role.stopped))
        self.role = self.start()


class World:
    """The gateway, and what has been done to it."""

    def __init__(self, gateway: Gateway, simulator: Simulator, wire: Wire) -> None:
        self.gateway = gateway
        self.simulator = simulator
        self.doors = [f"http://127.0.0.1:{port}" for port in gateway.ports]
        self.strikes: Counter[str] = Counter()
        self._wire = wire
        first = {role.name: role for role in gateway.roles}
        self.parts: dict[str, Part] = {KEEPER: self._part(lambda: first[KEEPER], KEEPER, "keeper")}
        workers = [role for role in gateway.roles if role.name == "worker-interactive"]
        for name, role in zip(WORKERS, workers, strict=True):
            self.parts[name] = self._part(lambda role=role: role, name, "worker", "interactive")
        apis = [role for role in gateway.roles if role.name == "api"]
        for name, role, port in zip(APIS, apis, gateway.ports, strict=True):
            self.parts[name] = self._part(lambda role=role: role, name, "api", PORT=str(port))

    def _part(self, running: Callable[[], Role], name: str, *arguments: str, **environment: str) -> Part:
        part = Part(running)
        part.start = lambda: self.gateway.start(name, *arguments, **environment)
        return part

    async def strike(self, strike: Strike) -> None:
        """Let one fault happen, to its end."""
        self.strikes[f"{strike.fault} {strike.part.partition('-')[0]}"] += 1
        if strike.part == WIRE:
            await (self._wire.stall(strike.seconds) if strike.fault is Fault.STALL else _now(self._wire.cut))
        elif strike.part == VALKEY:
            await self._strike_valkey(strike)
        else:
            await self.parts[strike.part].suffer(strike.fault, strike.seconds)

    async def _strike_valkey(self, strike: Strike) -> None:
        server = self.gateway.valkey
        if strike.fault is Fault.PAUSE:
            process = server._process.pid
            os.kill(process, signal.SIGSTOP)
            try:
                await asyncio.sleep(strike.seconds)
            finally:
                os.kill(process, signal.SIGCONT)
            return
        server.terminate()
        await asyncio.sleep(strike.seconds)
        await asyncio.to_thread(server.start)

    async def live_through(self, strikes: list[Strike]) -> None:
        """All faults of a plan, each at its time; they may overlap."""
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as group:
            for strike in strikes:
                await asyncio.sleep(max(0.0, began + strike.at - asyncio.get_running_loop().time()))
                print(strike, flush=True)
                group.create_task(self.strike(strike))

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for a condition that is looked up somewhere.

        Raises:
            AssertionError: it never came true.
        """
        await asyncio.to_thread(wait_for, condition, what, 60.0)

    async def until_whole(self) -> None:
        """Return once every front door is ready and both workers have been heard of."""
        await asyncio.to_thread(self.gateway.wait_until_ready)
        await self.until(lambda: self._workers() == len(WORKERS), "both workers")

    def store_memory(self) -> int:
        """Bytes in use by Valkey's data."""
        with self.gateway.store_client() as client:
            return int(client.info("memory")["used_memory"])

    def store_keys(self, kind: str) -> int:
        """How many keys of the jobs' there are whose name goes on with `kind`."""
        with self.gateway.store_client() as client:
            return len(client.keys(f"{Keys().jobs_tag}:{kind}*"))

    def _workers(self) -> int:
        """How many workers have been heard of in the last seconds."""
        with self.gateway.store_client() as client:
            return int(client.zcount(Keys().workers(Lane.INTERACTIVE), (client.time()[0] - 3) * 1000, "+inf"))


async def _now(act: Callable[[], None]) -> None:
    act()


@contextlib.asynccontextmanager
async def run_world(**environment: str) -> AsyncIterator[World]:
    """A running world of its own."""
    with run_simulator(gap=0) as simulator:
        async with Wire(simulator.url) as wire, _gateway(wire.url, environment) as gateway:
            yield World(gateway, simulator, wire)


@contextlib.asynccontextmanager
async def _gateway(upstream: str, environment: dict[str, str]) -> AsyncIterator[Gateway]:
    """The gateway, started and stopped by blocking code in a thread: the wire must carry meanwhile."""
    running = run_gateway(upstream, apis=2, workers=2, **environment)
    gateway = await asyncio.to_thread(running.__enter__)
    try:
        await asyncio.to_thread(gateway.wait_for_workers, 2)
        yield gateway
    except BaseException:
        await asyncio.to_thread(running.__exit__, *sys.exc_info())
        raise
    else:
        await asyncio.to_thread(running.__exit__, None, None, None)
