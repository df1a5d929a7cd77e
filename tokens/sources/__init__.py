"""Where credentials come from: one file a tier, in the order in which they are tried."""

import httpx

from proto.keys import Keys
from store.connection import Store
from tokens.settings import TokenSettings
from tokens.sources.added import Added
from tokens.sources.anonymous import Anonymous
from tokens.sources.base import TokenSource
from tokens.sources.cloudflare import CloudflareBroker
from tokens.sources.own_account import OwnAccount
from tokens.sources.pool_service import PoolService


def configured_sources(settings: TokenSettings, http: httpx.AsyncClient, store: Store, keys: Keys) -> list[TokenSource]:
    """The sources the operator has set up, best tier first."""
    sources: list[TokenSource] = [
        PoolService(settings, http),
        CloudflareBroker(settings, http),
        OwnAccount(settings, http),
        Anonymous(settings, http, store, keys),
    ]
    offering = [source for source in sources if source.capacity > 0]
    return sorted([*offering, Added(settings, http)], key=lambda source: source.tier)
