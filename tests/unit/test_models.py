"""The model catalogue: what a name means, and the two listings."""

import pytest
from anthropic.types import ModelInfo
from openai.types import Model as OpenAIModel

from proto.models import CREATED, ModelCatalogue

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
