"""`chat`: one question to a running gateway, its answer printed as it comes."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx
from rich.console import Console

from api.reach import local_url
from cli.chat_apis import PATHS, Api, Ended, Said, question, read
from cli.problems import SetupError

#: Keepalives come every few seconds; this long without one means that nobody is there any more.
SILENCE = 60.0


def run_chat(prompt: str, url: str | None, key: str | None, model: str, system: str | None, api: Api = Api.CHAT) -> int:
    """Returns the exit code: 0 with an answer, 1 when the gateway refused or failed, 130 after Ctrl-C.

    Raises:
        SetupError: no gateway is reached.
    """
    from api.settings import ApiSettings

    settings = ApiSettings()
    url = (url or local_url(settings.host, settings.port)).rstrip("/").removesuffix("/v1")
    keys = [key] if key else settings.client_keys
    body = question(api, model, prompt, system)
    headers = {"authorization": f"Bearer {keys[0]}"} if keys else {}
    timeout = httpx.Timeout(SILENCE, connect=5)
    try:
        with (
            # The gateway is asked as it is addressed, not through a proxy of the environment.
            httpx.Client(timeout=timeout, headers=headers, trust_env=False) as client,
            client.stream("POST", f"{url}{PATHS[api]}", json=body) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                answer.read()
                return _failed(_error_text(answer))
            return _print(_events(answer.iter_lines()))
    except KeyboardInterrupt:
        print()
        return 130
    except httpx.ConnectError as error:
        raise SetupError(f"no gateway answers at {url}: start one with `warp2api up`, or give its --url") from error
    except httpx.TimeoutException:
        return _failed(f"the gateway at {url} has been silent for {SILENCE:g} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _failed(f"{url}: {error or type(error).__name__}")


def _events(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data != "[DONE]":
            yield json.loads(data)


def _print(events: Iterator[dict[str, Any]]) -> int:
    console = Console(highlight=False, soft_wrap=True, markup=False)
    last: Said | None = None
    end = Ended("the answer broke off before its end")
    for piece in (piece for event in events for piece in read(event)):
        if isinstance(piece, Ended):
            end = piece
            if end.error:
                break
            continue
        if last and last.thought != piece.thought:
            console.print()
        last = piece
        console.print(piece.text, end="", style="dim" if piece.thought else "")
    if last:
        print()
    return _failed(end.error) if end.error else 0


def _error_text(answer: httpx.Response) -> str:
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


def _failed(message: str) -> int:
    print(f"warp2api: {message}", file=sys.stderr)
    return 1
