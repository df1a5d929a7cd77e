"""Files: whole or not there, their client's alone, and gone with all their parts."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.processes import free_port
from proto.batches import Part, encode_part
from proto.errors import ErrorCode, GatewayError
from store import files as files_module
from store.connection import Store
from store.files import File, Files
from store.settings import StoreSettings
from store.storage import MissingPartError, Storage, StorageError

pytestmark = pytest.mark.timeout(180)  # the first one that wants the bucket starts its server
DAY = 86400.0


@pytest.fixture
def files(store: Store, storage_settings: StoreSettings, monkeypatch: pytest.MonkeyPatch) -> Files:
    """With parts of a thousand bytes."""
    monkeypatch.setattr(files_module, "PART", 1000)
    monkeypatch.setattr(files_module, "PIECE", 300)
    return Files(store, Storage(storage_settings), storage_settings)


async def kept(
    files: Files, data: bytes = b"x", client: str = "ann", purpose: str = "batch", ttl: float = DAY, listed: bool = True
) -> File:
    async with files.upload() as upload:
        await upload.write(data)
        return await upload.commit(client=client, filename="a.jsonl", purpose=purpose, ttl=ttl, listed=listed)


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


async def code_of(awaitable: object) -> ErrorCode | None:
    try:
        await awaitable  # type: ignore[misc]
    except GatewayError as error:
        return error.code
    return None


async def test_what_was_written_in_any_pieces_is_read_from_anywhere(files: Files) -> None:
    data = bytes(range(256)) * 10
    async with files.upload() as upload:
        for start in range(0, len(data), 700):
            await upload.write(data[start : start + 700])
        file = await upload.commit(client="ann", filename="a.jsonl", purpose="batch", ttl=DAY)

    assert (file.bytes, file.filename, file.purpose, file.expires - file.created) == (2560, "a.jsonl", "batch", DAY)
    assert await files.get("ann", file.id) == file
    assert await whole(files.content(file.id)) == data
    assert max([len(piece) async for piece in files.content(file.id)]) <= 300
    for start, end in ((0, 1), (999, 1001), (1000, 2000), (1234, None), (2559, 9999), (2560, None), (5000, None)):
        assert await whole(files.content(file.id, start, end)) == data[start:end]


async def test_a_file_is_its_clients_alone(files: Files) -> None:
    file = await kept(files)

    assert await code_of(files.get("bob", file.id)) is ErrorCode.FILE_NOT_FOUND
    assert await code_of(files.delete("bob", file.id)) is ErrorCode.FILE_NOT_FOUND
    assert (await files.page("bob", limit=10, newest=True)).files == []
    assert await whole(files.content(file.id)) == b"x"


async def test_pages_in_either_order_and_of_one_purpose(files: Files, store: Store) -> None:
    made = [await kept(files, purpose=purpose) for purpose in ("batch", "batch_output", "batch", "batch")]
    await kept(files, listed=False)
    ids = [file.id for file in made]
    listed = [file.id for file in sorted(made, key=lambda file: (file.created, file.id))]

    async def page(**query: object) -> tuple[list[str], bool]:
        found = await files.page("ann", **query)  # type: ignore[arg-type]
        return [file.id for file in found.files], found.more

    assert await page(limit=10, newest=False) == (listed, False)
    assert await page(limit=2, newest=True) == (listed[:1:-1], True)
    assert await page(limit=2, newest=True, after=listed[2]) == (listed[1::-1], False)
    assert sorted((await page(limit=10, newest=True, purpose="batch"))[0]) == sorted([ids[0], *ids[2:]])
    # What a client may ask for names no key but those of the purposes there are.
    await store.command("SET", f"{files.keys.files('ann')}:other:key", "x")
    assert await page(limit=10, newest=True, purpose="other:key") == ([], False)
    assert await code_of(files.page("ann", limit=1, newest=True, after="file-other")) is ErrorCode.FILE_NOT_FOUND


async def test_a_deleted_file_is_gone_with_its_parts(files: Files) -> None:
    file, other = await kept(files, b"x" * 2500), await kept(files)
    await files.delete("ann", file.id)

    assert await code_of(files.delete("ann", file.id)) is ErrorCode.FILE_NOT_FOUND
    assert await files.find(file.id) is None
    assert await files.storage.names() == [f"{other.id}/000000"]
    assert await files.sweep() == 0


async def test_what_is_not_committed_leaves_nothing(files: Files, store: Store) -> None:
    async def upload_half() -> None:
        async with files.upload() as upload:
            await upload.write(b"x" * 2500)
            assert len(await files.storage.names()) == 2
            raise RuntimeError("left")

    with pytest.raises(RuntimeError, match="left"):
        await upload_half()

    assert await files.storage.names() == []
    assert await files.sweep() == 0
    assert await store.command("KEYS", "*") == []


async def test_the_sweep_finds_what_a_killed_process_was_writing(files: Files, store: Store) -> None:
    abandoned = files.upload()
    upload = await abandoned.__aenter__()  # its process dies here
    await upload.write(b"x" * 2500)
    assert await files.sweep() == 0, "it may still go on"
    await store.command("ZADD", files.keys.file_terms[0], 0, upload.file_id)  # its time is over

    assert await files.sweep() == 1
    assert await files.storage.names() == []
    assert await code_of(upload.commit(client="ann", filename="a", purpose="batch", ttl=DAY)) is (
        ErrorCode.REQUEST_TIMEOUT
    )


async def test_the_sweep_takes_what_has_expired(files: Files, store: Store) -> None:
    file, other = await kept(files, ttl=0.001), await kept(files)
    while await files.find(file.id) is not None:
        await asyncio.sleep(0.001)
    assert [each.id for each in (await files.page("ann", limit=10, newest=True)).files] == [other.id]

    assert await files.sweep() == 1
    assert await files.storage.names() == [f"{other.id}/000000"]
    assert await store.command("ZCARD", files.keys.files("ann")) == 1
    assert await store.command("ZCARD", files.keys.files("ann") + ":batch") == 1


async def test_a_commit_whose_reply_was_lost_may_be_sent_again(files: Files) -> None:
    async with files.upload() as upload:
        await upload.write(b"x" * 1500)
        terms = {"client": "ann", "filename": "a", "purpose": "batch", "ttl": DAY, "listed": True}
        file = await upload.commit(**terms)  # type: ignore[arg-type]
        parts = [Part(f"{file.id}/000000", 1000, 0), Part(f"{file.id}/000001", 500, 0)]
        assert await files.commit(file.id, parts, **terms) == file  # type: ignore[arg-type]

    assert await whole(files.content(file.id)) == b"x" * 1500


async def test_parts_that_are_there_become_a_file_once(files: Files, store: Store) -> None:
    for number, data in enumerate((b"ab", b"cde")):
        await files.storage.put(f"file-out/{number}", data)
        await store.command("RPUSH", "{warp2api:jobs}:out", encode_part(Part(f"file-out/{number}", len(data), 1)))
    terms = {"client": "ann", "filename": "o", "purpose": "batch_output", "ttl": DAY}
    for _ in range(2):
        await files.add_output("file-out", "{warp2api:jobs}:out", **terms)  # type: ignore[arg-type]

    assert (await files.get("ann", "file-out")).bytes == 5
    assert await whole(files.content("file-out")) == b"abcde"
    await files.delete("ann", "file-out")
    await files.add_output("file-out", "{warp2api:jobs}:out", **terms)  # type: ignore[arg-type]
    assert await files.find("file-out") is None


async def test_a_part_that_is_gone_is_told_and_a_storage_that_is_away(files: Files, tmp_path: Path) -> None:
    file = await kept(files)
    await files.storage.delete(file.id)
    with pytest.raises(MissingPartError):
        await whole(files.content(file.id))

    nowhere = tmp_path / "a-file"
    nowhere.write_text("")
    away = Storage(StoreSettings(_env_file=None, warp2api_home=nowhere))
    address = f"http://127.0.0.1:{free_port()}"
    unreachable = Storage(
        StoreSettings(
            _env_file=None,
            files_url="s3://b/c",
            aws_endpoint_url=address,
            aws_access_key_id="a",
            aws_secret_access_key="b",
        )
    )
    for call in (away.put("f/0", b"x"), away.names("f"), unreachable.read("f/0", 0, 1), unreachable.delete("f")):
        with pytest.raises(StorageError):
            await call
