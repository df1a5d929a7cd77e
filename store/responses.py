"""The answers of Responses that are kept, so that later requests of their client can go on from them.

The front door writes what was asked, the worker that ends the job what was answered. Should that worker die in
between, the answer is read from the job's log for as long as that lives.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from proto.dialects.openai_responses import response_as_told
from proto.errors import ErrorCode, GatewayError
from proto.events import decode_events
from proto.jobs import decode_header
from store.connection import Store
from store.jobs import Jobs
from store.scripts import Script, load_script

_FOLDER = Path(__file__).parent / "scripts"
_DROP = load_script(_FOLDER, "drop_response")
_KEEP = load_script(_FOLDER, "keep_response")
_SETTLE = load_script(_FOLDER, "settle_response")
_WALK = load_script(_FOLDER, "walk_responses")

#: Answers in one chain, and bytes of all of them together: what can be read back for one request.
MAX_CHAIN: Final = 1000
MAX_CHAIN_BYTES: Final = 16 * 1024 * 1024


class Asked(NamedTuple):
    """What a request brings to be kept: its input items as JSON, and the job id of the answer it goes on from."""

    input: bytes
    previous: str = ""


class Kept(NamedTuple):
    """One kept answer. `response` is the JSON of the response object, None while it has not been kept."""

    job_id: str
    input: bytes
    response: bytes | None


class Responses:
    """The kept answers of one deployment. A client sees its own alone."""

    def __init__(self, store: Store, jobs: Jobs) -> None:
        self._store = store
        self._jobs = jobs
        self._ttl = round(jobs.settings.response_ttl * 1000)
        self._most = jobs.settings.response_bytes

    async def keep(self, client: str, job_id: str, asked: Asked) -> bool:
        """Keep what was asked, before the job can end; False when it is too large."""
        previous = self._jobs.keys.response(client, asked.previous) if asked.previous else ""
        return bool(await self._run(_KEEP, client, job_id, asked.input, previous, self._ttl, self._most))

    async def response(self, client: str, job_id: str) -> dict[str, Any] | None:
        """The response object as its job's log tells it, kept if it is complete; None when the log is gone."""
        header = await self._store.command("HGET", self._jobs.keys.record(job_id), "header")
        if header is None:
            return None
        entries = await self._jobs.read(job_id)
        events = [event for entry in entries for event in decode_events(entry.data)]
        response = response_as_told(decode_header(header), events)
        if response["status"] != "in_progress":
            await self._run(_SETTLE, client, job_id, orjson.dumps(response), self._ttl, self._most)
        return response

    async def chain(self, client: str, job_id: str) -> list[Kept] | None:
        """An answer and those it went on from, oldest first; None when one of them is not kept.

        Raises:
            GatewayError: REQUEST_TOO_LARGE, there is more than one request may bring.
        """
        found = await self._walk(client, job_id, MAX_CHAIN + 1)
        if found is not None and len(found) > MAX_CHAIN:
            raise _too_large()
        return found

    async def one(self, client: str, job_id: str) -> Kept | None:
        """One answer, without those it went on from; None when it is not kept."""
        found = await self._walk(client, job_id, 1)
        return found[0] if found else None

    async def _walk(self, client: str, job_id: str, most: int) -> list[Kept] | None:
        found = await self._run(_WALK, client, job_id, most, self._ttl, MAX_CHAIN_BYTES)
        if found == b"large":
            raise _too_large()
        if found is None:
            return None
        rows = [(name.decode().rpartition(":")[2], *row) for name, *row in reversed(found)]
        return [Kept(name, input_, response) for name, input_, response in rows]

    async def drop(self, client: str, job_id: str) -> bool:
        """Forget an answer; False when there was none."""
        return bool(await self._run(_DROP, client, job_id))

    async def _run(self, script: Script, client: str, job_id: str, *args: bytes | str | int) -> Any:
        return await self._store.run(
            script, (*self._jobs.keys.responses, self._jobs.keys.response(client, job_id)), args
        )


def _too_large() -> GatewayError:
    return GatewayError(ErrorCode.REQUEST_TOO_LARGE, "The conversation to go on from is too large.")
