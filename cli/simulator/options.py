"""What can be set on a simulator, at its start and while it runs (`POST /_sim/settings`)."""

import msgspec

MODELS = [
    "auto",
    "auto-efficient",
    "auto-genius",
    "auto-open",
    "claude-4-5-sonnet",
    "gpt-5-mini",
    "gemini-2.5-pro",
]


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of one simulator.

    Args:
        models: model ids it accepts; any other is refused as upstream refuses it.
        known_tokens: bearers it accepts besides the ID tokens it issued; None accepts every bearer.
        refresh_tokens: refresh tokens valid at the start.
        token_lifetime: seconds until an ID token it issues expires.
        refresh_failures: for each token endpoint's path an error code to answer, or an HTTP status as text.
        stream_limit: open streams above which a chat is refused as overload; 0 for no limit.
        gap: seconds between two deltas, where a script does not say.
        size: characters of a delta, where a script does not say.
        max_body: bytes above which the edge refuses a request with its HTML page.
        require_http2: refuse HTTP/1.1 with the edge's HTML page (`docs/protocol.md` 1.7).
        strict: refuse a request that goes on from a conversation otherwise than its tasks stand, or with another token.
        request_limit: credits of the account, as the limits query tells.
    """

    models: list[str] = msgspec.field(default_factory=lambda: list(MODELS))
    known_tokens: list[str] | None = None
    refresh_tokens: list[str] = msgspec.field(default_factory=lambda: ["rt-demo"])
    token_lifetime: int = 3600
    refresh_failures: dict[str, str] = {}
    stream_limit: int = 0
    gap: float = 0.03
    size: int = 12
    max_body: int = 10 * 1024 * 1024
    require_http2: bool = False
    strict: bool = False
    request_limit: int = 1500
