"""The bridge beside the shared gateway: a process of its own, with the front door's keys."""

import base64
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.keys_file import hash_of, new_key
from tests.e2e.conftest import ACCOUNTS, CLIENT_KEYS
from tests.e2e.gateway import Gateway, wait_for


@pytest.fixture(scope="module")
def bridge(gateway_processes: Gateway) -> str:
    """An open bridge's address."""
    return gateway_processes.start_bridge()


@pytest.fixture(scope="module")
def locked(gateway_processes: Gateway) -> str:
    """The address of one that asks for a key."""
    return gateway_processes.start_bridge(API_TOKENS=",".join(CLIENT_KEYS))


def test_it_lives_without_a_key_and_says_what_it_is(locked: str) -> None:
    answer = httpx.get(f"{locked}/healthz")

    assert answer.status_code == 200
    assert answer.json()["service"] == "warp2api bridge"
    assert answer.headers["x-request-id"]


def test_the_models_are_the_front_doors(gateway: Gateway, bridge: str) -> None:
    assert httpx.get(f"{bridge}/v1/models").json() == httpx.get(f"{gateway.url}/v1/models").json()


def test_errors_are_json_with_a_request_id(bridge: str, locked: str) -> None:
    unknown, wrong = httpx.get(f"{bridge}/nowhere"), httpx.get(f"{locked}/v1/models", headers={"x-api-key": "another"})

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_url")
    assert (wrong.status_code, wrong.json()["error"]["code"]) == (401, "invalid_api_key")
    assert unknown.headers["x-request-id"] != wrong.headers["x-request-id"]


QUERY = {"input": {"user_inputs": {"inputs": [{"user_query": {"query": "hello"}}]}}}


@pytest.mark.parametrize("under", ["", "/api"])
def test_encoding_and_decoding_are_each_others_opposite(bridge: str, under: str) -> None:
    encoded = httpx.post(f"{bridge}{under}/encode", json=QUERY).raise_for_status().json()
    raw = httpx.post(f"{bridge}{under}/encode", json={"json_data": QUERY}, headers={"accept": "application/x-protobuf"})

    assert encoded["message_type"] == "warp.multi_agent.v1.Request"
    assert raw.headers["content-type"] == "application/x-protobuf"
    assert base64.b64decode(encoded["protobuf_bytes"]) == raw.content
    assert encoded["size"] == len(raw.content)
    in_json = httpx.post(f"{bridge}{under}/decode", json={"protobuf_bytes": encoded["protobuf_bytes"]}).json()
    in_bytes = httpx.post(
        f"{bridge}{under}/decode?message_type=Request",
        content=raw.content,
        headers={"content-type": "application/x-protobuf"},
    ).json()
    assert in_json == in_bytes == {"json_data": QUERY, "size": encoded["size"], "message_type": encoded["message_type"]}


@pytest.mark.parametrize(
    ("path", "body", "param", "words"),
    [
        ("/encode", {"input": {"nope": 1}}, "input.nope", 'no field named "nope"'),
        ("/encode", {"message_type": "Nothing"}, "message_type", "no message type"),
        ("/decode", {"protobuf_bytes": "CgVhYg=="}, None, "byte 0"),
        ("/decode", {"protobuf_bytes": "a*"}, "protobuf_bytes", "character 1"),
        ("/decode", {}, "protobuf_bytes", "must be base64"),
        ("/api/stream-decode", {"protobuf_chunks": 1}, "protobuf_chunks", "must be a list"),
    ],
)
def test_bad_input_is_told_where_it_is_bad(bridge: str, path: str, body: Any, param: str | None, words: str) -> None:
    answer = httpx.post(f"{bridge}{path}", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["param"] == param
    assert words in answer.json()["error"]["message"]


def test_deep_nesting_and_large_bodies_are_refused(bridge: str) -> None:
    nested = b'{"mcp_context": {"tools": [{"input_schema": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}]}}"
    deep = httpx.post(f"{bridge}/encode", content=nested)
    bytes_deep = httpx.post(
        f"{bridge}/decode", content=b"\x0a\x80\x80\x01" * 5000, headers={"content-type": "application/octet-stream"}
    )
    large = httpx.post(f"{bridge}/encode", content=b" " * (9 << 20), headers={"content-type": "application/json"})

    assert (deep.status_code, bytes_deep.status_code, large.status_code) == (400, 400, 413)
    assert httpx.get(f"{bridge}/healthz").status_code == 200


def test_pages_of_others_neither_read_nor_ask_an_open_bridge(bridge: str) -> None:
    origin = {"origin": "https://elsewhere.example"}
    simple = httpx.post(f"{bridge}/encode", content=json.dumps(QUERY), headers=origin | {"content-type": "text/plain"})
    preflight = httpx.options(f"{bridge}/encode", headers=origin | {"access-control-request-method": "POST"})
    readable = [httpx.get(f"{bridge}{path}", headers=origin) for path in ("/", "/schemas", "/api/auth/status")]
    rebound = httpx.get(f"{bridge}/api/auth/status", headers={"host": "elsewhere.example:8000"})

    assert (simple.status_code, preflight.status_code, rebound.status_code) == (400, 405, 403)
    for answer in (simple, preflight, *readable, rebound):
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_the_schemas_are_told(bridge: str) -> None:
    everything = httpx.get(f"{bridge}/schemas").json()
    one = httpx.get(f"{bridge}/schemas", params={"message_type": "Task"}).json()

    assert everything["total_count"] == len(everything["schemas"]) > 300
    assert one in everything["schemas"]
    assert httpx.get(f"{bridge}/api/schemas").json()["total_count"] == everything["total_count"]


def test_the_credentials_are_told_masked_and_refreshed(gateway: Gateway, bridge: str) -> None:
    refreshed = httpx.post(f"{bridge}/api/auth/refresh", timeout=30).json()
    status = httpx.get(f"{bridge}/api/auth/status")
    elsewhere = httpx.post(f"{bridge}/api/auth/refresh", headers={"origin": "http://elsewhere.example"})

    assert elsewhere.status_code == 403, "any web page could have it done"
    assert refreshed["success"], refreshed
    assert (status.json()["authenticated"], status.json()["token_expired"]) == (True, False)
    assert [token["state"] for token in status.json()["tokens"]] == ["ready"] * len(ACCOUNTS)
    assert not [account for account in ACCOUNTS if account in status.text]


def test_each_key_opens_what_its_rights_say(gateway: Gateway, tmp_path: Path) -> None:
    keys = {name: new_key() for name in ("chats", "watches")}
    rights = {"chats": ["chat"], "watches": ["monitor"]}
    entries = [{"name": name, "sha256": hash_of(key), "rights": rights[name]} for name, key in keys.items()]
    (tmp_path / "keys.json").write_text(json.dumps({"keys": entries}))
    url = gateway.start_bridge(CLIENT_KEYS_FILE=str(tmp_path / "keys.json"))

    def statuses(key: str) -> list[int]:
        headers = {"authorization": f"Bearer {key}"}
        return [
            httpx.post(f"{url}/encode", json=QUERY, headers=headers).status_code,
            httpx.get(f"{url}/api/auth/status", headers=headers).status_code,
            httpx.post(f"{url}/api/auth/refresh", headers=headers, timeout=30).status_code,
        ]

    assert statuses(keys["chats"]) == [200, 403, 403]
    assert statuses(keys["watches"]) == [200, 200, 200]
    assert statuses("another") == [401, 401, 401]


def test_the_front_door_and_doctor_tell_whether_the_bridge_is_there(gateway: Gateway, bridge: str) -> None:
    door = gateway.start_api(BRIDGE_BASE_URL=bridge)
    gateway.wait_until_ready()
    # It is given 200 ms, which a busy machine may need more than once.
    reached = {"url": bridge, "reachable": True}
    wait_for(lambda: httpx.get(gateway.urls[-1]).json()["bridge"] == reached, "the front door to reach the bridge")
    door.tell_to_stop()
    door.stopped()
    del gateway.ports[-1]

    report = subprocess.run(
        [sys.executable, "-m", "cli.main", "doctor"],
        env={**os.environ, **gateway.environment, "BRIDGE_BASE_URL": bridge, "FLOWER": "1", "FLOWER_PORT": "1"},
        cwd=gateway.folder, capture_output=True, text=True, timeout=50, check=False,
    ).stdout  # fmt: skip
    assert re.search(rf"^ok +bridge +{bridge} answers$", report, re.MULTILINE), report
    assert re.search(r"^warn +flower +http://127.0.0.1:1: ConnectError$", report, re.MULTILINE), report
