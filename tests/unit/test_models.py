"""The model catalogue: what a name means, the two listings, and what the upstream's own list holds."""

import json
from typing import Any

import pytest
from anthropic.types import ModelInfo
from openai.types import Model as OpenAIModel

from proto.errors import BadRequestError, ErrorCode, GatewayError
from proto.models import CREATED, Model, ModelCatalogue, ModelOffer, decode_offer, encode_offer
from workers.models import read_models

CATALOGUE = ModelCatalogue(
    ["auto", "claude-4-5-sonnet"], {"claude-opus*": "auto-genius", "claude-*": "auto", "gpt-[45]*": "auto"}
)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("auto", "auto"),
        ("claude-4-5-sonnet", "claude-4-5-sonnet"),
        ("claude-3", "auto"),
        ("claude-opus-5", "auto-genius"),
        ("gpt-5.4", "auto"),
        ("gpt-3.5", "gpt-3.5"),
        ("Claude-3", "Claude-3"),
        ("nobody-knows", "nobody-knows"),
    ],
)
def test_a_configured_name_then_the_first_alias_then_as_given(asked: str, meant: str) -> None:
    assert CATALOGUE.resolve(asked) == meant


def test_listings_hold_the_configured_ids_in_order() -> None:
    listed = CATALOGUE.openai_list()
    assert listed["object"] == "list"
    assert [OpenAIModel.model_validate(entry, strict=True).id for entry in listed["data"]] == [
        "auto",
        "claude-4-5-sonnet",
    ]
    assert {entry["created"] for entry in listed["data"]} == {CREATED}
    page = CATALOGUE.anthropic_list()
    infos = [ModelInfo.model_validate(entry) for entry in page["data"]]
    assert [info.id for info in infos] == ["auto", "claude-4-5-sonnet"]
    assert infos[0].created_at.timestamp() == CREATED
    assert (page["first_id"], page["last_id"], page["has_more"]) == ("auto", "claude-4-5-sonnet", False)


def test_an_empty_catalogue_lists_nothing_and_resolves_as_given() -> None:
    empty = ModelCatalogue([], {})
    assert empty.resolve("x") == "x"
    assert empty.openai_list() == {"object": "list", "data": []}
    assert empty.anthropic_list() == {"data": [], "has_more": False, "first_id": None, "last_id": None}


def test_find_knows_configured_names_and_aliases_under_the_name_asked_for() -> None:
    found = CATALOGUE.find("claude-opus-5")
    assert found is not None
    assert found.openai() == {"id": "claude-opus-5", "object": "model", "created": CREATED, "owned_by": "warp"}
    assert found.anthropic()["display_name"] == "claude-opus-5"
    assert CATALOGUE.find("auto") is not None
    assert CATALOGUE.find("nobody-knows") is None


def test_what_the_upstream_offers_counts_as_configured_until_the_next_offer() -> None:
    catalogue = ModelCatalogue(["auto", "mine"], {"claude-*": "auto"})
    catalogue.offer([Model("claude-5", "Claude 5", 200_000), Model("auto", "Auto")])

    assert catalogue.resolve("claude-5") == "claude-5"
    page = catalogue.anthropic_list()
    assert [(info["id"], info["display_name"]) for info in page["data"]] == [
        ("auto", "Auto"),
        ("mine", "mine"),
        ("claude-5", "Claude 5"),
    ]
    assert [ModelInfo.model_validate(info).max_input_tokens for info in page["data"]] == [None, None, 200_000]

    catalogue.offer([Model("gpt-6")])

    assert catalogue.resolve("claude-5") == "auto"
    assert [entry["id"] for entry in catalogue.openai_list()["data"]] == ["auto", "mine", "gpt-6"]


def test_an_alias_without_wildcards_is_listed_once() -> None:
    catalogue = ModelCatalogue(["auto"], {"claude-auto": "auto", "auto": "x", "claude-[ab]": "auto", "gpt-?": "auto"})

    assert [entry["id"] for entry in catalogue.openai_list()["data"]] == ["auto", "claude-auto"]
    assert catalogue.resolve("claude-auto") == "auto"


@pytest.mark.parametrize(
    ("query", "page", "more"),
    [
        ({}, "abcde", False),
        ({"limit": 2}, "ab", True),
        ({"limit": 2, "after_id": "b"}, "cd", True),
        ({"limit": 2, "after_id": "c"}, "de", False),
        ({"after_id": "e"}, "", False),
        ({"limit": 2, "before_id": "d"}, "bc", True),
        ({"limit": 2, "before_id": "c"}, "ab", False),
        ({"before_id": "a"}, "", False),
    ],
)
def test_pages(query: dict[str, Any], page: str, more: bool) -> None:
    listed = ModelCatalogue("abcde", {}).anthropic_list(**query)

    assert "".join(entry["id"] for entry in listed["data"]) == page
    assert listed["has_more"] is more
    assert (listed["first_id"], listed["last_id"]) == ((page[0], page[-1]) if page else (None, None))


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"after_id": "x"}, "after_id"),
        ({"before_id": "x"}, "before_id"),
        ({"after_id": "a", "before_id": "b"}, "before_id"),
    ],
)
def test_a_page_that_cannot_be(query: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        ModelCatalogue("ab", {}).anthropic_list(**query)
    assert refused.value.param == param


def test_an_offer_survives_being_stored() -> None:
    offer = ModelOffer(1_800_000_000.5, [Model("claude-5", "Claude 5", 200_000), Model("auto")])

    assert decode_offer(encode_offer(offer)) == offer


def answer(*workspaces: list[dict[str, Any]]) -> bytes:
    features = [{"featureModelChoice": {"agentMode": {"choices": choices}}} for choices in workspaces]
    return json.dumps({"data": {"user": {"user": {"workspaces": features}}}}).encode()


def test_the_upstreams_list_without_what_is_disabled() -> None:
    body = answer(
        [
            {"id": "auto", "displayName": "Auto", "contextWindow": {"max": 200_000}, "more": [1]},
            {"id": "closed", "disableReason": "REQUIRES_UPGRADE"},
            {"id": ""},
        ],
        [{"id": "auto", "displayName": None, "contextWindow": None}, {"id": "gpt-6", "disableReason": None}],
    )

    assert read_models(body) == [Model("auto", "Auto", 200_000), Model("gpt-6")]


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"{}",
        b'{"data": null, "errors": [{"message": "unknown field"}]}',
        b'{"data": {"user": {"__typename": "UserFacingError", "error": {"message": "no"}}}}',
        answer(),
        answer([{"id": "closed", "disableReason": "PROVIDER_OUTAGE"}]),
    ],
)
def test_an_answer_without_models_is_a_failure(body: bytes) -> None:
    with pytest.raises(GatewayError) as failed:
        read_models(body)
    assert failed.value.code is ErrorCode.UPSTREAM_PROTOCOL
