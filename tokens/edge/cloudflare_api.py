"""The few calls of Cloudflare's management API that the edge broker needs, and their errors.

Shapes as documented at developers.cloudflare.com/api: every answer is `{success, errors: [{code, message}], result}`.
"""

from typing import Any, Final

import httpx

from tokens.credentials import NOTHING, Secret

#: Seconds one call may take; an upload is a few kilobytes.
TIMEOUT: Final = 30.0
#: How much of Cloudflare's own words is repeated.
LONGEST: Final = 300


class CloudflareError(Exception):
    """Cloudflare refused, or could not be asked. The message is one line for the operator and holds no secret.

    `status` is the HTTP status, 0 when there was no answer.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status

    @property
    def not_found(self) -> bool:
        """What was asked for is not there."""
        return self.status == httpx.codes.NOT_FOUND


class CloudflareApi:
    """One account of Cloudflare's, as far as its Workers go. Every method raises `CloudflareError`."""

    def __init__(self, http: httpx.AsyncClient, url: str, account: str, token: Secret) -> None:
        self._http = http
        self._workers = f"{url.rstrip('/')}/accounts/{account}/workers"
        self._token = token

    async def scripts(self) -> dict[str, dict[str, Any]]:
        """The account's Workers by name; `migration_tag` tells which migrations of its objects have been applied."""
        result = await self._call("GET", "/scripts", "list Workers")
        if not isinstance(result, list):
            raise _odd("list Workers")
        return {each["id"]: each for each in result if isinstance(each, dict) and "id" in each}

    async def upload(self, script: str, metadata: Secret, main_module: str, module: bytes) -> None:
        """Put a Worker there, or a new version of it. Bindings that the metadata does not name go.

        The metadata is JSON, and a secret because it holds the values of secrets.
        """
        what = f"upload the Worker {script}"
        code = (main_module, module, "application/javascript+module")
        await self._call("PUT", f"/scripts/{script}", what, metadata=metadata, parts={main_module: code})

    async def delete(self, script: str) -> None:
        """Remove a Worker with its secrets, its objects and what they hold."""
        await self._call("DELETE", f"/scripts/{script}", f"remove the Worker {script}", params={"force": "true"})

    async def bindings(self, script: str) -> list[dict[str, Any]]:
        """What a Worker is bound to; the values of secrets are never told."""
        result = await self._call("GET", f"/scripts/{script}/settings", f"read the settings of {script}")
        bindings = result.get("bindings") if isinstance(result, dict) else None
        if not isinstance(bindings, list):
            raise _odd(f"read the settings of {script}")
        return [each for each in bindings if isinstance(each, dict)]

    async def subdomain(self) -> str:
        """The account's name below workers.dev, '' if it has none."""
        try:
            result = await self._call("GET", "/subdomain", "read the workers.dev subdomain")
        except CloudflareError as error:
            if error.not_found:
                return ""
            raise
        return str(result.get("subdomain") or "") if isinstance(result, dict) else ""

    async def on_workers_dev(self, script: str) -> bool:
        """Whether a Worker answers below workers.dev."""
        result = await self._call("GET", f"/scripts/{script}/subdomain", f"read the address of {script}")
        return isinstance(result, dict) and result.get("enabled") is True

    async def enable_workers_dev(self, script: str) -> None:
        """Let a Worker answer below workers.dev, at one address only."""
        body = {"enabled": True, "previews_enabled": False}
        await self._call("POST", f"/scripts/{script}/subdomain", f"publish {script} on workers.dev", json=body)

    async def _call(
        self,
        method: str,
        path: str,
        what: str,
        *,
        metadata: Secret = NOTHING,
        parts: dict[str, tuple[str, bytes, str]] | None = None,
        **arguments: Any,
    ) -> Any:
        try:
            # What is revealed stands nowhere else: a traceback may show local variables.
            response = await self._http.request(
                method,
                self._workers + path,
                headers={"Authorization": f"Bearer {self._token.reveal()}"},
                files={"metadata": (None, metadata.reveal(), "application/json"), **parts} if parts else None,
                timeout=TIMEOUT,
                **arguments,
            )
        except httpx.HTTPError as error:
            # The cause is left out: it holds the request, and that the API token and perhaps the secrets.
            raise CloudflareError(f"could not {what}: {type(error).__name__}") from None
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise CloudflareError(f"could not {what}: HTTP {response.status_code} without JSON", response.status_code)
        if not response.is_success or body.get("success") is not True:
            raise _refusal(what, response.status_code, body)
        return body.get("result")


def _refusal(what: str, status: int, body: dict[str, Any]) -> CloudflareError:
    errors = body.get("errors")
    errors = [each for each in errors if isinstance(each, dict)] if isinstance(errors, list) else []
    words = "; ".join(f"{each.get('message')} ({each.get('code')})" for each in errors)[:LONGEST]
    hint = ""
    if status in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
        hint = "; CLOUDFLARE_API_TOKEN needs the permission Workers Scripts: Edit on CLOUDFLARE_ACCOUNT_ID"
    return CloudflareError(f"could not {what}: HTTP {status} {words}".rstrip() + hint, status)


def _odd(what: str) -> CloudflareError:
    return CloudflareError(f"could not {what}: Cloudflare's answer has not the documented form")
