"""What it says when nobody scripted it, for a newcomer to read; and the fixed words of some directives."""

import re
from collections.abc import Sequence

from cli.simulator.script import without_directives
from cli.simulator.turn import Tool, Turn

#: Two pieces that stream, and the whole which the update then gives.
REVISION = ("The first ", "draft.", "The first draft. And its end.")
OTHER_REVISION = "Something else altogether."
#: What is taken back, and what stands.
ROLLBACK = ("This draft is taken back.", "This is the answer.")
SUBTASK = "Notes of a helper, not part of the answer."
UNKNOWN = "A newer server said this."

_LONGEST_QUOTE = 600


def question(turn: Turn) -> str:
    """The user's own words, without directives."""
    return without_directives(turn.query)


def title(turn: Turn) -> str:
    """A title for the conversation."""
    return question(turn).partition("\n")[0][:40]


def reasoning(turn: Turn) -> str:
    """Visible reasoning."""
    if turn.results:
        return "The tools have answered. I will pass on what they said."
    return "There is no model behind me, so I cannot think about this. I will say what I received."


def greeting(turn: Turn, tools: Sequence[Tool], model: str) -> str:
    """What it received, told in full sentences."""
    messages = "one message" if turn.messages <= 1 else f"{turn.messages} messages"
    offered = "no tools" if not tools else f"{len(tools)} tool{'s' if len(tools) > 1 else ''} ({_listed(tools)})"
    hint = f"\n\nAsk for {tools[0].name} by its name, and I will call it." if tools else ""
    return (
        "Hello! I am the simulator that comes with warp2api, not a language model: your message went through the "
        f"whole gateway and back, and never left this machine.\n\nYou asked the model `{model}`:\n\n"
        f"{_quoted(question(turn) or '(nothing)')}\n\nWith it came {messages} and {offered}.{hint}"
    )


def wanted_tools(turn: Turn, tools: Sequence[Tool]) -> list[Tool]:
    """The tools that the question names."""
    words = set(re.findall(r"[\w.:/-]+", question(turn)))
    trimmed = {word.strip(".:/-") for word in words}
    return [tool for tool in tools if tool.name in words | trimmed]


def before_call(tools: Sequence[Tool]) -> str:
    """What it says before it calls tools."""
    return f"I will call {_listed(tools)}."


def after_results(turn: Turn) -> str:
    """What it says when tools have answered."""
    quoted = "\n\n".join(_quoted(result or "(nothing)") for result in turn.results)
    said = "The tool answered" if len(turn.results) == 1 else f"The {len(turn.results)} tools answered"
    return f"{said}:\n\n{quoted}\n\nThat is all I can do with it: I am the simulator that comes with warp2api."


def _listed(tools: Sequence[Tool]) -> str:
    names = [tool.name for tool in tools[:5]]
    return ", ".join(names) + (f" and {len(tools) - 5} more" if len(tools) > 5 else "")


def _quoted(text: str) -> str:
    cut = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + " …"
    return "\n".join(f"> {line}" for line in cut.split("\n"))
