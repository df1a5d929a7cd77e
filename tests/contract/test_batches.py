"""Each verb that a client has on batches, on a real Valkey."""

from pathlib import Path

import pytest

from proto.batches import Batch, BatchKind, BatchStatus, Counts
from proto.errors import ErrorCode, GatewayError
from store.admission import Binding
from store.batch_runs import BatchRuns
from store.batches import Batches, new_id
from store.connection import Store
from store.files import Files
from store.settings import StoreSettings
from store.storage import Storage
from tests.contract.batches import spec
from tests.contract.jobs import make_jobs

OPENAI, ANTHROPIC = BatchKind.OPENAI, BatchKind.ANTHROPIC


@pytest.fixture
def files(store: Store, tmp_path: Path) -> Files:
    settings = StoreSettings(_env_file=None, warp2api_home=tmp_path)
    return Files(store, Storage(settings), settings)


@pytest.fixture
def batches(store: Store, files: Files) -> Batches:
    return Batches(store, files, StoreSettings(_env_file=None))


@pytest.fixture
async def runs(store: Store) -> BatchRuns:
    runs = BatchRuns(store, make_jobs(store))
    assert await runs.lead()
    return runs


async def refused(awaitable: object) -> ErrorCode:
    with pytest.raises(GatewayError) as refusal:
        await awaitable  # type: ignore[misc]
    return refusal.value.code


async def test_a_batch_is_its_clients_and_its_kinds_alone(batches: Batches, runs: BatchRuns) -> None:
    made = await batches.create(spec(metadata={"a": "b"}), BatchStatus.VALIDATING)

    assert made == await batches.get("c", OPENAI, "b")
    assert (made.status, made.counts, made.spec.metadata) == (BatchStatus.VALIDATING, Counts(), {"a": "b"})
    assert [row.batch for row in await runs.open()] == [made]
    assert await refused(batches.get("c", OPENAI, "b:out")) is ErrorCode.BATCH_NOT_FOUND
    for client, kind in (("d", OPENAI), ("c", ANTHROPIC)):
        assert await refused(batches.get(client, kind, "b")) is ErrorCode.BATCH_NOT_FOUND
        assert await refused(batches.cancel(client, kind, "b")) is ErrorCode.BATCH_NOT_FOUND
        assert await refused(batches.delete(client, kind, "b")) is ErrorCode.BATCH_NOT_FOUND
        assert (await batches.page(client, kind, limit=9)).batches == []


async def test_a_creation_whose_reply_was_lost_may_be_sent_again(batches: Batches, runs: BatchRuns) -> None:
    made = spec()
    await batches.create(made, BatchStatus.VALIDATING)
    await runs.move("b", BatchStatus.VALIDATING, BatchStatus.IN_PROGRESS, total=3)

    assert (await batches.create(made, BatchStatus.VALIDATING)).status is BatchStatus.IN_PROGRESS
    assert len((await batches.page("c", OPENAI, limit=9)).batches) == 1


async def test_an_idempotency_key_stands_for_one_batch(batches: Batches) -> None:
    made = spec(new_id("batch", "c", "key"))
    assert new_id("batch", "c", "key") == made.id
    assert len({new_id("batch", "d", "key"), new_id("batch", "c", "other"), made.id, new_id("batch", "c", None)}) == 4
    first = await batches.create(made, BatchStatus.VALIDATING, binding=Binding("key", "request"))

    again = spec(made.id, created=made.created + 5)
    assert await batches.create(again, BatchStatus.VALIDATING, binding=Binding("key", "request")) == first
    other = batches.create(again, BatchStatus.VALIDATING, binding=Binding("key", "other"))
    assert await refused(other) is ErrorCode.IDEMPOTENCY_KEY_REUSED


async def test_pages_in_both_directions(batches: Batches, store: Store, files: Files) -> None:
    now = await batches.now()
    for number in range(5):
        await batches.create(spec(f"b{number}", created=now + number), BatchStatus.VALIDATING)

    async def page(**query: str) -> tuple[str, bool]:
        found = await batches.page("c", OPENAI, limit=2, **query)
        return " ".join(batch.spec.id for batch in found.batches), found.more

    assert await page() == ("b4 b3", True)
    assert await page(after="b3") == ("b2 b1", True)
    assert await page(after="b1") == ("b0", False)
    assert await page(after="b0") == ("", False)
    assert await page(before="b1") == ("b3 b2", True)
    assert await page(before="b2") == ("b4 b3", False)
    assert await page(before="b3") == ("b4", False)
    assert await page(before="b4") == ("", False)
    assert await refused(page(after="other")) is ErrorCode.BATCH_NOT_FOUND
    await store.command("DEL", files.keys.batch("b0").record)  # its time is over
    assert await page(after="b2") == ("b1", False)


async def test_what_has_not_ended_can_be_cancelled(batches: Batches, runs: BatchRuns) -> None:
    await batches.create(spec(), BatchStatus.VALIDATING)
    await runs.move("b", BatchStatus.VALIDATING, BatchStatus.IN_PROGRESS)
    cancelling = await batches.cancel("c", OPENAI, "b")

    assert cancelling.status is BatchStatus.CANCELLING
    assert cancelling.times[BatchStatus.CANCELLING] >= cancelling.spec.created
    assert await batches.cancel("c", OPENAI, "b") == cancelling
    await runs.move("b", BatchStatus.CANCELLING, BatchStatus.CANCELLED)
    assert (await batches.cancel("c", OPENAI, "b")).status is BatchStatus.CANCELLED


async def test_a_batch_that_has_ended_can_be_deleted_with_what_is_its_own(
    batches: Batches, runs: BatchRuns, files: Files, store: Store
) -> None:
    async with files.upload() as upload:
        await upload.write(b"{}\n")
        file = await upload.commit(client="c", filename="", purpose="batch", ttl=600, listed=False)
    await batches.create(spec(kind=ANTHROPIC, input_key=file.id), BatchStatus.IN_PROGRESS, 1)
    assert await refused(batches.delete("c", ANTHROPIC, "b")) is ErrorCode.INVALID_REQUEST

    await runs.move("b", BatchStatus.IN_PROGRESS, BatchStatus.COMPLETED)
    await batches.delete("c", ANTHROPIC, "b")
    assert await refused(batches.get("c", ANTHROPIC, "b")) is ErrorCode.BATCH_NOT_FOUND
    assert await files.storage.names() == []
    await runs.resign()
    assert await store.command("KEYS", "*") == []


async def test_a_record_outlives_its_results(batches: Batches, files: Files, store: Store) -> None:
    made: Batch = await batches.create(spec(), BatchStatus.VALIDATING)
    until = await store.command("PEXPIRETIME", files.keys.batch("b").record)

    assert until > made.spec.expires + files.ttl * 1000
    assert until == await store.command("PEXPIRETIME", files.keys.client_batches("c", OPENAI))
