"""Counts against published ones: of the tokenizer, and of Claude's own counting."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import proto.counting
from proto.counting import REQUEST_TOKENS, TOOLS_TOKENS, TextCounter, count_conversation
from proto.dialects import get_dialect
from tests.pictures import png


def count(**body: Any) -> int:
    parsed = get_dialect("anthropic").parse({"model": "m", "max_tokens": 1, **body}, lambda name: name)
    return count_conversation(parsed.conversation)


def ask(*content: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": content[0] if isinstance(content[0], str) else list(content)}]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # Published by OpenAI for cl100k_base.
        ("tiktoken is great!", 6),
        ("antidisestablishmentarianism", 6),
        ("2 + 2 = 4", 7),
        ("お誕生日おめでとう", 9),
        ("hello world", 2),
        ("", 0),
        # A special token's spelling is text.
        ("<|endoftext|>", 7),
    ],
)
def test_the_tokenizer_counts_as_published(text: str, tokens: int) -> None:
    assert TextCounter().count(text) == tokens


WEATHER = {
    "name": "get_weather",
    "description": "Get the current weather in a given location",
    "input_schema": {
        "type": "object",
        "properties": {
            "location": {"type": "string", "description": "The city and state, e.g. San Francisco, CA"},
        },
        "required": ["location"],
    },
}
PRIMES = [
    {"role": "user", "content": "Are there an infinite number of prime numbers such that n mod 4 == 3?"},
    {
        "role": "assistant",
        "content": [
            {
                "type": "thinking",
                "thinking": "This is a nice number theory question. Let's think about it step by step...",
                "signature": "EuYB",
            },
            {"type": "text", "text": "Yes, there are infinitely many prime numbers p such that p mod 4 = 3..."},
        ],
    },
    {"role": "user", "content": "Can you write a formal proof?"},
]


@pytest.mark.parametrize(
    ("body", "claude"),
    [
        # The examples of Anthropic's page on token counting, with the counts given there.
        ({"system": "You are a scientist", "messages": ask("Hello, Claude")}, 14),
        ({"tools": [WEATHER], "messages": ask("What's the weather like in San Francisco?")}, 403),
        ({"thinking": {"type": "enabled", "budget_tokens": 16000}, "messages": PRIMES}, 88),
    ],
)
def test_counts_are_near_those_that_anthropic_publishes(body: dict[str, Any], claude: int) -> None:
    assert abs(count(**body) - claude) <= 2 + 0.05 * claude


def test_all_that_a_request_holds_counts() -> None:
    text = " four five six seven" * 50
    plain = count(messages=ask("go"))
    once = count(messages=ask("go" + text)) - plain
    assert once == 240

    source = {"type": "base64", "media_type": "image/png", "data": png(750, 100)}
    blocks: dict[str, tuple[dict[str, Any], int]] = {
        "text": ({"type": "text", "text": text}, once),
        "document": ({"type": "document", "source": {"type": "text", "data": text}}, once),
        "image": ({"type": "image", "source": source}, 100),
    }
    for name, (block, tokens) in blocks.items():
        counted = count(messages=ask({"type": "text", "text": "go"}, block)) - plain
        assert tokens <= counted <= tokens + 12, name

    def loop(thinking: str, city: str, result: str) -> int:
        """A call and its result."""
        call = {"type": "tool_use", "id": "t", "name": "weather", "input": {"city": city}}
        thought = {"type": "thinking", "thinking": thinking, "signature": "s"}
        told = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": result}]}
        return count(messages=[*ask("go"), {"role": "assistant", "content": [thought, call]}, *ask(told)])

    shortest = loop("", "x", "y")
    for parts in ((text, "x", "y"), ("", text, "y"), ("", "x", text)):
        assert once - 2 <= loop(*parts) - shortest <= once, parts

    assert count(messages=ask("go"), tools=[WEATHER]) - plain > TOOLS_TOKENS + 40
    assert count(messages=ask("go"), tools=[]) == plain
    schema = {"type": "json_schema", "schema": {"type": "object", "description": text}}
    assert count(messages=ask("go"), output_config={"format": schema}) - plain >= once
    assert count(messages=ask("go"), system=text) - plain >= once - 1
    assert plain > REQUEST_TOKENS


@given(st.text())
def test_any_text_counts_a_token_for_each_byte_at_most(text: str) -> None:
    assert 0 <= proto.counting._counter.count(text) <= len(text.encode())


def test_the_tokenizer_forgets_words_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proto.counting, "_CACHE_CHARACTERS", 1000)
    counter = TextCounter()
    for number in range(100):
        counter.count(f"word{'x' * number}{number}y")
    assert counter._tokenizer is not None
    assert counter._tokenizer.cache_len < 60


def test_threads_count_alike() -> None:
    counter = TextCounter()
    text = "The quick brown fox. " * 500
    expected = TextCounter().count(text)
    counts: list[int] = []
    threads = [threading.Thread(target=lambda: counts.append(counter.count(text))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts == [expected] * 8
