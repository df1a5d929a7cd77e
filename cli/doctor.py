"""`doctor`: what the gateway stands on, line by line, each with what to do about it."""

import asyncio
import platform
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
from rich.console import Console
from rich.text import Text

from api.reach import local_url
from cli.doctor_store import shared_state
from cli.embedded import resolve_redis_url
from cli.findings import PATIENCE, Finding, Level, fail, ok, warn
from cli.problems import SetupError, explain
from cli.settings import CliSettings

#: The bits of a file's mode by which group and others may write it.
OTHERS_MAY_WRITE: Final = 0o022
#: Those by which they may do anything at all.
OTHERS_MAY: Final = 0o077


def run_doctor() -> int:
    """Print the report; returns 1 if anything failed."""
    console = Console(highlight=False, soft_wrap=True)
    findings = asyncio.run(_report(lambda finding: _show(console, finding)))
    counts = {level: sum(finding.level is level for finding in findings) for level in Level}
    console.print(f"\n{counts[Level.OK]} ok, {counts[Level.WARN]} to look at, {counts[Level.FAIL]} failed")
    return 1 if counts[Level.FAIL] else 0


def _show(console: Console, finding: Finding) -> None:
    style = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "bold red"}[finding.level]
    console.print(Text.assemble((f"{finding.level:<5}", style), f"{finding.what:<13}", finding.detail))
    if finding.advice:
        console.print(Text(f"{'':18}-> {finding.advice}", style="dim"))


async def _report(show: Callable[[Finding], None]) -> list[Finding]:
    findings = []
    async for finding in _examine():
        show(finding)
        findings.append(finding)
    return findings


async def _examine() -> AsyncIterator[Finding]:
    from api.bridge.settings import BridgeSettings
    from api.settings import ApiSettings
    from cli.settings import FlowerSettings
    from store.settings import StoreSettings
    from tokens.settings import TokenSettings

    try:
        bridge, flower = BridgeSettings(), FlowerSettings()
        api, tokens, cli = ApiSettings(), TokenSettings(), CliSettings()
        StoreSettings()
    except Exception as error:
        reason = explain(error)
        if reason is None:
            raise
        yield fail("config", reason, "put the named variable right in the environment or .env")
        return
    yield versions()
    for finding in (*credentials(tokens), *private(cli.home, Path(".env")), door(api), *client_keys(api)):
        yield finding
    yield await file_storage(StoreSettings())
    try:
        url = resolve_redis_url(cli)
    except SetupError as error:
        yield fail("redis", str(error), "broker, workers and pool were not checked")
    else:
        async for finding in shared_state(url, StoreSettings(), tokens, embedded=not cli.redis_url):
            yield finding
    yield await upstream(tokens.warp_base_url)
    yield await front_door(local_url(api.host, api.port))
    yield await bridge_server(bridge.base_url)
    if flower.flower:
        yield await flower_server(local_url(flower.flower_host, flower.flower_port))


def versions() -> Finding:
    """What runs here."""
    return ok("versions", f"warp2api {version('warp2api')}, Python {platform.python_version()}, {platform.platform()}")


def private(*paths: Path) -> Iterable[Finding]:
    """Whether what holds secrets, prompts and answers is the operator's alone. What is not there is well."""
    for path in paths:
        try:
            mode = path.stat().st_mode
        except FileNotFoundError:
            continue
        except OSError as error:
            yield fail("private", f"{path}: {error.strerror}", "this user must be able to read it")
            continue
        if mode & OTHERS_MAY:
            advice = f"chmod {'700' if path.is_dir() else '600'} {path}"
            yield warn("private", f"{path} is open to other users of this machine (mode {mode & 0o777:o})", advice)
        else:
            yield ok("private", f"{path} is this user's alone")


def credentials(settings: Any) -> Iterable[Finding]:
    """Which credentials are set, as masks and counts."""
    found = False
    for name in ("warp_api_key", "warp_refresh_token", "warp_jwt"):
        values = [value for value in getattr(settings, name) if value.get_secret_value()]
        if values:
            found = True
            yield ok("credentials", f"{name.upper()} = {', '.join('*' * 8 for _ in values)}")
    for name, tier in (
        ("pool_service_base_url", "borrows from a pool service"),
        ("cloudflare_api_token", "asks the edge broker"),
        ("cloudflare_broker_secret", "asks the edge broker"),
        ("warp_anonymous", "may make one anonymous identity"),
    ):
        if getattr(settings, name):
            found = True
            yield ok("credentials", f"{name.upper()} is set: {tier}")
    if not found:
        yield fail(
            "credentials",
            "none: every chat is answered with 503",
            "set WARP_API_KEY in .env (a key of your own account), or try `warp2api demo`",
        )
    if any(settings.warp_refresh_token) and not settings.warp_firebase_api_key.get_secret_value():
        yield warn("credentials", "WARP_REFRESH_TOKEN cannot be refreshed", "set WARP_FIREBASE_API_KEY too")


def door(settings: Any) -> Finding:
    """Whether the front door may listen where it is told to."""
    from api.auth import refuses_host

    where, locked = f"{settings.host}:{settings.port}", settings.asks_for_key
    if refuses_host(settings.host, has_keys=locked, allow_open=settings.allow_open):
        return fail("host", f"{where} without client keys is refused", "set API_TOKENS, or ALLOW_OPEN=1 on purpose")
    if refuses_host(settings.host, has_keys=locked, allow_open=False):
        return warn("host", f"{where} is open to anybody who reaches it (ALLOW_OPEN=1)", "set API_TOKENS")
    return ok("host", where if locked else f"{where}, no client keys (loopback only)")


def client_keys(settings: Any) -> Iterable[Finding]:
    """The keys that let clients in, where any are asked for."""
    from api.keys_file import KeysFileError, read_keys

    if settings.client_keys:
        yield ok("client keys", f"{len(settings.client_keys)} in API_TOKENS")
    path = settings.client_keys_file
    if path is None:
        return
    try:
        listed = len(read_keys(path))
    except KeysFileError as error:
        yield fail("client keys", str(error), "put the file right: docs/client-keys.md shows one")
        return
    if path.stat().st_mode & OTHERS_MAY_WRITE:
        yield warn("client keys", f"others may write {path}, and so let themselves in", f"chmod 600 {path}")
    if listed or settings.client_keys:
        yield ok("client keys", f"{listed} in {path}")
    else:
        yield warn("client keys", f"none in {path}: nobody is let in", "say `warp2api keys add NAME`")


async def file_storage(settings: Any) -> Finding:
    """Whether files can be written, read and deleted; a folder that is not there yet is left so."""
    import secrets

    from store.storage import Storage, StorageError, folder_of

    folder = folder_of(settings)
    if folder is not None and not folder.exists():
        return ok("files", f"{folder} will be made with the first upload")
    where = str(folder or settings.files_url)
    storage, probe = Storage(settings), f"doctor-{secrets.token_hex(4)}"
    try:
        async with asyncio.timeout(PATIENCE):
            await storage.put(f"{probe}/0", b"x")
            await storage.read(f"{probe}/0", 0, 1)
            await storage.delete(probe)
    except (StorageError, TimeoutError) as error:
        reason = type(error.__cause__ or error).__name__
        advice = "uploads and batches get 503; look at its rights and room, or at FILES_URL and AWS_*"
        return warn("files", f"{where} cannot be used ({reason})", advice)
    return ok("files", where)


async def upstream(base: str) -> Finding:
    """Whether the upstream is reached: name, TLS, and any HTTP answer at all. No chat is sent."""
    parts = urlsplit(base)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    advice = "check WARP_BASE_URL and this machine's way out"
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE):
            await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, TimeoutError) as error:
        return fail("upstream", f"{host}: no such name ({error or 'timed out'})", advice)
    try:
        async with httpx.AsyncClient(http2=True, timeout=PATIENCE) as client:
            answer = await client.head(base)
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
        return fail("upstream", f"{base}: {type(error).__name__}: {error}", advice)
    spent = time.monotonic() - began
    return ok("upstream", f"{base} answers ({answer.http_version}, status {answer.status_code}, {spent:.1f} s)")


async def front_door(url: str) -> Finding:
    """Whether the front door answers, and what it misses."""
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.get(f"{url}/readyz")
            state = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        return fail("front door", f"{url}: {type(error).__name__}", "start it: `warp2api up`, or `warp2api api`")
    if answer.status_code == httpx.codes.OK:
        return ok("front door", f"{url} is ready")
    missing = (
        [name for name, there in state.items() if not there and name != "ready"] if isinstance(state, dict) else []
    )
    return fail("front door", f"{url} answers, but misses: {', '.join(missing) or answer.status_code}", "see above")


async def bridge_server(url: str) -> Finding:
    """Whether the bridge answers; chats go on without it."""
    return await _answering("bridge", f"{url}/healthz", "it shows the live monitor: start it with `warp2api bridge`")


async def flower_server(url: str) -> Finding:
    """Whether Flower answers."""
    return await _answering("flower", f"{url}/healthcheck", "start it with `warp2api flower`")


async def _answering(what: str, url: str, advice: str) -> Finding:
    """Whether a server that no chat needs says that it lives."""
    base = url.rpartition("/")[0]
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            status = (await client.get(url)).status_code
    except httpx.HTTPError as error:
        return warn(what, f"{base}: {type(error).__name__}", advice)
    return ok(what, f"{base} answers") if status == httpx.codes.OK else warn(what, f"{base} answers {status}", advice)
