"""`chat`: one question to a running gateway, its answer printed as it comes."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx
from rich.console import Console

from cli.problems import SetupError
from cli.reach import front_door_url

#: Keepalives come every few seconds; this long without one means that nobody is there any more.
SILENCE = 60.0


def run_chat(prompt: str, url: str | None, key: str | None, model: str, system: str | None) -> int:
    """Returns the exit code: 0 with an answer, 1 when the gateway refused or failed, 130 after Ctrl-C.

    Raises:
        SetupError: no gateway is reached.
    """
    from api.settings import ApiSettings

    settings = ApiSettings()
    url = (url or front_door_url(settings.host, settings.port)).rstrip("/").removesuffix("/v1")
    keys = [key] if key else settings.client_keys
    messages = [{"role": "system", "content": system}] if system else []
    body = {"model": model, "stream": True, "messages": [*messages, {"role": "user", "content": prompt}]}
    headers = {"authorization": f"Bearer {keys[0]}"} if keys else {}
    timeout = httpx.Timeout(SILENCE, connect=5)
    try:
        with (
            # The gateway is asked as it is addressed, not through a proxy of the environment.
            httpx.Client(timeout=timeout, headers=headers, trust_env=False) as client,
            client.stream("POST", f"{url}/v1/chat/completions", json=body) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                answer.read()
                return _failed(_error_text(answer))
            return _print(_chunks(answer.iter_lines()))
    except KeyboardInterrupt:
        print()
        return 130
    except httpx.ConnectError as error:
        raise SetupError(f"no gateway answers at {url}: start one with `warp2api up`, or give its --url") from error
    except httpx.TimeoutException:
        return _failed(f"the gateway at {url} has been silent for {SILENCE:g} s")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return _failed(f"{url}: {error or type(error).__name__}")


def _chunks(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    for line in lines:
        data = line.removeprefix("data:").strip()
        if line.startswith("data:") and data != "[DONE]":
            yield json.loads(data)


def _print(chunks: Iterator[dict[str, Any]]) -> int:
    console = Console(highlight=False, soft_wrap=True, markup=False)
    shown = ""
    complete = False
    for chunk in chunks:
        if "error" in chunk:
            _end_line(shown)
            return _failed(chunk["error"].get("message", "the answer broke off"))
        for choice in chunk.get("choices", []):
            delta = choice.get("delta", {})
            complete = complete or bool(choice.get("finish_reason"))
            for kind, style in (("reasoning_content", "dim"), ("content", "")):
                text = delta.get(kind)
                if text:
                    if shown and shown != kind:
                        console.print()
                    shown = kind
                    console.print(text, end="", style=style)
    _end_line(shown)
    return 0 if complete else _failed("the answer broke off before its end")


def _end_line(shown: str) -> None:
    if shown:
        print()


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
