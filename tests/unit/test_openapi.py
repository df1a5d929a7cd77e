"""The OpenAPI document: true to the routes there are, to the shapes they read, and to the errors they tell."""

from typing import Any

import jsonschema_rs
import orjson
import pytest

from api.app import create_app
from api.openapi import document
from api.settings import ApiSettings
from proto.dialects import get_dialect
from proto.errors import ErrorCode, GatewayError
from store.settings import StoreSettings
from tokens.settings import TokenSettings

DOCUMENT: dict[str, Any] = orjson.loads(document())
METHODS = {"get", "post", "put", "patch", "delete", "head", "options"}


def validator(name: str) -> Any:
    schema = {"$ref": f"#/components/schemas/{name}", "components": DOCUMENT["components"]}
    return jsonschema_rs.validator_for(schema)


def test_every_route_is_described_and_nothing_else() -> None:
    settings = (ApiSettings(_env_file=None), StoreSettings(_env_file=None), TokenSettings(_env_file=None))
    app = create_app(*settings, "http://127.0.0.1:8000")
    described, served = (
        {(path, method) for path, item in paths.items() for method in item if method in METHODS}
        for paths in (DOCUMENT["paths"], app.openapi()["paths"])
    )

    assert described == served


def test_what_it_refers_to_is_there() -> None:
    def references(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*map(references, value))
        if not isinstance(value, dict):
            return set()
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))

    for reference in references(DOCUMENT):
        place = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]


ASKED = [{"role": "user", "content": "Hello"}]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}]


@pytest.mark.parametrize(
    ("dialect", "schema", "body"),
    [
        ("openai", "ChatRequest", {"model": "m", "messages": ASKED, "stop": "x", "tool_choice": "none"}),
        ("openai", "ChatRequest", {"model": "m", "messages": PARTS, "stop": ["x"], "temperature": 1}),
        ("anthropic", "MessagesRequest", {"model": "m", "max_tokens": 9, "messages": ASKED, "system": "Be brief."}),
        ("anthropic", "MessagesRequest", {"model": "m", "max_tokens": 9, "messages": PARTS, "top_k": 1}),
        ("responses", "ResponsesRequest", {"model": "m", "input": "Hello", "tool_choice": "auto"}),
        ("responses", "ResponsesRequest", {"model": "m", "input": ASKED, "store": False}),
    ],
)
def test_what_is_understood_fits_its_schema_and_what_lacks_the_model_does_not(
    dialect: str, schema: str, body: dict[str, Any]
) -> None:
    get_dialect(dialect).parse(body, str)
    validator(schema).validate(body)
    del body["model"]
    assert not validator(schema).is_valid(body)


def test_counting_does_not_ask_for_max_tokens() -> None:
    body = {"model": "m", "messages": ASKED}
    assert validator("CountRequest").is_valid(body)
    assert not validator("MessagesRequest").is_valid(body)


def test_every_error_has_its_dialects_shape() -> None:
    for code in ErrorCode:
        error = GatewayError(code, "Words.", param="messages[0]", retry_after=1)
        for dialect, schema in (
            ("openai", "OpenAIError"),
            ("responses", "OpenAIError"),
            ("anthropic", "AnthropicError"),
        ):
            validator(schema).validate(get_dialect(dialect).error(error, "req_1").body)
