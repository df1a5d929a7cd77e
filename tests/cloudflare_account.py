"""Cloudflare's management API for tests, over real HTTP, from its documented shapes: one account and its Workers."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

TOKEN = "planted-api-token"
ACCOUNT = "0123456789abcdef0123456789abcdef"


@dataclass
class Worker:
    """One script."""

    module: bytes
    main_module: str
    bindings: dict[str, dict[str, Any]]
    migration_tag: str | None
    published: bool = False
    uploads: int = 1


@dataclass
class CloudflareAccount:
    """What the account holds, and each call as `METHOD path` below `/workers`."""

    base: str = ""
    subdomain: str | None = "operator"
    workers: dict[str, Worker] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    fail: dict[str, tuple[int, Any]] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """The settings that lead here."""
        return {
            "cloudflare_api_url": self.base,
            "cloudflare_api_token": TOKEN,
            "cloudflare_account_id": ACCOUNT,
        }


def answer(result: object = None) -> JSONResponse:
    """Cloudflare's envelope."""
    return JSONResponse({"success": True, "errors": [], "messages": [], "result": result})


def refuse(status: int, code: int, message: str) -> JSONResponse:
    """The same, of an error."""
    errors = [{"code": code, "message": message}]
    return JSONResponse({"success": False, "errors": errors, "messages": [], "result": None}, status)


def cloudflare_app(account: CloudflareAccount) -> FastAPI:
    """The API of one account."""
    app = FastAPI()
    root = f"/accounts/{ACCOUNT}/workers"

    @app.middleware("http")
    async def authenticate(request: Request, go_on: Any) -> Any:
        path = request.url.path.removeprefix(root)
        account.calls.append(f"{request.method} {path}")
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return refuse(403, 10000, "Authentication error")
        if (told := account.fail.get(f"{request.method} {path}")) is not None:
            return JSONResponse(told[1], told[0])
        return await go_on(request)

    @app.get(f"{root}/scripts")
    async def scripts() -> JSONResponse:
        return answer([{"id": name, "migration_tag": each.migration_tag} for name, each in account.workers.items()])

    @app.put(root + "/scripts/{name}")
    async def upload(name: str, request: Request) -> JSONResponse:
        parts = {part.name: part for part in await multipart(request)}
        metadata = json.loads(parts["metadata"].body)
        assert parts["metadata"].content_type == "application/json"
        main = metadata["main_module"]
        if main not in parts or parts[main].content_type != "application/javascript+module":
            return refuse(400, 10021, "No such module")
        before = account.workers.get(name)
        applied = before.migration_tag if before else None
        migrations = metadata.get("migrations")
        if migrations and migrations.get("old_tag") != applied:
            return refuse(412, 10079, "Migration tag precondition failed")
        classes = (migrations or {}).get("new_sqlite_classes", [])
        bindings = {each["name"]: each for each in metadata["bindings"]}
        objects = [each["class_name"] for each in bindings.values() if each["type"] == "durable_object_namespace"]
        if any(each not in classes for each in objects) and applied is None:
            return refuse(400, 10061, "Cannot create binding: the class is not exported or not migrated")
        kept = metadata.get("keep_bindings", [])
        for each in before.bindings.values() if before else ():
            if each["type"] in kept:
                bindings.setdefault(each["name"], each)
        account.workers[name] = Worker(
            parts[main].body,
            main,
            bindings,
            migrations["new_tag"] if migrations else applied,
            published=before.published if before else False,
            uploads=before.uploads + 1 if before else 1,
        )
        return answer({"id": name})

    @app.delete(root + "/scripts/{name}")
    async def delete(name: str, force: str = "false") -> JSONResponse:
        if name not in account.workers:
            return refuse(404, 10007, "This Worker does not exist on your account.")
        if force != "true":
            return refuse(400, 10064, "Cannot delete this Worker: it has Durable Objects")
        del account.workers[name]
        return answer()

    @app.get(root + "/scripts/{name}/settings")
    async def settings(name: str) -> JSONResponse:
        if name not in account.workers:
            return refuse(404, 10007, "This Worker does not exist on your account.")
        shown = [
            {key: value for key, value in each.items() if each["type"] != "secret_text" or key != "text"}
            for each in account.workers[name].bindings.values()
        ]
        return answer({"bindings": shown})

    @app.get(root + "/scripts/{name}/subdomain")
    async def published(name: str) -> JSONResponse:
        return answer({"enabled": account.workers[name].published, "previews_enabled": False})

    @app.post(root + "/scripts/{name}/subdomain")
    async def publish(name: str, request: Request) -> JSONResponse:
        body = await request.json()
        account.workers[name].published = body["enabled"]
        return answer(body)

    @app.get(f"{root}/subdomain")
    async def subdomain() -> JSONResponse:
        if account.subdomain is None:
            return refuse(404, 10007, "You do not have a workers.dev subdomain.")
        return answer({"subdomain": account.subdomain})

    return app


@dataclass
class Part:
    """One part of a multipart body."""

    name: str
    content_type: str
    body: bytes


async def multipart(request: Request) -> list[Part]:
    """The parts of a body, by the mail parser of the standard library."""
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + await request.body())
    return [
        Part(
            str(part.get_param("name", header="content-disposition")),
            part.get_content_type(),
            part.get_payload(decode=True),  # type: ignore[arg-type]
        )
        for part in message.iter_parts()  # type: ignore[attr-defined]
    ]


@asynccontextmanager
async def cloudflare_account() -> AsyncIterator[CloudflareAccount]:
    """A running one."""
    account = CloudflareAccount()
    with socket.create_server(("127.0.0.1", 0)) as sock:
        account.base = f"http://127.0.0.1:{sock.getsockname()[1]}"
        config = uvicorn.Config(cloudflare_app(account), log_level="warning", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[sock]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield account
        finally:
            server.should_exit = True
            await running
