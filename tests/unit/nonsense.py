"""Requests that no client means: right ones with something wrong in them, as values, as text and as bytes."""

import copy
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

#: Good requests by dialect, with something of everything in them.
GOOD: dict[str, dict[str, Any]] = {
    "openai": {
        "model": "auto",
        "max_tokens": 100,
        "stream": False,
        "stop": ["END"],
        "tool_choice": {"type": "function", "function": {"name": "f"}},
        "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
            {"role": "tool", "tool_call_id": "c", "content": "18 degrees"},
        ],
    },
    "anthropic": {
        "model": "auto",
        "max_tokens": 100,
        "stream": False,
        "stop_sequences": ["END"],
        "system": [{"type": "text", "text": "Be brief."}],
        "thinking": {"type": "enabled", "budget_tokens": 1024},
        "tool_choice": {"type": "tool", "name": "f"},
        "tools": [{"name": "f", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "Hello"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {"a": 1}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "18 degrees"}]},
        ],
    },
    "responses": {
        "model": "auto",
        "max_output_tokens": 100,
        "stream": False,
        "store": True,
        "instructions": "Be brief.",
        "reasoning": {"effort": "low"},
        "text": {"format": {"type": "text"}},
        "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "18 degrees"},
        ],
    },
}


def _deep(depth: int) -> Any:
    value: Any = "bottom"
    for level in range(depth):
        value = [value] if level % 2 else {"a": value}
    return value


_odd_texts = st.sampled_from(
    ["", "\0", "\ud800", "a\udfff", "\u202e\u2066", "\ufeff", "e\u0301" * 50, "😀" * 200, "\x1b[2J", "../" * 20, "%00"]
) | st.text(st.characters(), max_size=20)
_odd_numbers = st.sampled_from([0, -1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**64), 10**400, 1e308, -0.0, 5e-324, 0.5])
_odd_values = st.one_of(
    _odd_texts,
    _odd_numbers,
    st.none() | st.booleans(),
    st.sampled_from([[], {}, [[]], [None], {"": None}, {"type": {}}, {"type": "text"}, [{"role": "user"}]]).map(
        copy.deepcopy  # they may be changed further
    ),
    st.sampled_from([12, 70, 300, 500]).map(_deep),
    st.sampled_from([300, 25_000]).map(lambda width: [0] * width),
    st.integers(100, 2000).map(lambda width: {f"k{i}": i for i in range(width)}),
    st.dictionaries(_odd_texts, _odd_texts, max_size=3),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if len(path) > 8:
        return []
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in members for place in ((*path, key), *_places(inner, (*path, key)))]


@st.composite
def values(draw: Callable[[Any], Any], dialect: str) -> dict[str, Any]:
    """A good request in which up to three values are something else, gone, or joined by one nobody knows."""
    body = copy.deepcopy(GOOD[dialect])
    for _ in range(draw(st.integers(0, 3))):
        places = _places(body)
        if not places:
            break
        *way, key = draw(st.sampled_from(places))
        holder: Any = body
        for step in way:
            holder = holder[step]
        match draw(st.sampled_from(["replace", "replace", "replace", "remove", "add"])):
            case "replace":
                holder[key] = draw(_odd_values)
            case "remove":
                del holder[key]
            case "add" if isinstance(holder, dict):
                holder[draw(_odd_texts)] = draw(_odd_values)
    return body


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


def _doubled(text: str) -> str:
    return text.replace('"model": ', '"model": 7, "model": ', 1) if '"model": ' in text else text


_slips: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [
        *[lambda text: text] * 10,
        _doubled,
        lambda text: text.replace("100", "1e999"),
        lambda text: text.replace("100", "1" * 5000),
        lambda text: text.replace("100", "NaN"),
        lambda text: text.replace("Hello", "\\ud83d"),
        lambda text: text.replace("Hello", "\\u0000"),
        lambda text: text.replace("Hello", "raw \x00 zero"),
        lambda text: text + text,
        lambda text: text + " " * 2000,
        lambda text: text.replace('"', "'"),
        lambda text: f"[{text}]",
        lambda text: f"/* {text} */",
    ]
)
_encodings = st.sampled_from(["utf-8"] * 6 + ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "utf-7", "cp037"])


@st.composite
def bodies(draw: Callable[[Any], Any], dialect: str) -> bytes:
    """The bytes of such a request, perhaps badly written, in another encoding, cut short, or with a byte changed."""
    body = draw(_slips)(_written(draw(values(dialect)))).encode(draw(_encodings))
    match draw(st.sampled_from(["whole"] * 6 + ["cut", "changed", "noise"])):
        case "cut":
            return body[: draw(st.integers(0, len(body)))]
        case "changed" if body:
            place = draw(st.integers(0, len(body) - 1))
            return body[:place] + draw(st.binary(min_size=1, max_size=3)) + body[place + 1 :]
        case "noise":
            return draw(st.binary(max_size=200))
    return body
