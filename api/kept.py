"""What Responses remembers: the answers a request goes on from or refers to, and those it leaves behind."""

import asyncio
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import orjson

from api.submit import Ticket
from proto.dialects.common import refusal
from proto.dialects.openai_responses import Known, input_items
from proto.dialects.responses_items import references
from proto.errors import ErrorCode, GatewayError
from proto.json_body import MAX_ITEMS
from store.responses import Asked, Kept, Responses

#: Answers that the references of one request may lead to.
MAX_REFERRED: Final = 1000
_RESPONSE_ID: Final = re.compile(r"resp_([0-9a-f]{24})")
_ITEM_ID: Final = re.compile(r"[a-z]+_([0-9a-f]{24})_\d+")


class KeptAnswers:
    """The kept answers as the routes of Responses use them."""

    def __init__(self, responses: Responses) -> None:
        self._responses = responses

    async def known(self, client: str, body: dict[str, Any]) -> Known:
        """What is kept of all that a request's body, not yet validated, speaks of.

        Raises:
            GatewayError: it is more than a request may bring, or the store is away.
        """
        items = input_items(body.get("input"))
        previous = body.get("previous_response_id")
        earlier = await self._earlier(client, previous) if isinstance(previous, str) else None
        if earlier and len(earlier) + len(items if isinstance(items, list) else ()) > MAX_ITEMS:
            raise GatewayError(ErrorCode.REQUEST_TOO_LARGE, f"A conversation may have {MAX_ITEMS} items.")
        referred = references([*(earlier or ()), *(items if isinstance(items, list) else ())])
        return Known(earlier, await self._items(client, referred) if referred else {})

    async def _earlier(self, client: str, response_id: str) -> list[Any] | None:
        """All items before a request's own, oldest first; None when they are not, or not all of them, kept."""
        match = _RESPONSE_ID.fullmatch(response_id)
        chain = await self._responses.chain(client, match[1]) if match else None
        if chain is None:
            return None
        items: list[Any] = []
        for kept in chain:
            response = await self._response(client, kept)
            if response is None or response["status"] not in ("completed", "incomplete"):
                return None
            items += [*orjson.loads(kept.input), *response["output"]]
        return items

    async def _items(self, client: str, ids: Sequence[str]) -> dict[str, Any]:
        """The items of these ids that are kept; an item's id names the answer it is part of."""
        answers = {match[1] for id_ in ids if (match := _ITEM_ID.fullmatch(id_))}
        if len(answers) > MAX_REFERRED:
            raise refusal("input", f"the items that are referred to may be of {MAX_REFERRED} answers")
        responses = await asyncio.gather(*[self._one(client, job_id) for job_id in answers])
        return {item["id"]: item for response in responses if response for item in response["output"]}

    async def _one(self, client: str, job_id: str) -> dict[str, Any] | None:
        kept = await self._responses.one(client, job_id)
        return await self._response(client, kept) if kept else None

    async def _response(self, client: str, kept: Kept) -> dict[str, Any] | None:
        if kept.response is None:
            return await self._responses.response(client, kept.job_id)
        response: dict[str, Any] = orjson.loads(kept.response)
        return response

    def to_keep(self, ticket: Ticket, body: dict[str, Any], client: str) -> Ticket:
        """The ticket of a request that was understood, with what is to be kept of it: nothing with `store: false`.

        Raises:
            BadRequestError: the input is nested too deeply to be kept.
        """
        if body.get("store") is False:
            return ticket
        try:
            asked = orjson.dumps(input_items(body["input"]))
        except orjson.JSONEncodeError as error:
            raise refusal("input", "nested too deeply") from error
        previous = (body.get("previous_response_id") or "").removeprefix("resp_")
        job = msgspec.structs.replace(ticket.job, keep_for=client)
        return ticket._replace(job=job, asked=Asked(asked, previous))

    async def get(self, client: str, response_id: str) -> dict[str, Any]:
        """A kept answer, also one that has not ended.

        Raises:
            GatewayError: NOT_KEPT.
        """
        response = await self._one(client, _job_id(response_id))
        if response is None:
            raise _not_kept(response_id)
        return response

    async def delete(self, client: str, response_id: str) -> None:
        """Forget an answer; what goes on from it later is refused.

        Raises:
            GatewayError: NOT_KEPT.
        """
        if not await self._responses.drop(client, _job_id(response_id)):
            raise _not_kept(response_id)


def _job_id(response_id: str) -> str:
    match = _RESPONSE_ID.fullmatch(response_id)
    if match is None:
        raise _not_kept(response_id)
    return match[1]


def _not_kept(response_id: str) -> GatewayError:
    return GatewayError(ErrorCode.NOT_KEPT, f"Response with id {response_id[:64]!r} not found.", param="response_id")
