"""Where requests point to pictures, and which addresses are fetched from."""

import ipaddress
from typing import Any

import pytest
from hypothesis import given

from api.image_fetch import is_public
from proto.dialects import get_dialect
from proto.dialects.remote_images import remote_images
from tests.unit.dialects import PNG, junk

URL = "https://example.com/a.png"


def chat(url: str) -> dict[str, Any]:
    content = [{"type": "text", "text": "x"}, {"type": "image_url", "image_url": {"url": url, "detail": "low"}}]
    return {"model": "m", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": content}]}


def messages(url: str) -> dict[str, Any]:
    image = {"type": "image", "source": {"type": "url", "url": url}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [image]}
    document = {"type": "document", "source": {"type": "content", "content": [image | {}]}}
    turns = [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]},
        {"role": "user", "content": [result, document, image | {}]},
    ]
    return {"model": "m", "max_tokens": 9, "messages": turns}


def responses(url: str) -> dict[str, Any]:
    image = {"type": "input_image", "image_url": url}
    items = [
        {"role": "user", "content": [image]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": [image | {}]},
    ]
    return {"model": "m", "input": items}


@pytest.mark.parametrize(
    ("dialect", "body", "paths"),
    [
        ("openai", chat, {"messages[1].content[1].image_url.url"}),
        (
            "anthropic",
            messages,
            {
                "messages[1].content[0].content[0].source.url",
                "messages[1].content[1].source.content[0].source.url",
                "messages[1].content[2].source.url",
            },
        ),
        ("responses", responses, {"input[0].content[0].image_url", "input[2].output[0].image_url"}),
    ],
)
def test_pictures_by_url_are_found_and_replaced_in_every_dialect(dialect: str, body: Any, paths: set[str]) -> None:
    request = body(URL)
    images = remote_images(request)
    assert {(image.path, image.url) for image in images} == {(path, URL) for path in paths}
    for image in images:
        image.put("image/png", PNG)
    assert remote_images(request) == []
    assert str(get_dialect(dialect).parse(request, str).conversation.messages).count(PNG) == len(paths)


@pytest.mark.parametrize("url", ["HTTP://example.com", "https://x"])
def test_schemes_that_are_fetched(url: str) -> None:
    assert len(remote_images(chat(url))) == 1


@pytest.mark.parametrize("url", ["ftp://example.com/a.png", "file:///a", "//example.com", "data:image/png;base64,", ""])
def test_other_urls_are_left_to_the_dialect(url: str) -> None:
    assert remote_images(chat(url)) == []


@given(junk)
def test_anything_may_stand_anywhere(body: Any) -> None:
    assert remote_images({"messages": body, "input": [{"content": body}]}) == []


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::", "fd00::1", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1", "2001:db8::1",
    ],
)  # fmt: skip
def test_addresses_of_the_operators_own_network_or_of_nobody(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
