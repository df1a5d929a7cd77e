"""How deep JSON goes, counted piece by piece as a parser would find it."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.json_depth import JsonDepth

WORDS = st.text('[]{}"\\/é\n', max_size=6)
VALUES = st.recursive(
    WORDS | st.integers(0, 9), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=3)
)


def depth_of(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(depth_of, inner), default=0)


def leads_deeper(body: bytes, most: int, size: int) -> bool:
    depth = JsonDepth(most)
    return any(depth.exceeds(body[start : start + size]) for start in range(0, len(body), size))


@given(VALUES, st.integers(1, 50))
def test_it_is_what_a_parser_finds_however_the_body_is_cut(value: Any, size: int) -> None:
    body, depth = orjson.dumps(value), depth_of(value)

    assert not leads_deeper(body, depth, size)
    assert not depth or leads_deeper(body, depth - 1, size)


@pytest.mark.parametrize("bracket", [b"[", b'{"a":', b'["]]]]",'])
def test_more_than_permitted_is_told_at_once(bracket: bytes) -> None:
    assert not leads_deeper(bracket * 256, 256, 1000)
    assert leads_deeper(bracket * 257, 256, 1000)


def test_what_closes_makes_room_again() -> None:
    assert not leads_deeper(b"[[]]" * 10_000, 2, 4096)
