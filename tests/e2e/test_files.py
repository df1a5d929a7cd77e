"""Files: through OpenAI's SDK and by hand, whole or not there, and each key's own."""

import asyncio
import hashlib
from collections.abc import AsyncIterator

import httpx
import openai
import psutil
import pytest

from tests.e2e.conftest import CLIENT_KEYS, LOCKED
from tests.e2e.gateway import Gateway, wait_for
from tests.raw_connection import connection

LINE = b'{"custom_id":"1","method":"POST","url":"/v1/chat/completions","body":{}}\n'
FIELDS = {"purpose": "batch"}
MEGABYTE = 1024 * 1024


def parts(gateway: Gateway) -> set[str]:
    """What lies in the storage folder of uploads; what batches answer comes there at any time."""
    uploads = [folder for folder in (gateway.folder / "files").glob("*") if folder.name.count("-") == 1]
    return {f"{folder.name}/{path.name}" for folder in uploads for path in folder.glob("*")}


@pytest.fixture
def before(gateway: Gateway) -> set[str]:
    """What lies there already: other tests' files."""
    return parts(gateway)


def answers(url: str) -> bool:
    """Whether a front door is there; that the pool of the shared gateway is empty does not matter to files."""
    try:
        return httpx.get(f"{url}/healthz").is_success
    except httpx.HTTPError:
        return False


async def put(client: openai.AsyncOpenAI, content: bytes = LINE, name: str = "lines.jsonl") -> openai.types.FileObject:
    return await client.files.create(file=(name, content), purpose="batch")


async def test_the_life_of_a_file_through_the_sdk(
    gateway: Gateway, before: set[str], openai_client: openai.AsyncOpenAI
) -> None:
    files = openai_client.files
    made = await files.create(
        file=("lines.jsonl", LINE), purpose="batch", expires_after={"anchor": "created_at", "seconds": 7200}
    )
    other = await put(openai_client, name="z\u00e4hler.jsonl")

    assert (made.object, made.bytes, made.filename, made.purpose) == ("file", len(LINE), "lines.jsonl", "batch")
    assert (made.status, made.expires_at) == ("processed", made.created_at + 7200)
    assert other.filename == "z\u00e4hler.jsonl"
    assert await files.retrieve(made.id) == made
    assert (await files.content(made.id)).content == LINE
    assert [file.id async for file in files.list(limit=1)][:2] == [other.id, made.id]
    assert made.id in [file.id async for file in files.list(purpose="batch", order="asc")]
    assert made.id not in [file.id async for file in files.list(purpose="batch_output")]

    assert (await files.delete(made.id)).deleted
    for call in (files.retrieve, files.content, files.delete):
        with pytest.raises(openai.NotFoundError) as refusal:
            await call(made.id)
        assert refusal.value.code == "file_not_found"
    assert made.id not in [file.id async for file in files.list()]
    await files.delete(other.id)
    assert parts(gateway) <= before


async def test_another_keys_file_is_not_there(gateway: Gateway) -> None:
    first, second = (gateway.openai(door=LOCKED, api_key=key) for key in CLIENT_KEYS)
    async with first, second:
        file = await put(first)
        for call in (second.files.retrieve, second.files.content, second.files.delete):
            with pytest.raises(openai.NotFoundError):
                await call(file.id)
        with pytest.raises(openai.NotFoundError):
            await second.files.list(after=file.id)
        assert file.id not in [each.id async for each in second.files.list()]
        assert (await first.files.content(file.id)).content == LINE
        await first.files.delete(file.id)
    async with gateway.openai(door=LOCKED, api_key="unknown") as stranger:
        with pytest.raises(openai.AuthenticationError):
            await put(stranger)


async def test_what_is_no_upload_is_refused_and_leaves_nothing(gateway: Gateway, before: set[str]) -> None:
    file = {"file": ("a.jsonl", LINE)}
    refusals = [
        ({"files": file, "data": {}}, 400, "purpose"),
        ({"files": file, "data": {"purpose": "fine-tune"}}, 400, "purpose"),
        ({"files": {"picture": file["file"]}, "data": FIELDS}, 400, "picture"),
        ({"files": {"file": ("a.jsonl", b"")}, "data": FIELDS}, 400, "file"),
        ({"files": {"file": (None, "text")}, "data": FIELDS}, 400, "file"),
        ({"files": file, "data": {**FIELDS, "expires_after[seconds]": "7200"}}, 400, "expires_after[anchor]"),
        (
            {
                "files": file,
                "data": {**FIELDS, "expires_after[anchor]": "created_at", "expires_after[seconds]": "5"},
            },
            400,
            "expires_after[seconds]",
        ),
        ({"json": FIELDS}, 400, None),
        ({"files": file, "data": FIELDS, "headers": {"origin": "https://elsewhere.example"}}, 403, None),
    ]
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        for request, status, param in refusals:
            response = await client.post("/v1/files", **request)  # type: ignore[arg-type]
            assert (response.status_code, response.json()["error"]["param"]) == (status, param), response.text
        for query in ("limit=0", "limit=x", "limit=0000000199999", f"limit={'9' * 5000}", "order=up"):
            refused = await client.get(f"/v1/files?{query}")
            assert (refused.status_code, refused.json()["error"]["param"]) == (400, query.partition("=")[0])
    assert parts(gateway) <= before


async def test_an_upload_that_breaks_off_leaves_nothing(gateway: Gateway, before: set[str]) -> None:
    """The client goes in the middle, once some of the file lies in the storage."""
    async with connection(gateway.ports[0]) as (_, writer):
        head = "POST /v1/files HTTP/1.1\r\nhost: x\r\ncontent-type: multipart/form-data; boundary=XX\r\n"
        writer.write(f"{head}content-length: 99000000\r\n\r\n".encode())
        writer.write(b'--XX\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n')
        for _ in range(9):
            writer.write(b"x" * MEGABYTE)
            await writer.drain()
        await asyncio.to_thread(wait_for, lambda: len(parts(gateway) - before) == 2, "two parts in the storage")
    await asyncio.to_thread(wait_for, lambda: parts(gateway) <= before, "the parts to go")


async def test_a_download_goes_on_at_another_front_door_when_one_is_killed(gateway: Gateway) -> None:
    content = b"".join(hashlib.sha256(str(number).encode()).digest() for number in range(MEGABYTE))
    role = gateway.start_api()
    door = len(gateway.urls) - 1
    await asyncio.to_thread(wait_for, lambda: answers(gateway.urls[door]), "the front door")
    async with gateway.openai() as client, httpx.AsyncClient() as plain:
        file = await put(client, content)
        got = b""

        async def download() -> None:
            nonlocal got
            async with plain.stream("GET", f"{gateway.urls[door]}/v1/files/{file.id}/content") as response:
                assert int(response.headers["content-length"]) == len(content)
                async for chunk in response.aiter_bytes():
                    got += chunk
                    if len(got) < 200_000:
                        role.kill()

        with pytest.raises(httpx.TransportError):
            await download()
        assert 0 < len(got) < len(content)
        gateway.roles.remove(role)
        gateway.ports.pop()
        headers = {"range": f"bytes={len(got)}-"}
        rest = await plain.get(f"{gateway.url}/v1/files/{file.id}/content", headers=headers)

        assert rest.status_code == 206
        assert rest.headers["content-range"] == f"bytes {len(got)}-{len(content) - 1}/{len(content)}"
        assert got + rest.content == content
        beyond = await plain.get(
            f"{gateway.url}/v1/files/{file.id}/content", headers={"range": f"bytes={len(content)}-"}
        )
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(content)}")
        await client.files.delete(file.id)


@pytest.mark.load
async def test_two_hundred_megabytes_pass_and_more_do_not_and_memory_stays_flat(
    gateway: Gateway, before: set[str]
) -> None:
    process = psutil.Process(gateway.roles[2].process.pid)
    assert gateway.roles[2].name == "api"

    async def form(size: int) -> AsyncIterator[bytes]:
        yield b'--XX\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n'
        yield b'--XX\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(size):
            yield b"x" * MEGABYTE
        yield b"\r\n--XX--\r\n"

    async with httpx.AsyncClient(base_url=gateway.url, timeout=60) as client:
        headers = {"content-type": "multipart/form-data; boundary=XX"}
        small = (await client.post("/v1/files", content=form(20), headers=headers)).json()
        memory = process.memory_info().rss
        assert (await client.post("/v1/files", content=form(201), headers=headers)).status_code == 413
        file = (await client.post("/v1/files", content=form(200), headers=headers)).json()
        assert file["bytes"] == 200 * MEGABYTE
        size = 0
        async with client.stream("GET", f"/v1/files/{file['id']}/content") as response:
            async for chunk in response.aiter_raw():
                size += len(chunk)
        assert size == 200 * MEGABYTE
        assert process.memory_info().rss - memory < 40 * MEGABYTE
        for made in (small, file):
            await client.delete(f"/v1/files/{made['id']}")
    assert parts(gateway) <= before
