"""What each client is put through: the simulator's script, which is the user's text, and what must come of it."""

from typing import Final, NamedTuple

SAID: Final = 'Grüße, 世界! A "quoted" word, a \\ and 🙂'
THOUGHTS: Final = "First I look."
BEGUN: Final = "So far so good."
CITIES: Final = ("Paris", "Oslo", "Rome")


def _call(city: str) -> str:
    return f"""[[sim:tools names=get_weather args='{{"city": "{city}"}}']]"""


#: Two calls at once, one more when their results are there; the last answer quotes the result it got.
_LOOP: Final = f"{_call(CITIES[0])}{_call(CITIES[1])}[[sim:then]]{_call(CITIES[2])}[[sim:then]]"


class Scenario(NamedTuple):
    """`limited`: asked at the door where the key may have one chat at a time, while it has one."""

    prompt: str
    stream: bool = True
    reasoning: bool = False
    limited: bool = False


_TEXT: Final = f"""[[sim:text say='{SAID}' size=3]]"""

SCENARIOS: Final = {
    "text": Scenario(_TEXT),
    "text-whole": Scenario(_TEXT, stream=False),
    "tools": Scenario(f"""[[sim:text say="Let me see."]]{_LOOP}"""),
    "tools-whole": Scenario(f"""[[sim:text say="Let me see."]]{_LOOP}""", stream=False),
    "reasoning": Scenario(f"""[[sim:reasoning say="{THOUGHTS}"]]{_LOOP}""", reasoning=True),
    "limited": Scenario(_TEXT, limited=True),
    "error": Scenario(f"""[[sim:text say="{BEGUN}"]][[sim:finish reason=internal_error]]"""),
    "cut": Scenario(f"""[[sim:text say="{BEGUN}"]][[sim:cut]]"""),
}
