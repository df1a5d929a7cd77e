"""What it remembers: who asked what, what is open, who left early."""

import hashlib
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import MessageToDict

from cli.simulator.conversations import Conversations
from cli.simulator.options import Options
from cli.simulator.script import Step, parse
from proto.warp.request_pb2 import Request

_REMEMBERED = 500
_BODIES = 20


def mask(token: str) -> str:
    """A token's id in everything that is shown; a test can make the same from the token."""
    return f"{token[:3]}…{hashlib.sha256(token.encode()).hexdigest()[:8]}"


@dataclass
class Seen:
    """One chat request. `outcome`: open, complete, cut, left (the client went early), or refused. `size` is in bytes;
    `fault` is what is wrong with the way it goes on from a conversation.
    """

    token: str
    http_version: str
    model: str = ""
    query: str = ""
    results: int = 0
    messages: int = 0
    tools: int = 0
    history: str = "none"
    conversation_id: str = ""
    sent_conversation_id: str = ""
    fault: str = ""
    size: int = 0
    script: list[str] = field(default_factory=list)
    status: int = 0
    outcome: str = "refused"


@dataclass
class TokenCounts:
    """The chats of one token, and how they were answered."""

    requests: int = 0
    open: int = 0
    statuses: Counter[int] = field(default_factory=Counter)


@dataclass
class TokenScript:
    """What a token is answered instead of the query's script. `turns` are used up one a request, if `used_up`."""

    turns: deque[list[Step]]
    used_up: bool


class State:
    """All of it. One instance a simulator; its event loop is the only writer."""

    def __init__(self, options: Options) -> None:
        self._initial = options
        self.reset()

    def reset(self) -> None:
        """As it was at the start; streams that are open stay so, and count no more."""
        self.options = self._initial
        self.seen: deque[Seen] = deque(maxlen=_REMEMBERED)
        self.bodies: deque[bytes] = deque(maxlen=_BODIES)
        self.tokens: dict[str, TokenCounts] = {}
        self.scripts: dict[str, TokenScript] = {}
        self.played: Counter[str] = Counter()
        self.conversations = Conversations()
        self.requests = 0
        self.open_streams = 0
        self.most_open = 0
        self.closed_early = 0
        self.completed = 0
        self.generation = object()

    # Scripts

    def set_script(self, token: str, script: str | list[str] | None) -> None:
        """Text: for every request of the token. A list: one text a request, then no more. None: forget it.

        Raises:
            ScriptError: a text has a slip.
        """
        if script is None:
            self.scripts.pop(token, None)
        elif isinstance(script, str):
            self.scripts[token] = TokenScript(deque([parse(script)]), used_up=False)
        else:
            self.scripts[token] = TokenScript(deque(parse(text) for text in script), used_up=True)

    def script_of(self, token: str) -> list[Step]:
        """What this request of the token is to be answered; empty: what its query says."""
        script = self.scripts.get(token)
        if script is None or not script.turns:
            return []
        return script.turns.popleft() if script.used_up else script.turns[0]

    def is_due(self, step: Step) -> bool:
        """Whether a step with `times` is still due; asking counts as playing it."""
        key = step.values.get("key", step.source)
        self.played[key] += 1
        return self.played[key] <= step.whole("times", 1)

    # Streams

    def arrived(self, seen: Seen, body: bytes) -> TokenCounts:
        """A chat request came."""
        self.requests += 1
        self.seen.append(seen)
        self.bodies.append(body)
        counts = self.tokens.setdefault(seen.token, TokenCounts())
        counts.requests += 1
        return counts

    def opened(self, seen: Seen, counts: TokenCounts) -> None:
        """Its stream began."""
        seen.outcome = "open"
        counts.open += 1
        self.open_streams += 1
        self.most_open = max(self.most_open, self.open_streams)

    def closed(self, seen: Seen, counts: TokenCounts, outcome: str, generation: object) -> None:
        """Its stream ended."""
        seen.outcome = outcome
        if generation is not self.generation:
            return
        counts.open -= 1
        self.open_streams -= 1
        self.closed_early += outcome == "left"
        self.completed += outcome == "complete"

    def show(self) -> dict[str, Any]:
        """All of it as JSON, without a whole token anywhere."""
        return {
            "requests": self.requests,
            "open_streams": self.open_streams,
            "most_open": self.most_open,
            "closed_early": self.closed_early,
            "completed": self.completed,
            "tokens": {token: vars(counts) for token, counts in self.tokens.items()},
            "seen": [vars(seen) for seen in self.seen],
            "bodies": [_view(body) for body in self.bodies],
        }


def _view(body: bytes) -> dict[str, Any]:
    view: dict[str, Any] = MessageToDict(Request.FromString(body), preserving_proto_field_name=True)
    settings = view.get("settings", {})
    for secret in ("api_keys", "custom_model_providers"):
        if secret in settings:
            settings[secret] = "(hidden)"
    return view
