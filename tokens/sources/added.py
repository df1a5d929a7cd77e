"""Accounts that the operator added by `warp2api tokens add`: they live in the pool alone, and are refreshed as any."""

import httpx

from tokens.settings import TokenSettings
from tokens.sources.own_account import OwnAccount


class Added(OwnAccount):
    """Offers nothing by itself, so a refill neither adds to these tokens nor withdraws them."""

    name = "added"

    def __init__(self, settings: TokenSettings, http: httpx.AsyncClient) -> None:
        super().__init__(settings, http)
        self._credentials = ()
