"""Chats that a page is to show."""

import httpx

from tests.e2e.gateway import Gateway

#: What is said and asked; a page that took it for HTML would run it.
SAID = "<b>bold</b><img src=x onerror='document.title=1'>"
#: An answer that begins and does not end before it is cancelled.
SILENT = f'[[sim:text say="{SAID}"]] [[sim:silent]]'


def ask(gateway: Gateway, script: str, model: str = "auto") -> str:
    """Have a chat answered without waiting for it; its job's id."""
    body = {"model": model, "messages": [{"role": "user", "content": f"Hello {SAID} {script}"}]}
    answer = httpx.post(f"{gateway.url}/v1/chat/completions", json=body, headers={"Prefer": "respond-async"})
    return answer.raise_for_status().headers["x-job-id"]


def cancel(gateway: Gateway, job: str) -> None:
    """End a chat."""
    httpx.post(f"{gateway.url}/v1/jobs/{job}/cancel").raise_for_status()
