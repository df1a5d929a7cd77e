"""Runs the clients: each is one program, which does all of its runs at once against the one gateway."""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx

from tests.clients.scenarios import SCENARIOS
from tests.recorder import Exchange, Recorder

HERE: Final = Path(__file__).parent
#: Seconds for all runs of one client.
PATIENCE: Final = 100.0
#: The models the wires are asked for; clients treat some names in their own way, and these are what people write.
MODELS: Final = {"messages": "claude-sonnet-4-5"}
OTHER_MODEL: Final = "gpt-5"


class Client(NamedTuple):
    """A client program: what runs it (an environment of pyproject.toml, or node), and the APIs it speaks."""

    driver: str
    runtime: str
    wires: tuple[str, ...]

    def command(self) -> list[str]:
        """How it is started.

        Raises:
            FileNotFoundError: what it needs is not installed; `make test-clients` installs it.
        """
        program = node() if self.runtime == "node" else HERE / f".venv-{self.runtime}" / "bin" / "python"
        if not program.exists() or not (HERE / "node_modules").exists():
            raise FileNotFoundError(f"{program} or its packages are not there: run `make test-clients`")
        return [str(program), str(HERE / "drivers" / self.driver)]


def node() -> Path:
    """The Node of package-lock.json for this machine."""
    machine = {"x86_64": "x64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
    return HERE / "node_modules" / f"node-linux-{machine}" / "bin" / "node"


CLIENTS: Final = {
    "openai-python": Client("openai_python.py", "newest", ("chat", "responses")),
    "openai-node": Client("openai_node.mjs", "node", ("chat", "responses")),
    "anthropic-python": Client("anthropic_python.py", "newest", ("messages",)),
    "anthropic-node": Client("anthropic_node.mjs", "node", ("messages",)),
    "openai-agents": Client("openai_agents_python.py", "newest", ("chat", "responses")),
    "pydantic-ai": Client("pydantic_ai_python.py", "newest", ("chat", "responses", "messages")),
    "langchain": Client("langchain_python.py", "newest", ("chat", "responses", "messages")),
    "litellm": Client("litellm_python.py", "litellm", ("chat", "messages")),
    "ai-sdk": Client("ai_sdk_node.mjs", "node", ("compatible", "chat", "responses", "messages")),
}


def key_of(client: str, wire: str, scenario: str) -> str:
    """The client key of one run, by which its requests are told from the others'."""
    return f"key-{client}-{wire}-{scenario}"


def all_keys() -> list[str]:
    """The keys of all runs."""
    return [key_of(name, wire, each) for name, client in CLIENTS.items() for wire in client.wires for each in SCENARIOS]


@dataclass
class Doors:
    """The gateway's front doors, each behind a recorder: the usual one, and the one with a limit for each key."""

    usual: Recorder
    limited: Recorder

    def exchanges(self, key: str) -> list[Exchange]:
        """The chats asked with a key at either."""
        return self.usual.of(key) + self.limited.of(key)


class Clients:
    """All clients' facts. A client runs when it is first asked about."""

    def __init__(self, doors: Doors) -> None:
        self.doors = doors
        self._facts: dict[str, dict[str, Any]] = {}

    def facts(self, name: str, wire: str, scenario: str) -> dict[str, Any]:
        """What a client saw in one run."""
        if name not in self._facts:
            self._facts[name] = {}  # a client that cannot run does not get another chance with each test
            self._facts[name] = self._run(name)
        facts: dict[str, Any] = self._facts[name][f"{wire}/{scenario}"]
        return facts

    def _run(self, name: str) -> dict[str, Any]:
        client = CLIENTS[name]
        runs = [self._run_of(name, wire, scenario) for wire in client.wires for scenario in SCENARIOS]
        keys = [run["key"] for run in runs if run["url"] == self.doors.limited.url]
        with occupied(self.doors.limited, keys):
            done = subprocess.run(
                client.command(),
                input=json.dumps(runs),
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
                cwd=HERE / "drivers",
                check=False,
            )
        assert done.returncode == 0, f"{name} ended with {done.returncode}:\n{done.stderr[-4000:]}"
        facts: dict[str, Any] = json.loads(done.stdout)
        return facts

    def _run_of(self, name: str, wire: str, scenario: str) -> dict[str, Any]:
        each = SCENARIOS[scenario]
        return {
            "name": f"{wire}/{scenario}",
            "wire": wire,
            "url": (self.doors.limited if each.limited else self.doors.usual).url,
            "key": key_of(name, wire, scenario),
            "model": MODELS.get(wire, OTHER_MODEL),
            "prompt": each.prompt,
            "stream": each.stream,
            "reasoning": each.reasoning,
        }


@contextmanager
def occupied(door: Recorder, keys: list[str]) -> Iterator[None]:
    """A chat is running for each key; it leaves when somebody else has been refused for it."""
    if not keys:
        yield
        return
    with ThreadPoolExecutor(len(keys)) as pool:
        begun = [Future[None]() for _ in keys]
        holding = [pool.submit(_hold, door, key, each) for key, each in zip(keys, begun, strict=True)]
        for each in begun:
            each.result(PATIENCE)
        yield
        for done in holding:
            done.result(1)


def _hold(door: Recorder, key: str, begun: "Future[None]") -> None:
    url = f"{door.target}/v1/chat/completions"
    body = {"model": "auto", "stream": True, "messages": [{"role": "user", "content": "[[sim:text n=999 gap=0.2]]"}]}
    headers = {"authorization": f"Bearer {key}"}
    with httpx.stream("POST", url, json=body, headers=headers, timeout=PATIENCE) as held:
        chunks = held.iter_raw()  # kept: a generator that is forgotten closes the stream
        next(chunks)
        begun.set_result(None)
        door.wait_for(key, 429)
