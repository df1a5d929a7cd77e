"""The front page's look at the bridge: rare, bounded, and never an error."""

import asyncio

from api.bridge_probe import LASTING, BridgeProbe


async def test_it_asks_once_a_second_however_many_want_to_know() -> None:
    asked = 0
    now = 0.0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        probe = BridgeProbe(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", clock=lambda: now)
        await asyncio.gather(*[probe.is_reachable() for _ in range(5)])
        assert asked == 1
        now = LASTING
        await probe.is_reachable()
        assert asked == 2
        await probe.aclose()


async def test_a_bridge_that_does_not_answer_or_is_not_there_is_not_reachable() -> None:
    held: list[asyncio.StreamWriter] = []

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        probe = BridgeProbe(url)
        assert not await probe.is_reachable()
        await probe.aclose()
        for writer in held:
            writer.close()
    probe = BridgeProbe(url)
    assert not await probe.is_reachable()
    await probe.aclose()
