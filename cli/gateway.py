"""The gateway that a client's command asks: where it is, by which key, and what it says when it refuses."""

from typing import NamedTuple

import httpx

from api.reach import local_url


class Gateway(NamedTuple):
    """Where a gateway is, without the `/v1`, and the headers that let one in."""

    url: str
    headers: dict[str, str]


def find_gateway(url: str | None, key: str | None) -> Gateway:
    """The gateway of this URL or else of this machine's settings, and the key given or else the first of theirs."""
    from api.settings import ApiSettings

    settings = ApiSettings()
    url = (url or local_url(settings.host, settings.port)).rstrip("/").removesuffix("/v1")
    keys = [key] if key else settings.client_keys
    return Gateway(url, {"authorization": f"Bearer {keys[0]}"} if keys else {})


def not_there(url: str) -> str:
    """What to say when nobody listens."""
    return f"no gateway answers at {url}: start one with `warp2api up`, or give its --url"


def refusal_text(answer: httpx.Response) -> str:
    """What a refusal says, in either vendor's shape; its body has been read."""
    try:
        message = answer.json()["error"]["message"]
    except (ValueError, KeyError, TypeError):
        message = answer.reason_phrase
    text = f"{answer.status_code}: {message}"
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        text += " (give one with --key or API_TOKENS)"
    if retry_after := answer.headers.get("retry-after"):
        text += f" (try again in {retry_after} s)"
    return text
