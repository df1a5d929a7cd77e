r"""The directives that script an answer: `[[sim:VERB WORD… KEY=VALUE…]]`, any number of them in one text.

They are taken from the newest user text of a request (see `turn`) and played in order; prose around them is ignored.
A token may have a script of its own (`POST /_sim/tokens`), which goes first. Values may be quoted, also with `]]`
or spaces inside; `\n` in a quoted value is a line break. An unknown verb, word or key is answered 400, so a test with
a slip in its script fails loudly.

Output:
    text        n=20 size=12 gap=0.03 | say="…"     n deltas of size characters, gap seconds apart; or these words
    checksum    n=20 size=12 gap=0.03 seed=0        as text, with a digest at its end (`texts.is_intact`)
    reasoning   n=5 size=12 gap=0.03 | say="…"      visible reasoning, and its end
    tools       names=a,b args='{…}' [apart] [cancel]   complete tool calls, in one event or apart; `args` else made up
                                                    from the schema; `cancel`: upstream cancels them itself
    builtin                                         a call of a tool that was not allowed (run_shell_command)
    revise      [mismatch]                          the full text in an update: going on from what came, or different
    rollback                                        a draft that is taken back, then another answer
    subtask                                         a task of a helper whose text is no output
    unknown                                         fields, actions, messages and events of a newer schema, then text
Ends:
    finish      reason=done usage=charges [stale]   reason: a member of StreamFinished.reason, or `none`;
                                                    usage: charges, tokens, total or none;
                                                    `stale`: with the word that the list of models has changed
    cut         after=0                             the connection breaks, after so many deltas of text
    eof         after=0                             the response ends without `finished`
    silent      after=0 [headers]                   nothing more until the client leaves; `headers`: not even those
Time and form:
    pause       SECONDS                             between two steps
    wait        SECONDS                             before the response's headers
    malformed   [base64] [protobuf] [html]          an event that cannot be read, or a page instead of the stream
    framing     quoted unpadded standard crlf comments lines split    how events are written; `all` for all of them
Refusals, instead of an answer:
    status      400 [model] | 401 | 403 [html] | 408 | 429 [credits] [quota] [bare] | 5xx    retry=1 (Retry-After)
Several turns:
    then        what follows is for the next turn with tool results, which otherwise quotes them

Every step takes `times=N`: it is played for the first N requests with this `key=…` (default: with this script) and left
out afterwards. What stands after an end with `times` is for the requests that it does not end.
"""

import re
import shlex
from collections.abc import Callable
from typing import NamedTuple


class ScriptError(ValueError):
    """The script has a slip; the message says which."""


class Step(NamedTuple):
    """One directive. `words` and `values` hold only what its verb knows."""

    verb: str
    words: tuple[str, ...]
    values: dict[str, str]
    source: str

    def number(self, key: str, default: float) -> float:
        """A value that is a number."""
        try:
            return float(self.values.get(key, default))
        except ValueError as error:
            raise ScriptError(f"{key} is no number in {self.source}") from error

    def whole(self, key: str, default: int) -> int:
        """A value that is a whole number."""
        return int(self.number(key, default))


class _Verb(NamedTuple):
    words: frozenset[str]
    keys: frozenset[str]
    number: bool = False
    """Its only word is a number."""


def _verb(words: str = "", keys: str = "", *, number: bool = False) -> _Verb:
    return _Verb(frozenset(words.split()), frozenset(keys.split()) | {"times", "key"}, number)


FRAMINGS = ("quoted", "unpadded", "standard", "crlf", "comments", "lines", "split")

VERBS = {
    "text": _verb(keys="n size gap say"),
    "checksum": _verb(keys="n size gap seed"),
    "reasoning": _verb(keys="n size gap say"),
    "tools": _verb("apart cancel", "names args"),
    "builtin": _verb(),
    "revise": _verb("mismatch"),
    "rollback": _verb(),
    "subtask": _verb(),
    "unknown": _verb(),
    "finish": _verb("stale", "reason usage"),
    "cut": _verb(keys="after"),
    "eof": _verb(keys="after"),
    "silent": _verb("headers", "after"),
    "pause": _verb(number=True),
    "wait": _verb(number=True),
    "malformed": _verb("base64 protobuf html"),
    "framing": _verb(" ".join((*FRAMINGS, "all"))),
    "status": _verb("model html credits quota bare 400 401 403 408 429 500 502 503 504 529", "retry"),
    "then": _verb(),
}

ENDS = frozenset({"finish", "cut", "eof", "silent", "status"})
"""Verbs after which nothing more is said."""

_DIRECTIVE = re.compile(r"""\[\[sim:((?:"[^"]*"|'[^']*'|(?!\]\])[^"'])*)\]\]""")


def parse(text: str) -> list[Step]:
    """The directives of a text, in order.

    Raises:
        ScriptError: one of them has a slip.
    """
    return [_step(match) for match in _DIRECTIVE.finditer(text)]


def without_directives(text: str) -> str:
    """The prose of a text."""
    return _DIRECTIVE.sub("", text).strip()


def select(steps: list[Step], rounds: int, first: Callable[[Step], bool]) -> list[Step]:
    """The steps to play now.

    Args:
        steps: the whole script.
        rounds: how many groups of tool results have come since the script's text; each uses up a `then`.
        first: whether a step with `times` is still due; called once for each of them.
    """
    parts: list[list[Step]] = [[]]
    for step in steps:
        if step.verb == "then":
            parts.append([])
        else:
            parts[-1].append(step)
    due: list[Step] = []
    for step in parts[rounds] if rounds < len(parts) else []:
        if "times" not in step.values:
            due.append(step)
        elif first(step):
            due.append(step)
            if step.verb in ENDS:
                break
    return due


def _step(match: re.Match[str]) -> Step:
    source = match.group(0)
    try:
        verb, *rest = shlex.split(match.group(1))
    except ValueError as error:
        raise ScriptError(f"cannot read {source}") from error
    known = VERBS.get(verb)
    if known is None:
        raise ScriptError(f"there is no verb {verb!r} in {source}")
    words: list[str] = []
    values: dict[str, str] = {}
    for item in rest:
        key, equals, value = item.partition("=")
        if equals and key in known.keys:
            values[key] = value.replace("\\n", "\n")
        elif item in known.words or (known.number and not words):
            words.append(item)
        else:
            raise ScriptError(f"{item!r} means nothing in {source}")
    if known.number:
        values["seconds"] = words[0] if words else "0"
    return Step(verb, tuple(words), values, source)
