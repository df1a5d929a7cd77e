"""By which names a gateway without client keys answers."""

import pytest
from starlette.datastructures import Headers

from api.auth import ClientKeys
from api.host_names import is_nobodys_name
from proto.errors import ErrorCode, GatewayError

OURS = (
    *("", "localhost", "localhost:8010", "LOCALHOST", "127.0.0.1:8010", "192.168.1.7", "[::1]:8010", "gateway:8010"),
    *("host.docker.internal:8010", "nas.local", "warp.localhost", "pi.home.arpa", "api.default.svc.cluster.local:80"),
)
OTHERS = (
    *("evil.example", "evil.example:8010", "127.0.0.1.evil.example", "localhost.evil.example:8010", "evil.example."),
    *("local.example", "notlocal.xlocal.net", "[::1", "[x]", "127.0.0.1:8010@evil.example", "evil.example:no"),
)


@pytest.mark.parametrize("host", OURS)
def test_names_that_nobody_on_the_internet_owns(host: str) -> None:
    assert is_nobodys_name(host)


@pytest.mark.parametrize("host", OTHERS)
def test_names_that_may_be_a_web_pages(host: str) -> None:
    assert not is_nobodys_name(host)


def test_a_gateway_without_keys_answers_to_no_such_name() -> None:
    with pytest.raises(GatewayError) as refused:
        ClientKeys().client(Headers({"host": "evil.example:8010"}))
    assert refused.value.code is ErrorCode.NOT_PERMITTED
    assert "API_TOKENS" in refused.value.message
    assert ClientKeys().client(Headers({"host": "localhost:8010"})).name == "open"


def test_with_keys_or_if_anybody_may_come_the_name_does_not_matter() -> None:
    elsewhere = {"host": "chats.example"}
    assert ClientKeys(["key"]).client(Headers({**elsewhere, "x-api-key": "key"}))
    assert ClientKeys(allow_open=True).client(Headers(elsewhere)).name == "open"
