"""Fixtures of several contract tests."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from store.connection import Store
from store.settings import StoreSettings
from tests.bucket import Bucket, run_bucket
from tests.token_pools import KEYS, ListedSource, MakePool, settings
from tokens.credentials import Credential
from tokens.pool import TokenPool


@pytest.fixture
async def make_pool(store: Store) -> AsyncIterator[MakePool]:
    """A filled pool over the given credentials or sources."""
    pools = []

    async def make(*given: Credential | ListedSource, fill: bool = True, **values: Any) -> TokenPool:
        loose = [each for each in given if isinstance(each, Credential)]
        sources = [each for each in given if isinstance(each, ListedSource)]
        if loose:
            sources.append(ListedSource(*loose))
        pool = TokenPool(store, KEYS, settings(**values), sources)
        pools.append(pool)
        if fill:
            await pool.refill("test")
        return pool

    yield make
    for pool in pools:
        await pool.aclose()


@pytest.fixture(scope="session")
def bucket() -> Iterator[Bucket]:
    """One S3 server for the whole run."""
    with run_bucket() as bucket:
        yield bucket


@pytest.fixture(params=["folder", "bucket"])
def storage_settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    """Settings of either kind of storage, each with nothing in it."""
    if request.param == "folder":
        return StoreSettings(_env_file=None, warp2api_home=tmp_path)
    bucket: Bucket = request.getfixturevalue("bucket")
    bucket.empty()
    return StoreSettings(_env_file=None, **bucket.settings)
