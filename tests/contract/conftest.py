"""Fixtures of several contract tests."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from store.connection import Store
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
