"""What is kept of conversations, on a real Valkey: taken once, bounded in time and in bytes, with a sum that holds."""

import asyncio
import random

import pytest

from proto.continuation import Place
from proto.keys import Keys
from store.connection import Store
from store.continuations import Bounds, Continuations, continuation_counts

KEYS = Keys("test-continuations")
HERE, CHANGED, ELSEWHERE = Place("t1", "f1"), Place("t1", "f2"), Place("t2", "f1")


@pytest.fixture
def kept(store: Store) -> Continuations:
    return Continuations(store, KEYS, Bounds(60, 10_000))


async def key(store: Store, *command: str | int) -> object:
    """A command on one of the bookkeeping keys."""
    verb, name, *rest = command
    return await store.command(verb, KEYS.continuations(str(name)), *rest)


async def counted(store: Store) -> dict[str, int]:
    return {name: count for name, count in (await continuation_counts(store, KEYS)).items() if count}


async def test_what_is_kept_is_taken_once_and_by_its_client_alone(store: Store, kept: Continuations) -> None:
    await kept.keep("a", HERE, b"data", "kept")

    assert await kept.take("b", HERE) == ("unknown", b"")
    assert await kept.take("a", ELSEWHERE) == ("unknown", b"")
    assert await kept.take("a", CHANGED) == ("changed", b"")
    assert await kept.take("a", HERE) == ("hit", b"data")
    assert await kept.take("a", HERE) == ("unknown", b"")
    assert await counted(store) == {"hit": 1, "unknown": 3, "changed": 1, "kept": 1}
    assert await store.command("KEYS", f"{KEYS.continuations('')}*") == [KEYS.continuations("counts").encode()]


async def test_of_many_takers_one_gets_it(kept: Continuations) -> None:
    await kept.keep("a", HERE, b"data", "")
    answers = await asyncio.gather(*[kept.take("a", HERE) for _ in range(20)])
    assert sorted(answer for answer, _ in answers) == ["hit"] + ["unknown"] * 19


async def test_keeping_again_replaces(store: Store, kept: Continuations) -> None:
    await kept.keep("a", HERE, b"first", "kept")
    await kept.keep("a", CHANGED, b"second!", "put_back")
    assert await key(store, "GET", "bytes") == b"7"
    assert await kept.take("a", CHANGED) == ("hit", b"second!")
    assert (await counted(store))["put_back"] == 1


async def test_everything_that_is_kept_has_an_end(store: Store, kept: Continuations) -> None:
    await kept.keep("a", HERE, b"data", "kept")
    for name in ("index", "sizes", "bytes", "entry:a:t1"):
        assert 0 < await key(store, "PTTL", name) <= 60_000  # type: ignore[operator]


async def test_the_oldest_make_room(store: Store, kept: Continuations) -> None:
    for number in range(12):
        await kept.keep("a", Place(f"t{number:02}", "f"), bytes(1000), "kept")
    assert await key(store, "GET", "bytes") == b"10000"
    assert [(await kept.take("a", Place(f"t{number:02}", "f")))[0] for number in (0, 1, 2)] == [
        "unknown",
        "unknown",
        "hit",
    ]


async def test_what_fills_all_the_room_alone_is_not_kept(store: Store, kept: Continuations) -> None:
    await kept.keep("a", ELSEWHERE, b"data", "kept")
    await kept.keep("a", HERE, bytes(10_001), "kept")
    assert (await kept.take("a", HERE))[0] == "unknown"
    assert (await kept.take("a", ELSEWHERE))[0] == "hit"
    assert await counted(store) == {"unknown": 1, "hit": 1, "kept": 1}


async def test_entries_past_their_time_leave_the_sum(store: Store, kept: Continuations) -> None:
    await kept.keep("a", HERE, bytes(500), "kept")
    # As if it had been kept long ago, and Redis had dropped it since.
    await key(store, "ZADD", "index", 1, "a:t1")
    await key(store, "DEL", "entry:a:t1")

    await kept.keep("a", ELSEWHERE, bytes(300), "kept")

    assert await key(store, "GET", "bytes") == b"300"
    assert await key(store, "ZCARD", "index") == 1
    assert await key(store, "HLEN", "sizes") == 1


async def test_the_sum_is_that_of_the_list_whatever_happens(store: Store, kept: Continuations) -> None:
    chance = random.Random(7)
    for _ in range(400):
        place = Place(f"t{chance.randrange(20)}", "f")
        if chance.random() < 0.6:
            await kept.keep("a", place, bytes(chance.randrange(3000)), "")
        else:
            await kept.take("a", place)
    sizes = await key(store, "HVALS", "sizes")
    total = sum(map(int, sizes))  # type: ignore[call-overload]
    assert int(await key(store, "GET", "bytes") or 0) == total <= 10_000  # type: ignore[call-overload]
    assert await key(store, "ZCARD", "index") == await key(store, "HLEN", "sizes")
