"""What the Python drivers share: they read runs, talk to the gateway with one client, and print what came of it.

A driver is a program: on its standard input it gets a list of runs as JSON, on its standard output it writes one JSON
object, the facts of each run by name. It knows nothing of what is expected.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeAlias

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"{city}: 3 degrees"


class Run(NamedTuple):
    """One conversation: `wire` is the API, `prompt` the user's only text, `url` the gateway's, without a path."""

    name: str
    wire: str
    url: str
    key: str
    model: str
    prompt: str
    stream: bool
    reasoning: bool

    @property
    def base_url(self) -> str:
        """The address OpenAI's clients want."""
        return f"{self.url}/v1"


class Facts:
    """What a client saw. It is filled as the answer comes, so that a failure leaves what came before it."""

    def __init__(self) -> None:
        self.text = ""
        self.reasoning = ""
        self.calls: list[Any] = []
        self.stop: str | None = None
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.error: dict[str, Any] | None = None

    def call(self, name: str, arguments: dict[str, Any]) -> str:
        """Note a tool call, run it, and return its result."""
        self.calls.append([name, arguments])
        return get_weather(**arguments)

    def fail(self, error: BaseException) -> None:
        """Note an exception as the client's user would see it."""
        self.error = {
            "class": type(error).__name__,
            "message": str(error),
            "status": getattr(error, "status_code", None),
            "cause": type(error.__cause__).__name__ if error.__cause__ else None,
        }


Talk: TypeAlias = Callable[[Run, Facts], Awaitable[None]]


def main(wires: dict[str, Talk]) -> None:
    """Do all runs at once and print their facts."""
    runs = [Run(**each) for each in json.load(sys.stdin)]
    facts = asyncio.run(_all(runs, wires))
    sys.stdout.write(json.dumps({run.name: vars(each) for run, each in zip(runs, facts, strict=True)}))


async def _all(runs: list[Run], wires: dict[str, Talk]) -> list[Facts]:
    return list(await asyncio.gather(*[_one(run, wires[run.wire]) for run in runs]))


async def _one(run: Run, talk: Talk) -> Facts:
    facts = Facts()
    try:
        async with asyncio.timeout(60):
            await talk(run, facts)
    except Exception as error:  # whatever the client raises is what this run is about
        facts.fail(error)
    return facts
