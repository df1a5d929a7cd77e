"""`warp2api chat` against a scripted gateway."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from cli.chat import run_chat

Answer = tuple[int, dict[str, str], str]


class Gateway:
    """Answers every request with what it was told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answer: Answer = (200, {}, "")
        self.asked: list[tuple[str, str | None, dict[str, object]]] = []
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                gateway.asked.append((self.path, self.headers.get("authorization"), body))
                status, headers, text = gateway.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Iterator[Gateway]:
    monkeypatch.chdir(str(tmp_path))
    for name in ("API_TOKENS", "API_TOKEN", "HOST", "PORT"):
        monkeypatch.delenv(name, raising=False)
    scripted = Gateway()
    thread = threading.Thread(target=scripted.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield scripted
    scripted.server.shutdown()
    thread.join()
    scripted.server.server_close()


def stream(*chunks: dict[str, object], done: bool = True) -> Answer:
    frames = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks]
    return 200, {"content-type": "text/event-stream"}, ": keepalive\n\n" + "".join(frames) + "data: [DONE]\n\n" * done


def delta(**fields: object) -> dict[str, object]:
    return {"choices": [{"index": 0, "delta": fields, "finish_reason": None}]}


END: dict[str, object] = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


def test_an_answer_with_reasoning(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(
        delta(role="assistant"), delta(reasoning_content="hm, "), delta(content="Hi [b]"), delta(content=" you"), END
    )

    code = run_chat("hello", gateway.url + "/v1/", "key", "gpt-x", "be brief")

    assert code == 0
    assert capsys.readouterr().out == "hm, \nHi [b] you\n"
    path, authorization, body = gateway.asked[0]
    assert (path, authorization) == ("/v1/chat/completions", "Bearer key")
    assert body == {
        "model": "gpt-x",
        "stream": True,
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}],
    }


def test_the_key_comes_from_the_settings(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_TOKENS", "first,second")
    gateway.answer = stream(delta(content="x"), END)

    assert run_chat("hello", gateway.url, None, "auto", None) == 0
    assert gateway.asked[0][1] == "Bearer first"


def test_a_refusal_is_one_line(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = (401, {}, json.dumps({"error": {"message": "Missing or incorrect API key."}}))

    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    assert capsys.readouterr().err == (
        "warp2api: 401: Missing or incorrect API key. (give one with --key or API_TOKENS)\n"
    )
    assert gateway.asked[0][1] is None


def test_a_busy_gateway_says_when_to_come_back(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = (503, {"retry-after": "7"}, "not json")

    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    assert capsys.readouterr().err == "warp2api: 503: Service Unavailable (try again in 7 s)\n"


def test_an_error_in_the_stream_follows_what_was_said(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(delta(content="half"), {"error": {"message": "The upstream broke off."}}, done=False)

    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("half\n", "warp2api: The upstream broke off.\n")


def test_a_stream_without_an_end_is_not_an_answer(gateway: Gateway, capsys: pytest.CaptureFixture[str]) -> None:
    gateway.answer = stream(delta(content="half"), done=False)

    assert run_chat("hello", gateway.url, None, "auto", None) == 1
    assert "broke off before its end" in capsys.readouterr().err
