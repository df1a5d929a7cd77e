"""Secrets planted in a whole gateway are not in what it logs, stores, enqueues, tells task monitors or answers."""

import asyncio
import base64
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest
import redis
from cryptography.fernet import Fernet

from api.keys_file import hash_of
from tests.e2e.asking import ask
from tests.e2e.gateway import Gateway, run_gateway, wait_for
from tests.e2e.watching import watching
from tests.servers import run_simulator

pytestmark = pytest.mark.slow

KEY = Fernet.generate_key().decode()
PLANTED = {
    "WARP_API_KEY": "wk-planted-good,wk-planted-limited,wk-planted-refused",
    "WARP_REFRESH_TOKEN": "planted-refresh-token,planted-refresh-revoked",
    "WARP_FIREBASE_API_KEY": "planted-web-key",
    "TOKEN_ENCRYPTION_KEY": KEY,
    "API_TOKENS": "planted-client-key",
}
SECRETS = [part for value in PLANTED.values() for part in value.split(",")]


@contextmanager
def everything_redis_is_told(url: str) -> Iterator[bytearray]:
    """All commands that reach the server: what is stored, enqueued, and published to task monitors."""
    heard = bytearray()
    with redis.Redis.from_url(url) as client:
        settings = client.connection_pool.connection_kwargs
    with socket.create_connection((settings["host"], settings["port"])) as listening:
        listening.sendall(b"MONITOR\r\n")

        def listen() -> None:
            with suppress(OSError):
                while data := listening.recv(1 << 16):
                    heard.extend(data)

        listener = threading.Thread(target=listen)
        listener.start()
        yield heard
        listening.shutdown(socket.SHUT_RDWR)
        listener.join()


def in_words(heard: bytes) -> str:
    """What was heard, and the bodies of Celery's messages and events, which travel as base64."""
    bodies = [base64.b64decode(body) for body in re.findall(rb'body\\*": *\\*"([A-Za-z0-9+/=]+)', heard)]
    return b"\n".join([heard, *bodies]).decode(errors="replace")


def told_by(flower: httpx.Client) -> str:
    """Everything that Flower tells of its tasks, once it has heard of one that failed."""
    wait_for(lambda: "FAILURE" in flower.get("/api/tasks").text, "Flower to have heard of a failed task")
    tasks = flower.get("/api/tasks")
    return tasks.text + flower.get(f"/api/task/info/{next(iter(tasks.json()))}").text


async def chats(gateway: Gateway) -> None:
    async with gateway.openai(api_key="planted-client-key") as client, gateway.openai(api_key="planted-wrong") as wrong:
        scripts = ("text n=2", "status 503", "malformed", "finish reason=internal_error", "text n=2")
        asked = [ask(client, f"[[sim:{script}]]", stream=True) for script in scripts for _ in range(4)]
        await asyncio.gather(*asked, ask(wrong, "hello", stream=False), return_exceptions=True)


async def chats_watched(gateway: Gateway) -> str:
    """Have the chats, and hear all that the live monitor tells one who may see everything and opens every job."""
    keys = gateway.folder / "keys.json"
    rights = ["monitor", "monitor:content"]
    keys.write_text(json.dumps({"keys": [{"name": "reader", "sha256": hash_of("a-reader"), "rights": rights}]}))
    url = await asyncio.to_thread(gateway.start_bridge, CLIENT_KEYS_FILE=str(keys))
    async with watching(url, key="a-reader") as watch:
        await watch.until("history")
        ended: set[str] = set()
        words: set[str] = set()
        wanted = {"FINISHED", "HTTP 503", "MALFORMED"}
        contents = False
        chatting = asyncio.create_task(chats(gateway))
        async with asyncio.timeout(60):
            while not (contents and chatting.done() and len(ended) >= 20 and words >= wanted):
                if chatting.done() and len(ended) >= 20:
                    # The workers have heard by now that somebody watches.
                    chatting, ended = asyncio.create_task(chats(gateway)), set()
                message = await watch.next()
                for job in message.get("jobs", ()) if message["event"] == "jobs" else ():
                    if job["ended_at"] and job["id"] not in ended:
                        ended.add(job["id"])
                        await watch.say(type="open", job=job["id"])
                words |= {packet["type"] for packet in message.get("packets", ())}
                contents |= any("data" in packet for packet in message.get("packets", ()))
            await chatting
        return json.dumps(watch.messages)


def commands(gateway: Gateway) -> str:
    environment = {**gateway.environment, "PATH": "/usr/bin"}
    said = ""
    for command in (["tokens", "list"], ["tokens", "rotate-key"], ["doctor"]):
        told = subprocess.run(
            [sys.executable, "-m", "cli.main", *command],
            env=environment, cwd=gateway.folder, capture_output=True, text=True, timeout=50, check=False,
        )  # fmt: skip
        said += told.stdout + told.stderr
    assert "5 tokens are sealed" in said
    assert "rate_limited" in said
    return said


@pytest.mark.timeout(120)
async def test_planted_secrets_show_nowhere() -> None:
    refresh_tokens = ["planted-refresh-token"]
    with run_simulator(gap=0, refresh_tokens=refresh_tokens) as simulator:
        simulator.tokens(
            {"wk-planted-limited": "[[sim:status 429 retry=60]]", "wk-planted-refused": "[[sim:status 401]]"}
        )
        with run_gateway(simulator.url, **PLANTED, LOG_LEVEL="debug") as gateway:
            with everything_redis_is_told(gateway.redis_url) as heard, gateway.flower() as flower:
                watched = await chats_watched(gateway)
                await asyncio.to_thread(wait_for, lambda: "task-failed" in in_words(heard), "an event of a failed task")
                shown = await asyncio.to_thread(commands, gateway)
                async with httpx.AsyncClient() as client:
                    shown += (await client.get(f"{gateway.url}/healthz")).text
                    measured = (await client.get(f"{gateway.url}/metrics")).text
                seen = await asyncio.to_thread(told_by, flower)
            gateway.role("keeper").tell_to_stop()
            gateway.role("keeper").stopped()
            logged = "".join(role.output.read_text() for role in gateway.roles)
        rotated = [token for token, _ in simulator.state()["refresh_tokens"]]
        told = in_words(heard)
    assert rotated
    assert "task-received" in told
    assert "token.refreshed" in logged
    assert "token.limited" in logged
    assert 'warp2api_pool_rate_limited_total{tier="3"}' in measured
    assert "FAILURE" in seen
    for name, text in (
        ("logs", logged), ("commands", shown), ("redis", told), ("metrics", measured), ("Flower", seen),
        ("monitor", watched),
    ):  # fmt: skip
        assert [secret for secret in SECRETS if secret in text] == [], name
        assert "planted-" not in text, name
        # A JWT of the login begins so; what Fernet seals does not.
        assert "eyJhbGciOi" not in text, name
