"""Where credentials come from: one file a tier, in the order in which they are tried."""

import httpx

from tokens.settings import TokenSettings
from tokens.sources.base import TokenSource
from tokens.sources.own_account import OwnAccount


def configured_sources(settings: TokenSettings, http: httpx.AsyncClient) -> list[TokenSource]:
    """The sources the operator has set up, best tier first."""
    sources: list[TokenSource] = [OwnAccount(settings, http)]
    return sorted((source for source in sources if source.capacity > 0), key=lambda source: source.tier)
