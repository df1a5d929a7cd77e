"""`chat`: one question to a running gateway, its answer printed as it comes."""

import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx
from rich.console import Console

from cli.chat_apis import PATHS, Api, Ended, Said, question, read
from cli.gateway import find_gateway, not_there, refusal_text
from cli.plain import plain
from cli.problems import SetupError

#: Keepalives come every few seconds; this long without one means that nobody is there any more.
SILENCE = 60.0


def run_chat(prompt: str, url: str | None, key: str | None, model: str, system: str | None, api: Api = Api.CHAT) -> int:
    """Returns the exit code: 0 with an answer, 1 when the gateway refused or failed, 130 after Ctrl-C.

    Raises:
        SetupError: no gateway is reached.
    """
    url, headers = find_gateway(url, key)
    body = question(api, model, prompt, system)
    timeout = httpx.Timeout(SILENCE, connect=5)
    try:
        with (
            # The gateway is asked as it is addressed, not through a proxy of the environment.
            httpx.Client(timeout=timeout, headers=headers, trust_env=False) as client,
            client.stream("POST", f"{url}{PATHS[api]}", json=body) as answer,
        ):
            if answer.status_code != httpx.codes.OK:
                answer.read()
                return _failed(refusal_text(answer))
            return _print(_events(answer.iter_lines()))
    except KeyboardInterrupt:
        print()
        return 130
    except httpx.ConnectError as error:
        raise SetupError(not_there(url)) from error
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
        console.print(plain(piece.text), end="", style="dim" if piece.thought else "")
    if last:
        print()
    return _failed(end.error) if end.error else 0


def _failed(message: str) -> int:
    print(f"warp2api: {plain(message)}", file=sys.stderr)
    return 1
